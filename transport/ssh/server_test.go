package ssh

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	known "golang.org/x/crypto/ssh/knownhosts"

	"github.com/gantry-go/gantry/transport"
	tt "github.com/gantry-go/gantry/transport/transporttest"
)

// patience bounds waits that only a fault makes long.
const patience = 20 * time.Second

// server is an ssh server in this process, with the faults that a test wants of it. The fields above the line are set
// before it is started.
type server struct {
	hostKey     ssh.Signer
	moreKeys    []ssh.Signer                               // of other kinds
	authorize   func(user string, key ssh.PublicKey) error // nil for the key of the test
	banner      string
	preface     string                                     // sent before the version
	forward     func(path string) (net.Conn, error)        // nil to refuse
	command     func(command string, c ssh.Channel) uint32 // nil to refuse
	noExec      bool                                       // an exec has no answer
	maxSessions int
	openSilent  bool          // a channel to open has no answer
	stallAfter  int64         // bytes of the server's that are let through, if set
	stallAuth   chan struct{} // authentication waits for it, if set
	noReplies   bool          // global requests have no answer

	// ---
	address     string
	listener    net.Listener
	handshakes  atomic.Int32
	connections atomic.Int32
	requests    atomic.Int32 // global ones, which signs of life are asked for by

	mu    sync.Mutex
	conns []net.Conn
	all   sync.WaitGroup
}

func newSigner(t testing.TB) ssh.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	ok(t, err)
	signer, err := ssh.NewSignerFromKey(key)
	ok(t, err)
	return signer
}

// start starts the server; it ends with the test.
func (s *server) start(t testing.TB) *server {
	t.Helper()
	if s.hostKey == nil {
		s.hostKey = newSigner(t)
	}
	var err error
	s.listener, err = new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	ok(t, err)
	s.address = s.listener.Addr().String()
	s.all.Go(s.accept)
	t.Cleanup(func() {
		_ = s.listener.Close()
		s.drop()
		s.all.Wait()
	})
	return s
}

// drop breaks all connections.
func (s *server) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		_ = c.Close()
	}
	s.conns = nil
}

func (s *server) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.connections.Add(1)
		s.mu.Lock()
		s.conns = append(s.conns, c)
		s.mu.Unlock()
		s.all.Go(func() {
			defer c.Close() //nolint:errcheck // the client may have closed it
			s.serve(c)
		})
	}
}

// stalled lets some bytes through, and then blocks until the connection is closed.
type stalled struct {
	net.Conn
	left int64
}

func (c *stalled) Write(p []byte) (int, error) {
	if int64(len(p)) > c.left {
		n, _ := c.Conn.Write(p[:c.left])
		c.left = 0
		_, _ = io.Copy(io.Discard, c.Conn)
		return n, io.ErrClosedPipe
	}
	n, err := c.Conn.Write(p)
	c.left -= int64(n)
	return n, err
}

func (s *server) serve(raw net.Conn) {
	config := &ssh.ServerConfig{
		PublicKeyCallback: func(meta ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if s.stallAuth != nil {
				<-s.stallAuth
			}
			if s.authorize == nil {
				return nil, nil
			}
			return nil, s.authorize(meta.User(), key)
		},
		MaxAuthTries: 10,
	}
	if s.banner != "" {
		config.BannerCallback = func(ssh.ConnMetadata) string { return s.banner }
	}
	for _, key := range append([]ssh.Signer{s.hostKey}, s.moreKeys...) {
		config.AddHostKey(key)
	}
	_, _ = io.WriteString(raw, s.preface)
	if s.stallAfter > 0 {
		raw = &stalled{Conn: raw, left: s.stallAfter}
	}
	conn, channels, requests, err := ssh.NewServerConn(raw, config)
	if err != nil {
		return
	}
	s.handshakes.Add(1)
	if s.noReplies {
		go func() {
			for range requests {
			}
		}()
	} else {
		go func() {
			for r := range requests {
				s.requests.Add(1)
				_ = r.Reply(false, nil)
			}
		}()
	}
	var sessions atomic.Int32
	for offered := range channels {
		if s.openSilent {
			continue
		}
		switch offered.ChannelType() {
		case "direct-streamlocal@openssh.com", "direct-tcpip":
			s.all.Go(func() { s.forwarded(offered) })
		case "session":
			if s.maxSessions > 0 && int(sessions.Load()) >= s.maxSessions {
				_ = offered.Reject(ssh.ConnectionFailed, "open failed")
				continue
			}
			sessions.Add(1)
			s.all.Go(func() {
				defer sessions.Add(-1)
				s.session(offered)
			})
		}
	}
	_ = conn.Close()
}

func (s *server) forwarded(offered ssh.NewChannel) {
	var target struct {
		Host string
		Port uint32
		From string
		Rest []byte `ssh:"rest"`
	}
	dial := s.forward
	if offered.ChannelType() == "direct-tcpip" {
		_ = ssh.Unmarshal(offered.ExtraData(), &target)
		dial = func(string) (net.Conn, error) {
			return net.Dial("tcp", net.JoinHostPort(target.Host, strconv.Itoa(int(target.Port))))
		}
	} else {
		var local struct {
			Path, Reserved string
			Number         uint32
		}
		_ = ssh.Unmarshal(offered.ExtraData(), &local)
		target.Host = local.Path
	}
	if dial == nil {
		_ = offered.Reject(ssh.ConnectionFailed, "open failed")
		return
	}
	conn, err := dial(target.Host)
	if err != nil {
		_ = offered.Reject(ssh.ConnectionFailed, "open failed\x1b[31m")
		return
	}
	channel, requests, err := offered.Accept()
	if err != nil {
		_ = conn.Close()
		return
	}
	go ssh.DiscardRequests(requests)
	splice(channel, conn)
}

// splice joins a channel and a connection, each direction by itself.
func splice(channel ssh.Channel, conn net.Conn) {
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = io.Copy(channel, conn)
		_ = channel.CloseWrite()
	})
	both.Go(func() {
		_, _ = io.Copy(conn, channel)
		if half, can := conn.(interface{ CloseWrite() error }); can {
			_ = half.CloseWrite()
		} else {
			_ = conn.Close()
		}
	})
	both.Wait()
	_ = channel.Close()
	_ = conn.Close()
}

func (s *server) session(offered ssh.NewChannel) {
	channel, requests, err := offered.Accept()
	if err != nil {
		return
	}
	defer channel.Close() //nolint:errcheck // the client may have closed it
	for r := range requests {
		if r.Type != "exec" || s.command == nil {
			_ = r.Reply(false, nil)
			return
		}
		if s.noExec {
			continue
		}
		var exec struct{ Command string }
		_ = ssh.Unmarshal(r.Payload, &exec)
		_ = r.Reply(true, nil)
		go ssh.DiscardRequests(requests)
		status := s.command(exec.Command, channel)
		_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{status}))
		return
	}
}

// stdio answers `... system dial-stdio` by connecting to the engine.
func stdio(e *tt.Engine) func(string, ssh.Channel) uint32 {
	return func(command string, c ssh.Channel) uint32 {
		if !strings.HasSuffix(command, "system dial-stdio") {
			return 127
		}
		return stdioOf(context.Background(), e, c)
	}
}

// stdioOf joins a program's channel and a connection to the engine, until ctx ends.
func stdioOf(ctx context.Context, e *tt.Engine, c ssh.Channel) uint32 {
	conn, err := e.Dial(ctx)
	if err != nil {
		return 1
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	defer conn.Close() //nolint:errcheck // the engine may have closed it
	go func() {
		_, _ = io.Copy(conn, c)
		_ = conn.(*net.UnixConn).CloseWrite()
	}()
	_, _ = io.Copy(c, conn)
	return 0
}

// to forwards to the engine, whatever the path.
func to(e *tt.Engine) func(string) (net.Conn, error) {
	return func(string) (net.Conn, error) { return e.Dial(context.Background()) }
}

// knownAs writes a known_hosts file with the server's key, by the names that are given, or by its address.
func (s *server) knownAs(t testing.TB, names ...string) string {
	t.Helper()
	if len(names) == 0 {
		names = []string{s.address}
	}
	return write(t, "known_hosts", known.Line(names, s.hostKey.PublicKey())+"\n")
}

// url is the server's, for user "me".
func (s *server) url() string { return "ssh://me@" + s.address }

// isolated are the options of a test: nothing of this machine is read, and a key given. They come first.
func isolated(t testing.TB, options ...Option) []Option {
	t.Helper()
	return append([]Option{WithConfigFiles(), WithAgentSocket(""), WithSigners(newSigner(t))}, options...)
}

// open makes a client that is closed when the test ends.
func open(t testing.TB, host string, options ...Option) *transport.Client {
	t.Helper()
	c, err := transport.New(host, Hosts(options...))
	ok(t, err)
	t.Cleanup(func() { ok(t, c.Close()) })
	return c
}

// client makes a client of the server that knows it.
func (s *server) client(t testing.TB, options ...Option) *transport.Client {
	t.Helper()
	return open(t, s.url(), isolated(t, append([]Option{WithKnownHosts(s.knownAs(t))}, options...)...)...)
}

// ping makes the plainest call.
func ping(ctx context.Context, c transport.Caller) error {
	op := transport.Operation{Name: "Ping", Method: "GET", Path: "/_ping"}
	return transport.None(ctx, c, op.Request())
}

// directRoute opens a route, for tests of what clients do not show.
func directRoute(t testing.TB, host string, options ...Option) *route {
	t.Helper()
	a, err := parseAddress(host)
	ok(t, err)
	o := applied(options)
	r := newRoute(a, "docker", o)
	t.Cleanup(func() { ok(t, r.Close()) })
	return r
}

func applied(all []Option) options {
	o := options{maxLinks: defaultLinks}
	for _, option := range all {
		option(&o)
	}
	return o
}

func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	ok(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fails holds an error to a class and to words that it has to say.
func fails(t testing.TB, err, class error, words ...string) {
	t.Helper()
	if !errors.Is(err, class) {
		t.Errorf("%v is no %q", err, class)
	}
	for _, word := range words {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%v does not say %q", err, word)
		}
	}
}
