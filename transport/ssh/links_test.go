package ssh

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/gantry-go/gantry/internal/leak"
	"github.com/gantry-go/gantry/transport"
	tt "github.com/gantry-go/gantry/transport/transporttest"
)

// streamOf is what a connection is, by either way.
func streamOf(conn net.Conn) *stream {
	if r, ok := conn.(*remote); ok {
		return r.stream
	}
	return conn.(*stream)
}

// TestRetiredLinksEndWithTheirStreams retires a connection that has streams still: they go on, and the connection ends with
// the last of them, however they end.
func TestRetiredLinksEndWithTheirStreams(t *testing.T) {
	e := tt.New(t)
	e.Handle("POST /stream", tt.Upgrade(func(c *tt.Conn) { _, _ = io.Copy(c, c) }))
	ways(t, e, func(t *testing.T, s *server) {
		leak.Check(t)
		r := directRoute(t, s.url(), isolated(t, WithKnownHosts(s.knownAs(t)))...)
		for range 2 { // the second time on a connection of its own
			first, err := r.Dial(t.Context())
			ok(t, err)
			second, err := r.Dial(t.Context())
			ok(t, err)
			l := streamOf(first).link
			if streamOf(second).link != l {
				t.Fatal("two streams take two connections")
			}
			l.retire()
			l.retire() // which may happen twice
			ok(t, first.Close())
			_, err = io.WriteString(second, "POST /stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
			ok(t, err)
			if n, err := second.Read(make([]byte, 12)); n == 0 || err != nil {
				t.Errorf("a stream of a retired connection: %d bytes, %v", n, err)
			}
			select {
			case <-l.dead:
				t.Error("the connection ended with a stream on it")
			default:
			}
			ok(t, second.Close())
			select {
			case <-l.dead:
			case <-time.After(patience):
				t.Fatal("the connection outlives its last stream")
			}
		}
		if n := s.handshakes.Load(); n != 2 {
			t.Errorf("%d connections, want 2", n)
		}
	})
}

// TestTokens holds what stands for a percent sign, and for what.
func TestTokens(t *testing.T) {
	tokens := map[byte]string{'h': "build1", 'p': "22"}
	for value, want := range map[string]string{
		"": "", "x": "x", "%%": "%", "100%%": "100%", "%%h": "%h", "%h": "build1", "%h%%%p": "build1%22", "/a/%h/b": "/a/build1/b", "%%%%": "%%",
	} {
		if got, err := expand("HostName", value, tokens); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", value, got, err, want)
		}
	}
	for _, value := range []string{"%", "a%", "%x", "%H", "%%%"} {
		if got, err := expand("HostName", value, tokens); err == nil {
			t.Errorf("%q is %q", value, got)
		}
	}
}

// TestPorts holds that a port is a decimal number of one to five digits, and none in another notation.
func TestPorts(t *testing.T) {
	for _, port := range []string{"1", "22", "65535", "022"} {
		if _, err := transport.New("ssh://me@h:"+port, Hosts(isolated(t)...)); err != nil {
			t.Errorf("%s: %v", port, err)
		}
	}
	for _, port := range []string{"0", "65536", "0x50", "0b1", "0o17", "1_0", "+22", "-1", "22 ", "ssh", "1e3"} {
		if err := checkPort(port); err == nil {
			t.Errorf("%s is taken for a port", port)
		}
	}
}
