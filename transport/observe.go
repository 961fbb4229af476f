package transport

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gantry-go/gantry/hijack"
)

// Observer is told of every call of a client: it is called as a call begins, and the function that it returns, unless
// that is nil, once as the call has ended. A stream's call ends with the stream, an upgrade's with the connection. A call
// whose answer is decoded ends after that, unless a wrapper of the client has closed the answer before.
//
//	transport.WithObserver(func(ctx context.Context, call *transport.Call) func() {
//		return func() { log.Println(call.Request, call.Status, call.Duration, call.Err) }
//	})
//
// Calls overlap, so an observer is called concurrently, and the end of a call may come from another goroutine than its
// beginning. It may add headers to the request as the call begins, for a trace to go on in the engine. The call waits
// for it. If it panics, so does the call, or whatever ended it, holding nothing.
type Observer func(ctx context.Context, call *Call) (ended func())

// WithObserver adds an observer; nil is none. What the client repeats by itself is one call of several attempts: a read
// on a fresh connection, a request of which nothing was written, one that a [RegistryAuth] has renewed. Calls that a wrapper of the client, or package docker's check
// of the API version, refuse never come this far.
func WithObserver(o Observer) Option {
	return func(c *config) {
		if o != nil {
			c.observers = slices.Concat(c.observers, []Observer{o})
		}
	}
}

// Call is a call as observers see it. They read it, between its beginning and its end, and do not keep it longer.
type Call struct {
	// Request is what is asked for: its operation, which is the same for all calls of a kind, its target and its URL.
	Request *Request
	// Host is the engine's address without anything secret, as [Client.Host] has it.
	Host string
	// Begun is when the call began.
	Begun time.Time

	// What follows is known once the call has ended.

	// Status is the status of the answer, 0 where none came.
	Status int
	// Attempts is how often a connection was asked for: 0 for a call that was refused unsent, 1 for most, more where
	// a connection turned out to be closed, or the credentials for a registry were renewed.
	Attempts int
	// Reused says that the last attempt's connection had served other requests.
	Reused bool
	// Sent and Received are the bytes of the request's body that were sent and of the answer's that were read, or those
	// written to and read from an upgraded connection: without heads, and without the framing of HTTP and TLS. A file
	// that was not sent as a whole counts as nothing.
	Sent, Received int64
	// Head is the time until the answer's head came, 0 where none did; Duration is the time until the call ended.
	Head, Duration time.Duration
	// Err is the failure, an [*Error], or nil: also an answer that is no success, a stream that broke off, and what
	// the engine reported inside one. A stream that was closed before its end is no failure.
	Err error
}

// Class is the kind of failure in a few words of which there are only so many, for metrics: "not found", "cannot
// connect", "context canceled". It is empty for a success.
func (c *Call) Class() string {
	e, ok := errors.AsType[*Error](c.Err)
	switch {
	case c.Err == nil:
		return ""
	case ok && e.Class != nil:
		return e.Class.Error()
	case errors.Is(c.Err, context.Canceled):
		return context.Canceled.Error()
	case errors.Is(c.Err, context.DeadlineExceeded):
		return context.DeadlineExceeded.Error()
	}
	return "failed"
}

// observation follows a call for its observers. The methods of nil, where there are none, do nothing.
type observation struct {
	ctx     context.Context
	call    Call
	ended   []func()
	last    *attempt // the one whose answer came
	read    atomic.Int64
	written atomic.Int64 // to an upgraded connection
	over    atomic.Bool
	held    atomic.Bool // the call ends when the answer is closed, not at its end: what is made of it decides how it went

	mu   sync.Mutex
	err  error
	stop func() bool // ends the watch over the context
}

var errObserver = errors.New("an observer panicked")

// observe tells the observers that a call begins.
func (c *Client) observe(ctx context.Context, r *Request) *observation {
	if len(c.config.observers) == 0 {
		return nil
	}
	o := &observation{ctx: ctx, call: Call{Request: r, Host: c.Host(), Begun: time.Now()}}
	o.held.Store(r.held)
	begun := false
	defer func() {
		if !begun {
			r.discard()
			class := errObserver
			_ = o.end(r.fail(class, nil))
		}
	}()
	for _, observer := range c.config.observers {
		if ended := observer(ctx, &o.call); ended != nil {
			o.ended = append(o.ended, ended)
		}
	}
	begun = true
	r.seen = o
	return o
}

// tried counts an attempt.
func (o *observation) tried(a *attempt) {
	if o == nil {
		return
	}
	o.last = a
	o.call.Status, o.call.Head = 0, 0 // of an attempt before this one
	o.call.Attempts += int(a.tries.Load())
	o.call.Reused = a.reused.Load()
}

// head takes down that the answer of an attempt began.
func (o *observation) head(a *attempt, resp *http.Response) {
	if o == nil {
		return
	}
	o.tried(a)
	o.call.Head, o.call.Status = time.Since(o.call.Begun), resp.StatusCode
}

// watch ends the call with its context also where nobody reads or closes the answer.
func (o *observation) watch(a *attempt) {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stop = context.AfterFunc(a.ctx, func() {
		_ = o.end(o.call.Request.bodyError(o.ctx, context.Cause(a.ctx)))
	})
}

// unwatch is called before an attempt ends in good order, as that ends its context.
func (o *observation) unwatch() {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.stop != nil {
		o.stop()
	}
}

// note keeps the first failure. What the caller did to the answer itself is none.
func (o *observation) note(err error) {
	if o == nil || err == nil || errors.Is(err, hijack.ErrClosed) || errors.Is(err, ErrUnsupported) {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil && !o.over.Load() {
		o.err = err
	}
}

// end tells the observers, once, that the call is over, and returns err, with which it ended.
func (o *observation) end(err error) error {
	if o == nil {
		return err
	}
	o.note(err)
	o.unwatch()
	if !o.over.CompareAndSwap(false, true) {
		return err
	}
	c := &o.call
	c.Duration = time.Since(c.Begun)
	c.Received = o.read.Load()
	c.Sent = o.sent() + o.written.Load()
	c.Err = o.failure()
	for _, ended := range o.ended {
		defer ended() // deferred, so that one that panics does not keep it from the others
	}
	return err
}

// failure is what there is to say of a call besides its answer.
func (o *observation) failure() error {
	o.mu.Lock()
	err := o.err
	o.mu.Unlock()
	if err != nil || o.call.Status == 0 || o.call.Request.op.succeeds(o.call.Status) || o.call.Status == http.StatusSwitchingProtocols {
		return err
	}
	e := o.call.Request.fail(statusClass(o.call.Status), nil) // of an answer that nobody checked
	e.Status, e.MayHaveActed = o.call.Status, o.call.Status >= 500 && !o.call.Request.op.safe()
	return e
}

// sent returns how much of the request's body left.
func (o *observation) sent() int64 {
	r, a := o.call.Request, o.last
	switch {
	case a == nil || !a.headSent.Load():
		return 0
	case a.upload != nil && !a.upload.file:
		return a.upload.n.Load()
	case r.getBody != nil || r.body != nil && r.op.succeeds(o.call.Status):
		return r.length
	}
	return 0
}

// hold says whether the call goes on until its answer is closed.
func (o *observation) hold(held bool) {
	if o != nil {
		o.held.Store(held)
	}
}

// closed lets an attempt go whose connection was closed, by its user or for the reason why its context ended.
func (o *observation) closed(a *attempt) {
	reason := context.Cause(a.ctx) // before it is ended here
	a.end()
	if reason != nil {
		reason = o.call.Request.bodyError(o.ctx, reason)
	}
	_ = o.end(reason)
}
