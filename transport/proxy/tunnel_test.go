package proxy

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/internal/testcert"
)

// eager is a proxy that opens its tunnel with bytes right behind the head, in the same write, and sends back what comes
// until that ends.
func eager(t *testing.T, behind string, secure *tls.Config) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = listener.Addr().String()
	if secure != nil {
		listener = tls.NewListener(listener, secure)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close() //nolint:errcheck // it is at its end
		in := bufio.NewReader(conn)
		if _, err := http.ReadRequest(in); err != nil {
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n"+behind)
		rest, _ := io.ReadAll(in)
		_, _ = io.WriteString(conn, "got "+string(rest))
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	return address
}

// TestBytesBehindTheHead holds that what comes with a proxy's answer is the tunnel's, read in whatever pieces, and that such
// a tunnel can do what another can: it is written to, and half-closed.
func TestBytesBehindTheHead(t *testing.T) {
	authority := testcert.Authority(t, "authority")
	secure := &tls.Config{Certificates: []tls.Certificate{authority.Server(t, []string{"127.0.0.1"}).TLS()}, MinVersion: tls.VersionTLS12}
	for _, scheme := range []string{"http", "https"} {
		for _, behind := range []string{"", "x", "220 engine ready\r\n", strings.Repeat("0123456789", 350)} {
			config := secure
			if scheme == "http" {
				config = nil
			}
			r, err := parse(scheme + "://" + eager(t, behind, config))
			if err != nil {
				t.Fatal(err)
			}
			WithTLS(&tls.Config{RootCAs: authority.Pool(), MinVersion: tls.VersionTLS12})(r)
			conn, err := r.dial(t.Context(), "engine:2375")
			if err != nil {
				t.Fatal(err)
			}
			ahead := make([]byte, len(behind))
			for at := 0; at < len(ahead); {
				n, err := conn.Read(ahead[at:min(at+7, len(ahead))])
				if err != nil {
					t.Fatalf("%s: after %d bytes: %v", scheme, at, err)
				}
				at += n
			}
			if string(ahead) != behind {
				t.Errorf("%s: read %q, want %q", scheme, ahead, behind)
			}
			if _, err := io.WriteString(conn, "hello"); err != nil {
				t.Fatal(err)
			}
			half, ok := conn.(interface{ CloseWrite() error })
			if !ok {
				t.Fatalf("%s: a %T cannot half-close", scheme, conn)
			}
			if err := half.CloseWrite(); err != nil {
				t.Errorf("%s: %v", scheme, err)
			}
			if got, err := io.ReadAll(conn); err != nil || string(got) != "got hello" {
				t.Errorf("%s: read %q, %v", scheme, got, err)
			}
			_ = conn.Close()
		}
	}
	ours, theirs := net.Pipe() // which has no half-close
	defer theirs.Close()       //nolint:errcheck // a pipe
	if err := (&tunnel{Conn: ours}).CloseWrite(); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
}

// TestFirstConnKeepsItsConnection has x/net dial in the way that it does without a context.
func TestFirstConnKeepsItsConnection(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close() //nolint:errcheck // nothing depends on it
	var f firstConn
	conn, err := f.Dial("tcp", listener.Addr().String())
	if err != nil || f.conn != conn {
		t.Fatalf("%v, %v, %v", f.conn, conn, err)
	}
	_ = conn.Close()
	_ = listener.Close()
	if conn, err := f.DialContext(context.Background(), "tcp", listener.Addr().String()); err == nil || conn != nil {
		t.Errorf("%v, %v", conn, err)
	}
}
