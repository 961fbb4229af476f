package otelcalls_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/system"
	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/transport"
)

func TestOnEngines(t *testing.T) {
	t.Run("docker", func(t *testing.T) { testOnEngine(t, enginetest.Docker(t)) })
	t.Run("podman", func(t *testing.T) { testOnEngine(t, enginetest.Podman(t)) })
}

// testOnEngine makes calls of several kinds, among them an attach that half-closes, and looks at their spans. A second
// client, which may only read, sees what the first has made, and changes nothing.
func testOnEngine(t *testing.T, engine *enginetest.Engine) {
	image := engine.LoadImage(t)
	r := newRecorder(t)
	e, err := docker.OpenHost(t.Context(), engine.Host, r.observer(propagation.TraceContext{}))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close() //nolint:errcheck // the test has what it wants
	reader, err := docker.OpenHost(t.Context(), engine.Host, transport.WithPolicy(transport.ReadOnly))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close() //nolint:errcheck // the test has what it wants

	ctrs, name := containers.New(e), enginetest.Name(t)
	if _, err := ctrs.Create(t.Context(), containers.CreateRequest{
		Image: image, Cmd: []string{"cat"}, OpenStdin: true, StdinOnce: true, AttachStdin: true, AttachStdout: true,
	}, &containers.CreateOptions{Name: name}); err != nil {
		t.Fatal(err)
	}
	defer ctrs.Delete(context.WithoutCancel(t.Context()), name, &containers.DeleteOptions{Force: true}) //nolint:errcheck // as far as it goes
	conn, err := ctrs.Attach(t.Context(), name, &containers.AttachOptions{Stream: true, Stdin: true, Stdout: true, Stderr: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := ctrs.Start(t.Context(), name, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "hello"); err != nil {
		t.Fatal(err)
	}
	if err := conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := conn.Demux(&out, io.Discard); err != nil || out.String() != "hello" {
		t.Errorf("%q, %v", out.String(), err)
	}
	_ = conn.Close()

	readOnly(t, containers.New(reader), name)

	ctx, cancel := context.WithCancel(t.Context())
	events, err := system.New(e).Events(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := events.Wait(); !errors.Is(err, context.Canceled) {
		t.Errorf("events ended with %v", err)
	}
	if _, err := ctrs.Inspect(t.Context(), name+"x", nil); !errors.Is(err, transport.ErrNotFound) {
		t.Error(err)
	}

	type seen struct {
		status, failure, sent string
		code                  codes.Code
	}
	want := map[string]seen{
		"SystemVersion":           {"200", "", "0", codes.Unset},
		"docker ContainerCreate":  {"201", "", "", codes.Unset},
		"docker ContainerAttach":  {"101", "", "5", codes.Unset},
		"docker ContainerStart":   {"204", "", "0", codes.Unset},
		"docker SystemEvents":     {"200", "context canceled", "0", codes.Error},
		"docker ContainerInspect": {"404", "404", "0", codes.Error},
	}
	for _, span := range r.spans.GetSpans() {
		attrs := texts(span.Attributes)
		w, known := want[span.Name]
		if !known {
			t.Errorf("a span of %s", span.Name)
			continue
		}
		delete(want, span.Name)
		got := seen{attrs["http.response.status_code"], attrs["error.type"], attrs["http.request.body.size"], span.Status.Code}
		if w.sent == "" {
			got.sent = ""
		}
		if got != w || attrs["server.address"] != strings.TrimPrefix(engine.Host, "unix://") {
			t.Errorf("%s: %+v, want %+v", span.Name, got, w)
		}
		// A frame of output has a header of eight bytes.
		if span.Name == "docker ContainerAttach" && attrs["http.response.body.size"] != "13" {
			t.Errorf("received %s bytes", attrs["http.response.body.size"])
		}
	}
	if len(want) > 0 {
		t.Errorf("no spans of %v", want)
	}
}

// readOnly reads what there is of an exited container, waits for it, and fails to remove it.
func readOnly(t *testing.T, c *containers.Client, name string) {
	t.Helper()
	exit, err := c.Wait(t.Context(), name, nil)
	if err != nil {
		t.Fatal(err)
	}
	if result, err := exit.Result(); err != nil || result.StatusCode != 0 {
		t.Errorf("%+v, %v", result, err)
	}
	if _, err := c.Inspect(t.Context(), name, nil); err != nil {
		t.Error(err)
	}
	if err := c.Delete(t.Context(), name, nil); !errors.Is(err, transport.ErrRefused) {
		t.Errorf("deleted: %v", err)
	}
	if _, err := c.Attach(t.Context(), name, nil); !errors.Is(err, transport.ErrRefused) {
		t.Errorf("attached: %v", err)
	}
}
