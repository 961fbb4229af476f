package proxy_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/internal/testcert"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/proxy"
	"github.com/gantry-go/gantry/transport/transporttest"
)

var (
	opPing   = transport.Operation{Name: "Ping", Method: "GET", Path: "/_ping"}
	opStart  = transport.Operation{Name: "ContainerStart", Method: "POST", Path: "/v1.41/containers/{id}/start"}
	opEvents = transport.Operation{Name: "SystemEvents", Method: "GET", Path: "/v1.41/events"}
	opAttach = transport.Operation{Name: "ContainerAttach", Method: "POST", Path: "/v1.41/containers/{id}/attach"}
)

// fake is an engine on TCP, in TLS or not.
func fake(t *testing.T, option transporttest.Option) *transporttest.Engine {
	t.Helper()
	e := transporttest.New(t, option)
	e.Handle("GET /_ping", transporttest.Text(200, "text/plain", "OK"))
	e.Handle("POST /v1.41/containers/{id}/start", transporttest.Empty(204))
	e.Handle("GET /v1.41/events", transporttest.Lines(map[string]string{"Type": "container"}))
	e.Handle("POST /v1.41/containers/{id}/attach", transporttest.Upgrade(func(c *transporttest.Conn) {
		_, _ = io.Copy(c, c)
		_, _ = io.WriteString(c, "end")
	}))
	return e
}

// callAll does calls, a stream, and an upgrade with half-close.
func callAll(t *testing.T, c *transport.Client) {
	t.Helper()
	for _, op := range []*transport.Request{opPing.Request(), opStart.Request("conny")} {
		if err := transport.None(t.Context(), c, op); err != nil {
			t.Error(err)
		}
	}
	events, err := transport.Sequence[map[string]any](t.Context(), c, opEvents.Request())
	if err != nil {
		t.Error(err)
	} else if err := events.Wait(); err != nil {
		t.Error(err)
	}
	conn, err := c.Hijack(t.Context(), opAttach.Request("conny"))
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close() //nolint:errcheck // the test has what it wants
	data := strings.Repeat("hello ", 200_000)
	sent := make(chan error, 1)
	go func() {
		_, err := io.WriteString(conn, data)
		if err = errors.Join(err, conn.CloseWrite()); err != nil {
			_ = conn.Close() // the engine would wait
		}
		sent <- err
	}()
	got, err := io.ReadAll(conn)
	if err = errors.Join(err, <-sent); err != nil || string(got) != data+"end" {
		t.Errorf("%d of %d bytes came back: %v", len(got), len(data)+3, err)
	}
}

// TestRow22ThroughProxies has every kind of proxy, with and without a password, before every kind of engine.
func TestRow22ThroughProxies(t *testing.T) {
	authority := testcert.Authority(t, "authority")
	secure := &tls.Config{Certificates: []tls.Certificate{authority.Server(t, []string{"127.0.0.1"}).TLS()}, MinVersion: tls.VersionTLS12}
	trust := proxy.WithTLS(&tls.Config{RootCAs: authority.Pool(), MinVersion: tls.VersionTLS12})
	engineCert := authority.Server(t, []string{"127.0.0.1"})
	plain := fake(t, transporttest.TCP())
	private := fake(t, transporttest.TLS(&tls.Config{Certificates: []tls.Certificate{engineCert.TLS()}, MinVersion: tls.VersionTLS12}))
	files := transport.WithTLSFiles(transport.TLSFiles{CAPEM: authority.CertPEM()})
	for _, user := range []string{"", "alice"} {
		password := ""
		userinfo := ""
		if user != "" {
			password, userinfo = "canary:p@ss", "alice:canary%3Ap%40ss@"
		}
		made := func() *server { return &server{user: user, password: password} }
		overHTTP, overTLS, overSOCKS := made(), made(), made()
		overHTTP.start(t, nil, overHTTP.http)
		overTLS.start(t, secure, overTLS.http)
		overSOCKS.start(t, nil, overSOCKS.socks)
		for scheme, s := range map[string]*server{"http": overHTTP, "https": overTLS, "socks5": overSOCKS} {
			option := proxy.Through(scheme+"://"+userinfo+s.address, trust)
			t.Run(scheme+" "+user, func(t *testing.T) {
				for _, e := range []*transporttest.Engine{plain, private} {
					before := s.tunnels.Load()
					c := open(t, e.Host(), option, files)
					if strings.HasPrefix(e.Host(), "tcp") {
						c = open(t, e.Host(), proxy.Through(scheme+"://"+userinfo+s.address, trust, proxy.WithHalfClose()))
					}
					callAll(t, c)
					if s.tunnels.Load() < before+2 {
						t.Errorf("%d tunnels", s.tunnels.Load()-before)
					}
					for _, v := range []any{c, option} {
						if text := fmt.Sprintf("%v %+v %#v %s", v, v, v, v); strings.Contains(text, "canary") {
							t.Error("the password is printed")
						}
					}
				}
			})
		}
	}
}

func open(t *testing.T, host string, options ...transport.Option) *transport.Client {
	t.Helper()
	c, err := transport.New(host, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// TestProxyLooksUpNames holds that a name goes to the proxy as it is.
func TestProxyLooksUpNames(t *testing.T) {
	e := fake(t, transporttest.TCP())
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(e.Host(), "tcp://"))
	for _, scheme := range []string{"http", "socks5"} {
		s := new(server)
		s.start(t, nil, map[string]func(net.Conn){"http": s.http, "socks5": s.socks}[scheme])
		c := open(t, "tcp://engine.test:"+port, proxy.Through(scheme+"://"+s.address))
		if err := transport.None(t.Context(), c, opPing.Request()); err != nil {
			t.Error(err)
		}
		if got := s.target.Load(); got != "engine.test:"+port {
			t.Errorf("%s: asked for %v", scheme, got)
		}
	}
}

// TestProxiesThatRefuse has proxies that fail in all kinds of ways. Nothing is sent to the engine, and no password
// shown.
func TestProxiesThatRefuse(t *testing.T) {
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = dead.Close()
	answers := func(answer string) string {
		s := &server{answer: answer}
		return "http://alice:canary@" + s.start(t, nil, s.http).address
	}
	wants := func(kind string) string {
		s := &server{user: "bob", password: "other"}
		serve := s.http
		if kind == "socks5" {
			serve = s.socks
		}
		return kind + "://alice:canary@" + s.start(t, nil, serve).address
	}
	anonymous := func(answer string) string { return strings.Replace(answers(answer), "alice:canary@", "", 1) }
	gone, nobody, private := new(server), new(server), new(server)
	gone.start(t, nil, func(net.Conn) {})
	nobody.start(t, nil, nobody.http)
	strange := testcert.Authority(t, "strange").Server(t, []string{"127.0.0.1"})
	private.start(t, &tls.Config{Certificates: []tls.Certificate{strange.TLS()}, MinVersion: tls.VersionTLS12}, private.http)
	for name, c := range map[string]struct{ url, word string }{
		"nobody there":          {"http://alice:canary@" + dead.Addr().String(), "refused"},
		"nobody there, SOCKS":   {"socks5://alice:canary@" + dead.Addr().String(), "refused"},
		"wrong password":        {wants("http"), "407 it refuses these credentials"},
		"wrong password, 401":   {answers("HTTP/1.1 401 Unauthorized\r\n\r\n"), "401 it refuses these credentials"}, // which is what tinyproxy says
		"no password":           {anonymous("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"), "it refuses: 407 Proxy Authentication Required"},
		"no password, 401":      {anonymous("HTTP/1.1 401 Unauthorized\r\n\r\n"), "it refuses: 401 Unauthorized"},
		"wrong password, SOCKS": {wants("socks5"), "username/password"},
		"refused":               {answers("HTTP/1.1 403 canary\r\n\r\n"), "403 Forbidden"},
		"redirected":            {answers("HTTP/1.1 302 Found\r\nLocation: http://canary/\r\n\r\n"), "302 Found"},
		"no HTTP":               {answers("canary\r\n\r\n"), "malformed"},
		"endless":               {answers("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20)), "too long"},
		"hung up":               {"http://alice:canary@" + gone.address, ""},
		"hung up, SOCKS":        {"socks5://alice:canary@" + gone.address, ""},
		"no engine":             {"http://" + nobody.address, "502"},
		"TLS to a plain one":    {"https://alice:canary@" + nobody.address, "TLS handshake"},
		"TLS to a stranger":     {"https://alice:canary@" + private.address, "TLS handshake: tls: failed to verify certificate"},
		"plain text to TLS":     {"http://alice:canary@" + private.address, ""},
		"switched":              {answers("HTTP/1.1 101 Switching Protocols\r\n\r\n"), "101"},
	} {
		cl := open(t, "tcp://"+dead.Addr().String(), proxy.Through(c.url))
		err := transport.None(t.Context(), cl, opStart.Request("conny"))
		failure, ok := errors.AsType[*transport.Error](err)
		if !ok || !errors.Is(err, transport.ErrConnect) || failure.MayHaveActed || !strings.Contains(err.Error(), c.word) ||
			!strings.Contains(err.Error(), "through the proxy "+strings.Replace(c.url, "alice:canary@", "", 1)+": ") {
			t.Errorf("%s: %v, want %q", name, err, c.word)
		}
		if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, "alice") || name != "no HTTP" && strings.Contains(text, "canary") {
			t.Errorf("%s: a secret in %s", name, text)
		}
	}
}

// TestProxiesThatKeepOneWaiting has proxies that say something else before they open the tunnel.
func TestProxiesThatKeepOneWaiting(t *testing.T) {
	e := fake(t, transporttest.TCP())
	s := &server{before: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"}
	s.start(t, nil, s.http)
	callAll(t, open(t, e.Host(), proxy.Through("http://"+s.address, proxy.WithHalfClose())))
}

// TestNamesThatNoProxyTakes has a name that SOCKS cannot hold: it is refused, and no connection stays open.
func TestNamesThatNoProxyTakes(t *testing.T) {
	s := new(server)
	s.start(t, nil, s.socks)
	c := open(t, "tcp://"+strings.Repeat("a.", 150)+"example:2375", proxy.Through("socks5://"+s.address))
	err := transport.None(t.Context(), c, opStart.Request("conny"))
	failure, ok := errors.AsType[*transport.Error](err)
	if !ok || !errors.Is(err, transport.ErrConnect) || failure.MayHaveActed || s.tunnels.Load() != 0 {
		t.Errorf("%v, %d tunnels", err, s.tunnels.Load())
	}
}

// TestRefusedConnectionsAreClosed has proxies that refuse and go on listening, until they see that the other end is gone.
func TestRefusedConnectionsAreClosed(t *testing.T) {
	for scheme, refuse := range map[string]func(c net.Conn){
		"http":   func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 403 Forbidden\r\n\r\n") },
		"socks5": func(c net.Conn) { _, _ = c.Write([]byte{5, 0xff}) },
	} {
		gone := make(chan struct{})
		s := new(server)
		s.start(t, nil, func(c net.Conn) {
			refuse(c)
			_, _ = io.Copy(io.Discard, c)
			close(gone)
		})
		c := open(t, "tcp://engine", proxy.Through(scheme+"://"+s.address))
		if err := transport.None(t.Context(), c, opStart.Request("conny")); !errors.Is(err, transport.ErrConnect) {
			t.Errorf("%s: %v", scheme, err)
		}
		select {
		case <-gone:
		case <-time.After(10 * time.Second):
			t.Errorf("%s: the connection is open after the refusal", scheme)
		}
	}
}

// TestProxyThatSaysNothing holds that a call's context, and the dial timeout, end the wait for a proxy.
func TestProxyThatSaysNothing(t *testing.T) {
	s := new(server)
	s.start(t, nil, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	for _, scheme := range []string{"http", "https", "socks5"} {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		err := transport.None(ctx, open(t, "tcp://engine", proxy.Through(scheme+"://"+s.address)), opStart.Request("conny"))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", scheme, err)
		}
		cancel()
		c := open(t, "tcp://engine", proxy.Through(scheme+"://"+s.address), transport.WithDialTimeout(30*time.Millisecond))
		if err := transport.None(t.Context(), c, opStart.Request("conny")); !errors.Is(err, transport.ErrConnect) {
			t.Errorf("%s: %v", scheme, err)
		}
	}
}

func TestURLsThatNameNoProxy(t *testing.T) {
	for _, url := range []string{
		"", "proxy:3128", "ftp://alice:canary@proxy", "http://", "http://alice:canary@", "http://alice:canary@proxy/path",
		"http://alice:canary@proxy?x=1", "http://alice:canary@proxy#x", "http://alice:canary@pro xy", "http://al%3Aice:canary@proxy",
		"socks4://alice:canary@proxy", "http://alice:canary@proxy:port", "http://alice:%zzcanary@proxy",
	} {
		_, err := transport.New("tcp://engine", proxy.Through(url))
		if !errors.Is(err, transport.ErrInvalidInput) || strings.Contains(fmt.Sprintf("%v %+v", err, err), "canary") {
			t.Errorf("%q: %v", url, err)
		}
	}
}
