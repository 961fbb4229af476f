package gantry

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"testing"

	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/images"
	"github.com/gantry-go/gantry/podman/v58/volumes"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/transporttest"
)

// TestRequiredUploads checks that a generated method which is nothing without a body refuses to go without one, before
// a byte is sent: an engine would take it for an empty archive, and succeed.
func TestRequiredUploads(t *testing.T) {
	fake := transporttest.New(t)
	calls := 0
	fake.Handle("/{rest...}", transporttest.Handler(func(http.ResponseWriter, *http.Request) { calls++ }))
	client := fake.Client(t)
	for name, err := range map[string]error{
		"nil":           containers.New(client).PutArchive(t.Context(), "conny", "/", nil, nil),
		"a nil pointer": containers.New(client).PutArchive(t.Context(), "conny", "/", (*os.File)(nil), nil),
		"libpod":        volumes.New(client).Import(t.Context(), "vol", nil),
	} {
		failure, ok := errors.AsType[*transport.Error](err)
		if !ok || !errors.Is(err, transport.ErrInvalidInput) || failure.MayHaveActed {
			t.Errorf("%s: %v", name, err)
		}
	}
	if calls != 0 {
		t.Errorf("the engine was asked %d times", calls)
	}
	if err := containers.New(client).PutArchive(t.Context(), "conny", "/", &bytes.Buffer{}, nil); err != nil {
		t.Errorf("an archive without a byte: %v", err)
	}
	pull, err := images.New(client).Create(t.Context(), nil, &images.CreateOptions{FromImage: "busybox"})
	if err != nil {
		t.Fatalf("a pull has no body: %v", err)
	}
	if err := pull.Close(); err != nil {
		t.Error(err)
	}
	if calls != 2 {
		t.Errorf("the engine was asked %d times, not twice", calls)
	}
}
