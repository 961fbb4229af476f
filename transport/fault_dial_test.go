package transport_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/transporttest"
)

// isError checks an error's class, and returns it for a closer look.
func isError(t *testing.T, what string, err, class error, mayHaveActed bool) transport.Error {
	t.Helper()
	e, ok := errors.AsType[*transport.Error](err)
	if !ok || !errors.Is(err, class) {
		t.Errorf("%s: %v, want %v", what, err, class)
		return transport.Error{}
	}
	if e.MayHaveActed != mayHaveActed {
		t.Errorf("%s: MayHaveActed is %v (%v)", what, e.MayHaveActed, err)
	}
	return *e
}

func TestRow1to6NothingBadReachesTheWire(t *testing.T) {
	w := answers(t, 200, "{}")
	c := w.client(t)
	bad := []*transport.Request{opStart.Request(""), opStart.Request(".."), opStart.Request("../images/x"), opStart.Request("a\r\nb")}
	header := opStart.Request("conny")
	header.Header("X-Registry-Auth", transport.Secret("a\r\nX-Evil: s3cret"))
	text := opCreate.Request()
	text.JSON(map[string]string{"Image": "\xff"})
	for _, r := range append(bad, header, text) {
		err := transport.None(t.Context(), c, r)
		isError(t, r.URL(), err, transport.ErrInvalidInput, false)
		if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("a secret in %q", err)
		}
		_, err = c.Hijack(t.Context(), r)
		isError(t, r.URL(), err, transport.ErrInvalidInput, false)
	}
	if n := w.accepted.Load(); n != 0 {
		t.Errorf("%d connections for requests that cannot be sent", n)
	}
}

func TestRow12SocketsThatCannotBeDialed(t *testing.T) {
	dir := t.TempDir()
	dead := filepath.Join(dir, "dead")
	listener, err := net.Listen("unix", dead)
	if err != nil {
		t.Fatal(err)
	}
	listener.(*net.UnixListener).SetUnlinkOnClose(false)
	_ = listener.Close()
	for what, c := range map[string]struct {
		path  string
		cause error
	}{
		"missing":   {filepath.Join(dir, "none"), fs.ErrNotExist},
		"refused":   {dead, syscall.ECONNREFUSED},
		"directory": {dir, syscall.ECONNREFUSED},
	} {
		client, err := transport.New("unix://" + c.path)
		if err != nil {
			t.Fatal(err)
		}
		err = transport.None(t.Context(), client, opStart.Request("conny"))
		isError(t, what, err, transport.ErrConnect, false)
		if !errors.Is(err, c.cause) {
			t.Errorf("%s: %v, want %v", what, err, c.cause)
		}
		_, err = client.Hijack(t.Context(), opAttach.Request("conny"))
		isError(t, what, err, transport.ErrConnect, false)
	}
}

func TestRow12SocketWithoutPermission(t *testing.T) {
	denied := &net.OpError{Op: "dial", Net: "unix", Err: os.NewSyscallError("connect", syscall.EACCES)}
	client, err := transport.New("unix:///x", transport.WithDialer(func(context.Context) (net.Conn, error) { return nil, denied }))
	if err != nil {
		t.Fatal(err)
	}
	err = transport.None(t.Context(), client, opStart.Request("conny"))
	isError(t, "denied", err, transport.ErrConnect, false)
	if !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
}

// TestRow14NoHandshake has an engine that accepts and then says nothing, where TLS is due.
func TestRow14NoHandshake(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{host: "tcp://" + listener.Addr().String()}
	w.serve(t, listener, func(c *wireConn) { c.gone() })
	for what, call := range map[string]func(context.Context, *transport.Client) error{
		"call": func(ctx context.Context, c *transport.Client) error {
			return transport.None(ctx, c, opStart.Request("conny"))
		},
		"hijack": func(ctx context.Context, c *transport.Client) error {
			_, err := c.Hijack(ctx, opAttach.Request("conny"))
			return err
		},
		"events": func(ctx context.Context, c *transport.Client) error {
			_, err := transport.Sequence[thing](ctx, c, opEvents.Request())
			return err
		},
	} {
		c := w.client(t, transport.WithTLS(&tls.Config{MinVersion: tls.VersionTLS12}))
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		within(t, what, func() {
			if err := call(ctx, c); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v", what, err)
			}
		})
		cancel()
		capped := w.client(t, transport.WithTLS(&tls.Config{MinVersion: tls.VersionTLS12}), transport.WithTLSTimeout(50*time.Millisecond))
		within(t, what, func() { isError(t, what, call(t.Context(), capped), transport.ErrTLS, false) })
	}
}

// TestTimeoutsOfZero are no bounds, as for the header timeout.
func TestTimeoutsOfZero(t *testing.T) {
	engine := transporttest.New(t, transporttest.TLS(nil))
	engine.Handle("/{any...}", transporttest.Empty(204))
	c := engine.Client(t, transport.WithDialTimeout(0), transport.WithTLSTimeout(0), transport.WithHeaderTimeout(0))
	if err := transport.None(t.Context(), c, opList.Request()); err != nil {
		t.Error(err)
	}
}

// TestRow14HandshakeHasTenSeconds holds how long a handshake may take where nobody has said it.
func TestRow14HandshakeHasTenSeconds(t *testing.T) {
	for what, call := range map[string]func(*testing.T, *transport.Client) error{
		"call": func(t *testing.T, c *transport.Client) error {
			return transport.None(t.Context(), c, opStart.Request("conny"))
		},
		"attach": hijacks, "events": streams,
	} {
		synctest.Test(t, func(t *testing.T) {
			c, err := transport.New("tcp://engine", transport.WithTLS(&tls.Config{MinVersion: tls.VersionTLS12}),
				transport.WithDialer(func(context.Context) (net.Conn, error) {
					near, far := net.Pipe()
					go func() { _, _ = io.Copy(io.Discard, far) }()
					return near, nil
				}))
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			isError(t, what, call(t, c), transport.ErrTLS, false)
			if took := time.Since(began); took != 10*time.Second {
				t.Errorf("%s: it took %v", what, took)
			}
			_ = c.Close()
		})
	}
}

func TestHostsThatNameNoEngine(t *testing.T) {
	for _, host := range []string{
		"", "docker", "unix://relative", "unix://", "unix:///" + strings.Repeat("x", 107), "unix:///a\x00b", "ftp://x",
		"tcp://", "tcp://user:s3cret@host:2375", "tcp://host:2375?x=s3cret", "tcp://host:2375#s3cret", "tcp://host:port",
		"http://[::1", "ssh://host",
	} {
		_, err := transport.New(host)
		isError(t, host, err, transport.ErrInvalidInput, false)
		if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("a secret in %q", err)
		}
	}
}

func TestHostSpellings(t *testing.T) {
	for host, want := range map[string]string{
		"unix:///var/run/docker.sock": "unix:///var/run/docker.sock",
		"tcp://h":                     "http://h:2375",
		"tcp://[::1]:2375":            "http://[::1]:2375",
		"http://h:1/engine/":          "http://h:1/engine",
		"https://h":                   "https://h:443",
	} {
		c, err := transport.New(host)
		if err != nil || c.Host() != want {
			t.Errorf("%s: %v, %v", host, c, err)
		}
	}
}

func TestPathPrefixOfTheHost(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{host: "http://" + listener.Addr().String() + "/engine%201"}
	paths := make(chan string, 1)
	w.serve(t, listener, func(c *wireConn) {
		if r := c.head(); r != nil {
			paths <- r.RequestURI
			c.answer(200, "{}")
		}
	})
	if err := transport.None(t.Context(), w.client(t), opInspect.Request("a b")); err != nil {
		t.Fatal(err)
	}
	if got := <-paths; got != "/engine%201/v1.41/containers/a%20b/json" {
		t.Error(got)
	}
}

// TestDialEndsWithItsCall has a dial that hangs: net/http alone would let it go on after the call was given up.
func TestDialEndsWithItsCall(t *testing.T) {
	ended := make(chan error, 1)
	c, err := transport.New("unix:///x", transport.WithDialer(func(ctx context.Context) (net.Conn, error) {
		<-ctx.Done()
		ended <- ctx.Err()
		return nil, ctx.Err()
	}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := transport.None(ctx, c, opStart.Request("conny")); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	within(t, "the dial", func() {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func TestRow6UserAgentAndProtocol(t *testing.T) {
	_, err := transport.New("unix:///x", transport.WithUserAgent("x\r\nX-Evil: 1"))
	isError(t, "user agent", err, transport.ErrInvalidInput, false)
	r := opAttach.Request("conny")
	r.UpgradeTo("tcp\r\nX-Evil: 1")
	isError(t, "protocol", r.Err(), transport.ErrInvalidInput, false)
}

// TestHeaderAnswersKeepTheirConnection has answers in headers with a body that nobody wants.
func TestHeaderAnswersKeepTheirConnection(t *testing.T) {
	w := answers(t, 200, "OK")
	c := w.client(t)
	for range 10 {
		if _, err := transport.Headers[struct{}](t.Context(), c, opInspect.Request("conny")); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.accepted.Load(); n != 1 {
		t.Errorf("%d connections for 10 calls", n)
	}
}

var _ io.Closer = (*transport.Client)(nil)
