package transport

import (
	"context"
	"net"
	"sync"
)

// openCalls are the calls and the connections of a client, which Close ends, each once. What comes later is refused: a
// dial that did not heed its context, a call that began as the client was closed.
type openCalls struct {
	life context.Context // ends with Close; dials do with it
	end  context.CancelCauseFunc

	mu     sync.Mutex
	closed bool
	calls  map[*attempt]struct{}
	conns  map[*countedConn]struct{}
}

func newOpenCalls() *openCalls {
	o := &openCalls{calls: map[*attempt]struct{}{}, conns: map[*countedConn]struct{}{}}
	o.life, o.end = context.WithCancelCause(context.Background())
	return o
}

// add takes a call in, or ends it at once.
func (o *openCalls) add(a *attempt) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		a.cancel(ErrClosed)
		return
	}
	o.calls[a] = struct{}{}
}

func (o *openCalls) remove(a *attempt) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.calls, a)
}

// addConn takes in a connection, which calls onClose when it is closed, or closes it at once.
func (o *openCalls) addConn(conn net.Conn, onClose func()) (net.Conn, error) {
	c := newConn(conn, nil)
	c.onClose = func() {
		onClose()
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.conns, c)
	}
	o.mu.Lock()
	if !o.closed {
		o.conns[c] = struct{}{}
		o.mu.Unlock()
		return c, nil
	}
	o.mu.Unlock()
	_ = conn.Close()
	return nil, &dialPhase{ErrClosed, ErrClosed}
}

// close ends the calls, and then closes the connections: what a call makes of its connection being closed comes after
// the reason why.
func (o *openCalls) close() {
	o.end(ErrClosed)
	o.mu.Lock()
	o.closed = true
	calls, conns := o.calls, o.conns
	o.calls, o.conns = nil, nil
	o.mu.Unlock()
	for a := range calls {
		a.cancel(ErrClosed)
	}
	for c := range conns {
		_ = c.Close()
	}
}
