package slogcalls_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/internal/leak"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/slogcalls"
	"github.com/gantry-go/gantry/transport/transporttest"
)

func TestMain(m *testing.M) { leak.Main(m) }

var (
	opStart  = transport.Operation{Engine: "docker", Version: "1.41", Name: "ContainerStart", Method: "POST", Path: "/v1.41/containers/{id}/start"}
	opEvents = transport.Operation{Engine: "docker", Version: "1.41", Name: "SystemEvents", Method: "GET", Path: "/v1.41/events"}
)

// untimed leaves out what is another each time.
func untimed(_ []string, a slog.Attr) slog.Attr {
	switch a.Key {
	case slog.TimeKey, "head", "duration", "host":
		return slog.Attr{}
	}
	return a
}

func TestLines(t *testing.T) {
	cases := map[string]struct {
		answer transporttest.Answer
		op     *transport.Operation
		edit   func(*transport.Request)
		lines  []string
	}{
		"success": {
			transporttest.Empty(204), &opStart,
			func(r *transport.Request) {
				r.Query("token", "s3cret")
				r.Header("X-Registry-Auth", transport.Secret("s3cret"))
			},
			[]string{
				`level=DEBUG msg="engine call begins" operation=ContainerStart target=conny engine=docker api=1.41 method=POST path=/v1.41/containers/conny/start`,
				`level=DEBUG msg="engine call" operation=ContainerStart target=conny engine=docker api=1.41 method=POST path=/v1.41/containers/conny/start status=204 attempts=1`,
			},
		},
		"refused by the engine": {
			transporttest.Error(409, "not now"), &opStart, nil,
			[]string{"", `level=INFO msg="engine call" operation=ContainerStart target=conny engine=docker api=1.41 method=POST path=/v1.41/containers/conny/start ` +
				`status=409 attempts=1 received=22 class=conflict error="docker 1.41 ContainerStart conny: 409 not now"`},
		},
		"failed": {
			transporttest.Error(500, "oops"), &opStart, nil,
			[]string{"", `level=WARN msg="engine call" operation=ContainerStart target=conny engine=docker api=1.41 method=POST path=/v1.41/containers/conny/start ` +
				`status=500 attempts=1 received=19 class="server error" error="docker 1.41 ContainerStart conny: 500 oops" may_have_acted=true`},
		},
		"read": {
			transporttest.Text(200, "text/plain", "x"), &opEvents, nil,
			[]string{"", `level=DEBUG msg="engine call" operation=SystemEvents engine=docker api=1.41 method=GET path=/v1.41/events status=200 attempts=1 received=1`},
		},
		"made by hand": {
			transporttest.Empty(200), &transport.Operation{Method: "GET", Path: "/x"}, nil,
			[]string{"", `level=DEBUG msg="engine call" method=GET path=/x status=200 attempts=1`},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			engine := transporttest.New(t)
			engine.Handle("/{any...}", c.answer)
			var out bytes.Buffer
			l := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: untimed}))
			client := engine.Client(t, transport.WithObserver(slogcalls.New(l, &slogcalls.Options{Begin: true})))
			var r *transport.Request
			if strings.Contains(c.op.Path, "{") {
				r = c.op.Request("conny")
			} else {
				r = c.op.Request()
			}
			if c.edit != nil {
				c.edit(r)
			}
			_ = transport.None(t.Context(), client, r)
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			if len(lines) != 2 {
				t.Fatalf("%q", lines)
			}
			for i, want := range c.lines {
				if want != "" && lines[i] != want {
					t.Errorf("\n%s, want\n%s", lines[i], want)
				}
			}
		})
	}
}

// TestLevels holds that what is below the logger's level is not written, and that the level can be chosen.
func TestLevels(t *testing.T) {
	engine := transporttest.New(t)
	engine.Handle("/{any...}", transporttest.Empty(204))
	for _, c := range []struct {
		options *slogcalls.Options
		lines   int
	}{
		{nil, 0},
		{&slogcalls.Options{Begin: true}, 0},
		{&slogcalls.Options{Level: func(*transport.Call) slog.Level { return slog.LevelError }}, 1},
	} {
		var out bytes.Buffer
		client := engine.Client(t, transport.WithObserver(slogcalls.New(slog.New(slog.NewTextHandler(&out, nil)), c.options)))
		if err := transport.None(t.Context(), client, opStart.Request("conny")); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(out.String(), "\n"); got != c.lines {
			t.Errorf("%d lines, want %d: %s", got, c.lines, out.String())
		}
	}
	gaveUp := &transport.Call{Err: fmt.Errorf("x: %w", context.Canceled), Attempts: 1}
	closed := &transport.Call{Err: transport.ErrClosed, Attempts: 1}
	refused := &transport.Call{Err: transport.ErrRefused}
	late := &transport.Call{Err: context.DeadlineExceeded, Attempts: 1}
	for call, want := range map[*transport.Call]slog.Level{gaveUp: slog.LevelDebug, closed: slog.LevelDebug, refused: slog.LevelInfo, late: slog.LevelWarn} {
		if got := slogcalls.Level(call); got != want {
			t.Errorf("%v: %v, want %v", call.Err, got, want)
		}
	}
}

// TestLevelsOfStatuses holds where the levels of answers begin and end.
func TestLevelsOfStatuses(t *testing.T) {
	for status, want := range map[int]slog.Level{
		101: slog.LevelWarn, 200: slog.LevelWarn, 307: slog.LevelWarn, 399: slog.LevelWarn, // what fails beside a success
		400: slog.LevelInfo, 401: slog.LevelInfo, 404: slog.LevelInfo, 499: slog.LevelInfo,
		500: slog.LevelWarn, 503: slog.LevelWarn,
	} {
		call := &transport.Call{Err: &transport.Error{Status: status}, Status: status, Attempts: 1}
		if got := slogcalls.Level(call); got != want {
			t.Errorf("%d: %v, want %v", status, got, want)
		}
		call.Err = nil
		if got := slogcalls.Level(call); got != slog.LevelDebug {
			t.Errorf("%d, no failure: %v", status, got)
		}
	}
}

func ExampleNew() {
	engine, err := transporttest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer engine.Close()
	engine.Handle("POST /v1.41/containers/{id}/start", transporttest.Error(404, "no such container: conny"))

	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: untimed}))
	client, err := transport.New(engine.Host(), transport.WithObserver(slogcalls.New(logger, nil)))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close() //nolint:errcheck // the program ends

	_ = transport.None(context.Background(), client, opStart.Request("conny"))
	// Output:
	// level=INFO msg="engine call" operation=ContainerStart target=conny engine=docker api=1.41 method=POST path=/v1.41/containers/conny/start status=404 attempts=1 received=39 class="not found" error="docker 1.41 ContainerStart conny: 404 no such container: conny"
}
