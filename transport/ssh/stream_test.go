package ssh

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"os"
	"strings"
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
		ok(t, ping(t.Context(), c)) // the idle connection of the pool went with it
		ok(t, c.Close())
	})
}

// TestRow27MaxSessions has more streams at once than the server opens on a connection.
func TestRow27MaxSessions(t *testing.T) {
	e := tt.New(t)
	e.Handle("POST /stream", tt.Upgrade(func(c *tt.Conn) { _, _ = io.Copy(c, c) }))
	s := (&server{command: stdio(e), maxSessions: 3}).start(t)
	r := directRoute(t, s.url(), isolated(t, KnownHosts(s.knownAs(t)))...)
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
	for len(conns) < 3*maxLinks {
		dial()
		if t.Failed() {
			t.FailNow()
		}
	}
	_, err := r.Dial(t.Context())
	fails(t, err, errFull, "ssh me@", "MaxSessions")

	// One that ends makes room for one.
	ok(t, conns[0].Close())
	eventually(t, "there is room again", func() bool {
		conn, err := r.Dial(t.Context())
		if err == nil {
			conns = append(conns, conn)
		}
		return err == nil
	})
	for _, conn := range conns {
		ok(t, conn.Close())
	}
	eventually(t, "the connections that nobody needs are closed", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.links) == 1
	})
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
	r := directRoute(t, s.url(), isolated(t, KnownHosts(s.knownAs(t)))...)
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
	c := s.client(t, ConfigFiles(write(t, "c", "ServerAliveInterval 1\nServerAliveCountMax 1\n")))
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
	c := s.client(t, ConfigFiles(write(t, "c", "ServerAliveInterval 0.01s\nServerAliveCountMax 300\n")))
	ok(t, ping(t.Context(), c))
	eventually(t, "some intervals go by", func() bool { return s.requests.Load() > 5 })
	ok(t, ping(t.Context(), c))
	if n := s.handshakes.Load(); n != 1 {
		t.Errorf("%d handshakes", n)
	}
}

// TestCommandFails has programs that do not reach the engine: no connection comes about, and the error says why.
func TestCommandFails(t *testing.T) {
	for name, c := range map[string]struct {
		command func(string, ssh.Channel) uint32
		want    []string
	}{
		"not there": {
			func(_ string, c ssh.Channel) uint32 {
				_, _ = io.WriteString(c.Stderr(), "sh: 1: docker: not found\n\x1b[2Jsecond\r\n")
				return 127
			},
			[]string{"status 127", "docker: not found; ?[2Jsecond"},
		},
		"much to say": {
			func(_ string, c ssh.Channel) uint32 {
				_, _ = io.Copy(c.Stderr(), strings.NewReader("begin"+strings.Repeat("x", 5<<20)))
				return 1
			},
			[]string{"status 1", "beginxxx"},
		},
		"no engine": {
			func(_ string, c ssh.Channel) uint32 { _, _ = io.WriteString(c, "hello\n"); return 0 },
			[]string{"does not answer as an engine does", "system dial-stdio"},
		},
		"quiet": {func(string, ssh.Channel) uint32 { return 0 }, []string{"ended with status 0"}},
		"killed": {
			func(_ string, c ssh.Channel) uint32 {
				signal := struct {
					Name          string
					Core          bool
					Message, Lang string
				}{Name: "KILL"}
				_, _ = c.SendRequest("exit-signal", false, ssh.Marshal(&signal))
				_ = c.Close()
				return 0
			},
			[]string{"signal KILL"},
		},
		"a proxy": {
			func(_ string, c ssh.Channel) uint32 {
				_, _ = io.WriteString(c, "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n")
				return 0
			},
			[]string{"403 Forbidden"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := (&server{command: c.command}).start(t)
			err := ping(t.Context(), s.client(t))
			fails(t, err, transport.ErrConnect, append(c.want, "forwarding to /var/run/docker.sock: refused: connect failed: open failed")...)
			if len(err.Error()) > maxStderr+1024 || strings.ContainsAny(err.Error(), "\n\r\x1b") {
				t.Errorf("%d bytes: %v", len(err.Error()), err)
			}
			if failure, is := errors.AsType[*transport.Error](err); !is || failure.MayHaveActed {
				t.Errorf("%v may have acted", err)
			}
		})
	}
}

// TestCommandDies has a program that dies in mid-stream: that is no end.
func TestCommandDies(t *testing.T) {
	e := tt.New(t)
	e.Handle("POST /stream", tt.Upgrade(func(c *tt.Conn) {
		_, _ = c.Write([]byte("first"))
		_, _ = io.Copy(io.Discard, c)
	}))
	s := &server{command: func(_ string, c ssh.Channel) uint32 {
		conn, err := e.Dial(context.Background())
		if err != nil {
			return 1
		}
		defer conn.Close() //nolint:errcheck // it dies
		go func() { _, _ = io.Copy(conn, c) }()
		var seen bytes.Buffer
		for !strings.HasSuffix(seen.String(), "first") {
			if _, err := io.CopyN(io.MultiWriter(c, &seen), conn, 1); err != nil {
				break
			}
		}
		_, _ = io.WriteString(c.Stderr(), "out of memory\n")
		return 137
	}}
	s.start(t)
	op := transport.Operation{Name: "Stream", Method: "POST", Path: "/stream"}
	conn, err := transport.Upgrade(t.Context(), s.client(t), op.Request())
	ok(t, err)
	got, err := io.ReadAll(conn)
	if string(got) != "first" {
		t.Errorf("%q", got)
	}
	fails(t, err, transport.ErrTransport, "status 137", "out of memory")
	ok(t, conn.Close())
}

// TestSockets holds where each engine is looked for.
func TestSockets(t *testing.T) {
	e := tt.New(t)
	var asked notes
	note := asked.add
	s := &server{
		forward: func(path string) (net.Conn, error) {
			note(path)
			return e.Dial(context.Background())
		},
		command: func(command string, c ssh.Channel) uint32 {
			note(command)
			if command != podmanInfo {
				return stdio(e)(command, c)
			}
			_, _ = io.WriteString(c, "unix:///run/user/1000/podman/podman.sock\n")
			return 0
		},
	}
	s.start(t)
	for _, c := range []struct{ user, engine, path, want string }{
		{"me", "", "", "/var/run/docker.sock"},
		{"me", "docker", "/x", "/x"},
		{"me", "podman", "/x", "/x"},
		{"root", "podman", "", "/run/podman/podman.sock"},
		{"me", "podman", "", podmanInfo + ", /run/user/1000/podman/podman.sock"},
	} {
		host := "ssh://" + c.user + "@" + s.address + c.path
		client, err := transport.New(host, Hosts(isolated(t, KnownHosts(s.knownAs(t)))...), transport.WithEngine(c.engine))
		ok(t, err)
		ok(t, ping(t.Context(), client))
		ok(t, client.Close())
		if got := strings.Join(asked.take(), ", "); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}

	// Where Podman says nothing of use, its program is next.
	s = &server{forward: s.forward, command: func(command string, c ssh.Channel) uint32 {
		note(command)
		if command == podmanInfo {
			_, _ = io.WriteString(c, "/a'b\n")
			return 0
		}
		return stdio(e)(command, c)
	}}
	s.start(t)
	client, err := transport.New(s.url(), Hosts(isolated(t, KnownHosts(s.knownAs(t)))...), transport.WithEngine("podman"))
	ok(t, err)
	ok(t, ping(t.Context(), client))
	ok(t, client.Close())
	if got := strings.Join(asked.take(), ", "); got != podmanInfo+", podman system dial-stdio" {
		t.Error(got)
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
	r := directRoute(t, s.url(), isolated(t, KnownHosts(s.knownAs(t)))...)
	for range 2 {
		conn, err := r.Dial(t.Context())
		ok(t, err)
		ok(t, conn.Close())
	}
	if n := s.handshakes.Load(); n != 2 {
		t.Errorf("%d handshakes", n)
	}
}

// TestForwardingRefusedOnce holds that a server that refuses to forward is not asked again on the same connection.
func TestForwardingRefusedOnce(t *testing.T) {
	var asked notes
	s := &server{command: stdio(tt.New(t)), forward: func(path string) (net.Conn, error) {
		asked.add(path)
		return nil, errors.New("no")
	}}
	s.start(t)
	r := directRoute(t, s.url(), isolated(t, KnownHosts(s.knownAs(t)))...)
	for range 3 {
		conn, err := r.Dial(t.Context())
		ok(t, err)
		ok(t, conn.Close())
	}
	if got := asked.take(); len(got) != 1 {
		t.Errorf("it was asked for %v", got)
	}
}
