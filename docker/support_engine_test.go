package docker_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/images"
	"github.com/gantry-go/gantry/internal/testimage"
	"github.com/gantry-go/gantry/transport"
)

// baseImage is what the tests make containers of: a static busybox, which they bring themselves.
const baseImage = testimage.Name

// patience is how long an engine on a busy machine may take for what takes it a moment.
const patience = 30 * time.Second

// unique returns a name that no other test and no other run uses, so that one that was cut short disturbs none.
func unique() string { return "gantry-" + strings.ToLower(rand.Text()[:12]) }

// cleanup has an object removed when the test ends, however it ends. It may be gone already.
func cleanup(t *testing.T, remove func(ctx context.Context) error) {
	t.Helper()
	t.Cleanup(func() {
		// The test's own context has ended by now.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		if err := remove(ctx); err != nil && !errors.Is(err, transport.ErrNotFound) {
			t.Errorf("cleaning up: %v", err)
		}
	})
}

// ok ends the test if a call failed.
func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// must ends the test if a call failed, and hands on what it returned otherwise: must(c.Inspect(...))(t).
func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		ok(t, err)
		return v
	}
}

// equal compares what an engine says with what it should.
func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s is %+v, want %+v", what, got, want)
	}
}

// contains looks for a word in a text.
func contains(t *testing.T, what, text, word string) {
	t.Helper()
	if !strings.Contains(text, word) {
		t.Errorf("%s has no %q in it: %q", what, word, text)
	}
}

// fails checks an error's class, its status, and that the engine's message has a word in it.
func fails(t *testing.T, err, class error, status int, word string) {
	t.Helper()
	e, is := errors.AsType[*transport.Error](err)
	switch {
	case !is:
		t.Errorf("%v is no *transport.Error", err)
	case !errors.Is(err, class) || e.Status != status:
		t.Errorf("%v: of class %v with status %d, want %v with %d", err, e.Class, e.Status, class, status)
	case !strings.Contains(e.Message, word):
		t.Errorf("%v: no %q in the message", err, word)
	}
}

// eventually asks again until the answer is yes, for what an engine does in its own time and tells nobody of.
func eventually(t *testing.T, what string, yes func() bool) {
	t.Helper()
	deadline := time.After(patience)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !yes() {
		select {
		case <-deadline:
			t.Fatalf("not in %v: %s", patience, what)
		case <-again.C:
		}
	}
}

// needBase brings the base image, unless the engine has it.
func needBase(t *testing.T, e *engine) {
	t.Helper()
	c := images.New(e)
	if _, err := c.Inspect(t.Context(), baseImage); errors.Is(err, transport.ErrNotFound) {
		ok(t, must(c.Load(t.Context(), bytes.NewReader(baseArchive(t)), nil))(t).Wait())
	}
}

// baseArchive is the base image as images.Load takes it.
func baseArchive(t *testing.T) []byte {
	t.Helper()
	return must(testimage.Archive(baseImage))(t)
}

// create makes a container of the base image with no network, unless the request says otherwise.
func create(t *testing.T, e *engine, req containers.CreateRequest) (id string) {
	t.Helper()
	if req.Image == "" {
		needBase(t, e)
		req.Image = baseImage
	}
	if req.HostConfig.NetworkMode == "" {
		req.HostConfig.NetworkMode = "none"
	}
	c := containers.New(e)
	id = must(c.Create(t.Context(), req, &containers.CreateOptions{Name: unique()}))(t).ID
	cleanup(t, func(ctx context.Context) error {
		return c.Delete(ctx, id, &containers.DeleteOptions{Force: true, Volumes: true})
	})
	return id
}

// start makes a container and starts it.
func start(t *testing.T, e *engine, req containers.CreateRequest) (id string) {
	t.Helper()
	id = create(t, e, req)
	ok(t, containers.New(e).Start(t.Context(), id, nil))
	return id
}

// sh is the request for a container that runs a script.
func sh(script string) containers.CreateRequest {
	return containers.CreateRequest{Cmd: []string{"sh", "-c", script}}
}

// idle is a script that says ready and then does nothing until it is killed. Asked to end, it does so with status 7.
const idle = "trap 'exit 7' TERM; echo ready; while :; do sleep 3600 & wait; done"

// startIdle starts a container that runs idle, and returns when it has set its trap.
func startIdle(t *testing.T, e *engine) (id string) {
	t.Helper()
	id = start(t, e, sh(idle))
	awaitLine(t, e, id, "ready")
	return id
}

// awaitLine follows a container's output until it has written a line.
func awaitLine(t *testing.T, e *engine, id, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	logs := must(containers.New(e).Logs(ctx, id, &containers.LogsOptions{Follow: true, Stdout: true, Stderr: true}))(t)
	for line, err := range logs.Lines() {
		ok(t, err)
		if line.Text == want {
			return
		}
	}
	t.Fatalf("%s ended without saying %q", id, want)
}

// exit waits until a container has stopped and returns its status.
func exit(t *testing.T, e *engine, id string) int64 {
	t.Helper()
	return result(t, must(containers.New(e).Wait(t.Context(), id, nil))(t))
}

// result is the status that waiting ends with.
func result(t *testing.T, pending *transport.Pending[v141.ContainerWaitResponse]) int64 {
	t.Helper()
	end := must(pending.Result())(t)
	if end.Error != nil && end.Error.Message != "" {
		t.Fatalf("waiting failed: %s", end.Error.Message)
	}
	return end.StatusCode
}

// output runs a container to its end and returns what it wrote, and its status.
func output(t *testing.T, e *engine, req containers.CreateRequest) (stdout, stderr string, status int64) {
	t.Helper()
	id := start(t, e, req)
	status = exit(t, e, id)
	var out, err bytes.Buffer
	logs := must(containers.New(e).Logs(t.Context(), id, &containers.LogsOptions{Stdout: true, Stderr: true}))(t)
	must(logs.Demux(&out, &err))(t)
	return out.String(), err.String(), status
}

// readAll reads a stream to its end and closes it.
func readAll(t *testing.T, r io.ReadCloser) []byte {
	t.Helper()
	data := must(io.ReadAll(r))(t)
	ok(t, r.Close())
	return data
}
