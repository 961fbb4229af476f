package transport_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gantry-go/gantry/hijack"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/transporttest"
)

// waiting is what a client is closed under: begin makes a call up to where it waits for the engine, and returns what
// then waits.
type waiting struct {
	answer string // the head, and what comes behind it, after which the engine is silent; none if empty
	begin  func(ctx context.Context, c *transport.Client) (func() error, error)
}

// call is a waiting whose whole call waits.
func call(f func(ctx context.Context, c *transport.Client) error) waiting {
	return waiting{"", func(ctx context.Context, c *transport.Client) (func() error, error) {
		return func() error { return f(ctx, c) }, nil
	}}
}

const (
	streaming = "HTTP/1.1 200 OK\r\n\r\n"
	partial   = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"
)

var waitings = map[string]waiting{
	"object before its head": call(func(ctx context.Context, c *transport.Client) error {
		_, err := transport.Object[thing](ctx, c, opInspect.Request("conny"))
		return err
	}),
	"change before its head": call(func(ctx context.Context, c *transport.Client) error {
		return transport.None(ctx, c, opStart.Request("conny"))
	}),
	"upgrade before its head": call(func(ctx context.Context, c *transport.Client) error {
		_, err := transport.Upgrade(ctx, c, opAttach.Request("conny"))
		return err
	}),
	"stream before its head": call(func(ctx context.Context, c *transport.Client) error {
		_, err := transport.Sequence[thing](ctx, c, opEvents.Request())
		return err
	}),
	"upload": call(func(ctx context.Context, c *transport.Client) error {
		r := opArchive.Request("conny")
		r.Upload(io.MultiReader(neverEnding('x')), "application/x-tar")
		return transport.None(ctx, c, r)
	}),
	"object": {partial, func(ctx context.Context, c *transport.Client) (func() error, error) {
		return func() error { _, err := transport.Object[thing](ctx, c, opInspect.Request("conny")); return err }, nil
	}},
	"list": {partial, func(ctx context.Context, c *transport.Client) (func() error, error) {
		return func() error { _, err := transport.List[thing](ctx, c, opList.Request()); return err }, nil
	}},
	"value": {partial, func(ctx context.Context, c *transport.Client) (func() error, error) {
		return func() error { _, err := transport.Value[thing](ctx, c, opInspect.Request("conny")); return err }, nil
	}},
	"none": {partial, func(ctx context.Context, c *transport.Client) (func() error, error) {
		return func() error { return transport.None(ctx, c, opStart.Request("conny")) }, nil
	}},
	"refusal": {"HTTP/1.1 404 x\r\nContent-Length: 100\r\n\r\n{", func(ctx context.Context, c *transport.Client) (func() error, error) {
		resp, err := c.Do(ctx, opStart.Request("conny"))
		if err != nil {
			return nil, err
		}
		return func() error { _, err := io.ReadAll(resp.Body); return errors.Join(err, resp.Body.Close()) }, nil
	}},
	"bytes": {streaming, func(ctx context.Context, c *transport.Client) (func() error, error) {
		s, err := transport.Bytes(ctx, c, opExport.Request("conny"))
		return func() error { _, err := io.Copy(io.Discard, s); return errors.Join(err, s.Close()) }, err
	}},
	"messages": {streaming, func(ctx context.Context, c *transport.Client) (func() error, error) {
		m, err := transport.Sequence[thing](ctx, c, opEvents.Request())
		return func() error { return m.Wait() }, err
	}},
	"promise": {streaming, func(ctx context.Context, c *transport.Client) (func() error, error) {
		p, err := transport.Late[thing](ctx, c, opWait.Request("conny"))
		return func() error { _, err := p.Result(); return err }, err
	}},
	"logs by lines": {streaming, func(ctx context.Context, c *transport.Client) (func() error, error) {
		logs, err := transport.Framed(ctx, c, opLogs.Request("conny"), transport.Framing{TTY: new(true)})
		return func() error { return lastError(logs) }, err
	}},
	"logs split": {streaming, func(ctx context.Context, c *transport.Client) (func() error, error) {
		logs, err := transport.Framed(ctx, c, opLogs.Request("conny"), transport.Framing{TTY: new(false)})
		return func() error { _, err := logs.Demux(io.Discard, io.Discard); return err }, err
	}},
	"raw": {streaming, func(ctx context.Context, c *transport.Client) (func() error, error) {
		resp, err := c.Do(ctx, opEvents.Request())
		if err != nil {
			return nil, err
		}
		return func() error { _, err := io.ReadAll(resp.Body); return errors.Join(err, resp.Body.Close()) }, nil
	}},
	"upgrade being read": {switching, func(ctx context.Context, c *transport.Client) (func() error, error) {
		conn, err := transport.Upgrade(ctx, c, opAttach.Request("conny"))
		return func() error { _, err := io.ReadAll(conn); return err }, err
	}},
	"upgrade being split": {switching, func(ctx context.Context, c *transport.Client) (func() error, error) {
		conn, err := transport.Upgrade(ctx, c, opAttach.Request("conny"))
		return func() error { _, err := conn.Demux(io.Discard, io.Discard); return err }, err
	}},
	"upgrade being written": {switching, func(ctx context.Context, c *transport.Client) (func() error, error) {
		conn, err := transport.Upgrade(ctx, c, opAttach.Request("conny"))
		return func() error { _, err := io.Copy(conn, neverEnding('x')); return err }, err
	}},
	"read-only connection": {streaming, func(ctx context.Context, c *transport.Client) (func() error, error) {
		conn, err := transport.Upgrade(ctx, c, opAttach.Request("conny"))
		return func() error { _, err := io.ReadAll(conn); return err }, err
	}},
}

// lastError is what a loop over lines ends with.
func lastError(logs *hijack.Logs) (last error) {
	for _, err := range logs.Lines() {
		last = err
	}
	return last
}

// TestRow94CloseEndsEverything closes a client under calls and streams of every kind: all return ErrClosed, and so are
// their observers told, once.
func TestRow94CloseEndsEverything(t *testing.T) {
	for name, k := range waitings {
		t.Run(name, func(t *testing.T) {
			came := make(chan struct{}, 1)
			w := play(t, func(c *wireConn) {
				r := c.head() // and not the body, which may have no end
				if r == nil {
					return
				}
				c.write(k.answer)
				came <- struct{}{}
				<-c.ctx.Done()
			})
			seen := newWatched()
			c := w.client(t, transport.WithObserver(seen.observe))
			wait, err := k.begin(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() { done <- wait() }()
			<-came
			_ = c.Close()
			_ = c.Close()
			within(t, "what was open", func() { err = <-done })
			if !errors.Is(err, transport.ErrClosed) {
				t.Errorf("it ended with %v", err)
			}
			if call := seen.one(t); !errors.Is(call.Err, transport.ErrClosed) {
				t.Errorf("observed was %v", call.Err)
			}
			err = transport.None(t.Context(), c, opStart.Request("conny"))
			isError(t, "after Close", err, transport.ErrClosed, false)
		})
	}
}

// TestRow94CloseEndsDials closes a client whose connections do not come about, or whose TLS handshakes do not end.
func TestRow94CloseEndsDials(t *testing.T) {
	dials := make(chan struct{}, 8)
	c, err := transport.New("tcp://engine.invalid:1", transport.WithDialer(hang(dials)))
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := transport.None(t.Context(), c, opStart.Request("conny")); !errors.Is(err, transport.ErrClosed) || strings.Contains(err.Error(), "invalid") {
				t.Error(err)
			}
		})
	}
	for range 4 {
		<-dials
	}
	_ = c.Close()
	within(t, "the dials", all.Wait)

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	silent, begun := &wire{host: "tcp://" + listener.Addr().String()}, make(chan struct{}, 8)
	silent.serve(t, listener, func(c *wireConn) {
		if _, err := c.in.Peek(1); err == nil {
			begun <- struct{}{}
		}
		c.gone()
	})
	c = silent.client(t, transport.WithTLS(&tls.Config{MinVersion: tls.VersionTLS12}))
	for _, call := range []func() error{
		func() error { return transport.None(t.Context(), c, opStart.Request("conny")) },
		func() error { return hijacks(t, c) },
		func() error { return streams(t, c) },
	} {
		all.Go(func() {
			if err := call(); !errors.Is(err, transport.ErrClosed) {
				t.Error(err)
			}
		})
	}
	for range 3 {
		<-begun
	}
	_ = c.Close()
	within(t, "the handshakes", all.Wait)
}

// hang is a dialer that tells of each dial and never has a connection.
func hang(dials chan<- struct{}) transport.DialFunc {
	return func(ctx context.Context) (net.Conn, error) {
		dials <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	}
}

// TestCloseLeavesNoConnection closes a client under 64 callers, again and again, and counts what stays open at the engine
// once all calls have returned: connections that were on their way back to a pool, dials that ended later, streams.
func TestCloseLeavesNoConnection(t *testing.T) {
	const callers, calls = 64, 300
	engine := transporttest.New(t, transporttest.AllowUnexpected())
	engine.Handle("GET /containers/{id}/json", transporttest.JSON(200, thing{ID: "x"}))
	engine.Handle("POST /containers/{id}/start", transporttest.Empty(204))
	engine.Handle("PUT /containers/{id}/archive", transporttest.Empty(200))
	engine.Handle("GET /events", transporttest.Handler(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"Id":"x"}`+"\n")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	engine.Handle("POST /containers/{id}/attach", transporttest.Upgrade(func(c *transporttest.Conn) { _, _ = io.Copy(c, c) }))
	kinds := map[string]func(ctx context.Context, c *transport.Client) error{
		"reads": func(ctx context.Context, c *transport.Client) error {
			_, err := transport.Object[thing](ctx, c, opInspect.Request("conny"))
			return err
		},
		"changes": func(ctx context.Context, c *transport.Client) error {
			return transport.None(ctx, c, opStart.Request("conny"))
		},
		"uploads": func(ctx context.Context, c *transport.Client) error {
			r := opArchive.Request("conny")
			r.Upload(io.MultiReader(strings.NewReader("abc")), "application/x-tar")
			return transport.None(ctx, c, r)
		},
		"streams": func(ctx context.Context, c *transport.Client) error {
			m, err := transport.Sequence[thing](ctx, c, opEvents.Request())
			if err == nil {
				_, err = m.One()
			}
			return err
		},
		"upgrades": func(ctx context.Context, c *transport.Client) error {
			conn, err := transport.Upgrade(ctx, c, opAttach.Request("conny"))
			if err == nil {
				defer conn.Close() //nolint:errcheck // it is enough that it came about
				_, err = conn.Write([]byte("x"))
			}
			if err == nil {
				_, err = io.ReadFull(conn, make([]byte, 1))
			}
			return err
		},
	}
	for name, call := range kinds {
		rounds := 3
		if name == "reads" {
			rounds = 25 // whose connections would be kept the longest
		}
		for round := range rounds {
			c := engine.Client(t)
			var all sync.WaitGroup
			var begun atomic.Int32
			enough := make(chan struct{})
			for range callers {
				all.Go(func() {
					for {
						if begun.Add(1) == calls {
							close(enough)
						}
						if err := call(t.Context(), c); err != nil {
							if !errors.Is(err, transport.ErrClosed) {
								t.Error(err)
							}
							return
						}
					}
				})
			}
			<-enough
			_ = c.Close()
			within(t, "the calls", all.Wait)
			if err := engine.WaitOpen(0); err != nil {
				t.Fatalf("%s, round %d: %v", name, round, err)
			}
		}
	}
}

// TestCloseMeetsADialThatEndsLater has a dialer that heeds no context, and brings its connection when the client is closed.
func TestCloseMeetsADialThatEndsLater(t *testing.T) {
	w := answers(t, 200, "{}")
	begun, release, closed := make(chan struct{}), make(chan struct{}), make(chan struct{})
	c := w.client(t, transport.WithDialer(func(context.Context) (net.Conn, error) {
		close(begun)
		<-release
		conn, err := net.Dial("unix", strings.TrimPrefix(w.host, "unix://"))
		return &countedConn{Conn: conn, closed: sync.OnceFunc(func() { close(closed) })}, err
	}))
	done := make(chan error)
	go func() { done <- transport.None(t.Context(), c, opStart.Request("conny")) }()
	<-begun
	within(t, "Close", func() { _ = c.Close() })
	within(t, "the call", func() { isError(t, "call", <-done, transport.ErrClosed, false) })
	close(release)
	within(t, "the connection", func() { <-closed })
}
