package discover

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// First opens the engine at the first of the hosts where one answers, and returns the host. When none does, tried has
// an error for each. It gives up when the context ends.
func First[E any](ctx context.Context, hosts []string, open func(host string) (E, error)) (engine E, host string, tried []error) {
	for _, host := range hosts {
		engine, err := try(host, open)
		if err == nil {
			return engine, host, tried
		}
		tried = append(tried, err)
		if ctx.Err() != nil {
			break
		}
	}
	return engine, "", tried
}

func try[E any](host string, open func(host string) (E, error)) (engine E, err error) {
	name := host
	if path, unix := strings.CutPrefix(host, "unix://"); unix {
		name = path
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return engine, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
		case err != nil:
			return engine, err
		case info.Mode().Type() != fs.ModeSocket:
			return engine, fmt.Errorf("%s is no socket", path)
		}
	}
	if engine, err = open(host); err != nil {
		return engine, fmt.Errorf("%s: %w", name, err)
	}
	return engine, nil
}

// Explain says what was looked at, one place a line where there are several.
func Explain(tried []error) string {
	const found = "no engine found:"
	if len(tried) == 1 {
		return found + " " + tried[0].Error()
	}
	lines := []string{found}
	for _, err := range tried {
		lines = append(lines, err.Error())
	}
	return strings.Join(lines, "\n  ")
}
