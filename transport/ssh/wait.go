package ssh

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gantry-go/gantry/transport"
)

// waiter is a dial that waits for room on one of the connections, of which there may be no more.
type waiter struct {
	ready    chan struct{} // closed when there may be room
	settings *settings
	links    int
}

// waitTick is how often a dial that waits looks around by itself.
const waitTick = 100 * time.Millisecond

// pause waits a moment.
func pause(ctx context.Context) {
	select {
	case <-time.After(waitTick / 10):
	case <-ctx.Done():
	}
}

// await waits until there may be room. The connections that its client keeps idle are streams, too, and make room. A server
// may have said that it is full while it was still busy with a stream whose end was already known here: it is asked again.
func (r *route) await(ctx context.Context, w *waiter) error {
	ticker := time.NewTicker(waitTick)
	defer ticker.Stop()
	for {
		transport.CloseIdle(ctx)
		select {
		case <-w.ready:
			return nil
		case <-ticker.C:
			if r.hasRoom() {
				r.dequeue(w)
				return nil
			}
		case <-r.life.Done():
			r.dequeue(w)
			return context.Cause(r.life)
		case <-ctx.Done():
			if !r.dequeue(w) {
				r.wake() // the next may use what this one does not
			}
			return fmt.Errorf("ssh %s: %w, on %d connections: its MaxSessions is too low for so many at once: %w",
				w.settings, errFull, w.links, context.Cause(ctx))
		}
	}
}

func (r *route) hasRoom() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.links, (*link).usable)
}

// dequeue ends the wait of one that was not woken, and reports that.
func (r *route) dequeue(w *waiter) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.Index(r.waiters, w)
	if i >= 0 {
		r.waiters = slices.Delete(r.waiters, i, i+1)
	}
	return i >= 0
}

// wake tells the dial that has waited longest that there is room.
func (r *route) wake() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.waiters) > 0 {
		close(r.waiters[0].ready)
		r.waiters = r.waiters[1:]
	}
}
