package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// attempt is the life of one request on the wire: the context that ends it, what is known of how far it came, and
// what to let go of when its answer is closed.
type attempt struct {
	req       *Request
	ctx       context.Context
	cancel    context.CancelCauseFunc
	open      *openCalls // the client's
	supply    *supply
	wanted    atomic.Pointer[want]
	timer     *time.Timer
	tries     atomic.Int32
	reused    atomic.Bool              // the connection served other requests before
	secure    atomic.Pointer[tls.Conn] // nil without TLS
	headSent  atomic.Bool
	continued atomic.Bool // the engine wants the body
	upload    *upload     // nil where no body is read while it is sent

	seen *observation // nil where nobody observes
}

// want is one try's need of a connection; its context ends once the try has got one.
type want struct {
	ctx  context.Context
	done context.CancelFunc
}

var errHeaderTimeout = errors.New("the header timeout ran out")

// begin starts an attempt that ends with ctx or with the client.
func (c *Client) begin(ctx context.Context, r *Request, p *pool) *attempt {
	a := &attempt{req: r, open: c.open, supply: &p.dialer.supply}
	a.supply.begun()
	a.ctx, a.cancel = context.WithCancelCause(ctx)
	a.open.add(a)
	if c.config.headerTimeout > 0 && r.document && r.op.safe() && !r.op.Slow {
		a.timer = time.AfterFunc(c.config.headerTimeout, func() { a.cancel(errHeaderTimeout) })
	}
	return a
}

// trace follows the request through net/http.
func (a *attempt) trace(retry func()) *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) {
			// net/http repeats a read on the next idle connection when the one it took turns out dead. The
			// others may be as dead: the one repeat that we allow gets a fresh connection.
			if a.tries.Add(1) > 1 {
				retry()
			}
			w := new(want)
			w.ctx, w.done = context.WithCancel(context.Background())
			a.wanted.Store(w)
		},
		GotConn: func(info httptrace.GotConnInfo) {
			a.wanted.Load().done()
			a.reused.Store(info.Reused)
			if secure, ok := info.Conn.(*tls.Conn); ok {
				a.secure.Store(secure)
			}
			if a.upload != nil {
				counted(info.Conn).carry(a.upload)
			}
		},
		WroteHeaders:   func() { a.headSent.Store(true) },
		Got100Continue: func() { a.continued.Store(true) },
		GotFirstResponseByte: func() {
			if secure := a.secure.Load(); secure != nil {
				counted(secure).handshake.answered.Store(true)
			}
		},
	}
}

// roundTrip sends the request. For an upload it returns when the attempt ends, also while net/http waits for a source
// that blocks and cannot be closed; the goroutine that waits ends with the source's Read.
func (a *attempt) roundTrip(p *pool, hr *http.Request) (*http.Response, error) {
	if a.upload == nil || a.upload.file {
		return p.RoundTrip(hr)
	}
	type answer struct {
		resp *http.Response
		err  error
	}
	came := make(chan answer) // unbuffered: an answer that nobody takes is closed
	go func() {
		resp, err := p.RoundTrip(hr)
		select {
		case came <- answer{resp, err}:
		case <-a.ctx.Done():
			if resp != nil {
				_ = resp.Body.Close()
			}
		}
	}()
	select {
	case got := <-came:
		return got.resp, got.err
	case <-a.ctx.Done():
		return nil, context.Cause(a.ctx)
	}
}

// headArrived stops the header timeout.
func (a *attempt) headArrived() {
	if a.timer != nil {
		a.timer.Stop()
	}
}

// end lets go of everything. It is called once the answer is closed or the request has failed.
func (a *attempt) end() {
	a.headArrived()
	a.open.remove(a)
	if a.upload != nil {
		a.upload.stop()
	}
	if w := a.wanted.Load(); w != nil {
		w.done()
	}
	a.cancel(context.Canceled)
	a.supply.ended()
}

// unsent reports whether the failed request never left although it had a connection, and can be begun anew.
func (a *attempt) unsent(r *Request) bool {
	w := a.wanted.Load()
	return w != nil && w.ctx.Err() != nil && a.ctx.Err() == nil && !a.headSent.Load() && !r.streamed
}

// failure makes the error of a request that got no answer.
func (a *attempt) failure(ctx context.Context, r *Request, err error) error {
	mayHaveActed := a.headSent.Load() && !r.op.safe()
	class := ErrTransport
	cause := context.Cause(a.ctx)
	switch {
	case errors.Is(cause, ErrClosed):
		class, err = ErrClosed, nil
	case errors.Is(cause, errHeaderTimeout):
		class, err = ErrTimeout, nil
	case ctx.Err() != nil:
		class, err = ctx.Err(), contextError(ctx)
	case a.upload.sourceError(err) != nil:
		class, err = ErrSource, a.upload.sourceError(err)
	default:
		if phase, ok := errors.AsType[*dialPhase](err); ok {
			class, err = phase.class, phase.err
		} else if verdict := a.verdict(err); verdict != nil {
			class, mayHaveActed, err = ErrTLS, false, verdict
		} else if refused := answerClass(err); refused != nil {
			class = refused
		} else if errors.Is(err, io.ErrUnexpectedEOF) && !a.continued.Load() { // or else it is not known whether an answer began
			class = ErrTruncated
		}
	}
	e := r.fail(class, err)
	e.MayHaveActed = mayHaveActed
	return e
}

// because returns why an answer broke off, where that is on this side of the wire.
func (a *attempt) because(err error) error {
	if cause := context.Cause(a.ctx); cause != nil {
		return cause
	}
	if source := a.upload.sourceError(err); source != nil {
		return a.req.acted(a.req.fail(ErrSource, source))
	}
	return err
}

// body is an answer's body that ends its attempt when it is closed or read to its end.
type body struct {
	io.ReadCloser
	attempt *attempt
	silence *silence
	once    atomic.Bool
	closed  atomic.Bool
}

func (b *body) Read(p []byte) (int, error) {
	b.silence.listen()
	n, err := b.ReadCloser.Read(p)
	b.silence.heard()
	if err != nil {
		if err != io.EOF && !b.once.Load() { //nolint:errorlint // io.Reader's contract
			err = b.attempt.because(err)
		}
		b.end()
	}
	if b.attempt.seen != nil {
		b.observe(n, err)
	}
	return n, err
}

func (b *body) Close() error {
	b.closed.Store(true)
	err := b.ReadCloser.Close()
	b.end()
	_ = b.attempt.seen.end(nil)
	return err
}

func (b *body) end() {
	if b.once.CompareAndSwap(false, true) {
		b.attempt.seen.unwatch()
		b.attempt.end()
	}
}

// observe tells of a read, and of the end that it came to.
func (b *body) observe(n int, err error) {
	b.attempt.seen.read.Add(int64(n))
	switch {
	case err == nil || b.attempt.seen.held.Load() || b.closed.Load():
	case err == io.EOF: //nolint:errorlint // io.Reader's contract
		_ = b.attempt.seen.end(nil)
	default:
		_ = b.attempt.seen.end(b.attempt.seen.call.Request.bodyError(b.attempt.seen.ctx, err))
	}
}
