package otelcalls_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/internal/leak"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/otelcalls"
	"github.com/gantry-go/gantry/transport/transporttest"
)

var (
	opStart  = transport.Operation{Engine: "docker", Version: "1.41", Name: "ContainerStart", Method: "POST", Path: "/v1.41/containers/{id}/start"}
	opAttach = transport.Operation{Engine: "docker", Version: "1.41", Name: "ContainerAttach", Method: "POST", Path: "/v1.41/containers/{id}/attach"}
	opEvents = transport.Operation{Engine: "docker", Version: "1.41", Name: "SystemEvents", Method: "GET", Path: "/v1.41/events"}
)

func TestMain(m *testing.M) { enginetest.Main(m) }

// recorder keeps spans and measurements in memory.
type recorder struct {
	spans   *tracetest.InMemoryExporter
	tracers *sdktrace.TracerProvider
	reader  *sdkmetric.ManualReader
	meters  *sdkmetric.MeterProvider
}

// newRecorder returns an empty one, and has the test leave nothing behind.
func newRecorder(t *testing.T) recorder {
	leak.Check(t)
	r := recorder{spans: tracetest.NewInMemoryExporter(), reader: sdkmetric.NewManualReader()}
	r.tracers = sdktrace.NewTracerProvider(sdktrace.WithSyncer(r.spans))
	r.meters = sdkmetric.NewMeterProvider(sdkmetric.WithReader(r.reader))
	t.Cleanup(func() {
		_ = r.tracers.Shutdown(context.Background())
		_ = r.meters.Shutdown(context.Background())
	})
	return r
}

func (r recorder) observer(propagator propagation.TextMapPropagator) transport.Option {
	return transport.WithObserver(otelcalls.New(&otelcalls.Options{Tracers: r.tracers, Meters: r.meters, Propagator: propagator}))
}

// one returns the only span.
func (r recorder) one(t *testing.T) tracetest.SpanStub {
	t.Helper()
	spans := r.spans.GetSpans()
	if len(spans) != 1 {
		t.Fatalf("%d spans", len(spans))
	}
	return spans[0]
}

// texts returns attributes as text.
func texts(attrs []attribute.KeyValue) map[string]string {
	m := map[string]string{}
	for _, a := range attrs {
		m[string(a.Key)] = a.Value.String()
	}
	return m
}

func TestSpan(t *testing.T) {
	r := newRecorder(t)
	engine := transporttest.New(t, transporttest.TCP())
	engine.Handle("/{any...}", transporttest.Error(404, "no such container: conny"))
	c := engine.Client(t, r.observer(nil))
	request := opStart.Request("conny")
	request.Query("detachKeys", "s3cret")
	if err := transport.None(t.Context(), c, request); err == nil {
		t.Fatal("no error")
	}
	span := r.one(t)
	if span.Name != "docker ContainerStart" || span.SpanKind != trace.SpanKindClient || span.Status.Code != codes.Error ||
		span.Status.Description != "docker 1.41 ContainerStart conny: 404 no such container: conny" {
		t.Errorf("%s %v %v", span.Name, span.SpanKind, span.Status)
	}
	address, port, _ := strings.Cut(strings.TrimPrefix(engine.Host(), "tcp://"), ":")
	want := map[string]string{
		"http.request.method": "POST", "http.response.status_code": "404", "error.type": "404",
		"http.request.body.size": "0", "http.response.body.size": "39",
		"server.address": address, "server.port": port, "network.transport": "tcp",
		"url.template": "/v1.41/containers/{id}/start", "url.path": "/v1.41/containers/conny/start",
		"gantry.engine": "docker", "gantry.api.version": "1.41", "gantry.operation": "ContainerStart", "gantry.target": "conny",
		"gantry.may_have_acted": "false",
	}
	if got := texts(span.Attributes); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if !span.EndTime.After(span.StartTime) {
		t.Error("it took no time")
	}
	if got := engine.Requests()[0].Header.Get("Traceparent"); got != "" {
		t.Errorf("the engine was told %q", got)
	}
}

func TestMeasurement(t *testing.T) {
	r := newRecorder(t)
	engine := transporttest.New(t)
	engine.Handle("/{any...}", transporttest.Empty(204), transporttest.Empty(204), transporttest.Error(500, "oops"))
	c := engine.Client(t, r.observer(nil))
	for _, name := range []string{"a", "b", "c"} {
		_ = transport.None(t.Context(), c, opStart.Request(name))
	}
	var got metricdata.ResourceMetrics
	if err := r.reader.Collect(t.Context(), &got); err != nil {
		t.Fatal(err)
	}
	counts := map[string]uint64{} // by status: three names are no three series
	for _, point := range got.ScopeMetrics[0].Metrics[0].Data.(metricdata.Histogram[float64]).DataPoints {
		attrs := texts(point.Attributes.ToSlice())
		counts[attrs["http.response.status_code"]+" "+attrs["error.type"]+" "+attrs["gantry.operation"]] += point.Count
		if len(attrs) > 9 || attrs["url.path"] != "" || attrs["gantry.target"] != "" {
			t.Errorf("%v", attrs)
		}
	}
	if want := map[string]uint64{"204  ContainerStart": 2, "500 500 ContainerStart": 1}; !maps.Equal(counts, want) {
		t.Errorf("%v, want %v", counts, want)
	}
}

// TestPropagation holds that the engine is told the span that is its parent, which is a child of the caller's.
func TestPropagation(t *testing.T) {
	r := newRecorder(t)
	engine := transporttest.New(t)
	engine.Handle("/{any...}", transporttest.Empty(204))
	c := engine.Client(t, r.observer(propagation.TraceContext{}))
	ctx, outer := r.tracers.Tracer("test").Start(t.Context(), "outer")
	if err := transport.None(ctx, c, opStart.Request("conny")); err != nil {
		t.Fatal(err)
	}
	outer.End()
	span := r.spans.GetSpans()[0]
	want := fmt.Sprintf("00-%s-%s-01", span.SpanContext.TraceID(), span.SpanContext.SpanID())
	if got := engine.Requests()[0].Header.Get("Traceparent"); got != want {
		t.Errorf("the engine was told %q, want %q", got, want)
	}
	if span.Parent.SpanID() != outer.SpanContext().SpanID() {
		t.Error("the span is no child of its context's")
	}
}

// TestUpgradeHalfCloses holds that the connection is as it was, and that its span ends with it.
func TestUpgradeHalfCloses(t *testing.T) {
	r := newRecorder(t)
	engine := transporttest.New(t)
	engine.Handle("/{any...}", transporttest.Upgrade(func(c *transporttest.Conn) {
		in, _ := io.ReadAll(c)
		_, _ = c.Write(append([]byte("got "), in...))
	}))
	conn, err := transport.Upgrade(t.Context(), engine.Client(t, r.observer(nil)), opAttach.Request("conny"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "hello"); err != nil {
		t.Fatal(err)
	}
	if err := conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(conn); err != nil || string(got) != "got hello" {
		t.Errorf("%q, %v", got, err)
	}
	if n := len(r.spans.GetSpans()); n != 0 {
		t.Errorf("%d spans ended before the connection", n)
	}
	_ = conn.Close()
	span := r.one(t)
	attrs := texts(span.Attributes)
	if span.Status.Code != codes.Unset || attrs["http.response.status_code"] != "101" ||
		attrs["http.request.body.size"] != "5" || attrs["http.response.body.size"] != "9" || attrs["server.address"] == "" {
		t.Errorf("%v %v", span.Status, attrs)
	}
}

func TestFailureInAStream(t *testing.T) {
	r := newRecorder(t)
	engine := transporttest.New(t)
	engine.Handle("/{any...}", transporttest.Lines(map[string]string{"status": "a"}, map[string]string{"error": "boom"}))
	m, err := transport.Sequence[struct{}](t.Context(), engine.Client(t, r.observer(nil)), opEvents.Request())
	if err != nil {
		t.Fatal(err)
	}
	if m.Wait() == nil {
		t.Fatal("no error")
	}
	span := r.one(t)
	if attrs := texts(span.Attributes); attrs["error.type"] != "failure in the stream" || span.Status.Code != codes.Error {
		t.Errorf("%v %v", span.Status, attrs)
	}
}

// TestNames holds what a span of an operation made by hand is called.
func TestNames(t *testing.T) {
	r := newRecorder(t)
	engine := transporttest.New(t)
	engine.Handle("/{any...}", transporttest.Empty(204))
	c := engine.Client(t, r.observer(nil))
	for _, op := range []transport.Operation{
		{Name: "CheckpointList", Method: "GET", Path: "/containers/{id}/checkpoints"},
		{Method: "GET", Path: "/containers/{id}/checkpoints"},
	} {
		if err := transport.None(t.Context(), c, op.Request("x")); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	for _, span := range r.spans.GetSpans() {
		names = append(names, span.Name)
	}
	if want := []string{"CheckpointList", "GET /containers/{id}/checkpoints"}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
}

// TestGlobalProviders holds that without options nothing fails; a program that has set no provider records nothing.
func TestGlobalProviders(t *testing.T) {
	engine := transporttest.New(t)
	engine.Handle("/{any...}", transporttest.Empty(204))
	if err := transport.None(t.Context(), engine.Client(t, transport.WithObserver(otelcalls.New(nil))), opStart.Request("x")); err != nil {
		t.Error(err)
	}
}

func ExampleNew() {
	client, err := transport.New("unix:///var/run/docker.sock", transport.WithObserver(otelcalls.New(&otelcalls.Options{
		Propagator: propagation.TraceContext{}, // and engines that trace go on with it
	})))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(client)
	_ = client.Close()
	// Output: unix:///var/run/docker.sock
}
