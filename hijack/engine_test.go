package hijack

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
)

// networks are the ways to an engine that net/http knows.
var networks = []string{"unix", "tcp", "tls"}

// engine is the other side of a connection after its upgrade.
type engine func(conn net.Conn, r *bufio.Reader)

// answer101 takes the connection over with these bytes behind the header, in the same segment.
func answer101(t *testing.T, behind string, e engine) http.Handler {
	t.Helper()
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close() //nolint:errcheck // an engine has nobody to tell
		_, _ = rw.WriteString("HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream; v=1\r\n" +
			"Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n" + behind)
		_ = rw.Flush()
		if e != nil {
			e(conn, rw.Reader)
		}
	})
}

// dial opens a stream at an engine in this process, as a transport does.
func dial(ctx context.Context, t *testing.T, network string, h http.Handler, cfg Config) *Conn {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	transport := &http.Transport{}
	scheme := "http"
	switch network {
	case "unix":
		path := filepath.Join(t.TempDir(), "s")
		l, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
		if err != nil {
			t.Fatal(err)
		}
		_ = server.Listener.Close()
		server.Listener = l
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		}
		server.Start()
	case "tcp":
		server.Start()
	case "tls":
		server.StartTLS()
		transport.TLSClientConfig = &tls.Config{RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
		scheme = "https"
	}
	host := server.Listener.Addr().String()
	if network == "unix" {
		host = "engine"
	}
	t.Cleanup(func() {
		server.Close()
		transport.CloseIdleConnections()
	})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, scheme+"://"+host+"/attach", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", "tcp")
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Header = resp.Header
	c := NewConn(ctx, resp.Body, cfg)
	t.Cleanup(func() { _ = c.Close() })
	return c
}
