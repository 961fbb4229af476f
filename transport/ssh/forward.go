package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"golang.org/x/crypto/ssh"
)

// open opens a stream to the engine: by the socket, or where that is refused by a program.
func (l *link) open(ctx context.Context) (net.Conn, error) {
	if l.command.Load() {
		return l.openCommand(ctx)
	}
	path, err := l.socketPath(ctx)
	if err != nil {
		return nil, err
	}
	if path == "" {
		return l.openCommand(ctx)
	}
	s, err := l.openSocket(ctx, path)
	if err == nil {
		return s, nil
	}
	if _, isRefusal := errors.AsType[*refusal](err); !isRefusal {
		return nil, err
	}
	// OpenSSH gives the same answer where forwarding is forbidden, where there is no socket, and where the user has no
	// right to it. The program tells them apart, and may know a better socket.
	c, second := l.openCommand(ctx)
	if second != nil {
		if errors.Is(second, errFull) || ctx.Err() != nil {
			return nil, second
		}
		if lost, ok := errors.AsType[*gone](second); ok {
			return nil, lost
		}
		return nil, fmt.Errorf("forwarding to %s: %w; %w", printable(path, 128), err, second)
	}
	l.command.Store(true)
	return c, nil
}

// openSocket has the server forward to a socket.
func (l *link) openSocket(ctx context.Context, path string) (net.Conn, error) {
	// The message of direct-streamlocal@openssh.com; OpenSSH's PROTOCOL, section 2.4.
	message := struct {
		Path      string
		Reserved0 string
		Reserved1 uint32
	}{Path: path}
	channel, requests, err := l.openChannel(ctx, "direct-streamlocal@openssh.com", ssh.Marshal(&message))
	if err != nil {
		return nil, err
	}
	s := newStream(l, channel, requests, nil)
	go func() { _, _ = io.Copy(io.Discard, channel.Stderr()) }() // nothing comes, but it would use up the window
	s.start()
	return s, nil
}

// The sockets of engines that serve the whole system.
const (
	dockerSocket = "/var/run/docker.sock"
	podmanSocket = "/run/podman/podman.sock"
)

// socketPath is where the engine listens, or "" if only its program knows.
func (l *link) socketPath(ctx context.Context) (string, error) {
	switch {
	case l.route.address.path != "":
		return l.route.address.path, nil
	case l.route.engine != "podman":
		return dockerSocket, nil
	case l.settings.user == "root":
		return podmanSocket, nil
	}
	l.socket.Lock()
	path, known := l.socket.path, l.socket.known
	l.socket.Unlock()
	if known {
		return path, nil
	}
	path, err := l.askPodman(ctx)
	if err != nil {
		return "", err
	}
	l.socket.Lock()
	defer l.socket.Unlock()
	l.socket.path, l.socket.known = path, true
	return path, nil
}
