package transport_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/transporttest"
)

// watched is an observer that keeps what it was told.
type watched struct {
	mu    sync.Mutex
	begun int
	calls []transport.Call
	ended chan struct{} // one for each call
}

func newWatched() *watched { return &watched{ended: make(chan struct{}, 1<<16)} }

func (w *watched) observe(_ context.Context, call *transport.Call) func() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun++
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.calls = append(w.calls, *call)
		w.ended <- struct{}{}
	}
}

// one waits for the end of one call and returns it; there must have been no other.
func (w *watched) one(t *testing.T) transport.Call {
	t.Helper()
	within(t, "the end of the call", func() { <-w.ended })
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.calls) != 1 || w.begun != 1 {
		t.Fatalf("%d calls began, %d ended", w.begun, len(w.calls))
	}
	return w.calls[0]
}

func TestObserver(t *testing.T) {
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, bytes.Repeat([]byte("x"), 5000), 0o600); err != nil {
		t.Fatal(err)
	}
	type want struct {
		status         int
		class          string
		sent, received int64
		attempts       int
		acted          bool
	}
	cases := map[string]struct {
		answer transporttest.Answer
		call   func(ctx context.Context, c *transport.Client) error
		want   want
	}{
		"object": {
			transporttest.Text(200, "application/json", `{"Id":"x"}`),
			func(ctx context.Context, c *transport.Client) error {
				_, err := transport.Object[thing](ctx, c, opInspect.Request("conny"), "Id")
				return err
			},
			want{200, "", 0, 10, 1, false},
		},
		"object that is none": {
			transporttest.Text(200, "application/json", `[1]`),
			func(ctx context.Context, c *transport.Client) error {
				_, err := transport.Object[thing](ctx, c, opInspect.Request("conny"))
				return err
			},
			want{200, "protocol violated", 0, 3, 1, false},
		},
		"not found": {
			transporttest.Error(404, "no"),
			func(ctx context.Context, c *transport.Client) error {
				return transport.None(ctx, c, opStart.Request("conny"))
			},
			want{404, "not found", 0, 17, 1, false},
		},
		"failure that nobody checks": {
			transporttest.Error(500, "no"),
			func(ctx context.Context, c *transport.Client) error {
				resp, err := c.Do(ctx, opStart.Request("conny"))
				if err != nil {
					return err
				}
				_ = resp.Body.Close()
				return nil
			},
			want{500, "server error", 0, 0, 1, true},
		},
		"body in memory": {
			transporttest.Empty(204),
			func(ctx context.Context, c *transport.Client) error {
				r := opCreate.Request()
				r.JSON(map[string]int{"a": 1})
				return transport.None(ctx, c, r)
			},
			want{204, "", 7, 0, 1, false},
		},
		"upload": {
			transporttest.Empty(200),
			func(ctx context.Context, c *transport.Client) error {
				r := opArchive.Request("conny")
				r.Upload(io.LimitReader(neverEnding('x'), 70_000), "application/x-tar")
				return transport.None(ctx, c, r)
			},
			want{200, "", 70_000, 0, 1, false},
		},
		"file": {
			transporttest.Empty(200),
			func(ctx context.Context, c *transport.Client) error {
				f, err := os.Open(file)
				if err != nil {
					return err
				}
				r := opArchive.Request("conny")
				r.Upload(f, "application/x-tar")
				return transport.None(ctx, c, r)
			},
			want{200, "", 5000, 0, 1, false},
		},
		"failure inside a stream": {
			transporttest.Text(200, "application/json", `{"error":"boom"}`),
			func(ctx context.Context, c *transport.Client) error {
				m, err := transport.Sequence[thing](ctx, c, opPull.Request())
				if err != nil {
					return err
				}
				return m.Wait()
			},
			want{200, "failure in the stream", 0, 16, 1, true},
		},
		"stream left early": {
			transporttest.Lines(thing{ID: "a"}, thing{ID: "b"}).ThenHold(),
			func(ctx context.Context, c *transport.Client) error {
				m, err := transport.Sequence[thing](ctx, c, opEvents.Request())
				if err != nil {
					return err
				}
				_, err = m.One()
				return err
			},
			want{200, "", 0, -1, 1, false},
		},
		"bytes to their end": {
			transporttest.Text(200, "application/x-tar", "12345"),
			func(ctx context.Context, c *transport.Client) error {
				s, err := transport.Bytes(ctx, c, opExport.Request("conny"))
				if err != nil {
					return err
				}
				_, err = io.Copy(io.Discard, s) // and no Close: the end is enough
				return err
			},
			want{200, "", 0, 5, 1, false},
		},
		"bytes that break off": {
			transporttest.Text(200, "application/x-tar", strings.Repeat("x", 1000)).Cut(500),
			func(ctx context.Context, c *transport.Client) error {
				s, err := transport.Bytes(ctx, c, opExport.Request("conny"))
				if err != nil {
					return err
				}
				_, err = io.Copy(io.Discard, s)
				return err
			},
			want{200, "stream truncated", 0, -1, 1, false},
		},
		"logs with a failure in them": {
			transporttest.Frames(transporttest.Frame(1, "out\n"), transporttest.Frame(3, "boom")),
			func(ctx context.Context, c *transport.Client) error {
				logs, err := transport.Framed(ctx, c, opLogs.Request("conny"), transport.Framing{TTY: new(false)})
				if err != nil {
					return err
				}
				_, err = logs.Demux(io.Discard, io.Discard)
				return err
			},
			want{200, "failure in the stream", 0, 24, 1, false},
		},
		"promise": {
			transporttest.Text(200, "application/json", `{"Count":3}`),
			func(ctx context.Context, c *transport.Client) error {
				p, err := transport.Late[thing](ctx, c, opWait.Request("conny"))
				if err != nil {
					return err
				}
				_, err = p.Result()
				return err
			},
			want{200, "", 0, 11, 1, false},
		},
		"upgrade with a half-close": {
			transporttest.UpgradeWith([]byte("glued "), func(c *transporttest.Conn) {
				in, _ := io.ReadAll(c)
				_, _ = c.Write(bytes.ToUpper(in))
			}),
			func(ctx context.Context, c *transport.Client) error {
				conn, err := transport.Upgrade(ctx, c, opAttach.Request("conny"))
				if err != nil {
					return err
				}
				defer conn.Close() //nolint:errcheck // read to its end
				if _, err := io.WriteString(conn, "hello"); err != nil {
					return err
				}
				if err := conn.CloseWrite(); err != nil {
					return err
				}
				got, err := io.ReadAll(conn)
				if string(got) != "glued HELLO" {
					return fmt.Errorf("got %q (%w)", got, err)
				}
				return nil
			},
			want{101, "", 5, 11, 1, false},
		},
		"upgrade refused": {
			transporttest.Error(409, "not running"),
			func(ctx context.Context, c *transport.Client) error {
				_, err := transport.Upgrade(ctx, c, opAttach.Request("conny"))
				return err
			},
			want{409, "conflict", 0, -1, 1, false},
		},
		"invalid input": {
			transporttest.Empty(204),
			func(ctx context.Context, c *transport.Client) error {
				return transport.None(ctx, c, opStart.Request(".."))
			},
			want{0, "invalid input", 0, 0, 0, false},
		},
		"no answer": {
			transporttest.Raw(nil),
			func(ctx context.Context, c *transport.Client) error {
				return transport.None(ctx, c, opStart.Request("conny"))
			},
			want{0, "connection failed", 0, 0, 1, true},
		},
	}
	for name, k := range cases {
		t.Run(name, func(t *testing.T) {
			engine := transporttest.New(t)
			engine.Handle("/{any...}", k.answer)
			w := newWatched()
			c := engine.Client(t, transport.WithObserver(w.observe))
			err := k.call(t.Context(), c)
			call := w.one(t)
			if (err == nil) != (k.want.class == "") && name != "failure that nobody checks" {
				t.Errorf("the call gave %v", err)
			}
			if err != nil && !errors.Is(err, call.Err) && err.Error() != call.Err.Error() {
				t.Errorf("told of %v, the call gave %v", call.Err, err)
			}
			got := want{call.Status, call.Class(), call.Sent, call.Received, call.Attempts, mayHaveActed(call.Err)}
			if k.want.received < 0 {
				got.received = -1
			}
			if got != k.want {
				t.Errorf("%+v, want %+v (%v)", got, k.want, call.Err)
			}
			if call.Host != engine.Host() || call.Duration < call.Head || (call.Head > 0) != (call.Status > 0) || call.Begun.IsZero() {
				t.Errorf("%+v", call)
			}
		})
	}
}

var opLogs = transport.Operation{Engine: "docker", Version: "1.41", Name: "ContainerLogs", Method: "GET", Path: "/v1.41/containers/{id}/logs"}

func mayHaveActed(err error) bool {
	e, ok := errors.AsType[*transport.Error](err)
	return ok && e.MayHaveActed
}

type neverEnding byte

func (b neverEnding) Read(p []byte) (int, error) {
	copy(p, bytes.Repeat([]byte{byte(b)}, len(p)))
	return len(p), nil
}
