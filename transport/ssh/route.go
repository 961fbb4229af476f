package ssh

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"

	"github.com/gantry-go/gantry/transport"
)

// maxLinks bounds how many connections a client makes to a server that opens few streams on each.
const maxLinks = 8

// maxBreaks bounds how often a dial meets connections that turn out to be broken.
const maxBreaks = 3

// route is the way to one engine. It has one connection, or some where the server wants that, made when they are
// needed.
type route struct {
	address address
	engine  string
	options options
	life    context.Context // ends with Close
	end     context.CancelCauseFunc
	running sync.WaitGroup // connections that are being made

	mu     sync.Mutex
	links  []*link
	coming *coming
}

// coming is a connection that is being made, for all who wait for it.
type coming struct {
	waiting int
	cancel  context.CancelFunc
	done    chan struct{} // closed once link or err is set
	link    *link
	err     error
}

func newRoute(a address, engine string, o options) *route {
	r := &route{address: a, engine: engine, options: o}
	r.life, r.end = context.WithCancelCause(context.Background())
	return r
}

// Host implements [transport.Route].
func (r *route) Host() string { return r.address.String() }

// Dial implements [transport.Route].
func (r *route) Dial(ctx context.Context) (net.Conn, error) {
	for breaks, fills := 0, 0; ; {
		l, fresh, err := r.link(ctx)
		if err != nil {
			return nil, err
		}
		conn, err := l.open(ctx)
		if err == nil {
			return conn, nil
		}
		if r.life.Err() != nil {
			return nil, context.Cause(r.life)
		}
		_, lost := errors.AsType[*gone](err)
		switch {
		case ctx.Err() != nil:
		case errors.Is(err, errFull):
			l.fill()
			if fills++; fills <= maxLinks {
				continue // each round fills one of a few links, or makes one
			}
		case lost && !fresh && breaks < maxBreaks:
			breaks++ // it had broken unnoticed
			l.retire()
			continue
		case lost:
			return nil, err
		}
		return nil, fmt.Errorf("ssh %s: %w", l.settings, err)
	}
}

// link returns a link that may open another stream, and whether it was made for this.
func (r *route) link(ctx context.Context) (_ *link, fresh bool, err error) {
	r.mu.Lock()
	if r.life.Err() != nil {
		r.mu.Unlock()
		return nil, false, context.Cause(r.life)
	}
	for _, l := range r.links {
		if l.usable() {
			r.mu.Unlock()
			return l, false, nil
		}
	}
	if r.coming == nil && len(r.links) >= maxLinks {
		l := r.links[0]
		r.mu.Unlock()
		return nil, false, fmt.Errorf("ssh %s: %w, on %d connections: its MaxSessions is too low for so many at once", l.settings, errFull, maxLinks)
	}
	c := r.coming
	if c == nil {
		c = r.begin()
		r.coming = c
	}
	c.waiting++
	r.mu.Unlock()
	select {
	case <-c.done:
		return c.link, true, c.err
	case <-ctx.Done():
		r.leave(c)
		return nil, false, context.Cause(ctx)
	}
}

// begin begins to make a connection. It goes on for as long as anybody waits for it.
func (r *route) begin() *coming {
	ctx, cancel := context.WithCancel(r.life)
	c := &coming{cancel: cancel, done: make(chan struct{})}
	r.running.Go(func() {
		defer cancel()
		connection, err := r.options.connect(ctx, r.address)
		r.mu.Lock()
		defer r.mu.Unlock()
		defer close(c.done)
		if r.coming == c {
			r.coming = nil
		}
		switch {
		case err != nil:
			c.err = err
		case ctx.Err() != nil: // nobody waits any more, or the route is closed
			connection.close()
			c.err = context.Cause(ctx)
		default:
			c.link = newLink(r, connection)
			r.links = append(r.links, c.link)
		}
	})
	return c
}

// leave gives up waiting. A connection that nobody waits for is not made.
func (r *route) leave(c *coming) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c.waiting--
	if c.waiting > 0 {
		return
	}
	c.cancel()
	if r.coming == c {
		r.coming = nil
	}
}

// forget drops a link that has ended.
func (r *route) forget(l *link) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.links = slices.DeleteFunc(r.links, func(other *link) bool { return other == l })
}

// spare marks an idle link as one that gets no more streams, and reports that, if there is another that does. Of two
// that become idle at once, one stays.
func (r *route) spare(l *link) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.ContainsFunc(r.links, func(other *link) bool { return other != l && other.usable() }) {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.streams > 0 { // meanwhile
		return false
	}
	l.retired = true
	return true
}

// Close implements [transport.Route]. It ends all connections, and returns once nothing of them runs.
func (r *route) Close() error {
	r.mu.Lock()
	r.end(transport.ErrClosed)
	r.mu.Unlock()
	r.running.Wait()
	r.mu.Lock()
	links := slices.Clone(r.links)
	r.mu.Unlock()
	for _, l := range links {
		l.close()
	}
	for _, l := range links {
		<-l.dead
	}
	return nil
}
