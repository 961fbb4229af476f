package process_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/docker/process"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/hijack"
	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/transport"
)

// patience bounds what should be there at once.
const patience = 60 * time.Second

// engine is a real engine under test. It counts the calls that go through it.
type engine struct {
	*docker.Engine
	podman bool
	image  string
	env    *enginetest.Engine

	mu    sync.Mutex
	calls map[string]int
}

func (e *engine) Do(ctx context.Context, r *transport.Request) (*http.Response, error) {
	e.count(r)
	return e.Engine.Do(ctx, r)
}

func (e *engine) Hijack(ctx context.Context, r *transport.Request) (*hijack.Conn, error) {
	e.count(r)
	return e.Engine.Hijack(ctx, r)
}

func (e *engine) count(r *transport.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.calls[r.Operation().Name]++
}

// called returns how often an operation was called.
func (e *engine) called(operation string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.calls[operation]
}

func open(t *testing.T, env *enginetest.Engine) *engine {
	t.Helper()
	opened, err := docker.OpenHost(t.Context(), env.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = opened.Close() })
	return &engine{Engine: opened, podman: env.Kind == "podman", image: env.LoadImage(t), env: env, calls: map[string]int{}}
}

// groups are run on every engine.
var groups = []struct {
	name string
	run  func(t *testing.T, e *engine)
}{
	{"command", testCommand},
	{"container", testContainer},
	{"input", testInput},
	{"terminal", testTerminal},
	{"not started", testNotStarted},
	{"canceled", testCanceled},
	{"signals", testSignals},
	{"beside os/exec", testBeside},
}

// TestEngines runs commands on Docker 20.10, 28.5 and 29 and on Podman 4.3 and 5.8, of those that are wanted and there.
func TestEngines(t *testing.T) {
	for _, at := range []struct{ kind, suite string }{{"docker", ""}, {"docker", "sid"}, {"docker", "29"}, {"podman", ""}, {"podman", "sid"}} {
		t.Run(strings.TrimSuffix(at.kind+"-"+at.suite, "-"), func(t *testing.T) {
			t.Parallel() // they wait more than they work
			e := open(t, start(t, at.kind, at.suite))
			for _, group := range groups {
				t.Run(group.name, func(t *testing.T) { group.run(t, e) })
			}
		})
	}
}

func start(t *testing.T, kind, suite string) *enginetest.Engine {
	t.Helper()
	switch {
	case suite != "":
		return enginetest.New(t, enginetest.Config{Kind: kind, Home: enginetest.Fetched(t, kind, suite)})
	case kind == "docker":
		return enginetest.Docker(t)
	}
	return enginetest.Podman(t)
}

// box returns a running container for commands.
func (e *engine) box(t *testing.T) string {
	t.Helper()
	id := e.create(t, containers.CreateRequest{Cmd: []string{"sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.2; done"}})
	if err := containers.New(e.Engine).Start(t.Context(), id, nil); err != nil {
		t.Fatal(err)
	}
	return id
}

// create creates a container that is removed when the test ends.
func (e *engine) create(t *testing.T, req containers.CreateRequest) string {
	t.Helper()
	req.Image = e.image
	req.HostConfig.NetworkMode = "none"
	c := containers.New(e.Engine)
	created, err := c.Create(t.Context(), req, &containers.CreateOptions{Name: enginetest.Name(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		_ = c.Kill(ctx, created.ID, nil) // Podman would wait ten seconds for it to stop
		if err := c.Delete(ctx, created.ID, &containers.DeleteOptions{Force: true}); err != nil && !errors.Is(err, transport.ErrNotFound) && !errors.Is(err, transport.ErrConflict) {
			t.Error(err)
		}
	})
	return created.ID
}

func sh(script string) containers.CreateRequest {
	return containers.CreateRequest{Cmd: []string{"sh", "-c", script}}
}

// exists reports whether the engine has a container.
func (e *engine) exists(t *testing.T, id string) bool {
	t.Helper()
	_, err := containers.New(e.Engine).Inspect(t.Context(), id, nil)
	if err != nil && !errors.Is(err, transport.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// exits checks the code of a command.
func exits(t *testing.T, err error, code int) {
	t.Helper()
	failed, is := errors.AsType[*process.ExitError](err)
	if !is || failed.Code != code {
		t.Errorf("got %v, want exit code %d", err, code)
	}
}
