package transport_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gantry-go/gantry/transport"
)

// TestRow41EngineDiesAfterReading has an engine that takes a request in and is gone: whether it acted is not known.
func TestRow41EngineDiesAfterReading(t *testing.T) {
	var read atomic.Int32
	w := play(t, func(c *wireConn) {
		for c.request() != nil {
			if read.Add(1); c.Number > 1 || read.Load() > 1 {
				return
			}
			c.answer(200, "{}")
		}
	})
	c := w.client(t)
	if err := transport.None(t.Context(), c, opStart.Request("warm")); err != nil {
		t.Fatal(err)
	}
	// On a connection that served before, where net/http would repeat what it thinks harmless.
	err := transport.None(t.Context(), c, opStart.Request("conny"))
	isError(t, "pooled", err, transport.ErrTransport, true)
	r := opCreate.Request()
	r.JSON(thing{ID: "x"})
	_, err = transport.Object[thing](t.Context(), c, r)
	isError(t, "fresh", err, transport.ErrTransport, true)
	if n := read.Load(); n != 3 {
		t.Errorf("the engine read %d requests, want 3", n)
	}
}

// TestRow42ReadsAreRepeatedOnce has pooled connections that the engine closes as it reads the next request.
func TestRow42ReadsAreRepeatedOnce(t *testing.T) {
	var requests atomic.Int32
	stale := make(chan struct{})
	var warm sync.WaitGroup
	const conns = 4
	warm.Add(conns)
	w := play(t, func(c *wireConn) {
		if c.request() == nil {
			return
		}
		if c.Number <= conns { // each answers once, and dies of the second request
			warm.Done()
			<-stale
			c.answer(200, `{"Id":"x"}`)
			if c.head() != nil {
				requests.Add(1)
			}
			return
		}
		requests.Add(1)
		c.answer(200, `{"Id":"x"}`)
	})
	c := w.client(t)
	var calls sync.WaitGroup
	for range conns {
		calls.Go(func() {
			if _, err := transport.Object[thing](t.Context(), c, opInspect.Request("conny")); err != nil {
				t.Error(err)
			}
		})
	}
	warm.Wait()
	close(stale)
	calls.Wait()
	if _, err := transport.Object[thing](t.Context(), c, opInspect.Request("conny")); err != nil {
		t.Error(err)
	}
	if n := requests.Load(); n != 2 {
		t.Errorf("the read reached the engine %d times, want 2", n)
	}
}

// TestRow42ChangesNeverMeetAClosedConnection has an engine that closes each connection right after its answer; with
// a connection of its own for each call, none can fail for it.
func TestRow42ChangesNeverMeetAClosedConnection(t *testing.T) {
	const calls = 10_000
	var executed atomic.Int32
	w := play(t, func(c *wireConn) {
		if c.head() != nil {
			executed.Add(1)
			c.answer(204, "")
		}
	})
	c := w.client(t, transport.WithFreshConnections())
	for range calls {
		if err := transport.None(t.Context(), c, opStart.Request("conny")); err != nil {
			t.Fatal(err)
		}
	}
	if n := executed.Load(); n != calls {
		t.Errorf("%d calls reached the engine %d times", calls, n)
	}
}

// TestRow42ChangesAreSentAtMostOnce is the same with the pool: a call may fail, and then it was executed at most once.
func TestRow42ChangesAreSentAtMostOnce(t *testing.T) {
	const calls = 2_000
	var executed atomic.Int32
	w := play(t, func(c *wireConn) {
		for i := 0; i <= c.Number%3; i++ {
			if c.head() == nil {
				return
			}
			executed.Add(1)
			c.answer(204, "")
		}
	})
	c := w.client(t)
	failed := int32(0)
	for range calls {
		before := executed.Load()
		err := transport.None(t.Context(), c, opStart.Request("conny"))
		after := executed.Load()
		if err != nil {
			failed++
			isError(t, "call", err, transport.ErrTransport, true) // one of which nothing was written is begun anew
		}
		if n := after - before; n > 1 || n == 0 && err == nil {
			t.Fatalf("a call reached the engine %d times (%v)", n, err)
		}
	}
	t.Logf("%d of %d calls met a closed connection", failed, calls)
	if failed > calls/4 {
		t.Errorf("%d of %d calls met a closed connection", failed, calls)
	}
}

// TestRow43RefusedUploadsLeaveTheReaderAlone has an engine that says no before it takes the body, where the answer is a
// document; TestRefusedStreamsLeaveTheSource is about the others.
func TestRow43RefusedUploadsLeaveTheReaderAlone(t *testing.T) {
	w := play(t, func(c *wireConn) {
		r := c.head()
		if r == nil {
			return
		}
		if r.Header.Get("Expect") != "100-continue" {
			t.Error("the engine was not asked first")
		}
		c.answer(404, `{"message":"no such container"}`)
		c.gone()
	})
	source := &closing{Reader: neverRead{t}, closed: make(chan struct{})}
	r := opArchive.Request("conny")
	r.Upload(source, "application/x-tar")
	err := transport.None(t.Context(), w.client(t), r)
	isError(t, "upload", err, transport.ErrNotFound, false)
	within(t, "closing the source", func() { <-source.closed })
}

// TestRow43EarlyAnswerWithoutAsking has an engine that ignores the question, begins to take the body, and says no.
func TestRow43EarlyAnswerWithoutAsking(t *testing.T) {
	w := play(t, func(c *wireConn) {
		if c.head() == nil {
			return
		}
		buffer := make([]byte, 1000)
		if _, err := io.ReadFull(c.in, buffer); err != nil { // only comes once the client has stopped waiting
			return
		}
		c.answer(404, `{"message":"no such container"}`)
		c.gone()
	})
	source := &closing{Reader: endless{}, closed: make(chan struct{})}
	r := opArchive.Request("conny")
	r.Upload(source, "application/x-tar")
	within(t, "the upload", func() {
		isError(t, "upload", transport.None(t.Context(), w.client(t), r), transport.ErrNotFound, false)
		<-source.closed
	})
}

func TestRow44UploadSourceFails(t *testing.T) {
	broken := errors.New("the disk is gone")
	var whole atomic.Bool
	w := play(t, func(c *wireConn) {
		r := c.head()
		if r == nil {
			return
		}
		c.write("HTTP/1.1 100 Continue\r\n\r\n")
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			whole.Store(true)
		}
	})
	r := opArchive.Request("conny")
	r.Upload(io.MultiReader(strings.NewReader("abc"), failing{broken}), "application/x-tar")
	err := transport.None(t.Context(), w.client(t), r)
	e := isError(t, "upload", err, broken, true)
	if e.Class != transport.ErrSource || whole.Load() {
		t.Errorf("class %v, taken for whole %v", e.Class, whole.Load())
	}
}

func TestRow45UploadSourceBlocks(t *testing.T) {
	started := make(chan struct{})
	w := play(t, func(c *wireConn) {
		if c.head() == nil {
			return
		}
		c.write("HTTP/1.1 100 Continue\r\n\r\n")
		close(started)
		c.gone()
	})
	reader, writer := io.Pipe()
	defer writer.Close() //nolint:errcheck // a pipe
	r := opArchive.Request("conny")
	r.Upload(reader, "application/x-tar")
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-started; cancel() }()
	within(t, "the upload", func() {
		if err := transport.None(ctx, w.client(t), r); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	within(t, "the source", func() { // closed: a write no longer waits for a reader
		if _, err := writer.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
			t.Error(err)
		}
	})
}

// TestRow45EngineGoneWhileTheSourceBlocks has nobody cancel: the engine's end is what frees the call.
func TestRow45EngineGoneWhileTheSourceBlocks(t *testing.T) {
	w := play(t, func(c *wireConn) {
		if c.head() != nil {
			c.write("HTTP/1.1 100 Continue\r\n\r\n")
		}
	})
	reader, writer := io.Pipe()
	defer writer.Close() //nolint:errcheck // a pipe
	r := opArchive.Request("conny")
	r.Upload(reader, "application/x-tar")
	within(t, "the upload", func() {
		err := transport.None(t.Context(), w.client(t), r)
		if isError(t, "upload", err, transport.ErrTransport, true); errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("the source is blamed: %v", err)
		}
	})
}

// TestRow45SourceThatCannotBeClosed blocks until the test lets go; the call does not wait for that.
func TestRow45SourceThatCannotBeClosed(t *testing.T) {
	started := make(chan struct{})
	w := play(t, func(c *wireConn) {
		if c.head() != nil {
			c.write("HTTP/1.1 100 Continue\r\n\r\n")
			close(started)
			c.gone()
		}
	})
	release := make(chan struct{})
	defer close(release)
	r := opArchive.Request("conny")
	r.Upload(readFunc(func([]byte) (int, error) { <-release; return 0, io.EOF }), "application/x-tar")
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-started; cancel() }()
	within(t, "the upload", func() {
		if err := transport.None(ctx, w.client(t), r); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

type readFunc func(p []byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

func TestEmptyUploadsAreClosed(t *testing.T) {
	w := answers(t, 200, "{}")
	path := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	r := opArchive.Request("conny")
	r.Upload(f, "application/x-tar")
	if err := transport.None(t.Context(), w.client(t), r); err != nil {
		t.Error(err)
	}
	if err := f.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("the file was left open (%v)", err)
	}
}

func TestRow41RequestsThatWouldBeRepeatedAreRefused(t *testing.T) {
	w := answers(t, 200, "{}")
	c := transport.With(w.client(t), func(r *transport.Request) { r.Header("idempotency-key", "1") })
	isError(t, "a change", transport.None(t.Context(), c, opStart.Request("conny")), transport.ErrInvalidInput, false)
	if err := transport.None(t.Context(), c, opInspect.Request("conny")); err != nil {
		t.Errorf("a read: %v", err)
	}
}

func TestUploadsArriveWhole(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789abcdef"), 100_000)
	path := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	type arrival struct {
		length int64
		data   []byte
	}
	arrived := make(chan arrival, 1)
	w := play(t, func(c *wireConn) {
		for {
			r := c.head()
			if r == nil {
				return
			}
			c.write("HTTP/1.1 100 Continue\r\n\r\n")
			got, _ := io.ReadAll(r.Body)
			arrived <- arrival{r.ContentLength, got}
			c.answer(200, "{}")
		}
	})
	c := w.client(t)
	for what, body := range map[string]io.Reader{
		"file": file, "bytes": bytes.NewReader(data), "reader": io.MultiReader(bytes.NewReader(data)),
	} {
		r := opArchive.Request("conny")
		r.Upload(body, "application/x-tar")
		if err := transport.None(t.Context(), c, r); err != nil {
			t.Fatal(err)
		}
		got := <-arrived
		if !bytes.Equal(got.data, data) || (what != "reader") != (got.length == int64(len(data))) {
			t.Errorf("%s: %d bytes came, declared %d", what, len(got.data), got.length)
		}
	}
}

func TestExpectIsNotSentForWhatIsInMemory(t *testing.T) {
	w := play(t, func(c *wireConn) {
		for {
			r := c.head()
			if r == nil {
				return
			}
			if r.Header.Get("Expect") != "" || r.ContentLength != 10 || len(r.TransferEncoding) > 0 {
				t.Errorf("Expect %q, length %d, %v", r.Header.Get("Expect"), r.ContentLength, r.TransferEncoding)
			}
			_, _ = io.Copy(io.Discard, r.Body)
			c.answer(http.StatusCreated, `{"Id":"x"}`)
		}
	})
	r := opCreate.Request()
	r.JSON(map[string]string{"Id": "x"})
	if _, err := transport.Object[thing](t.Context(), w.client(t), r, "Id"); err != nil {
		t.Error(err)
	}
}

// TestConnectionsAreNoMoreThanCallers has 64 callers at once on either pool, and counts what is open at once.
func TestConnectionsAreNoMoreThanCallers(t *testing.T) {
	for _, op := range []*transport.Operation{&opInspect, &opStart} {
		w := answers(t, 200, `{"Id":"x"}`)
		var open openConns
		c := w.client(t, transport.WithDialer(func(ctx context.Context) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, "unix", strings.TrimPrefix(w.host, "unix://"))
			if err != nil { // given up, as another came first: it was no connection
				return nil, err
			}
			return open.count(conn), nil
		}))
		const callers, calls = 64, 100
		var all sync.WaitGroup
		for range callers {
			all.Go(func() {
				for range calls {
					if err := transport.None(t.Context(), c, op.Request("conny")); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
		if open.most > callers {
			t.Errorf("%s: %d callers held %d connections", op.Name, callers, open.most)
		}
		t.Logf("%s: %d callers held at most %d connections, %d in all", op.Name, callers, open.most, w.accepted.Load())
	}
}

// openConns counts the connections that are open at once.
type openConns struct {
	mu        sync.Mutex
	now, most int
}

func (o *openConns) count(conn net.Conn) net.Conn {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now++
	o.most = max(o.most, o.now)
	return &countedConn{Conn: conn, closed: sync.OnceFunc(func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.now--
	})}
}

type countedConn struct {
	net.Conn
	closed func()
}

func (c *countedConn) Close() error {
	c.closed()
	return c.Conn.Close()
}

type neverRead struct{ t *testing.T }

func (n neverRead) Read([]byte) (int, error) {
	n.t.Errorf("the source of a refused upload was read\n%s", debug.Stack())
	return 0, io.EOF
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// closing tells when it was closed.
type closing struct {
	io.Reader
	closed chan struct{}
	once   sync.Once
}

func (c *closing) Close() error {
	c.once.Do(func() { close(c.closed) })
	return nil
}
