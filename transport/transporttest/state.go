package transporttest

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// state is what has happened so far: connections, requests, answers held back.
type state struct {
	mu       sync.Mutex
	changed  chan struct{} // closed at the next change; nil unless somebody waits
	conns    []*conn
	accepted int
	fates    []Fate
	requests []*Request
	held     int
	released chan struct{} // closed by Release, which makes a new one
}

func (s *state) init() { s.released = make(chan struct{}) }

// change does what changes the state, and wakes those who wait for it.
func (s *state) change(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// Fate is what the engine does with a new connection.
type Fate int

const (
	// ServeConn serves the connection.
	ServeConn Fate = iota
	// DropConn closes the connection as soon as it is accepted.
	DropConn
	// IgnoreConn keeps the connection and never says a word on it, not even a TLS handshake's.
	IgnoreConn
)

// Connections has the next connections meet these fates, in this order; those after them are served.
func (e *Engine) Connections(fates ...Fate) {
	e.state.change(func() { e.state.fates = slices.Clone(fates) })
}

// opened takes a connection in.
func (s *state) opened(c *conn) (fate Fate) {
	s.change(func() {
		s.accepted++
		c.number = s.accepted
		s.conns = append(s.conns, c)
		if len(s.fates) > 0 {
			fate, s.fates = s.fates[0], s.fates[1:]
		}
	})
	return fate
}

func (s *state) closed(c *conn) {
	s.change(func() {
		s.conns = slices.DeleteFunc(s.conns, func(other *conn) bool { return other == c })
	})
}

func (s *state) setIdle(c *conn, idle bool) {
	s.change(func() { c.idle = idle })
}

// Accepted returns how many connections clients have opened so far.
func (e *Engine) Accepted() int {
	e.state.mu.Lock()
	defer e.state.mu.Unlock()
	return e.state.accepted
}

// Open returns how many connections are open.
func (e *Engine) Open() int {
	e.state.mu.Lock()
	defer e.state.mu.Unlock()
	return len(e.state.conns)
}

// CloseIdle closes the connections on which no request is under way, without a word, and returns how many there were.
// A client may have its answer a moment before the engine counts its connection as idle; see [Engine.WaitIdle].
func (e *Engine) CloseIdle() (closed int) {
	e.state.mu.Lock()
	defer e.state.mu.Unlock()
	for _, c := range e.state.conns {
		if c.idle {
			_ = c.net.Close()
			closed++
		}
	}
	return closed
}

func (s *state) idle() (n int) {
	for _, c := range s.conns {
		if c.idle {
			n++
		}
	}
	return n
}

// hold counts an answer that is held back, and returns what ends that.
func (s *state) hold() (released <-chan struct{}) {
	s.change(func() {
		s.held++
		released = s.released
	})
	return released
}

func (s *state) unhold() { s.change(func() { s.held-- }) }

// Release lets go on what [Answer.Stall] and [Answer.ThenHold] hold back at this moment.
func (e *Engine) Release() {
	e.state.change(func() {
		close(e.state.released)
		e.state.released = make(chan struct{})
	})
}

// WaitRequests waits until so many requests in all have come, and returns the requests so far. Their bodies may still
// be on their way; see [Engine.WaitBodies].
func (e *Engine) WaitRequests(n int) ([]Request, error) {
	err := e.state.wait(e.patience, "requests", n, func() (int, bool) {
		return len(e.state.requests), len(e.state.requests) >= n
	})
	return e.Requests(), err
}

// WaitBodies waits until the bodies of so many requests in all are over, whole or broken off, and returns the requests
// so far.
func (e *Engine) WaitBodies(n int) ([]Request, error) {
	err := e.state.wait(e.patience, "requests with a body read", n, func() (ended int, ok bool) {
		for _, r := range e.state.requests {
			if r.BodyEnd != nil {
				ended++
			}
		}
		return ended, ended >= n
	})
	return e.Requests(), err
}

// WaitAccepted waits until clients have opened so many connections in all.
func (e *Engine) WaitAccepted(n int) error {
	return e.state.wait(e.patience, "accepted connections", n, func() (int, bool) {
		return e.state.accepted, e.state.accepted >= n
	})
}

// WaitOpen waits until exactly so many connections are open: 0 when clients have left nothing behind.
func (e *Engine) WaitOpen(n int) error {
	return e.state.wait(e.patience, "open connections", n, func() (int, bool) {
		return len(e.state.conns), len(e.state.conns) == n
	})
}

// WaitIdle waits until exactly so many connections are open with no request under way.
func (e *Engine) WaitIdle(n int) error {
	return e.state.wait(e.patience, "idle connections", n, func() (int, bool) {
		idle := e.state.idle()
		return idle, idle == n
	})
}

// WaitHeld waits until so many answers are held back at the same time by [Answer.Stall] or [Answer.ThenHold].
func (e *Engine) WaitHeld(n int) error {
	return e.state.wait(e.patience, "answers held", n, func() (int, bool) {
		return e.state.held, e.state.held >= n
	})
}

// wait blocks until met, which is called with the state locked, says so.
func (s *state) wait(patience time.Duration, what string, want int, met func() (have int, ok bool)) error {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		s.mu.Lock()
		have, ok := met()
		if !ok && s.changed == nil {
			s.changed = make(chan struct{})
		}
		changed := s.changed
		s.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-timer.C:
			return fmt.Errorf("transporttest: %s: %d after %s, want %d", what, have, patience, want)
		}
	}
}

func (s *state) connections() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.conns)
}
