package transport_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gantry-go/gantry/internal/testcert"
	"github.com/gantry-go/gantry/transport"
)

// echo plays an engine that serves calls, streams, and upgrades whose input it gives back once that has ended.
func echo(c *wireConn) {
	for {
		r := c.request()
		switch {
		case r == nil:
			return
		case r.Header.Get("Upgrade") != "":
			c.write(switching)
			in, _ := io.ReadAll(c.in)
			c.write("got " + string(in))
			return
		default:
			c.answer(200, `{"Id":"x"}`)
		}
	}
}

// callAll does a call, a stream and an upgrade with half-close.
func callAll(t *testing.T, what string, c *transport.Client) {
	t.Helper()
	if err := transport.None(t.Context(), c, opStart.Request("conny")); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	if err := streams(t, c); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	conn, err := c.Hijack(t.Context(), opAttach.Request("conny"))
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	defer conn.Close() //nolint:errcheck // the test has what it wants
	if _, err := io.WriteString(conn, "hello"); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	if err := conn.CloseWrite(); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	if got, err := io.ReadAll(conn); string(got) != "got hello" || err != nil {
		t.Errorf("%s: %q, %v", what, got, err)
	}
}

// tcpEngine plays echo on TCP; with a certificate, in TLS.
func tcpEngine(t *testing.T, cert *testcert.Pair) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{host: "tcp://" + listener.Addr().String(), requests: make(chan *http.Request, 100)}
	if cert != nil {
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{cert.TLS()}, MinVersion: tls.VersionTLS12})
	}
	w.serve(t, listener, echo)
	return w
}

// TestRow22ProxiesOfTheEnvironment has an environment full of proxies, none of which may ever be dialed.
func TestRow22ProxiesOfTheEnvironment(t *testing.T) {
	trap, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	snared := &wire{requests: make(chan *http.Request, 100)}
	snared.serve(t, trap, func(c *wireConn) { c.gone() })
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY", "DOCKER_PROXY", "CONTAINER_PROXY"} {
		t.Setenv(name, "http://"+trap.Addr().String())
		t.Setenv(strings.ToLower(name), "http://"+trap.Addr().String())
	}
	t.Setenv("NO_PROXY", "")
	t.Setenv("no_proxy", "")
	authority := testcert.Authority(t, "authority")
	files := transport.WithTLSFiles(transport.TLSFiles{CAPEM: authority.CertPEM()})
	callAll(t, "tcp", tcpEngine(t, nil).client(t))
	callAll(t, "tls", tcpEngine(t, authority.Server(t, loopbackHost)).client(t, files))
	callAll(t, "unix", play(t, echo).client(t))
	// Even who asks the environment takes no proxy to a loopback address: this one is known by a name elsewhere.
	far := tcpEngine(t, nil)
	address := strings.TrimPrefix(far.host, "tcp://")
	far.host = "tcp://engine.test:2375"
	callAll(t, "far", far.client(t, transport.WithDialer(func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", address)
	})))
	close(far.requests)
	for r := range far.requests {
		if !strings.HasPrefix(r.RequestURI, "/") {
			t.Errorf("%s %s is asked of a proxy", r.Method, r.RequestURI)
		}
	}
	if n := snared.accepted.Load(); n != 0 {
		t.Errorf("%d connections to proxies of the environment", n)
	}
}

// TestRow22ProxyByOption holds which connections an option's proxy is asked for, and which never.
func TestRow22ProxyByOption(t *testing.T) {
	var asked atomic.Int32
	through := func(ctx context.Context, address string) (net.Conn, error) {
		asked.Add(1)
		return new(net.Dialer).DialContext(ctx, "tcp", address)
	}
	option := transport.WithProxy(func() (transport.ProxyFunc, error) { return through, nil })
	authority := testcert.Authority(t, "authority")
	files := transport.WithTLSFiles(transport.TLSFiles{CAPEM: authority.CertPEM()})
	plain, secure, unix := tcpEngine(t, nil), tcpEngine(t, authority.Server(t, loopbackHost)), play(t, echo)
	dialer := func(network, host string) transport.DialFunc {
		_, address, _ := strings.Cut(host, "://")
		return func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		}
	}
	route := &pipeRoute{socket: strings.TrimPrefix(unix.host, "unix://")}
	pipe, err := transport.New("pipe://engine", option,
		transport.WithScheme("pipe", func(transport.Target) (transport.Route, error) { return route, nil }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pipe.Close() })
	for name, c := range map[string]struct {
		client *transport.Client
		used   bool
	}{
		"tcp":    {plain.client(t, option), true},
		"tls":    {secure.client(t, option, files), true},
		"unix":   {unix.client(t, option), false},
		"scheme": {pipe, false},
		"dialer": {plain.client(t, option, transport.WithDialer(dialer("tcp", plain.host))), false},
	} {
		asked.Store(0)
		callAll(t, name, c.client)
		if (asked.Load() > 0) != c.used {
			t.Errorf("%s: the proxy was asked %d times", name, asked.Load())
		}
	}
	no := errors.New("no such proxy")
	if _, err := transport.New("tcp://engine", transport.WithProxy(func() (transport.ProxyFunc, error) { return nil, no })); !errors.Is(err, no) {
		t.Error(err)
	}
}

// TestRow24DialerWithTLS holds that a dialer of the caller's carries every connection, with TLS and in an upgrade too.
func TestRow24DialerWithTLS(t *testing.T) {
	authority := testcert.Authority(t, "authority")
	w := tcpEngine(t, authority.Server(t, []string{"engine.test"}))
	var dials atomic.Int32
	address := strings.TrimPrefix(w.host, "tcp://")
	w.host = "tcp://engine.test:2376" // which nobody could dial
	c := w.client(t, transport.WithTLSFiles(transport.TLSFiles{CAPEM: authority.CertPEM()}),
		transport.WithDialer(func(ctx context.Context) (net.Conn, error) {
			dials.Add(1)
			return new(net.Dialer).DialContext(ctx, "tcp", address)
		}))
	callAll(t, "dialer", c)
	if n := dials.Load(); n < 2 || n != w.accepted.Load() {
		t.Errorf("%d dials, %d connections", n, w.accepted.Load())
	}
}
