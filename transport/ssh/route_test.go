package ssh

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/gantry-go/gantry/internal/leak"
	"github.com/gantry-go/gantry/transport"
	tt "github.com/gantry-go/gantry/transport/transporttest"
)

// TestOneConnection has many calls at once, on one connection that one handshake has made.
func TestOneConnection(t *testing.T) {
	s := (&server{forward: to(tt.New(t))}).start(t)
	c := s.client(t)
	if c.Host() != s.url() {
		t.Error(c.Host())
	}
	if s.connections.Load() != 0 {
		t.Error("it was dialed before the first call")
	}
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			if err := ping(t.Context(), c); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := s.handshakes.Load(); n != 1 {
		t.Errorf("%d handshakes", n)
	}
}

// TestWaiters has some who wait for one handshake leave: the others get it.
func TestWaiters(t *testing.T) {
	s := (&server{forward: to(tt.New(t)), stallAuth: make(chan struct{})}).start(t)
	r := directRoute(t, s.url(), isolated(t, WithKnownHosts(s.knownAs(t)))...)
	leaves, leave := context.WithCancelCause(t.Context())
	cause := errors.New("I leave")
	type result struct {
		conn net.Conn
		err  error
	}
	first, second := make(chan result, 1), make(chan result, 1)
	dial := func(ctx context.Context, to chan result) {
		conn, err := r.Dial(ctx)
		to <- result{conn, err}
	}
	go dial(leaves, first)
	eventually(t, "the first waits", func() bool { return r.waiting() == 1 })
	go dial(t.Context(), second)
	eventually(t, "both wait", func() bool { return r.waiting() == 2 })
	leave(cause)
	if got := <-first; !errors.Is(got.err, cause) {
		t.Errorf("%v, want %v", got.err, cause)
	}
	close(s.stallAuth)
	got := <-second
	ok(t, got.err)
	ok(t, got.conn.Close())
	if n := s.connections.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

func (r *route) waiting() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.coming == nil {
		return 0
	}
	return r.coming.waiting
}

func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not so: %s", what)
		}
	}
}

// TestStalls has servers that stop answering, each in another phase: a context ends the wait at once, and nothing stays.
func TestStalls(t *testing.T) {
	engine := tt.New(t)
	for name, s := range map[string]*server{
		"before the version":   {stallAfter: 1},
		"after the version":    {stallAfter: 12},
		"in the key exchange":  {stallAfter: 1200},
		"in the user's":        {stallAuth: make(chan struct{})},
		"at the channel":       {openSilent: true},
		"at the command":       {command: stdio(engine), noExec: true},
		"at the ping":          {command: func(_ string, c ssh.Channel) uint32 { _, _ = io.Copy(io.Discard, c); return 0 }},
		"of the jump's target": nil,
	} {
		t.Run(name, func(t *testing.T) {
			leak.Check(t)
			options := isolated(t)
			if s == nil {
				s = (&server{stallAfter: 1}).start(t)
				hop := (&server{forward: to(engine)}).start(t)
				options = append(options, WithKnownHosts(s.knownAs(t), hop.knownAs(t)), WithConfigFiles(write(t, "c", "Host 127.0.0.1\nProxyJump me@localhost\nHost localhost\nHostName 127.0.0.1\nPort "+port(t, hop)+"\n")))
			} else {
				s.start(t)
				options = append(options, WithKnownHosts(s.knownAs(t)))
			}
			if s.stallAuth != nil {
				t.Cleanup(func() { close(s.stallAuth) })
			}
			r := directRoute(t, s.url(), options...)
			ctx, cancel := context.WithCancelCause(t.Context())
			failed := make(chan error, 1)
			go func() {
				_, err := r.Dial(ctx)
				failed <- err
			}()
			eventually(t, "the server is asked", func() bool { return s.connections.Load() > 0 })
			select {
			case err := <-failed:
				t.Fatal(err)
			case <-time.After(50 * time.Millisecond): // so that the phase is reached; it may be later too
			}
			cause := errors.New("it takes too long")
			began := time.Now()
			cancel(cause)
			err := <-failed
			if took := time.Since(began); took > time.Second {
				t.Errorf("it took %v", took)
			}
			fails(t, err, cause)
			ok(t, r.Close())
		})
	}
}

func port(t *testing.T, s *server) string {
	t.Helper()
	_, port, err := net.SplitHostPort(s.address)
	ok(t, err)
	return port
}

// TestCloseEnds holds that Close ends a dial that waits, and what is dialed later.
func TestCloseEnds(t *testing.T) {
	leak.Check(t)
	s := (&server{stallAfter: 1}).start(t)
	r := directRoute(t, s.url(), isolated(t, WithKnownHosts(s.knownAs(t)))...)
	failed := make(chan error, 1)
	go func() {
		_, err := r.Dial(t.Context())
		failed <- err
	}()
	eventually(t, "the server is asked", func() bool { return s.connections.Load() > 0 })
	ok(t, r.Close())
	fails(t, <-failed, transport.ErrClosed)
	_, err := r.Dial(t.Context())
	fails(t, err, transport.ErrClosed)
}

// TestUnreachable holds that errors say which server, and in which phase.
func TestUnreachable(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	ok(t, err)
	address := listener.Addr().String()
	ok(t, listener.Close())
	err = ping(t.Context(), open(t, "ssh://me@"+address, isolated(t)...))
	fails(t, err, transport.ErrConnect, "ssh me@"+address+": dial: ", "connection refused")

	s := (&server{preface: "HTTP/1.1 400 Bad Request\r\n\x1b[31m\r\n"}).start(t)
	s.drop()
	ok(t, s.listener.Close())
	fails(t, ping(t.Context(), s.client(t)), transport.ErrConnect, "dial")

	raw, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	ok(t, err)
	t.Cleanup(func() { _ = raw.Close() })
	go func() {
		for {
			c, err := raw.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("HTTP/1.1 400 \x1b[31m Bad Request\r\n\r\n"))
			_ = c.Close()
		}
	}()
	err = ping(t.Context(), open(t, "ssh://me@"+raw.Addr().String(), isolated(t)...))
	fails(t, err, transport.ErrConnect, "ssh me@"+raw.Addr().String()+": handshake: ")
}

// TestConfigAtTheCall holds that what the configuration refuses is refused by the first call, and says for which host.
func TestConfigAtTheCall(t *testing.T) {
	err := ping(t.Context(), open(t, "ssh://build1", isolated(t, WithConfigFiles(write(t, "c", "ProxyCommand nc %h %p\n")))...))
	fails(t, err, transport.ErrConnect, "ssh build1: ", "ProxyCommand")

	s := (&server{stallAfter: 1}).start(t)
	began := time.Now()
	err = ping(t.Context(), open(t, s.url(), isolated(t, WithConfigFiles(write(t, "c", "ConnectTimeout 1\n")))...))
	fails(t, err, transport.ErrConnect, "ConnectTimeout")
	if time.Since(began) > patience {
		t.Error("too late")
	}
}

// TestBanner has a server that talks before and after its version.
func TestBanner(t *testing.T) {
	s := (&server{forward: to(tt.New(t)), preface: "welcome\r\n", banner: "authorised use only\n"}).start(t)
	ok(t, ping(t.Context(), s.client(t)))
}

// TestDialer has a dialer instead of a ProxyCommand.
func TestDialer(t *testing.T) {
	s := (&server{forward: to(tt.New(t))}).start(t)
	dialed := ""
	dial := WithDialer(func(ctx context.Context, network, address string) (net.Conn, error) {
		dialed = address
		return new(net.Dialer).DialContext(ctx, network, s.address)
	})
	config := WithConfigFiles(write(t, "c", "ProxyCommand nc\nHostName inner\n"))
	ok(t, ping(t.Context(), open(t, "ssh://me@build1:23", isolated(t, dial, config, WithKnownHosts(s.knownAs(t, "inner:23")))...)))
	if dialed != "inner:23" {
		t.Error(dialed)
	}
}

// TestProxyJump goes through two servers to a third, each with its own key, user and port.
func TestProxyJump(t *testing.T) {
	engine := tt.New(t)
	var users notes // each is asked for: whether the key will do, and with the signature
	note := func(user string, _ ssh.PublicKey) error {
		users.add(user)
		return nil
	}
	target := (&server{forward: to(engine), authorize: note}).start(t)
	first := (&server{forward: to(engine), authorize: note}).start(t)
	second := (&server{forward: to(engine), authorize: note}).start(t)
	config := WithConfigFiles(write(t, "c", `
Host target
	ProxyJump one@first,second
Host second
	User two
	# Not when it is one of several.
	ProxyJump nobody@nowhere
Host first second target
	HostName 127.0.0.1
Host first
	Port `+port(t, first)+`
Host second
	Port `+port(t, second)+`
Host target
	Port `+port(t, target)+"\n"))
	trusted := WithKnownHosts(target.knownAs(t), first.knownAs(t), second.knownAs(t))
	c := open(t, "ssh://me@target", isolated(t, config, trusted)...)
	ok(t, ping(t.Context(), c))
	if got := slices.Compact(users.take()); !slices.Equal(got, []string{"one", "two", "me"}) {
		t.Errorf("users %v", got)
	}
	second.drop()
	eventually(t, "the next call goes through again", func() bool { return ping(t.Context(), c) == nil })

	// An unknown jump host is refused like any other.
	c = open(t, "ssh://me@target", isolated(t, config, WithKnownHosts(target.knownAs(t), first.knownAs(t)))...)
	err := ping(t.Context(), c)
	fails(t, err, transport.ErrHostKey, "jump host", "two@"+second.address)

	// One whose configuration leads to itself ends.
	circle := WithConfigFiles(write(t, "c", "ProxyJump a\n"))
	err = ping(t.Context(), open(t, "ssh://me@b", isolated(t, circle)...))
	fails(t, err, transport.ErrConnect, "without end")
}
