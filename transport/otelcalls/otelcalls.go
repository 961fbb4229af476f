// Package otelcalls makes a span of each call of a client, and measures how long calls take, by OpenTelemetry:
//
//	engine, err := docker.Open(ctx, transport.WithObserver(otelcalls.New(nil)))
//
// It is a module of its own, so that OpenTelemetry is linked, and required, by who imports it alone. It has the version of
// the module that it belongs to:
//
//	go get github.com/gantry-go/gantry/transport/otelcalls
//
// A span is called after the operation, "docker ContainerStart", and made a child of the one in the call's context. It
// ends with the call: that of a stream or of an upgraded connection when that is closed. It sees calls, and touches
// neither answers nor connections, so an attached connection half-closes as ever. The attributes are those of the
// conventions for HTTP clients, with the path as a template:
//
//	http.request.method        http.response.status_code   http.request.resend_count
//	http.request.body.size     http.response.body.size     error.type
//	server.address             server.port                 network.transport
//	url.template, url.path
//
// and, of our own, gantry.engine, gantry.api.version, gantry.operation, gantry.target and gantry.may_have_acted. There is
// no url.full, since what it would add, the query, may hold what is not for others to see; headers and bodies neither.
// A span's status says what went wrong in the engine's words.
//
// The histogram http.client.request.duration has the seconds until the head of the answer came, or the call failed, so
// that streams which last for hours say no more than others. Its attributes are those whose values are few.
package otelcalls

import (
	"context"
	"errors"
	"net"
	"net/url"
	"slices"
	"strconv"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/gantry-go/gantry/transport"
)

// Options say where spans and measurements go; nil is of use.
type Options struct {
	// Tracers and Meters bring what records them; if nil, those that the program has set for all.
	Tracers trace.TracerProvider
	Meters  metric.MeterProvider
	// Propagator puts the span in the headers of the requests, for an engine that traces too, as Docker's does since
	// 25.0. If nil, engines are told nothing.
	Propagator propagation.TextMapPropagator
}

// scope is what made the spans.
const scope = "github.com/gantry-go/gantry/transport/otelcalls"

// New returns an observer that makes a span of each call.
func New(o *Options) transport.Observer {
	if o == nil {
		o = &Options{}
	}
	w := watcher{propagator: o.Propagator}
	tracers, meters := o.Tracers, o.Meters
	if tracers == nil {
		tracers = otel.GetTracerProvider()
	}
	if meters == nil {
		meters = otel.GetMeterProvider()
	}
	w.tracer = tracers.Tracer(scope)
	var err error
	w.duration, err = meters.Meter(scope).Float64Histogram("http.client.request.duration",
		metric.WithUnit("s"), metric.WithDescription("Duration of HTTP client requests."),
		metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10))
	if err != nil {
		otel.Handle(err) // the instrument is of use all the same, as one that does nothing
	}
	return w.begin
}

type watcher struct {
	tracer     trace.Tracer
	duration   metric.Float64Histogram
	propagator propagation.TextMapPropagator
}

// begin starts the span of a call and returns what ends it.
func (w watcher) begin(ctx context.Context, call *transport.Call) func() {
	op := call.Request.Operation()
	few := append(where(call.Host),
		attribute.String("http.request.method", op.Method),
		attribute.String("url.template", op.Path))
	if op.Name != "" {
		few = append(few, attribute.String("gantry.operation", op.Name))
	}
	if op.Engine != "" {
		few = append(few, attribute.String("gantry.engine", op.Engine), attribute.String("gantry.api.version", op.Version))
	}
	all := append(slices.Clip(few), attribute.String("url.path", call.Request.Path()))
	if target := call.Request.Target(); target != "" {
		all = append(all, attribute.String("gantry.target", target))
	}
	ctx, span := w.tracer.Start(ctx, name(op), trace.WithSpanKind(trace.SpanKindClient),
		trace.WithTimestamp(call.Begun), trace.WithAttributes(all...))
	if w.propagator != nil {
		w.propagator.Inject(ctx, headers{call.Request})
	}
	return func() { w.end(ctx, span, call, few) }
}

// end ends the span of a call and measures it.
func (w watcher) end(ctx context.Context, span trace.Span, call *transport.Call, few []attribute.KeyValue) {
	if call.Status != 0 {
		few = append(few, attribute.Int("http.response.status_code", call.Status))
	}
	if call.Err != nil {
		few = append(few, attribute.String("error.type", errorType(call)))
	}
	until := call.Head
	if until == 0 {
		until = call.Duration
	}
	w.duration.Record(ctx, until.Seconds(), metric.WithAttributes(few...))

	if span.IsRecording() {
		span.SetAttributes(few...)
		span.SetAttributes(attribute.Int64("http.request.body.size", call.Sent), attribute.Int64("http.response.body.size", call.Received))
		if call.Attempts > 1 {
			span.SetAttributes(attribute.Int("http.request.resend_count", call.Attempts-1))
		}
		if call.Err != nil {
			span.SetStatus(codes.Error, call.Err.Error())
		}
		if e, ok := errors.AsType[*transport.Error](call.Err); ok {
			span.SetAttributes(attribute.Bool("gantry.may_have_acted", e.MayHaveActed))
		}
	}
	span.End(trace.WithTimestamp(call.Begun.Add(call.Duration)))
}

// name is the same for all calls of an operation.
func name(op *transport.Operation) string {
	switch {
	case op.Name == "":
		return op.Method + " " + op.Path
	case op.Engine == "":
		return op.Name
	}
	return op.Engine + " " + op.Name
}

// errorType is the status of an answer that is a failure, as the conventions want it, and else the class.
func errorType(call *transport.Call) string {
	if call.Status >= 300 {
		return strconv.Itoa(call.Status)
	}
	return call.Class()
}

// where says which engine it is.
func where(host string) []attribute.KeyValue {
	u, err := url.Parse(host)
	switch {
	case err != nil:
		return nil
	case u.Scheme == "unix":
		return []attribute.KeyValue{attribute.String("network.transport", "unix"), attribute.String("server.address", u.Path)}
	case u.Scheme == "npipe":
		return []attribute.KeyValue{attribute.String("network.transport", "pipe"), attribute.String("server.address", u.Path)}
	}
	attrs := []attribute.KeyValue{attribute.String("network.transport", "tcp"), attribute.String("server.address", u.Hostname())}
	if port, err := net.LookupPort("tcp", u.Port()); err == nil && u.Port() != "" {
		attrs = append(attrs, attribute.Int("server.port", port))
	}
	return attrs
}

// headers is a request as a propagator sees it.
type headers struct{ r *transport.Request }

func (h headers) Get(string) string      { return "" }
func (h headers) Set(name, value string) { h.r.Header(name, value) }
func (h headers) Keys() []string         { return nil }
