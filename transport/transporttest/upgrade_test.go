package transporttest_test

import (
	"bufio"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	tt "github.com/gantry-go/gantry/transport/transporttest"
)

const (
	askUpgrade = "POST /attach HTTP/1.1\r\nHost: engine\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
	upgraded   = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n" +
		"Content-Type: application/vnd.docker.raw-stream\r\nUpgrade: tcp\r\n\r\n"
)

// tlsClient speaks TLS on a connection to the engine, which it trusts.
func tlsClient(t *testing.T, e *tt.Engine, c net.Conn) net.Conn {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(e.CertPEM()) {
		t.Fatal("the engine's certificate is none")
	}
	return tls.Client(c, &tls.Config{RootCAs: pool, ServerName: "localhost", MinVersion: tls.VersionTLS12})
}

func echo(c *tt.Conn) {
	_, _ = io.Copy(c, c)
	_ = c.CloseWrite()
}

// What goes in one way comes out the other, byte by byte, after a half-close on every kind of connection that has one.
func TestUpgradeEchoesWithHalfClose(t *testing.T) {
	for _, c := range []struct {
		name string
		opts []tt.Option
	}{{"unix", nil}, {"tcp", []tt.Option{tt.TCP()}}, {"tls", []tt.Option{tt.TLS(nil)}}} {
		t.Run(c.name, func(t *testing.T) {
			e := tt.New(t, c.opts...)
			e.Handle("POST /attach", tt.Upgrade(echo))
			conn := dial(t, e)
			if c.name == "tls" {
				conn = tlsClient(t, e, conn)
			}
			sent, sending := sha256.New(), make(chan error, 1)
			must(t, write(conn, askUpgrade))
			go func() {
				_, err := io.CopyN(io.MultiWriter(conn, sent), rand.Reader, 1<<20)
				sending <- errors.Join(err, conn.(interface{ CloseWrite() error }).CloseWrite())
			}()
			in := bufio.NewReader(conn)
			if head := readHead(t, in); head != upgraded {
				t.Fatalf("head %q", head)
			}
			came := sha256.New()
			n, err := io.Copy(came, in)
			must(t, errors.Join(err, <-sending))
			if n != 1<<20 || string(came.Sum(nil)) != string(sent.Sum(nil)) {
				t.Errorf("%d bytes came back, not those that were sent", n)
			}
		})
	}
}

func TestUpgradeOnTheWire(t *testing.T) {
	const early = "HTTP/1.1 100 Continue\r\n\r\n"
	for _, c := range []struct {
		name   string
		answer tt.Answer
		first  string // what the first write holds
	}{
		{"alone", tt.Upgrade(echo), upgraded},
		{"glued", tt.UpgradeWith([]byte("hi"), echo), upgraded + "hi"},
		{"preceded and glued", tt.UpgradeWith([]byte("hi"), echo).Preceded(100, 1), early + upgraded + "hi"},
		{"no Upgrade header", tt.Upgrade(echo).Header("Upgrade", ""), strings.Replace(upgraded, "Upgrade: tcp\r\n", "", 1)},
		{"another Upgrade header", tt.Upgrade(echo).Header("Upgrade", "h2c"), strings.Replace(upgraded, "tcp", "h2c", 1)},
		{"split", tt.UpgradeWith([]byte("hi"), echo).SplitAt(len(upgraded) + 1), upgraded + "h"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := tt.New(t, tt.InMemory())
			e.Handle("POST /attach", c.answer)
			conn := dial(t, e)
			must(t, write(conn, askUpgrade))
			buf := make([]byte, 1000)
			n, err := conn.Read(buf)
			must(t, err)
			if got := string(buf[:n]); got != c.first {
				t.Errorf("first read %q, want %q", got, c.first)
			}
		})
	}
}

// What the client sends right behind its request is the first that the upgraded connection reads.
func TestUpgradeKeepsWhatWasSentEarly(t *testing.T) {
	e := tt.New(t)
	e.Handle("POST /attach", tt.Upgrade(func(c *tt.Conn) { _, _ = io.CopyN(c, c, 5) }))
	if got := talk(t, e, askUpgrade+"hello"); got != upgraded+"hello" {
		t.Errorf("got %q", got)
	}
}

func TestUpgradedConnTakesFaults(t *testing.T) {
	e := tt.New(t)
	e.Handle("POST /attach", tt.Upgrade(func(c *tt.Conn) {
		if _, err := c.Write([]byte("hello")); err == nil {
			t.Error("a cut connection took it")
		}
	}).Cut(len(upgraded)+3))
	if got := talk(t, e, askUpgrade); got != upgraded+"hel" {
		t.Errorf("got %q", got)
	}
}

func TestUpgradedConnInMemoryHasNoHalfClose(t *testing.T) {
	e := tt.New(t, tt.InMemory())
	result := make(chan error, 1)
	e.Handle("POST /attach", tt.Upgrade(func(c *tt.Conn) { result <- c.CloseWrite() }))
	if got := talk(t, e, askUpgrade); got != upgraded {
		t.Errorf("got %q", got)
	}
	if err := <-result; !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("CloseWrite: %v", err)
	}
}

func TestCloseEndsUpgradedConns(t *testing.T) {
	e := tt.New(t)
	e.Handle("POST /attach", tt.Upgrade(echo))
	conn := dial(t, e)
	must(t, write(conn, askUpgrade))
	readHead(t, bufio.NewReader(conn))
	e.Close() // returns, so the echo has
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the client reads %v", err)
	}
	e.Close()
}
