package podman

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gantry-go/gantry/internal/sockets"
	"github.com/gantry-go/gantry/transport"
)

// Open opens the engine that the environment names, or else the first that answers on one of the usual sockets:
//
//  1. CONTAINER_HOST. Nothing else is tried then.
//  2. $XDG_RUNTIME_DIR/podman/podman.sock, the user's own; /run/podman/podman.sock, the system's.
//
// [Engine.Source] tells which it was. When none answers, the error names each that was tried and why it would not
// do. The caller closes the engine.
func Open(ctx context.Context, options ...transport.Option) (*Engine, error) {
	if host := os.Getenv("CONTAINER_HOST"); host != "" {
		e, err := OpenHost(ctx, host, options...)
		if err != nil {
			return nil, fmt.Errorf("CONTAINER_HOST: %w", err)
		}
		e.source = "CONTAINER_HOST"
		return e, nil
	}
	e, path, tried := sockets.First(ctx, usualSockets(), func(host string) (*Engine, error) {
		return OpenHost(ctx, host, options...)
	})
	switch {
	case path != "":
		e.source = path
		return e, nil
	case ctx.Err() != nil:
		return nil, tried[len(tried)-1]
	}
	return nil, &NoEngineError{Tried: tried}
}

// NoEngineError says that no engine answered where one is usually found.
type NoEngineError struct {
	// Tried has an error for each socket, in the order in which they were tried.
	Tried []error
}

// Error names each socket and why it would not do.
func (e *NoEngineError) Error() string {
	return sockets.Explain("CONTAINER_HOST", e.Tried)
}

// Unwrap returns the errors of the sockets.
func (e *NoEngineError) Unwrap() []error { return append([]error{transport.ErrConnect}, e.Tried...) }

// usualSockets returns where engines listen, the user's own first.
func usualSockets() []string {
	var sockets []string
	if runtime := os.Getenv("XDG_RUNTIME_DIR"); runtime != "" {
		sockets = append(sockets, filepath.Join(runtime, "podman", "podman.sock"))
	}
	return append(sockets, "/run/podman/podman.sock")
}
