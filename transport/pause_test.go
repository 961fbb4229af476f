package transport_test

import (
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/transporttest"
)

// TestPausesOfACallerAreNoSilence holds, of an upgraded connection and of a stream, that what counts is how long a read
// waits: a caller may take any time between two of them. The clock is the test's own.
func TestPausesOfACallerAreNoSilence(t *testing.T) {
	const limit = time.Minute
	for name, open := range map[string]func(t *testing.T, c transport.Caller) io.ReadCloser{
		"upgrade": func(t *testing.T, c transport.Caller) io.ReadCloser {
			conn, err := transport.Upgrade(t.Context(), c, opAttach.Request("conny"))
			if err != nil {
				t.Fatal(err)
			}
			return conn
		},
		"stream": func(t *testing.T, c transport.Caller) io.ReadCloser {
			stream, err := transport.Bytes(t.Context(), c, opExport.Request("conny"))
			if err != nil {
				t.Fatal(err)
			}
			return stream
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			engine := transporttest.New(t, transporttest.InMemory())
			engine.Handle("POST /v1.41/containers/{id}/attach", transporttest.Upgrade(func(c *transporttest.Conn) {
				for range 3 {
					_, _ = c.Write([]byte("hello"))
				}
				_, _ = io.Copy(io.Discard, c)
			}))
			engine.Handle("GET /v1.41/containers/{id}/export", transporttest.Handler(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, "hellohellohello")
				_ = http.NewResponseController(w).Flush()
				<-r.Context().Done()
			}))
			r := open(t, engine.Client(t, transport.WithStreamIdleTimeout(limit)))
			defer r.Close() //nolint:errcheck // the test has what it wants
			began := time.Now()
			for i := range 3 {
				if _, err := io.ReadFull(r, make([]byte, 5)); err != nil {
					t.Fatalf("%s: the read after pause %d: %v", name, i, err)
				}
				time.Sleep(10 * limit)
			}
			if _, err := r.Read(make([]byte, 1)); !errors.Is(err, transport.ErrTimeout) {
				t.Errorf("%s: a read that waits: %v", name, err)
			}
			if took := time.Since(began); took != 31*limit {
				t.Errorf("%s: it ended after %v", name, took)
			}
		})
	}
}

// TestWritesCountAsWords holds that what is written to an upgraded connection puts off the end of a read that waits, and
// that a write which fails says so, watched or not.
func TestWritesCountAsWords(t *testing.T) {
	const limit = time.Minute
	synctest.Test(t, func(t *testing.T) {
		engine := transporttest.New(t, transporttest.InMemory())
		gone := make(chan struct{})
		engine.Handle("POST /v1.41/containers/{id}/attach", transporttest.Upgrade(func(c *transporttest.Conn) {
			_, _ = io.ReadFull(c, make([]byte, 5))
			_ = c.Conn.Close()
			close(gone)
		}))
		conn, err := transport.Upgrade(t.Context(), engine.Client(t, transport.WithStreamIdleTimeout(limit)), opAttach.Request("conny"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close() //nolint:errcheck // the test has what it wants
		read := make(chan error, 1)
		go func() {
			_, err := conn.Read(make([]byte, 1))
			read <- err
		}()
		for range 4 {
			time.Sleep(limit - time.Second)
			if n, err := conn.Write([]byte("x")); n != 1 || err != nil {
				t.Fatalf("%d bytes, %v", n, err)
			}
			select {
			case err := <-read:
				t.Fatalf("the read ended: %v", err)
			default:
			}
		}
		if n, err := conn.Write([]byte("x")); n != 1 || err != nil {
			t.Fatalf("%d bytes, %v", n, err)
		}
		<-gone
		<-read
		if n, err := conn.Write([]byte("unheard")); n != 0 || err == nil || errors.Is(err, io.ErrShortWrite) { // which hides why
			t.Errorf("a write to an engine that is gone: %d bytes, %v", n, err)
		}
	})
}
