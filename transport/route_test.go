package transport_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/transporttest"
)

// pipeRoute reaches an engine of the test's process by a scheme of its own.
type pipeRoute struct {
	socket string
	dials  int
	closed int
}

func (r *pipeRoute) Dial(ctx context.Context) (net.Conn, error) {
	r.dials++
	return new(net.Dialer).DialContext(ctx, "unix", r.socket)
}
func (r *pipeRoute) Host() string { return "pipe://engine" }
func (r *pipeRoute) Close() error { r.closed++; return nil }

// TestRoute holds that a scheme of an option's is dialed by its route, which the client closes once.
func TestRoute(t *testing.T) {
	fake := transporttest.New(t)
	fake.Handle("GET /_ping", transporttest.Text(200, "text/plain", "OK"))
	route := &pipeRoute{socket: strings.TrimPrefix(fake.Host(), "unix://")}
	var target transport.Target
	c, err := transport.New("pipe://secret@engine", transport.WithEngine("podman"), transport.WithIdentity("/key"),
		transport.WithScheme("pipe", func(to transport.Target) (transport.Route, error) { target = to; return route, nil }))
	if err != nil {
		t.Fatal(err)
	}
	if want := (transport.Target{Host: "pipe://secret@engine", Engine: "podman", Identity: "/key"}); target != want {
		t.Errorf("asked for %v, want %v", target, want)
	}
	op := transport.Operation{Name: "Ping", Method: "GET", Path: "/_ping"}
	if err := transport.None(t.Context(), c, op.Request()); err != nil {
		t.Error(err)
	}
	if c.Host() != "pipe://engine" || route.dials != 1 {
		t.Errorf("%s, %d dials", c.Host(), route.dials)
	}
	_ = c.Close()
	_ = c.Close()
	if route.closed != 1 {
		t.Errorf("closed %d times", route.closed)
	}
}

// TestRouteRefused holds that a route's refusal is New's, and that schemes without an option say which they need.
func TestRouteRefused(t *testing.T) {
	no := transport.WithScheme("pipe", func(transport.Target) (transport.Route, error) {
		return nil, transport.InvalidHost("is not for me")
	})
	for host, want := range map[string]string{
		"pipe://x":           "is not for me",
		"ssh://me@host":      "transport/ssh",
		"npipe:////./pipe/x": "transport/npipe",
		"gopher://x":         "gopher",
	} {
		_, err := transport.New(host, no)
		if !errors.Is(err, transport.ErrInvalidInput) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", host, err, want)
		}
	}
}
