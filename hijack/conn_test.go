package hijack

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gantry-go/gantry/internal/leak"
)

// within is how soon a cancelled call must return.
const within = 100 * time.Millisecond

func TestRow52BytesBehindTheHeader(t *testing.T) {
	for _, network := range networks {
		for i := 0; i <= len(mixed); i += 7 {
			c := dial(t.Context(), t, network, answer101(t, mixed[:i], func(conn net.Conn, _ *bufio.Reader) {
				_, _ = io.WriteString(conn, mixed[i:])
			}), Config{})
			got, err := io.ReadAll(c)
			if err != nil || string(got) != mixed {
				t.Errorf("%s, %d bytes behind the header: %q, %v", network, i, got, err)
			}
			_ = c.Close()
		}
	}
}

func TestRow53ReadOnlyStreamOfA200(t *testing.T) {
	c := dial(t.Context(), t, "unix", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.docker.raw-stream")
		_, _ = io.WriteString(w, "output")
	}), Config{})
	if _, err := c.Write([]byte("input")); !errors.Is(err, ErrUnsupported) || !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("write: %v", err)
	}
	if err := c.CloseWrite(); !errors.Is(err, ErrUnsupported) {
		t.Errorf("close write: %v", err)
	}
	got, err := io.ReadAll(c)
	if err != nil || string(got) != "output" {
		t.Errorf("%q, %v", got, err)
	}
	if got := c.MediaType(); got != "application/vnd.docker.raw-stream" {
		t.Errorf("media type %q", got)
	}
	if c.Header().Get("Date") == "" {
		t.Error("the answer's header is not kept")
	}
}

func TestMediaType(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "Application/VND.docker.Raw-Stream": "application/vnd.docker.raw-stream",
		"text/plain; charset=utf-8": "text/plain", "text/plain; =": "text/plain", "/": "",
	} {
		c := NewConn(t.Context(), sourceOf(), Config{Header: http.Header{"Content-Type": {in}}})
		if got := c.MediaType(); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
		_ = c.Close()
	}
}

func TestRow56CancelAfterUpgrade(t *testing.T) {
	reason := errors.New("the user left")
	calls := map[string]func(*Conn) error{
		"read":     func(c *Conn) error { _, err := c.Read(make([]byte, 1)); return err },
		"write":    func(c *Conn) error { _, err := c.ReadFrom(repeat("x")); return err },
		"write to": func(c *Conn) error { _, err := c.WriteTo(io.Discard); return err },
		"demux":    func(c *Conn) error { _, err := c.Demux(nil, nil); return err },
		"frames":   func(c *Conn) error { _, err := collect(c.Logs(LogsConfig{})); return err },
		"lines":    func(c *Conn) error { _, err := lines(c.Logs(LogsConfig{TTY: true})); return err },
	}
	for _, network := range networks {
		for name, call := range calls {
			t.Run(network+" "+name, func(t *testing.T) {
				leak.Check(t)
				gone := make(chan struct{})
				ctx, cancel := context.WithCancelCause(t.Context())
				c := dial(ctx, t, network, answer101(t, "", func(_ net.Conn, r *bufio.Reader) {
					defer close(gone)
					if name == "write" {
						<-ctx.Done() // and read nothing before, so that the client's write waits
					}
					_, _ = io.Copy(io.Discard, r)
				}), Config{})
				result := make(chan error, 1)
				go func() { result <- call(c) }()
				time.Sleep(10 * time.Millisecond) // so that it most likely waits; the verdict does not hang on it
				cancel(reason)
				start := time.Now()
				err := <-result
				if took := time.Since(start); took > within {
					t.Errorf("returned %v after the cancel", took)
				}
				if !errors.Is(err, context.Canceled) || !errors.Is(err, reason) {
					t.Errorf("%v, want the context's error and its cause", err)
				}
				<-gone // the engine sees the end though nobody calls Close
				if _, err := c.Write([]byte("x")); !errors.Is(err, reason) {
					t.Errorf("write after the end: %v", err)
				}
				if err := c.CloseWrite(); !errors.Is(err, reason) {
					t.Errorf("close write after the end: %v", err)
				}
			})
		}
	}
}

func TestRow56DeadlineAndEarlyEnd(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	<-ctx.Done()
	src := sourceOf("never read")
	c := NewConn(ctx, src, Config{})
	if _, err := io.ReadAll(c); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if _, err := c.Read(nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after Close: %v, but the context came first", err)
	}
	if src.closed.Load() != 1 {
		t.Errorf("closed %d times", src.closed.Load())
	}
}

// A source that is closed under a read may well claim that it has ended.
func TestRow56CancelIsNoEndOfOutput(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := NewConn(ctx, &onClose{f: func() error { return nil }, read: func() error { cancel(); return io.EOF }}, Config{})
	defer c.Close() //nolint:errcheck // cannot fail
	if n, err := c.Demux(nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%d, %v", n, err)
	}
}

func TestRow57CloseWrite(t *testing.T) {
	in := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			c := dial(t.Context(), t, network, answer101(t, "", func(conn net.Conn, r *bufio.Reader) {
				all, err := io.ReadAll(r) // returns at the half-close alone
				if err != nil {
					t.Error(err)
				}
				_, _ = conn.Write(all)
			}), Config{})
			if n, err := c.ReadFrom(bytes.NewReader(in)); err != nil || n != int64(len(in)) {
				t.Fatal(n, err)
			}
			if err := c.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if n, err := c.WriteTo(&out); err != nil || n != int64(len(in)) {
				t.Fatal(n, err)
			}
			if !bytes.Equal(in, out.Bytes()) {
				t.Error("the output is not the input")
			}
		})
	}
}

func TestRow57ConnectionThatCannotHalfClose(t *testing.T) {
	a, b := net.Pipe() // has no CloseWrite
	defer b.Close()    //nolint:errcheck // a pipe
	refusal := errors.New("told apart")
	c := NewConn(t.Context(), a, Config{Error: func(err error) error { return errors.Join(refusal, err) }})
	for range 2 { // it stays as it was
		if err := c.CloseWrite(); !errors.Is(err, ErrUnsupported) || !errors.Is(err, refusal) {
			t.Error(err)
		}
	}
	go func() { _, _ = io.ReadFull(b, make([]byte, 2)) }()
	if _, err := c.Write([]byte("ok")); err != nil {
		t.Error(err)
	}
	_ = c.Close()
	// The body of a 101 always has the method, and says by its error that there is nothing behind it.
	c = NewConn(t.Context(), halfClosing{err: fmt.Errorf("CloseWrite: %w", http.ErrNotSupported)}, Config{})
	if err := c.CloseWrite(); err != ErrUnsupported { //nolint:errorlint // the very value
		t.Error(err)
	}
	_ = c.Close()
}

type halfClosing struct {
	io.ReadWriteCloser
	err error
}

func (h halfClosing) CloseWrite() error { return h.err }
func (h halfClosing) Close() error      { return nil }

func TestRow58OutputEndsWhileStdinWaits(t *testing.T) {
	leak.Check(t)
	c := dial(t.Context(), t, "unix", answer101(t, frame(Stdout, "all of it"), nil), Config{})
	stdin, typed := io.Pipe() // a terminal at which nobody types
	pumped := make(chan error, 1)
	go func() {
		_, err := io.Copy(c, stdin)
		pumped <- err
	}()
	var stdout bytes.Buffer
	start := time.Now()
	if _, err := c.Demux(&stdout, nil); err != nil || stdout.String() != "all of it" {
		t.Errorf("%q, %v", &stdout, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("took %v", took)
	}
	// The one goroutine that is left is the caller's, who alone can end the read of the input.
	_, _ = typed.Write([]byte("x"))
	if err := <-pumped; !errors.Is(err, ErrClosed) {
		t.Errorf("input after the end: %v", err)
	}
}

func TestRow61EngineDiesMidStream(t *testing.T) {
	for _, reset := range []bool{false, true} {
		c := dial(t.Context(), t, "tcp", answer101(t, frame(Stdout, "sound"), func(conn net.Conn, r *bufio.Reader) {
			_, _ = io.WriteString(conn, head(Stdout, 100)+"half")
			_, _ = r.ReadByte() // until the client has all of it
			if reset {
				_ = conn.(*net.TCPConn).SetLinger(0)
			}
		}), Config{})
		var stdout bytes.Buffer
		n, err := c.Demux(writerFunc(func(p []byte) (int, error) {
			stdout.Write(p)
			if stdout.Len() == len("soundhalf") {
				_, _ = c.Write([]byte("."))
			}
			return len(p), nil
		}), nil)
		if n != 9 || stdout.String() != "soundhalf" {
			t.Errorf("reset %t: %d, %q", reset, n, &stdout)
		}
		if err == nil || !reset && !errors.Is(err, ErrTruncated) {
			t.Errorf("reset %t: %v", reset, err)
		}
		if _, err := c.Read(nil); !errors.Is(err, ErrClosed) {
			t.Errorf("not closed by the failure: %v", err)
		}
	}
}

func TestRow61CutAnswer(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, frame(Stdout, "one\n")+frame(Stderr, "two\n"))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler) // between frames: the missing end of the answer alone tells
	})
	n, err := dial(t.Context(), t, "unix", h, Config{}).Logs(LogsConfig{}).Demux(nil, nil)
	if e, ok := errors.AsType[*TruncatedError](err); !ok || e.Delivered != 8 || n != 8 {
		t.Errorf("%d, %v", n, err)
	}
}

func TestRow69CloseIsIdempotent(t *testing.T) {
	var closed atomic.Int32
	src := &onClose{f: func() error { return errBroken }, read: func() error { return nil }}
	mark := errors.New("wrapped")
	c := NewConn(t.Context(), src, Config{
		OnClose: func() { closed.Add(1) },
		Error:   func(err error) error { return fmt.Errorf("%w: %w", mark, err) },
	})
	if err := c.Close(); !errors.Is(err, errBroken) || !errors.Is(err, mark) {
		t.Errorf("first: %v", err)
	}
	for range 3 {
		if err := c.Close(); err != nil {
			t.Errorf("again: %v", err)
		}
	}
	if closed.Load() != 1 {
		t.Errorf("OnClose was called %d times", closed.Load())
	}
	for name, err := range map[string]error{
		"read":        second(c.Read(make([]byte, 1))),
		"write":       second(c.Write(make([]byte, 1))),
		"close write": c.CloseWrite(),
		"write to":    second(c.WriteTo(io.Discard)),
		"read from":   second(c.ReadFrom(strings.NewReader("x"))),
		"demux":       second(c.Demux(nil, nil)),
		"lines":       second(lines(c.Logs(LogsConfig{}))),
	} {
		if !errors.Is(err, ErrClosed) || !errors.Is(err, net.ErrClosed) || !errors.Is(err, mark) {
			t.Errorf("%s after Close: %v", name, err)
		}
		if got := strings.Count(fmt.Sprint(err), mark.Error()); got != 1 {
			t.Errorf("%s after Close: wrapped %d times: %v", name, got, err)
		}
	}
}

func TestRow69CloseAgainstReadAndWrite(t *testing.T) {
	leak.Check(t)
	for _, network := range networks {
		for range scale(30) {
			ctx, cancel := context.WithCancel(t.Context())
			var closed atomic.Int32
			c := dial(ctx, t, network, answer101(t, "", func(conn net.Conn, r *bufio.Reader) {
				_, _ = io.Copy(conn, r)
			}), Config{OnClose: func() { closed.Add(1) }})
			var wg sync.WaitGroup
			wg.Go(func() { _, _ = c.ReadFrom(repeat("x")) })
			wg.Go(func() { _, _ = c.WriteTo(io.Discard) })
			time.Sleep(time.Duration(rand.IntN(1000)) * time.Microsecond)
			wg.Go(cancel)
			for range 3 {
				wg.Go(func() { _ = c.Close() })
			}
			wg.Wait()
			cancel()
			// The one that closes may be the context's goroutine, which need not be done when Close returns.
			for deadline := time.Now().Add(time.Second); closed.Load() != 1 && time.Now().Before(deadline); {
				time.Sleep(time.Millisecond)
			}
			if closed.Load() != 1 {
				t.Fatalf("OnClose was called %d times", closed.Load())
			}
		}
	}
}

func TestRow70HalfClosesInEitherOrder(t *testing.T) {
	leak.Check(t)
	r := random(t)
	for _, network := range networks {
		for i := range scale(20) {
			size := r.IntN(1 << 20)
			engineFirst := i%2 == 0
			up, down := payload(r, size), payload(r, size/2)
			sums := make(chan [sha256.Size]byte, 1)
			c := dial(t.Context(), t, network, answer101(t, "", func(conn net.Conn, r *bufio.Reader) {
				sum := sha256.New()
				receive := func() { _, _ = io.Copy(sum, r) }
				send := func() {
					_, _ = io.Copy(conn, &source{data: down, sizes: randomSizes(rand.New(rand.NewPCG(1, 2)))})
					_ = conn.(interface{ CloseWrite() error }).CloseWrite()
				}
				if engineFirst {
					send()
					receive()
				} else {
					receive()
					send()
				}
				sums <- [sha256.Size]byte(sum.Sum(nil))
			}), Config{})
			var wg sync.WaitGroup
			var received hash.Hash
			wg.Go(func() {
				received = sha256.New()
				if _, err := c.WriteTo(received); err != nil {
					t.Error(err)
				}
			})
			src := &source{data: up, sizes: randomSizes(rand.New(rand.NewPCG(3, 4)))}
			if _, err := c.ReadFrom(src); err != nil {
				t.Error(err)
			}
			if err := c.CloseWrite(); err != nil {
				t.Error(err)
			}
			wg.Wait()
			if <-sums != sha256.Sum256(up) || [sha256.Size]byte(received.Sum(nil)) != sha256.Sum256(down) {
				t.Errorf("%s, engine first %t: other bytes than were sent", network, engineFirst)
			}
			_ = c.Close()
		}
	}
}

func TestCopyKeepsTheErrorsOfOthers(t *testing.T) {
	c := NewConn(t.Context(), struct {
		io.Reader
		io.WriteCloser
	}{strings.NewReader("output"), discard{}}, Config{Error: neverCalled(t)})
	defer c.Close()                                                                                    //nolint:errcheck // cannot fail
	if n, err := c.ReadFrom(&source{data: []byte("in"), end: errBroken}); n != 2 || err != errBroken { //nolint:errorlint // the very value
		t.Errorf("read from: %d, %v", n, err)
	}
	if n, err := io.Copy(&oddWriter{odd: 1, reply: func([]byte) (int, error) { return 3, nil }}, c); n != 3 || err != io.ErrShortWrite { //nolint:errorlint // the very value
		t.Errorf("write to: %d, %v", n, err)
	}
	if _, err := c.ReadFrom(readerFunc(func([]byte) (int, error) { return 0, nil })); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("no progress: %v", err)
	}
	if _, err := c.ReadFrom(readerFunc(func([]byte) (int, error) { return -1, nil })); !errors.Is(err, errInvalidRead) {
		t.Errorf("impossible read: %v", err)
	}
}

func payload(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func second[T any](_ T, err error) error { return err }

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

type discard struct{ io.ReadCloser }

func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) Close() error                { return nil }

// onClose is a stream that answers by functions.
type onClose struct {
	read, f func() error
}

func (o *onClose) Read([]byte) (int, error) { return 0, o.read() }
func (o *onClose) Close() error             { return o.f() }
func (o *onClose) Write(p []byte) (int, error) {
	return len(p), nil
}
