package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/transporttest"
)

// TestObserverSeesRepeats has an engine close the idle connection of a read: the repeat is a second attempt of one call.
func TestObserverSeesRepeats(t *testing.T) {
	engine := transporttest.New(t)
	engine.Handle("/{any...}", transporttest.JSON(200, thing{ID: "x"}).ThenClose(), transporttest.JSON(200, thing{ID: "x"}))
	w := newWatched()
	c := engine.Client(t, transport.WithObserver(w.observe))
	attempts := map[int]bool{}
	for range 2 {
		if _, err := transport.Object[thing](t.Context(), c, opInspect.Request("conny")); err != nil {
			t.Fatal(err)
		}
		<-w.ended
	}
	for _, call := range w.calls {
		attempts[call.Attempts] = true
		if call.Reused && call.Attempts > 1 {
			t.Error("the repeat took a used connection")
		}
	}
	// Whether the client learns of the close before the second call decides whether there is a repeat.
	if !attempts[1] || len(w.calls) != 2 {
		t.Errorf("%+v", w.calls)
	}

	// One that is sure: the second request is read on the used connection, which then closes without an answer.
	twice := play(t, func(c *wireConn) {
		if c.request() == nil {
			return
		}
		c.answer(200, `{"Id":"x"}`)
		if c.Number == 1 {
			c.request()
			return
		}
		c.gone()
	})
	w = newWatched()
	c = twice.client(t, transport.WithObserver(w.observe))
	for range 2 {
		if _, err := transport.Object[thing](t.Context(), c, opInspect.Request("conny")); err != nil {
			t.Fatal(err)
		}
	}
	if first, second := w.calls[0], w.calls[1]; first.Attempts != 1 || first.Reused || second.Attempts != 2 || second.Reused || second.Err != nil {
		t.Errorf("%+v", w.calls)
	}
}

// TestObserverOfAnAbandonedStream cancels what nobody reads and nobody closes: its end is told all the same, once.
func TestObserverOfAnAbandonedStream(t *testing.T) {
	engine := transporttest.New(t)
	engine.Handle("/v1.41/events", transporttest.Lines(thing{ID: "a"}).ThenHold())
	engine.Handle("/v1.41/containers/{id}/attach", transporttest.Upgrade(func(c *transporttest.Conn) { _, _ = io.ReadAll(c) }))
	begin := map[string]func(ctx context.Context, c *transport.Client) (io.Closer, error){
		"events": func(ctx context.Context, c *transport.Client) (io.Closer, error) {
			return transport.Sequence[thing](ctx, c, opEvents.Request())
		},
		"raw": func(ctx context.Context, c *transport.Client) (io.Closer, error) {
			resp, err := c.Do(ctx, opEvents.Request())
			if err != nil {
				return nil, err
			}
			return resp.Body, nil
		},
		"attach": func(ctx context.Context, c *transport.Client) (io.Closer, error) {
			return transport.Upgrade(ctx, c, opAttach.Request("conny"))
		},
	}
	for name, open := range begin {
		for _, by := range []string{"context", "client"} {
			t.Run(name+" by its "+by, func(t *testing.T) {
				w := newWatched()
				c := engine.Client(t, transport.WithObserver(w.observe))
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				open, err := open(ctx, c)
				if err != nil {
					t.Fatal(err)
				}
				want := context.Canceled
				if by == "client" {
					want = transport.ErrClosed
					_ = c.Close()
				} else {
					cancel()
				}
				if call := w.one(t); !errors.Is(call.Err, want) {
					t.Errorf("ended with %v", call.Err)
				}
				_ = open.Close()
				_ = open.Close()
				w.onlyOne(t)
			})
		}
	}
}

// onlyOne checks that nothing more was told.
func (w *watched) onlyOne(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.calls) != 1 {
		t.Errorf("told of %d ends", len(w.calls))
	}
}

// TestObserverThatPanics holds that a panic reaches the caller, that the other observers are told, and that nothing is
// left behind: TestMain looks.
func TestObserverThatPanics(t *testing.T) {
	engine := transporttest.New(t)
	engine.Handle("/{any...}", transporttest.JSON(200, thing{ID: "x"}))
	panics := func(t *testing.T, f func()) {
		t.Helper()
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		f()
	}
	call := func(c *transport.Client) func() {
		return func() {
			r := opArchive.Request("conny")
			r.Upload(&closing{Reader: strings.NewReader("x"), closed: make(chan struct{})}, "application/x-tar")
			_ = transport.None(t.Context(), c, r)
		}
	}
	t.Run("as a call begins", func(t *testing.T) {
		w := newWatched()
		c := engine.Client(t, transport.WithObserver(w.observe),
			transport.WithObserver(func(context.Context, *transport.Call) func() { panic("begin") }))
		panics(t, call(c))
		if got := w.one(t); got.Err == nil || got.Attempts != 0 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("as a call ends", func(t *testing.T) {
		w := newWatched()
		c := engine.Client(t, transport.WithObserver(func(context.Context, *transport.Call) func() { return func() { panic("end") } }),
			transport.WithObserver(w.observe),
			transport.WithObserver(func(context.Context, *transport.Call) func() { return nil }))
		panics(t, call(c))
		if got := w.one(t); got.Err != nil {
			t.Errorf("%+v", got)
		}
		if err := engine.WaitOpen(0); err != nil {
			t.Error(err)
		}
	})
}

// TestObserverAddsHeaders is how a trace goes on in the engine.
func TestObserverAddsHeaders(t *testing.T) {
	engine := transporttest.New(t)
	engine.Handle("/{any...}", transporttest.Empty(204))
	c := engine.Client(t, transport.WithObserver(func(_ context.Context, call *transport.Call) func() {
		call.Request.Header("Traceparent", "00-x")
		return nil
	}))
	if err := transport.None(t.Context(), c, opStart.Request("conny")); err != nil {
		t.Fatal(err)
	}
	if got := engine.Requests()[0].Header.Get("Traceparent"); got != "00-x" {
		t.Errorf("sent %q", got)
	}
}

// TestObserverOfManyCalls makes calls at once; under -race it is the proof that an observer need not care.
func TestObserverOfManyCalls(t *testing.T) {
	engine := transporttest.New(t)
	engine.Handle("/{any...}", transporttest.JSON(200, thing{ID: "x"}))
	w := newWatched()
	c := engine.Client(t, transport.WithObserver(w.observe))
	const callers, each = 8, 25
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for range each {
				if _, err := transport.Object[thing](t.Context(), c, opInspect.Request("conny")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for range callers * each {
		<-w.ended
	}
	for _, call := range w.calls {
		if call.Received != int64(len(`{"Id":"x","Count":0}`)+1) || call.Status != 200 || call.Err != nil {
			t.Fatalf("%+v", call)
		}
	}
}

func ExampleWithObserver() {
	engine, err := transporttest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer engine.Close()
	engine.Handle("POST /v1.41/containers/{id}/start", transporttest.Error(http.StatusNotFound, "no such container: conny"))

	c, err := transport.New(engine.Host(), transport.WithObserver(func(_ context.Context, call *transport.Call) func() {
		return func() {
			fmt.Println(call.Request.Operation().Name, call.Request.Target(), call.Status, call.Class(), call.Attempts)
		}
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close() //nolint:errcheck // the program ends

	_ = transport.None(context.Background(), c, opStart.Request("conny"))
	// Output: ContainerStart conny 404 not found 1
}
