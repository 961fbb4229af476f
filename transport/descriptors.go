package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"
)

// descriptors is what the clients of a process share because the system makes them share it: file descriptors. A dial for which
// there is none has the idle connections of all clients closed, and waits while others are in use, one of which comes free.
var descriptors scarcity

type scarcity struct {
	mu      sync.Mutex
	open    map[*dialer]int // the connections of each
	waiters []chan struct{} // the first is the next
	ticking bool
}

// descriptorTick is how often the first of those who wait tries by itself: what frees a descriptor may be no connection of ours.
const descriptorTick = 20 * time.Millisecond

// opened counts a connection, and closed that it is gone.
func (s *scarcity) opened(d *dialer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[*dialer]int{}
	}
	s.open[d]++
}

func (s *scarcity) closed(d *dialer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[d]--; s.open[d] <= 0 {
		delete(s.open, d)
	}
	s.wake()
}

// wake tells the one that has waited longest. The caller holds the lock.
func (s *scarcity) wake() {
	if len(s.waiters) > 0 {
		close(s.waiters[0])
		s.waiters = s.waiters[1:]
	}
}

// closeIdle closes the idle connections of all clients, and reports whether there were connections at all.
func (s *scarcity) closeIdle() bool {
	s.mu.Lock()
	dialers := make([]*dialer, 0, len(s.open))
	for d := range s.open {
		dialers = append(dialers, d)
	}
	s.mu.Unlock()
	for _, d := range dialers {
		d.idle()
	}
	return len(dialers) > 0
}

// wait waits until a descriptor may be free. One that has waited before is the next.
func (s *scarcity) wait(ctx context.Context, again bool) error {
	ready := make(chan struct{})
	s.mu.Lock()
	if again {
		s.waiters = slices.Insert(s.waiters, 0, ready)
	} else {
		s.waiters = append(s.waiters, ready)
	}
	if !s.ticking {
		s.ticking = true
		time.AfterFunc(descriptorTick, s.tick)
	}
	s.mu.Unlock()
	select {
	case <-ready:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.waiters, ready); i >= 0 {
		s.waiters = slices.Delete(s.waiters, i, i+1)
	} else {
		s.wake() // the next may use what this one does not
	}
	return context.Cause(ctx)
}

func (s *scarcity) tick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wake()
	if s.ticking = len(s.waiters) > 0; s.ticking {
		time.AfterFunc(descriptorTick, s.tick)
	}
}

// withDescriptor dials until there is a descriptor for it.
func withDescriptor(ctx context.Context, dial DialFunc) (net.Conn, error) {
	for try := 0; ; try++ {
		conn, err := dial(ctx)
		if err == nil || !errors.Is(err, syscall.EMFILE) && !errors.Is(err, syscall.ENFILE) {
			return conn, err
		}
		inUse := descriptors.closeIdle()
		switch {
		case try == 0: // that may have been enough
		case !inUse:
			return nil, err
		default:
			if ended := descriptors.wait(ctx, try > 1); ended != nil {
				return nil, fmt.Errorf("%w, and none came free: %w", err, ended)
			}
		}
	}
}
