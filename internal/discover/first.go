// Package sockets finds an engine on the sockets where engines usually listen. Packages docker and podman share it.
package sockets

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// First opens the engine on the first of the paths where one answers, and returns its path. When none does, tried has
// an error for each path. It gives up when the context ends.
func First[E any](ctx context.Context, paths []string, open func(host string) (E, error)) (engine E, path string, tried []error) {
	for _, path := range paths {
		engine, err := try(path, open)
		if err == nil {
			return engine, path, nil
		}
		tried = append(tried, err)
		if ctx.Err() != nil {
			break
		}
	}
	return engine, "", tried
}

func try[E any](path string, open func(host string) (E, error)) (engine E, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return engine, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	case err != nil:
		return engine, err
	case info.Mode().Type() != fs.ModeSocket:
		return engine, fmt.Errorf("%s is no socket", path)
	}
	if engine, err = open("unix://" + path); err != nil {
		return engine, fmt.Errorf("%s: %w", path, err)
	}
	return engine, nil
}

// Explain says on one line what was tried, after saying which variable would have named an engine.
func Explain(variable string, tried []error) string {
	lines := make([]string, len(tried))
	for i, err := range tried {
		lines[i] = err.Error()
	}
	return "no engine found (" + variable + " is not set): " + strings.Join(lines, "; ")
}
