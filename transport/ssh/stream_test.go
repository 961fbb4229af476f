package ssh

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/gantry-go/gantry/internal/leak"
	"github.com/gantry-go/gantry/transport"
	tt "github.com/gantry-go/gantry/transport/transporttest"
)

// ways are the two ways to an engine behind a server.
func ways(t *testing.T, e *tt.Engine, test func(t *testing.T, s *server)) {
	for name, s := range map[string]*server{"socket": {forward: to(e)}, "command": {command: stdio(e)}} {
		t.Run(name, func(t *testing.T) { test(t, s.start(t)) })
	}
}

// TestRow57HalfClose sends some MiB, ends, and then gets the same back, with and without a stream that is read late.
func TestRow57HalfClose(t *testing.T) {
	e := tt.New(t)
	e.Handle("POST /echo", tt.Upgrade(func(c *tt.Conn) {
		all, _ := io.ReadAll(c)
		_, _ = c.Write(all)
	}))
	ways(t, e, func(t *testing.T, s *server) {
		c := s.client(t)
		op := transport.Operation{Name: "Echo", Method: "POST", Path: "/echo"}
		conn, err := transport.Upgrade(t.Context(), c, op.Request())
		ok(t, err)
		data := make([]byte, 5<<20+17)
		_, _ = rand.Read(data)
		_, err = conn.Write(data)
		ok(t, err)
		ok(t, conn.CloseWrite())
		if _, err := conn.Write([]byte("more")); err == nil {
			t.Error("it takes more after CloseWrite")
		}
		back, err := io.ReadAll(conn)
		ok(t, err)
		if sha256.Sum256(back) != sha256.Sum256(data) {
			t.Errorf("%d bytes came back of %d", len(back), len(data))
		}
		ok(t, conn.Close())
	})
}

// TestRow27DropMidStream loses the connection in mid-stream: what waits fails, and the next call connects anew.
func TestRow27DropMidStream(t *testing.T) {
	e := tt.New(t)
	forever := func(c *tt.Conn) {
		_, _ = c.Write([]byte("first"))
		_, _ = io.Copy(io.Discard, c)
	}
	e.Handle("POST /stream", tt.Upgrade(forever))
	ways(t, e, func(t *testing.T, s *server) {
		leak.Check(t)
		c := s.client(t)
		op := transport.Operation{Name: "Stream", Method: "POST", Path: "/stream"}
		conn, err := transport.Upgrade(t.Context(), c, op.Request())
		ok(t, err)
		first := make([]byte, 5)
		_, err = io.ReadFull(conn, first)
		ok(t, err)
		s.drop()
		n, err := conn.Read(first)
		if n != 0 || err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%d, %v: the loss looks like an end", n, err)
		}
		fails(t, err, transport.ErrTransport, "ssh me@"+s.address, "connection is lost")
		eventually(t, "writing fails", func() bool { _, err := conn.Write(first); return err != nil })
		ok(t, conn.Close())
		ok(t, ping(t.Context(), c))
		if n := s.handshakes.Load(); n != 2 {
			t.Errorf("%d handshakes", n)
		}
		s.drop()
		// A call that takes the pool's idle connection before its loss has come through fails too.
		eventually(t, "a call connects anew", func() bool { return ping(t.Context(), c) == nil })
		ok(t, c.Close())
	})
}

// TestRow27MaxSessions has more streams at once than the server opens on a connection.
func TestRow27MaxSessions(t *testing.T) {
	e := tt.New(t)
	e.Handle("POST /stream", tt.Upgrade(func(c *tt.Conn) { _, _ = io.Copy(c, c) }))
	s := (&server{command: stdio(e), maxSessions: 3}).start(t)
	r := directRoute(t, s.url(), isolated(t, WithKnownHosts(s.knownAs(t)))...)
	var mu sync.Mutex
	var conns []net.Conn
	var all sync.WaitGroup
	dial := func() {
		conn, err := r.Dial(t.Context())
		if err != nil {
			t.Error(err)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		conns = append(conns, conn)
	}
	for range 8 {
		all.Go(dial)
	}
	all.Wait()
	if n := s.handshakes.Load(); n != 3 {
		t.Errorf("8 streams took %d connections, want 3", n)
	}
	for len(conns) < 3*defaultLinks {
		dial()
		if t.Failed() {
			t.FailNow()
		}
	}
	// One more waits as long as its context, and says for what.
	cause := errors.New("I cannot wait")
	ctx, cancel := context.WithCancelCause(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := r.Dial(ctx)
		failed <- err
	}()
	eventually(t, "it waits", func() bool { return r.queued() == 1 })
	cancel(cause)
	err := <-failed
	fails(t, err, errFull, "ssh me@", "MaxSessions")
	fails(t, err, cause)

	// One that ends makes room for the one that waits.
	came := make(chan net.Conn, 1)
	go func() {
		conn, err := r.Dial(t.Context())
		if err != nil {
			t.Error(err)
		}
		came <- conn
	}()
	eventually(t, "it waits", func() bool { return r.queued() == 1 })
	ok(t, conns[0].Close())
	conns[0] = <-came
	for _, conn := range conns {
		ok(t, conn.Close())
	}
	eventually(t, "the connections that nobody needs are closed", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.links) == 1
	})
}

func (r *route) queued() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.waiters)
}

// TestMaxConnections has a bound that was moved, and calls of all kinds that share one stream: what idles makes room.
func TestMaxConnections(t *testing.T) {
	e := tt.New(t)
	e.Handle("POST /stream", tt.Upgrade(func(c *tt.Conn) { _, _ = io.Copy(c, c) }))
	e.Handle("POST /start", tt.Empty(204))
	s := (&server{command: stdio(e), maxSessions: 1}).start(t)
	c := s.client(t, WithMaxConnections(1))
	start := transport.Operation{Name: "Start", Method: "POST", Path: "/start"}
	stream := transport.Operation{Name: "Stream", Method: "POST", Path: "/stream"}
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if err := errors.Join(ping(t.Context(), c), transport.None(t.Context(), c, start.Request())); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	conn, err := transport.Upgrade(t.Context(), c, stream.Request())
	ok(t, err)
	done := make(chan error, 1)
	go func() { done <- ping(t.Context(), c) }()
	select {
	case err := <-done:
		t.Fatalf("a second stream on the one connection: %v", err)
	case <-time.After(50 * time.Millisecond): // it would have failed by now
	}
	ok(t, conn.Close())
	ok(t, <-done)
	if n := s.handshakes.Load(); n != 1 {
		t.Errorf("%d handshakes", n)
	}

	more := s.client(t, WithMaxConnections(0))
	for range defaultLinks + 2 {
		conn, err := transport.Upgrade(t.Context(), more, stream.Request())
		ok(t, err)
		defer conn.Close() //nolint:errcheck // the test has what it wants
	}
}

// TestRow27NoSessions has a server that runs nothing at all.
func TestRow27NoSessions(t *testing.T) {
	s := (&server{}).start(t)
	err := ping(t.Context(), s.client(t))
	fails(t, err, transport.ErrConnect, "ssh me@"+s.address, "forwarding to /var/run/docker.sock: refused", `running "docker system dial-stdio"`, "runs no commands")
}

// TestRow27StuckChannel has a server that goes silent in mid-stream: reads, writes and closes end all the same.
func TestRow27StuckChannel(t *testing.T) {
	leak.Check(t)
	hold := make(chan struct{})
	s := &server{forward: func(string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() { <-hold; _ = far.Close() }() // it is never read: the window fills
		return near, nil
	}}
	s.start(t)
	t.Cleanup(func() { close(hold) })
	r := directRoute(t, s.url(), isolated(t, WithKnownHosts(s.knownAs(t)))...)
	conn, err := r.Dial(t.Context())
	ok(t, err)
	ok(t, conn.SetDeadline(time.Now().Add(50*time.Millisecond)))
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v after the deadline", err)
	}
	if _, err := conn.Write(make([]byte, 8<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v after the deadline", err)
	}
	ok(t, conn.SetDeadline(time.Time{}))
	ended := make(chan error, 2)
	go func() { _, err := conn.Read(make([]byte, 1)); ended <- err }()
	go func() { _, err := conn.Write(make([]byte, 8<<20)); ended <- err }()
	began := time.Now()
	ok(t, conn.Close())
	for range 2 {
		fails(t, <-ended, net.ErrClosed)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %v", took)
	}
	ok(t, conn.Close())
	fails(t, conn.(*stream).CloseWrite(), net.ErrClosed)
	ok(t, r.Close())
}

// TestSilentServer has a server that stops to answer: the connection is given up, and with it what waits.
func TestSilentServer(t *testing.T) {
	e := tt.New(t)
	e.Handle("POST /stream", tt.Upgrade(func(c *tt.Conn) { _, _ = io.Copy(io.Discard, c) }))
	s := (&server{forward: to(e), noReplies: true}).start(t)
	c := s.client(t, WithConfigFiles(write(t, "c", "ServerAliveInterval 1\nServerAliveCountMax 1\n")))
	op := transport.Operation{Name: "Stream", Method: "POST", Path: "/stream"}
	conn, err := transport.Upgrade(t.Context(), c, op.Request())
	ok(t, err)
	_, err = conn.Read(make([]byte, 1))
	fails(t, err, transport.ErrTransport, "silent")
	ok(t, conn.Close())
}

// TestLives holds that a server that answers is not given up.
func TestLives(t *testing.T) {
	s := (&server{forward: to(tt.New(t))}).start(t)
	c := s.client(t, WithConfigFiles(write(t, "c", "ServerAliveInterval 0.01s\nServerAliveCountMax 300\n")))
	ok(t, ping(t.Context(), c))
	eventually(t, "some intervals go by", func() bool { return s.requests.Load() > 5 })
	ok(t, ping(t.Context(), c))
	if n := s.handshakes.Load(); n != 1 {
		t.Errorf("%d handshakes", n)
	}
}

// TestRow27DropWhileOpening loses an old connection while a stream of it is being opened: another is made.
func TestRow27DropWhileOpening(t *testing.T) {
	e := tt.New(t)
	s := &server{}
	runs := make(chan struct{}, 10)
	s.command = func(command string, c ssh.Channel) uint32 {
		if runs <- struct{}{}; len(runs) == 2 {
			s.drop()
			return 0
		}
		return stdio(e)(command, c)
	}
	s.start(t)
	r := directRoute(t, s.url()+"/x", isolated(t, WithKnownHosts(s.knownAs(t)))...)
	for range 2 {
		conn, err := r.Dial(t.Context())
		ok(t, err)
		ok(t, conn.Close())
	}
	if n := s.handshakes.Load(); n != 2 {
		t.Errorf("%d handshakes", n)
	}
}
