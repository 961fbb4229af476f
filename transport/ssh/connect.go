package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

// connection is an authenticated connection to a server.
type connection struct {
	*ssh.Client
	settings *settings
	wire     *wire
	below    *connection // to the jump host that it goes through, or nil
}

// close closes the connection, and those below it.
func (c *connection) close() {
	if c == nil {
		return
	}
	_ = c.wire.Close() // first: closing the protocol's end can wait for a write
	_ = c.Close()
	c.below.close()
}

// wire is the connection below the protocol. It remembers what went wrong with it, which the protocol's channels do
// not tell from an end that the server made.
type wire struct {
	net.Conn
	failure atomic.Pointer[error]
	arrived atomic.Int64 // bytes, to tell a slow server from a dead one
}

// Read implements [net.Conn].
func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.arrived.Add(int64(n))
	if err != nil {
		w.failure.CompareAndSwap(nil, &err)
	}
	return n, err
}

// phase is the error of a part of connecting.
func (s *settings) phase(name string, err error) error {
	return fmt.Errorf("ssh %s: %s: %w", s, name, err)
}

// connect makes a connection to the server of an address. It ends with ctx at any point, and leaves nothing behind
// if it fails.
func (o *options) connect(ctx context.Context, a address) (*connection, error) {
	s, err := o.resolve(a, localEnvironment())
	if err != nil {
		return nil, fmt.Errorf("ssh %s: %w", a.host, err)
	}
	// Only what the URL itself says to be on this computer is, and only without anything in between.
	s.machine = o.machine && o.dial == nil && len(s.jumps) == 0 && loopback(a.host) && loopback(s.host)
	return o.reach(ctx, s, 0)
}

// loopback reports whether a host is this computer.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

// reach connects to a server, through its jump hosts.
func (o *options) reach(ctx context.Context, s *settings, depth int) (_ *connection, err error) {
	if depth > maxJumps {
		return nil, s.phase("configuration", errors.New("jump hosts have jump hosts without end"))
	}
	if s.connectTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, s.connectTimeout, fmt.Errorf("no connection within the ConnectTimeout of %v", s.connectTimeout))
		defer cancel()
	}
	var below *connection
	if len(s.jumps) > 0 {
		if below, err = o.jump(ctx, s, depth); err != nil {
			return nil, err
		}
	}
	raw, err := o.dialServer(ctx, s, below)
	if err != nil {
		below.close()
		return nil, s.phase("dial", because(ctx, err))
	}
	c, err := o.handshake(ctx, s, &wire{Conn: raw}, below)
	if err != nil {
		_ = raw.Close()
		below.close()
		return nil, err
	}
	return c, nil
}

// jump connects to the last jump host, through those before it.
func (o *options) jump(ctx context.Context, s *settings, depth int) (*connection, error) {
	last := len(s.jumps) - 1
	hop, err := o.resolve(s.jumps[last], localEnvironment())
	if err != nil {
		return nil, s.phase("jump host "+s.jumps[last].host, err)
	}
	if last > 0 {
		hop.jumps = s.jumps[:last]
	}
	c, err := o.reach(ctx, hop, depth+1)
	if err != nil {
		return nil, s.phase("jump host", err)
	}
	return c, nil
}

func (o *options) dialServer(ctx context.Context, s *settings, below *connection) (net.Conn, error) {
	address := net.JoinHostPort(s.host, s.port)
	switch {
	case below != nil:
		conn, err := below.DialContext(ctx, "tcp", address)
		if refusal, ok := errors.AsType[*ssh.OpenChannelError](err); ok {
			err = refused(refusal)
		}
		return conn, err
	case o.dial != nil:
		return o.dial(ctx, "tcp", address)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", address)
}

// because prefers why the context ended to what the network made of it.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// clientVersion is how this side names itself to servers.
const clientVersion = "SSH-2.0-gantry"

// handshake has the server prove who it is, and then the user.
func (o *options) handshake(ctx context.Context, s *settings, w *wire, below *connection) (*connection, error) {
	keys := s.judge(o)
	// The keys' context ends with the handshake, and so does the agent's connection.
	keyCtx, done := context.WithCancel(ctx)
	defer done()
	stop := context.AfterFunc(ctx, func() {
		_ = w.Close()
		below.close() // a channel of it closes only once its server agrees
	})
	var ring *keyring
	var trusted atomic.Bool
	conn, channels, requests, err := ssh.NewClientConn(w, s.lookup, &ssh.ClientConfig{
		User:          s.user,
		ClientVersion: clientVersion,
		Auth: []ssh.AuthMethod{ssh.PublicKeysCallback(func() ([]ssh.Signer, error) {
			var agent io.Closer
			ring, agent = gather(keyCtx, s, o)
			if agent != nil {
				context.AfterFunc(keyCtx, func() { _ = agent.Close() })
			}
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			return ring.signers, nil
		})},
		HostKeyCallback: func(name string, remote net.Addr, key ssh.PublicKey) error {
			err := keys.check(name, remote, key)
			trusted.Store(err == nil)
			return err
		},
		HostKeyAlgorithms: keys.algorithms(),
	})
	if !stop() {
		if err == nil {
			_ = conn.Close()
		}
		return nil, s.phase(phaseName(trusted.Load()), context.Cause(ctx))
	}
	if err != nil {
		return nil, s.handshakeError(err, trusted.Load(), ring)
	}
	return &connection{Client: ssh.NewClient(conn, channels, requests), settings: s, wire: w, below: below}, nil
}

func phaseName(trusted bool) string {
	if trusted {
		return "authentication"
	}
	return "handshake"
}

// handshakeError says in which phase it failed and, of an authentication, with which keys.
func (s *settings) handshakeError(err error, trusted bool, ring *keyring) error {
	if key, ok := errors.AsType[*HostKeyError](err); ok {
		return s.phase("host key refused", key)
	}
	if inner := errors.Unwrap(err); inner != nil {
		err = inner // "ssh: handshake failed" is said by the phase
	}
	err = &serverSaid{err}
	if trusted && ring != nil {
		err = fmt.Errorf("%s: %w", ring.told(err), err)
	} else if trusted {
		err = fmt.Errorf("the server takes no public keys: %w", err)
	}
	return s.phase(phaseName(trusted), err)
}

// serverSaid is an error that may hold the server's words, which are shown on one line.
type serverSaid struct{ error }

func (e *serverSaid) Error() string { return printable(e.error.Error(), 1024) }
func (e *serverSaid) Unwrap() error { return e.error }

// refused is a channel's refusal with the server's words, shown on one line.
func refused(e *ssh.OpenChannelError) error {
	return &refusal{reason: e.Reason, message: printable(e.Message, 256)}
}

// refusal is the server's answer to a channel that it does not open.
type refusal struct {
	reason  ssh.RejectionReason
	message string
}

func (e *refusal) Error() string {
	if e.message == "" {
		return "refused: " + e.reason.String()
	}
	return "refused: " + e.reason.String() + ": " + e.message
}

// openTimeout bounds the wait for the server's answer to a channel. It answers at once, or never.
const openTimeout = 15 * time.Second
