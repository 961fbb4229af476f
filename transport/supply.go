package transport

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// By itself net/http dials for every request that finds no idle connection, also when one is about to come free, and
// lets a dial go on after its request was given up: 64 callers then open more than 64 connections, and a dial that
// hangs outlives its call. Here a dial ends with the request that wanted it, unless another takes it over; and none is
// begun while there are as many connections as requests under way, because then one is on its way back.

// supply counts the connections of a pool against the requests that need one.
type supply struct {
	mu       sync.Mutex
	requests int           // under way, from their begin to the end of their answer
	conns    int           // open or being dialed
	spares   []*dialing    // dials that lost their request
	maxIdle  int           // how many connections may be left without a request
	trim     func()        // closes all of those; nil where they close by themselves
	trimming bool          // it is about to
	changed  chan struct{} // closed, and made anew, whenever a wait may be over
}

const (
	// spareTime is how long a connection is kept that nobody wants.
	spareTime = time.Second
	// returnTime bounds the wait for a connection on its way back. It only runs out when the counts are off, or the machine
	// has no time for anybody: it is long, so that this is no reason to dial.
	returnTime = 2 * time.Second
)

// dialing is one dial, from its begin until somebody has its connection.
type dialing struct {
	cancel context.CancelFunc
	done   chan struct{} // closed once conn and err are set
	conn   net.Conn
	err    error
	expiry *time.Timer // while it is spare
}

var errNotNeeded = errors.New("another connection came first")

// connect returns a connection by dial, or one that was dialed for another request, for the attempt in ctx.
func (d *dialer) connect(ctx context.Context, dial dialFunc) (net.Conn, error) {
	a := ctx.Value(wantKey{}).(*attempt)
	want := a.wanted.Load().ctx
	dl, err := d.reserve(want, a, dial)
	if err != nil {
		return nil, err
	}
	select {
	case <-dl.done:
	case <-want.Done():
	case <-a.ctx.Done():
	}
	switch {
	case a.ctx.Err() != nil: // first, as the want ends with the attempt too
		dl.discard()
		return nil, &dialPhase{ErrConnect, context.Cause(a.ctx)}
	case want.Err() != nil:
		d.supply.keep(dl)
		return nil, errNotNeeded
	}
	return dl.conn, dl.err
}

// dialFunc opens a connection that calls closed when it is closed.
type dialFunc func(ctx context.Context, closed func()) (net.Conn, error)

// reserve takes over a spare dial, or begins one as soon as there are fewer connections than requests.
func (d *dialer) reserve(want context.Context, a *attempt, dial dialFunc) (*dialing, error) {
	var late <-chan time.Time
	for patient := true; ; {
		dl, changed := d.supply.claim(patient)
		if dl != nil {
			return dl, nil
		}
		if changed == nil {
			return d.start(dial), nil
		}
		if late == nil {
			timer := time.NewTimer(returnTime)
			defer timer.Stop()
			late = timer.C
		}
		select {
		case <-changed:
		case <-want.Done():
			return nil, errNotNeeded
		case <-a.ctx.Done():
			return nil, &dialPhase{ErrConnect, context.Cause(a.ctx)}
		case <-late:
			patient = false
		}
	}
}

// start begins a dial that was claimed.
func (d *dialer) start(dial dialFunc) *dialing {
	ctx, cancel := context.WithCancel(d.open.life)
	dl := &dialing{cancel: cancel, done: make(chan struct{})}
	closed := sync.OnceFunc(d.supply.closed) // by whichever of a failed handshake and its consequences comes first
	go func() {
		defer close(dl.done)
		defer cancel()
		dl.conn, dl.err = dial(ctx, closed)
		if dl.err != nil {
			closed()
		}
	}()
	return dl
}

// discard ends a dial that nobody will want, and closes its connection.
func (dl *dialing) discard() {
	dl.cancel()
	go func() { // a dialer of the user's may not heed its context
		<-dl.done
		if dl.conn != nil {
			_ = dl.conn.Close()
		}
	}()
}

// failed reports whether a dial has ended without a connection.
func (dl *dialing) failed() bool {
	select {
	case <-dl.done:
		return dl.err != nil
	default:
		return false
	}
}

// claim returns a spare dial; or nothing, when the caller is to begin one, which is counted from now on; or, while
// there are enough connections and the caller is patient, what to wait for.
func (s *supply) claim(patient bool) (dl *dialing, changed <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.spares) > 0 {
		dl = s.spares[0]
		s.spares = s.spares[1:]
		dl.expiry.Stop()
		if !dl.failed() {
			return dl, nil
		}
	}
	if patient && s.conns >= s.requests {
		if s.changed == nil {
			s.changed = make(chan struct{})
		}
		return nil, s.changed
	}
	s.conns++
	return nil, nil
}

// begun and ended count a request; closed counts a connection, or a dial that failed.
func (s *supply) begun() { s.change(func() { s.requests++ }) }

func (s *supply) ended() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests--
	if s.trim != nil && !s.trimming && s.conns-s.requests > s.maxIdle {
		s.trimming = true
		time.AfterFunc(trimTime, s.tidy)
	}
}

// trimTime is how long more connections than may idle are left to the calls of a burst.
const trimTime = time.Second

// tidy closes what idles if there is too much of it still. That is all of it, as net/http has it.
func (s *supply) tidy() {
	s.mu.Lock()
	s.trimming = false
	over := s.conns-s.requests > s.maxIdle
	s.mu.Unlock()
	if over {
		s.trim()
	}
}

func (s *supply) closed() { s.change(func() { s.conns-- }) }

// keep makes a dial a spare, for a while.
func (s *supply) keep(dl *dialing) {
	s.change(func() {
		dl.expiry = time.AfterFunc(spareTime, func() { s.drop(dl) })
		s.spares = append(s.spares, dl)
	})
}

// change makes a change that those who wait may have waited for.
func (s *supply) change(what func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	what()
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// drop discards dl if it is still spare; nil stands for all spares.
func (s *supply) drop(dl *dialing) {
	var dropped []*dialing
	s.mu.Lock()
	kept := s.spares[:0]
	for _, spare := range s.spares {
		if dl == nil || spare == dl {
			spare.expiry.Stop()
			dropped = append(dropped, spare)
		} else {
			kept = append(kept, spare)
		}
	}
	s.spares = kept
	s.mu.Unlock()
	for _, spare := range dropped {
		spare.discard()
	}
}
