package ssh

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"
)

// answer is what the engine's program on the server says of the engine that its user means there.
type answer struct {
	socket string // that can be forwarded to, or "" where the engine is reached by its program alone
	absent bool   // the server runs no such program
}

// mark begins what is asked for: a shell may print words of its own before it.
const mark = "gantry="

// The questions print the same on all versions. They are in double quotes, which the shells of all systems know.
const (
	// dockerEndpoint names the endpoint of the current context, which is that of DOCKER_HOST where it is set. Docker has
	// it since 19.03.
	dockerEndpoint = `docker context inspect --format "` + mark + `{{.Endpoints.docker.Host}}"`
	// podmanSocketPath names the socket that belongs to the engine; not to be forwarded to where the program speaks to an
	// engine elsewhere.
	podmanSocketPath = `podman info --format "` + mark + `{{.Host.ServiceIsRemote}} {{.Host.RemoteSocket.Path}}"`
)

// ask asks the program on the server, once for all connections.
func (l *link) ask(ctx context.Context) (*answer, error) {
	l.route.mu.Lock()
	a := l.route.answer
	l.route.mu.Unlock()
	if a != nil {
		return a, nil
	}
	command, read := dockerEndpoint, func(text string) string { return text }
	if l.route.engine == "podman" {
		command, read = podmanSocketPath, func(text string) string {
			path, local := strings.CutPrefix(text, "false ")
			if !local {
				return ""
			}
			return "unix://" + strings.TrimPrefix(path, "unix://")
		}
	}
	out, err := l.output(ctx, command)
	if err != nil {
		return nil, err
	}
	a = &answer{absent: out.refused || out.status == notFound}
	for line := range strings.Lines(out.text) {
		text, marked := strings.CutPrefix(strings.TrimSpace(line), mark)
		path, socket := strings.CutPrefix(read(text), "unix://")
		if marked && socket && path != "" && checkPath(path) == nil {
			a.socket = path
		}
	}
	l.route.mu.Lock()
	defer l.route.mu.Unlock()
	l.route.answer = a
	return a, nil
}

// hasProgram reports whether the engine's program runs on the server at all, in whatever state its settings are.
func (l *link) hasProgram(ctx context.Context) (bool, error) {
	name := "docker"
	if l.route.engine == "podman" {
		name = "podman"
	}
	out, err := l.output(ctx, name+" --version")
	// A program by the name of docker may be Podman's.
	return strings.Contains(out.text, "Docker version ") || strings.Contains(out.text, "podman version "), err
}

// notFound is the status of a shell that has not found a program.
const notFound = "status 127"

// output is what a program has printed.
type output struct {
	text    string
	status  string // as it has ended
	refused bool   // the server runs no programs
}

// output runs a program to its end. Its error is that of the connection.
func (l *link) output(ctx context.Context, command string) (out output, err error) {
	p, err := l.run(ctx, command)
	if err != nil {
		if _, isRefusal := errors.AsType[*refusal](err); isRefusal {
			return output{refused: true}, nil
		}
		return out, err
	}
	p.start()
	defer p.Close() //nolint:errcheck // it never fails
	// These programs read nothing. One that runs in their place, by a ForceCommand, may be connected to the engine, and ends
	// by this.
	_, _ = io.WriteString(p, "HEAD /_ping HTTP/1.1\r\nHost: localhost\r\nUser-Agent: gantry\r\nConnection: close\r\n\r\n")
	_ = p.CloseWrite()
	bounded, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	stop := context.AfterFunc(bounded, func() { _ = p.Close() })
	defer stop()
	text, err := io.ReadAll(io.LimitReader(p, maxOutput))
	if ctx.Err() != nil {
		return out, context.Cause(ctx)
	}
	if err != nil && l.broken() {
		return out, &gone{l.lost()}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return output{text: string(text), status: p.ended}, nil
}

const (
	// maxOutput bounds what a shell and a program may print.
	maxOutput = 64 << 10
	// askTimeout bounds how long a program may take that only prints. What it has not said then it does not say.
	askTimeout = 5 * time.Second
)
