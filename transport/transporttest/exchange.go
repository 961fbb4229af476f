package transporttest

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// exchange is one request and the answer to it.
type exchange struct {
	conn   *conn
	req    *http.Request
	record *Request
	body   *body

	ctx    context.Context // ends with the engine, and when the client is seen to leave
	cancel context.CancelCauseFunc

	awaitsContinue bool          // the client waits for 100 Continue, or for an answer
	answered       bool          // the answer's own head is written: no informational one comes after it
	watching       chan struct{} // closed when the watch is over; nil without one
}

func newExchange(c *conn, req *http.Request, record *Request) *exchange {
	x := &exchange{conn: c, record: record}
	x.ctx, x.cancel = context.WithCancelCause(c.engine.ctx)
	x.awaitsContinue = strings.EqualFold(req.Header.Get("Expect"), "100-continue")
	x.body = &body{exchange: x, from: req.Body}
	x.req = req.WithContext(x.ctx)
	x.req.Body = x.body
	return x
}

// answerTo finds the answer to a request and records it.
func (e *Engine) answerTo(req *http.Request, record *Request) Answer {
	r, answer := e.script.next(req, record.Path)
	if r == nil {
		if !e.allowUnexpected {
			e.report("unexpected request %s %s; expected are %s", req.Method, req.RequestURI, strings.Join(e.script.patterns(), ", "))
		}
		answer = Error(http.StatusNotFound, "page not found")
	} else {
		record.Pattern = r.pattern
	}
	e.state.record(record)
	return e.always(answer)
}

// play gives the answer, and reports whether the connection is good for another request.
func (x *exchange) play(a *Answer) bool {
	if a.ignoreExpect {
		x.awaitsContinue = false
	}
	if x.req.ContentLength == 0 { // nothing is to come: an ending connection is a client that leaves
		x.body.end(io.EOF)
	} else if !a.beforeBody && !a.readsBody && x.drain() != nil {
		return false
	}
	w := newResponse(x, a)
	a.respond(w, x.req)
	if w.finish() != nil {
		return false
	}
	switch a.then {
	case thenClose:
		return false
	case thenHold:
		_ = x.hold()
		return false
	}
	return !x.refusesBody() && x.drain() == nil && !x.req.Close
}

// refusesBody reports whether the client was never told to send its body. Whether it will is not to be known, so the
// connection is of no more use.
func (x *exchange) refusesBody() bool { return x.awaitsContinue && x.body.err == nil }

// drain reads what is left of the request's body.
func (x *exchange) drain() error {
	_, err := io.Copy(io.Discard, x.body)
	return err
}

// hold blocks until the engine is told to release what it holds, or there is nobody to hold it from.
func (x *exchange) hold() error {
	released := x.conn.engine.state.hold()
	defer x.conn.engine.state.unhold()
	select {
	case <-released:
		return nil
	case <-x.ctx.Done():
		return context.Cause(x.ctx)
	}
}

// end stops what watches the connection, so that the next request can be read.
func (x *exchange) end() {
	x.unwatch()
	x.cancel(nil)
}

// watch ends the exchange's context when the client closes the connection. What the client sends meanwhile stays in
// the buffer; a client that sends more than that is not noticed to leave.
func (x *exchange) watch() {
	if x.watching != nil {
		return
	}
	over := make(chan struct{})
	x.watching = over
	in := x.conn.in
	x.conn.engine.all.Go(func() {
		defer close(over)
		for {
			_, err := in.Peek(in.Buffered() + 1)
			switch {
			case err == nil:
			case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, bufio.ErrBufferFull):
				return
			default:
				x.cancel(errLeft)
				return
			}
		}
	})
}

// unwatch gives the connection's reader back.
func (x *exchange) unwatch() {
	if x.watching == nil {
		return
	}
	_ = x.conn.net.SetReadDeadline(time.Unix(1, 0)) // wakes the watch
	<-x.watching
	_ = x.conn.net.SetReadDeadline(time.Time{})
	x.watching = nil
}

// body is a request's body, recorded as it is read.
type body struct {
	exchange *exchange
	from     io.ReadCloser
	err      error // when it is over: io.EOF, or why it broke off
}

func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	x := b.exchange
	if x.awaitsContinue && !x.answered {
		x.awaitsContinue = false
		if _, err := io.WriteString(x.conn.net, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
			b.end(err)
			return 0, err
		}
	}
	n, err := b.from.Read(p)
	x.conn.engine.state.addBody(x.record, p[:n])
	if err != nil {
		b.end(err)
	}
	return n, err
}

func (b *body) Close() error { return nil } // the engine reads the rest

func (b *body) end(err error) {
	b.err = err
	b.exchange.conn.engine.state.endBody(b.exchange.record, err)
	if err == io.EOF { //nolint:errorlint // the plain end
		b.exchange.watch()
	}
}
