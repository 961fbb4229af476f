// Package slogcalls writes what becomes of a client's calls to a [slog.Logger], one line for each:
//
//	engine, err := docker.Open(ctx, transport.WithObserver(slogcalls.New(slog.Default(), nil)))
//
//	level=INFO msg="engine call" operation=ContainerStart target=conny engine=docker api=1.41 method=POST
//	path=/v1.41/containers/conny/start host=unix:///var/run/docker.sock status=404 attempts=1 head=1.2ms
//	duration=1.3ms received=47 class="not found" error="docker 1.41 ContainerStart conny: 404 no such container: conny"
//
// A line has no header, no query and no body, so no credential. It does have the names that calls are about, and, in
// the error, what the engine said. What would be zero or empty is left out.
//
// Nothing is written unless an observer is asked for, and it writes where it is told to: there is no default.
package slogcalls

import (
	"context"
	"errors"
	"log/slog"

	"github.com/gantry-go/gantry/transport"
)

// Options say what is written; nil is of use.
type Options struct {
	// Level gives the level of a call that has ended; [Level] if nil.
	Level func(call *transport.Call) slog.Level
	// Begin writes a line at [slog.LevelDebug] as each call begins too, as a stream ends long after.
	Begin bool
}

// New returns an observer that writes to l. It is called concurrently, and so is the logger's handler.
func New(l *slog.Logger, o *Options) transport.Observer {
	if o == nil {
		o = &Options{}
	}
	level, begin := o.Level, o.Begin
	if level == nil {
		level = Level
	}
	return func(ctx context.Context, call *transport.Call) func() {
		if begin && l.Enabled(ctx, slog.LevelDebug) {
			l.LogAttrs(ctx, slog.LevelDebug, "engine call begins", request(call)...)
		}
		return func() {
			if level := level(call); l.Enabled(ctx, level) {
				l.LogAttrs(ctx, level, "engine call", append(request(call), outcome(call)...)...)
			}
		}
	}
}

// Level is [slog.LevelDebug] for a call that succeeded or that its caller gave up, [slog.LevelInfo] for one that was
// refused, by the engine (4xx) or before it was sent, and [slog.LevelWarn] for one that failed.
func Level(call *transport.Call) slog.Level {
	switch {
	case call.Err == nil, errors.Is(call.Err, context.Canceled), errors.Is(call.Err, transport.ErrClosed):
		return slog.LevelDebug
	case call.Status >= 400 && call.Status < 500, call.Attempts == 0:
		return slog.LevelInfo
	}
	return slog.LevelWarn
}

// request is what is known from the beginning.
func request(call *transport.Call) []slog.Attr {
	op := call.Request.Operation()
	attrs := make([]slog.Attr, 0, 20)
	attrs = text(attrs, "operation", op.Name)
	attrs = text(attrs, "target", call.Request.Target())
	attrs = text(attrs, "engine", op.Engine)
	attrs = text(attrs, "api", op.Version)
	attrs = text(attrs, "method", op.Method)
	attrs = text(attrs, "path", call.Request.Path())
	return text(attrs, "host", call.Host)
}

// outcome is what is known in the end.
func outcome(call *transport.Call) []slog.Attr {
	attrs := make([]slog.Attr, 0, 12)
	if call.Status != 0 {
		attrs = append(attrs, slog.Int("status", call.Status))
	}
	attrs = append(attrs, slog.Int("attempts", call.Attempts))
	if call.Reused {
		attrs = append(attrs, slog.Bool("reused", true))
	}
	if call.Head != 0 {
		attrs = append(attrs, slog.Duration("head", call.Head))
	}
	attrs = append(attrs, slog.Duration("duration", call.Duration))
	if call.Sent != 0 {
		attrs = append(attrs, slog.Int64("sent", call.Sent))
	}
	if call.Received != 0 {
		attrs = append(attrs, slog.Int64("received", call.Received))
	}
	if call.Err != nil {
		attrs = append(attrs, slog.String("class", call.Class()), slog.String("error", call.Err.Error()))
	}
	if e, ok := errors.AsType[*transport.Error](call.Err); ok && e.MayHaveActed {
		attrs = append(attrs, slog.Bool("may_have_acted", true))
	}
	return attrs
}

// text adds an attribute that says something.
func text(attrs []slog.Attr, name, value string) []slog.Attr {
	if value == "" {
		return attrs
	}
	return append(attrs, slog.String(name, value))
}
