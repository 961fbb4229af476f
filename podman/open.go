package podman

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

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
	var failures []error
	for _, path := range usualSockets() {
		e, err := openSocket(ctx, path, options)
		if err == nil {
			return e, nil
		}
		if ctx.Err() != nil {
			return nil, err
		}
		failures = append(failures, err)
	}
	return nil, &NoEngineError{Tried: failures}
}

// NoEngineError says that no engine answered where one is usually found.
type NoEngineError struct {
	// Tried has an error for each socket, in the order in which they were tried.
	Tried []error
}

// Error names each socket and why it would not do.
func (e *NoEngineError) Error() string {
	lines := make([]string, len(e.Tried))
	for i, err := range e.Tried {
		lines[i] = err.Error()
	}
	return "no engine found (CONTAINER_HOST is not set): " + strings.Join(lines, "; ")
}

// Unwrap returns the errors of the sockets.
func (e *NoEngineError) Unwrap() []error { return append([]error{transport.ErrConnect}, e.Tried...) }

func openSocket(ctx context.Context, path string, options []transport.Option) (*Engine, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	case err != nil:
		return nil, err
	case info.Mode().Type() != fs.ModeSocket:
		return nil, fmt.Errorf("%s is no socket", path)
	}
	e, err := OpenHost(ctx, "unix://"+path, options...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	e.source = path
	return e, nil
}

// usualSockets returns where engines listen, the user's own first.
func usualSockets() []string {
	var sockets []string
	if runtime := os.Getenv("XDG_RUNTIME_DIR"); runtime != "" {
		sockets = append(sockets, filepath.Join(runtime, "podman", "podman.sock"))
	}
	return append(sockets, "/run/podman/podman.sock")
}
