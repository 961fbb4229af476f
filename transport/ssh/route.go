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

// defaultLinks bounds how many connections a client makes to a server that opens few streams on each.
const defaultLinks = 8

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

	mu      sync.Mutex
	links   []*link
	coming  *coming
	waiters []*waiter // the first is the next

	// What is known of the server for as long as there is a connection to it.
	answer *answer // of its program; nil before it was asked
	way    *way    // nil before it was found
	search *search // nil while there is no search
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

// Dial implements [transport.Route]. Where the server opens no more streams, it waits until one ends.
func (r *route) Dial(ctx context.Context) (net.Conn, error) {
	var refused []*link // by which it was refused
	for breaks := 0; ; {
		l, fresh, err := r.link(ctx, &refused)
		if err != nil {
			return nil, err
		}
		conn, err := l.open(ctx)
		l.letGo()
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
			if l.fill() {
				refused = append(refused, l)
			} else {
				pause(ctx)
			}
			continue
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

// link returns a link that may open another stream, and whether it was made for this. The caller lets it go. A link that has
// refused is not asked again before another is made, or before there may be room again.
func (r *route) link(ctx context.Context, refused *[]*link) (_ *link, fresh bool, err error) {
	for {
		l, c, w, err := r.pick(*refused)
		switch {
		case err != nil:
			return nil, false, err
		case l != nil:
			return l, false, nil
		case c != nil:
			select {
			case <-c.done:
				return c.link, true, c.err
			case <-ctx.Done():
				r.leave(c)
				return nil, false, context.Cause(ctx)
			}
		}
		if err := r.await(ctx, w); err != nil {
			return nil, false, err
		}
		*refused = nil
	}
}

// pick returns a link that may open another stream, or a connection that is being made, or what to wait for where there may
// be no more connections.
func (r *route) pick(refused []*link) (*link, *coming, *waiter, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.life.Err() != nil {
		return nil, nil, nil, context.Cause(r.life)
	}
	for _, l := range r.links {
		if l.usable() && !slices.Contains(refused, l) {
			l.hold()
			return l, nil, nil, nil
		}
	}
	if r.coming == nil && r.options.maxLinks > 0 && len(r.links) >= r.options.maxLinks {
		w := &waiter{ready: make(chan struct{}), settings: r.links[0].settings, links: len(r.links)}
		r.waiters = append(r.waiters, w)
		return nil, nil, w, nil
	}
	if r.coming == nil {
		r.coming = r.begin()
	}
	r.coming.waiting++
	return nil, r.coming, nil, nil
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
			c.link.dials = c.waiting
			r.links = append(r.links, c.link)
		}
	})
	return c
}

// leave gives up waiting. A connection that nobody waits for is not made.
func (r *route) leave(c *coming) {
	r.mu.Lock()
	c.waiting--
	if c.link == nil && c.waiting == 0 {
		c.cancel()
		if r.coming == c {
			r.coming = nil
		}
	}
	l := c.link
	r.mu.Unlock()
	if l != nil { // it came meanwhile, with a place for the one that leaves
		l.letGo()
	}
}

// forget drops a link that has ended. With the last one goes what was known of the server.
func (r *route) forget(l *link) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.links = slices.DeleteFunc(r.links, func(other *link) bool { return other == l })
	if len(r.links) == 0 {
		r.answer, r.way = nil, nil
	}
	for _, w := range r.waiters { // there may be another connection
		close(w.ready)
	}
	r.waiters = nil
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
	if !l.idle() { // meanwhile
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
