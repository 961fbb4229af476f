package transport_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gantry-go/gantry/internal/leak"
	"github.com/gantry-go/gantry/transport"
)

func TestMain(m *testing.M) { leak.Main(m) }

// wire is an engine that a test plays byte by byte: each connection is handed to a function. Package transporttest has
// the comfortable one; faults below HTTP want this.
type wire struct {
	host     string
	accepted atomic.Int32
	requests chan *http.Request // each that exchange read, with its body drained
}

// play listens on a unix socket and hands every connection, closed for it at the end, to script.
func play(t *testing.T, script func(c *wireConn)) *wire {
	t.Helper()
	dir, err := os.MkdirTemp("", "wire") //nolint:usetesting // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{host: "unix://" + listener.Addr().String(), requests: make(chan *http.Request, 1<<16)}
	w.serve(t, listener, script)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return w
}

func (w *wire) serve(t *testing.T, listener net.Listener, script func(c *wireConn)) {
	var all sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			c := &wireConn{Conn: conn, wire: w, in: bufio.NewReader(conn), ctx: ctx, Number: int(w.accepted.Add(1))}
			stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
			all.Go(func() {
				defer stop()
				defer conn.Close() //nolint:errcheck // the test has what it wants
				script(c)
			})
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = listener.Close()
		all.Wait()
	})
}

// wireConn is one connection of a played engine.
type wireConn struct {
	net.Conn
	wire   *wire
	in     *bufio.Reader
	ctx    context.Context // ends with the test
	Number int             // 1 for the first connection
}

// request reads one request with its body. It returns nil when the client is gone.
func (c *wireConn) request() *http.Request {
	r := c.head()
	if r == nil {
		return nil
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil
	}
	c.wire.requests <- r
	return r
}

// head reads a request's head alone.
func (c *wireConn) head() *http.Request {
	r, err := http.ReadRequest(c.in)
	if err != nil {
		return nil
	}
	return r
}

// answer writes an answer with a length.
func (c *wireConn) answer(status int, body string) {
	_, _ = fmt.Fprintf(c, "HTTP/1.1 %d x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
}

// write writes bytes as they are.
func (c *wireConn) write(s string) { _, _ = io.WriteString(c, s) }

// gone blocks until the client has closed the connection.
func (c *wireConn) gone() { _, _ = io.Copy(io.Discard, c.in) }

// answers plays an engine that gives every request the same answer.
func answers(t *testing.T, status int, body string) *wire {
	return play(t, func(c *wireConn) {
		for c.request() != nil {
			c.answer(status, body)
		}
	})
}

// raw plays an engine that writes the same bytes to every first request of a connection and closes it.
func raw(t *testing.T, bytes string) *wire {
	return play(t, func(c *wireConn) {
		if c.request() != nil {
			c.write(bytes)
		}
	})
}

// client opens the played engine.
func (w *wire) client(t *testing.T, options ...transport.Option) *transport.Client {
	t.Helper()
	c, err := transport.New(w.host, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

var (
	opInspect = transport.Operation{Engine: "docker", Version: "1.41", Name: "ContainerInspect", Method: "GET", Path: "/v1.41/containers/{id}/json"}
	opList    = transport.Operation{Engine: "docker", Version: "1.41", Name: "ContainerList", Method: "GET", Path: "/v1.41/containers/json"}
	opStart   = transport.Operation{Engine: "docker", Version: "1.41", Name: "ContainerStart", Method: "POST", Path: "/v1.41/containers/{id}/start"}
	opCreate  = transport.Operation{Engine: "docker", Version: "1.41", Name: "ContainerCreate", Method: "POST", Path: "/v1.41/containers/create"}
	opArchive = transport.Operation{Engine: "docker", Version: "1.41", Name: "PutContainerArchive", Method: "PUT", Path: "/v1.41/containers/{id}/archive"}
	opAttach  = transport.Operation{Engine: "docker", Version: "1.41", Name: "ContainerAttach", Method: "POST", Path: "/v1.41/containers/{id}/attach"}
	opEvents  = transport.Operation{Engine: "docker", Version: "1.41", Name: "SystemEvents", Method: "GET", Path: "/v1.41/events"}
	opWait    = transport.Operation{Engine: "docker", Version: "1.41", Name: "ContainerWait", Method: "POST", Path: "/v1.41/containers/{id}/wait"}
	opPull    = transport.Operation{Engine: "docker", Version: "1.41", Name: "ImageCreate", Method: "POST", Path: "/v1.41/images/create"}
	opExport  = transport.Operation{Engine: "docker", Version: "1.41", Name: "ContainerExport", Method: "GET", Path: "/v1.41/containers/{id}/export"}
)

// thing is what the played engines answer with.
type thing struct {
	ID    string `json:"Id"`
	Count int64  `json:"Count"`
}

// within fails the test unless f returns in time. The bound is for a hang, not a measurement.
func within(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatalf("%s did not return", what)
	}
}
