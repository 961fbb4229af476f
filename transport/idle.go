package transport

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// WithStreamIdleTimeout bounds the silence of an answer once its head has come: a stream of logs, events, progress or
// bytes that is being read and brings nothing for that long ends with [ErrTimeout]. 0, no bound, unless set: many
// streams are silent for long and well, as events are on an idle engine. [Request.StreamIdleTimeout] sets it for one
// call.
//
// An upgraded connection, of attach or exec, is silent when it has brought nothing and was written nothing for that
// long. A [Pending] is never: waiting is all that it is for. The time between two reads does not count, so a slow
// reader ends nothing.
func WithStreamIdleTimeout(d time.Duration) Option { return func(o *config) { o.streamIdle = d } }

// StreamIdleTimeout sets, for this request alone, what [WithStreamIdleTimeout] sets for all: 0 for no bound.
func (r *Request) StreamIdleTimeout(d time.Duration) { r.idle = &d }

// idleLimit returns the longest silence of a request's answer; 0 for no limit.
func (o *config) idleLimit(r *Request) time.Duration {
	switch {
	case r.late:
		return 0
	case r.idle != nil:
		return *r.idle
	}
	return o.streamIdle
}

// silentError is the cause of a stream that was given up.
type silentError struct{ limit time.Duration }

func (e *silentError) Error() string {
	return fmt.Sprintf("the stream brought nothing for %v", e.limit)
}

// silence ends an attempt once a read has waited too long. A nil one never does.
type silence struct {
	limit   time.Duration
	attempt *attempt

	mu    sync.Mutex
	until time.Time // when it is over; zero while nobody waits
	timer *time.Timer
}

// newSilence returns what watches the answer of a request, or nil.
func (o *config) newSilence(r *Request, a *attempt) *silence {
	if limit := o.idleLimit(r); limit > 0 {
		return &silence{limit: limit, attempt: a}
	}
	return nil
}

// listen begins a wait.
func (s *silence) listen() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arm()
}

// heard ends a wait.
func (s *silence) heard() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.until = time.Time{}
	s.timer.Stop()
}

// spoke begins a wait under way anew.
func (s *silence) spoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.until.IsZero() {
		s.arm()
	}
}

func (s *silence) arm() {
	s.until = time.Now().Add(s.limit)
	if s.timer == nil {
		s.timer = time.AfterFunc(s.limit, s.over)
		return
	}
	s.timer.Reset(s.limit)
}

// over ends the attempt, unless something came while the timer went off.
func (s *silence) over() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.until.IsZero() && !time.Now().Before(s.until) {
		s.attempt.cancel(&silentError{s.limit})
	}
}

// watchedReader is the stream of an upgrade whose silence is bounded.
type watchedReader struct {
	io.ReadCloser
	silence *silence
}

func (w watchedReader) Read(p []byte) (int, error) {
	w.silence.listen()
	defer w.silence.heard()
	return w.ReadCloser.Read(p)
}

// watchedConn is one that can be written to as well.
type watchedConn struct {
	watchedReader
	io.Writer
}

func (w watchedConn) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	w.silence.spoke()
	return n, err
}

// halfCloser is what makes a connection one that can half-close.
type halfCloser interface{ CloseWrite() error }

// watch bounds the silence of an upgrade's stream, which can do afterwards what it could before.
func (s *silence) watch(stream io.ReadCloser) io.ReadCloser {
	if s == nil {
		return stream
	}
	reader := watchedReader{stream, s}
	w, ok := stream.(io.Writer)
	if !ok {
		return reader
	}
	conn := watchedConn{reader, w}
	if half, ok := stream.(halfCloser); ok {
		return struct {
			watchedConn
			halfCloser
		}{conn, half}
	}
	return conn
}
