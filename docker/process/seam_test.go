package process_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/docker/process"
	"github.com/gantry-go/gantry/podman"
	"github.com/gantry-go/gantry/transport"
	tt "github.com/gantry-go/gantry/transport/transporttest"
)

func nothing(*transport.Request) {}

// everything is a policy.
func everything(*transport.Request) error { return nil }

// TestVersion holds which version is spoken, and that the engine is asked for it only by a caller that does not know.
func TestVersion(t *testing.T) {
	opened := func(t *testing.T, f *fake) transport.Caller {
		e, err := docker.OpenHost(t.Context(), f.Host())
		ok(t, err)
		t.Cleanup(func() { _ = e.Close() })
		return e
	}
	libpod := func(t *testing.T, f *fake) transport.Caller {
		e, err := podman.OpenHost(t.Context(), f.Host())
		ok(t, err)
		t.Cleanup(func() { _ = e.Close() })
		return e
	}
	plain := func(t *testing.T, f *fake) transport.Caller { return f.Client(t) }
	for _, c := range []struct {
		name           string
		oldest, newest string
		options        []tt.Option
		caller         func(*testing.T, *fake) transport.Caller
		want           string
		asked          bool
	}{
		{"an engine", "1.24", "1.51", nil, opened, "/v1.51/", false},
		{"an old one", "1.12", "1.25", nil, opened, "/v1.25/", false},
		{"one that names no oldest", "", "1.30", nil, opened, "/v1.30/", false},
		{"one newer than the packages", "1.50", "1.99", nil, opened, "/v1.56/", false},
		{"Podman", "1.24", "1.41", []tt.Option{tt.Libpod("4.3.1")}, libpod, "/v1.41/", false},
		{"Podman by Docker's API", "1.24", "1.44", []tt.Option{tt.Libpod("5.8.1")}, opened, "/v1.44/", false},
		{"a client", "1.24", "1.45", nil, plain, "/v1.45/", true},
		{"With", "1.24", "1.51", nil, func(t *testing.T, f *fake) transport.Caller { return transport.With(opened(t, f), nothing) }, "/v1.51/", false},
		{"Restrict", "1.24", "1.51", nil, func(t *testing.T, f *fake) transport.Caller {
			return transport.Restrict(transport.With(opened(t, f), nothing), everything)
		}, "/v1.51/", false},
		{"a wrapper that knows", "1.24", "1.51", nil, func(t *testing.T, f *fake) transport.Caller { return knower{opened(t, f)} }, "/v1.51/", false},
		{"a wrapper that does not", "1.24", "1.51", nil, func(t *testing.T, f *fake) transport.Caller { return wrapper{opened(t, f)} }, "/v1.51/", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFake(t, append(c.options, tt.Version(c.newest, c.oldest))...)
			caller := c.caller(t, f)
			before := len(f.Requests())
			ok(t, process.Command(t.Context(), caller, "conny", "true").Run())
			ok(t, process.Container(t.Context(), caller, "conny").Run())
			asked := 0
			for _, r := range f.Requests()[before:] {
				if r.Path == "/version" {
					asked++
				} else if !strings.HasPrefix(r.Path, c.want) {
					t.Errorf("it calls %s", r.Path)
				}
			}
			equal(t, "asked", asked > 0, c.asked)
		})
	}
	t.Run("none that fits", func(t *testing.T) {
		f := newFake(t, tt.Version("1.90", "1.80"))
		err := process.Command(t.Context(), f.Client(t), "conny", "true").Run()
		if !errors.Is(err, transport.ErrVersion) || f.calls() != "version" {
			t.Errorf("got %v after %s", err, f.calls())
		}
	})
	t.Run("a field that came later", func(t *testing.T) {
		f := newFake(t, tt.Version("1.34", "1.24"))
		cmd := process.Command(t.Context(), f.Client(t), "conny", "true")
		cmd.Dir = "/srv"
		if err := cmd.Run(); !errors.Is(err, transport.ErrVersion) || f.calls() != "version" {
			t.Errorf("got %v after %s", err, f.calls())
		}
	})
}

// TestOrder holds the one order that loses nothing, and what it is before waits knew conditions.
func TestOrder(t *testing.T) {
	for version, want := range map[string]string{"1.30": "version json attach wait start", "1.29": "version json attach start wait"} {
		f := newFake(t, tt.Version(version, "1.24"))
		ok(t, process.Container(t.Context(), f.Client(t), "conny").Run())
		equal(t, "calls of "+version, f.calls(), want)
		condition := f.request(t, "wait").RawQuery
		equal(t, "condition", condition, map[string]string{"1.30": "condition=next-exit", "1.29": ""}[version])
		for _, r := range f.Requests()[2:] { // the id, which no other container gets
			if !strings.Contains(r.Path, "/containers/c1/") {
				t.Errorf("it calls %s", r.Path)
			}
		}
	}
	f := newFake(t)
	ok(t, process.Command(t.Context(), f.Client(t), "conny", "true").Run())
	equal(t, "calls", f.calls(), "version exec start json")
}

// TestPolicies holds the operations that the package's documentation names.
func TestPolicies(t *testing.T) {
	f := newFake(t)
	f.Handle("GET /containers/{id}/json", inspected(map[string]any{"Tty": true}))
	f.Handle("POST /containers/{id}/resize", tt.Empty(200))
	f.Handle("POST /containers/{id}/attach", tt.Upgrade(func(*tt.Conn) {}))
	f.Handle("POST /exec/{id}/resize", tt.Empty(200))
	f.Handle("POST /exec/{id}/start", tt.Upgrade(func(*tt.Conn) {}))
	commands := transport.Allow("SystemVersion", "ContainerExec", "ExecStart", "ExecInspect", "ExecResize")
	cmd := process.Command(t.Context(), transport.Restrict(f.Client(t), commands), "conny", "true")
	cmd.TTY = true
	ok(t, cmd.Resize(t.Context(), 80, 24))
	ok(t, cmd.Run())

	containers := transport.Allow("SystemVersion", "ContainerInspect", "ContainerAttach", "ContainerWait", "ContainerStart", "ContainerDelete", "ContainerResize")
	cmd = process.Container(t.Context(), transport.Restrict(f.Client(t), containers), "conny")
	cmd.RemoveAfter = true
	ok(t, cmd.Resize(t.Context(), 80, 24))
	ok(t, cmd.Run())
	before := len(f.Requests())

	for _, cmd := range []*process.Cmd{
		process.Command(t.Context(), transport.Restrict(f.Client(t), transport.ReadOnly), "conny", "true"),
		process.Container(t.Context(), transport.Restrict(f.Client(t), transport.ReadOnly), "conny"),
	} {
		if err := cmd.Run(); !errors.Is(err, transport.ErrRefused) {
			t.Errorf("%v: got %v", cmd, err)
		}
	}
	for _, r := range f.Requests()[before:] {
		if r.Method != http.MethodGet {
			t.Errorf("it calls %s %s", r.Method, r.Path)
		}
	}
}

// TestKillRefused has a container that must not be killed when its context ends.
func TestKillRefused(t *testing.T) {
	f := newFake(t)
	f.Handle("POST /containers/{id}/attach", tt.Upgrade(func(c *tt.Conn) {
		_, _ = c.Write(tt.Frame(1, "up"))
		_, _ = c.Read(make([]byte, 1))
	}))
	f.Handle("POST /containers/{id}/wait", waited(0).Stall(75))
	ctx, cancel := context.WithCancel(t.Context())
	cmd := process.Container(ctx, transport.Restrict(f.Client(t), transport.Deny("ContainerKill")), "conny")
	cmd.Stdout = writer(func(p []byte) (int, error) { cancel(); return len(p), nil })
	err := cmd.Run()
	if !errors.Is(err, context.Canceled) || !errors.Is(err, transport.ErrRefused) {
		t.Errorf("got %v", err)
	}
}
