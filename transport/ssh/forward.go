package ssh

import (
	"context"
	"io"
	"net"

	"golang.org/x/crypto/ssh"
)

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
