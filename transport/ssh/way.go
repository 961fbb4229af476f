package ssh

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// way is how streams reach the engine behind a server: by a socket that the server forwards to, or, where there is none,
// by the program that comes with the engine.
type way struct{ socket string }

// search is the first dial of a route, which finds out the way. The dials after it wait for done.
type search struct {
	done chan struct{}
	err  error // what they fail with too; nil if they are to go on
}

// The sockets of engines that serve the whole system.
const (
	dockerSocket = "/var/run/docker.sock"
	podmanSocket = "/run/podman/podman.sock"
)

// systemSocket is where the engine of the whole system listens, or "" if the user would not use that one.
func (l *link) systemSocket() string {
	switch {
	case l.route.engine != "podman":
		return dockerSocket
	case l.settings.user == "root":
		return podmanSocket
	}
	return ""
}

// open opens a stream to the engine. The first dial of a route finds out the way.
func (l *link) open(ctx context.Context) (net.Conn, error) {
	for {
		w, s, first := l.route.wayOrSearch()
		switch {
		case w != nil:
			return l.by(ctx, w)
		case first:
			w, conn, err := l.find(ctx)
			l.route.found(s, w, shared(ctx, err))
			return conn, err
		}
		select {
		case <-s.done:
			if s.err != nil {
				return nil, s.err
			}
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// shared returns the error of a search if it is the server's answer, which holds for every dial.
func shared(ctx context.Context, err error) error {
	if _, lost := errors.AsType[*gone](err); lost || errors.Is(err, errFull) || ctx.Err() != nil {
		return nil
	}
	return err
}

// wayOrSearch returns the way, or else the search for it and whether the caller is the one who searches.
func (r *route) wayOrSearch() (w *way, s *search, first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.way == nil && r.search == nil {
		r.search = &search{done: make(chan struct{})}
		first = true
	}
	return r.way, r.search, first
}

// found ends a search. Without a way and without an error the next dial searches.
func (r *route) found(s *search, w *way, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.way, r.search = w, nil
	s.err = err
	close(s.done)
}

// by opens a stream in the way that is known. A socket that refuses may be the engine's that has just ended, of which the
// program says more.
func (l *link) by(ctx context.Context, w *way) (net.Conn, error) {
	if w.socket == "" {
		return l.openCommand(ctx)
	}
	_, conn, err := l.socketOrCommand(ctx, w.socket)
	return conn, err
}

// find finds out the way: the socket of the URL, or else the engine that the user of the server means. The socket of the
// whole system comes last, for what is done there is done with root's power.
func (l *link) find(ctx context.Context) (*way, net.Conn, error) {
	if path := l.route.address.path; path != "" {
		return l.socketOrCommand(ctx, path)
	}
	a, err := l.ask(ctx)
	switch {
	case err != nil:
		return nil, nil, err
	case a.socket != "":
		return l.socketOrCommand(ctx, a.socket)
	case a.absent && l.systemSocket() != "":
		return l.socketOrCommand(ctx, l.systemSocket())
	}
	conn, err := l.openCommand(ctx)
	switch {
	case err == nil:
		return &way{}, conn, nil
	case shared(ctx, err) == nil || l.systemSocket() == "":
		return nil, nil, err
	}
	there, second := l.hasProgram(ctx)
	switch {
	case second != nil:
		return nil, nil, second
	case there:
		return nil, nil, err
	}
	conn, second = l.openSocket(ctx, l.systemSocket())
	switch {
	case second == nil:
		return &way{socket: l.systemSocket()}, conn, nil
	case shared(ctx, second) == nil:
		return nil, nil, second
	}
	return nil, nil, bothRefused(l.systemSocket(), second, err)
}

// socketOrCommand opens a stream to a socket, or where that is refused by the program. OpenSSH gives the same answer where
// forwarding is forbidden, where there is no socket, and where the user has no right to it. The program tells them apart.
func (l *link) socketOrCommand(ctx context.Context, path string) (*way, net.Conn, error) {
	conn, err := l.openSocket(ctx, path)
	if err == nil {
		return &way{socket: path}, conn, nil
	}
	if _, isRefusal := errors.AsType[*refusal](err); !isRefusal {
		return nil, nil, err
	}
	conn, second := l.openCommand(ctx)
	switch {
	case second == nil:
		return &way{}, conn, nil
	case shared(ctx, second) == nil:
		return nil, nil, second
	}
	return nil, nil, bothRefused(path, err, second)
}

func bothRefused(path string, bySocket, byCommand error) error {
	return fmt.Errorf("forwarding to %s: %w; %w", printable(path, 128), bySocket, byCommand)
}
