package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// link is a connection with its streams.
type link struct {
	*connection
	route *route
	dead  chan struct{} // closed once the connection has ended, for whatever reason
	asks  chan chan error

	// A link is in use while it has a stream, or a dial that may need another one. Only then is it not closed as idle.
	mu      sync.Mutex
	dials   int
	streams int
	ended   time.Time // when the last channel has ended
	full    time.Time // since when the server opens no more, until a stream ends
	retired bool      // no more are opened
}

// fullTime is how long a server may be busy with a stream whose end is already known here. If it opens no more streams then, it
// is asked again after that time, though none has ended since.
const fullTime = time.Second

// errUnclear is the error of a connection whose end is not to be seen.
var errUnclear = errors.New("the protocol has failed")

// errFull says that the server opens no more channels on this connection.
var errFull = errors.New("the server opens no more streams")

func newLink(r *route, c *connection) *link {
	l := &link{connection: c, route: r, dead: make(chan struct{}), asks: make(chan chan error)}
	go func() {
		_ = c.Wait()
		close(l.dead)
		c.close() // also what is below it
		r.forget(l)
	}()
	go l.watch()
	return l
}

// usable reports whether the link may be asked for a stream.
func (l *link) usable() bool {
	if l.broken() {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Since(l.full) > fullTime && !l.retired
}

// broken reports whether the connection is known to have ended. Its streams may know a moment before all of it has.
func (l *link) broken() bool {
	select {
	case <-l.dead:
		return true
	default:
		return l.wire.failure.Load() != nil
	}
}

// take counts a stream before it is opened.
func (l *link) take() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.streams++
}

// hold counts a dial, from when the link was chosen for it to its end, whatever it does in between.
func (l *link) hold() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dials++
}

// letGo counts a dial that has ended.
func (l *link) letGo() {
	l.mu.Lock()
	l.dials--
	l.mu.Unlock()
	l.tidy()
}

// roomy notes that a channel has ended: the server has room for another.
func (l *link) roomy() {
	l.mu.Lock()
	l.full, l.ended = time.Time{}, time.Now()
	l.mu.Unlock()
	l.route.wake()
}

// release counts a stream of which nothing is left, or that did not come about.
func (l *link) release() {
	l.mu.Lock()
	l.streams--
	l.mu.Unlock()
	l.tidy()
}

// idle reports whether the link has no user. The caller holds the lock.
func (l *link) idle() bool { return l.streams <= 0 && l.dials <= 0 }

// tidy closes a link without users, if another is there or no stream may be opened on it.
func (l *link) tidy() {
	l.mu.Lock()
	idle := l.idle()
	over := idle && l.retired
	l.mu.Unlock()
	if over || idle && l.route.spare(l) {
		l.retire()
	}
}

// alone reports whether the link has no stream but the one that is being opened, and the server none that has just ended
// here.
func (l *link) alone() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.streams <= 1 && time.Since(l.ended) > fullTime
}

// fill has no more streams opened until one ends, or for a while. It reports whether there is one; or else, the server is done
// in a moment with one that has ended here.
func (l *link) fill() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.streams > 0 {
		l.full = time.Now()
	}
	return l.streams > 0
}

// retire has no more streams opened, and closes the connection once there are none.
func (l *link) retire() {
	l.mu.Lock()
	l.retired = true
	idle := l.idle()
	l.mu.Unlock()
	if idle {
		l.close()
	}
}

// lost is the error of a connection that has ended.
func (l *link) lost() error {
	if l.route.life.Err() != nil {
		return context.Cause(l.route.life)
	}
	err := errUnclear
	if failure := l.wire.failure.Load(); failure != nil {
		err = *failure
	} else {
		timer := time.NewTimer(linger)
		defer timer.Stop()
		select {
		case <-l.dead:
			err = &serverSaid{l.Wait()}
		case <-timer.C:
		}
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("the server has closed it")
	}
	return fmt.Errorf("ssh %s: the connection is lost: %w", l.settings, err)
}

// alive asks the server for a sign of life, unless it is known to have gone. It waits no longer than the watch does,
// nor when nobody wants to know any more.
func (l *link) alive(unwanted <-chan struct{}) error {
	if l.wire.failure.Load() != nil {
		return l.lost()
	}
	answer := make(chan error, 1)
	select {
	case l.asks <- answer:
	case <-l.dead:
		return l.lost()
	case <-unwanted:
		return nil
	}
	select {
	case err := <-answer:
		if err != nil {
			return l.lost()
		}
		return nil
	case <-unwanted:
		return nil
	}
}

// watch asks the server for a sign of life at intervals, and whenever somebody asks; those who ask meanwhile share the
// next one. A server that is silent for too long loses the connection.
func (l *link) watch() {
	ticker := time.NewTicker(l.settings.aliveInterval)
	defer ticker.Stop()
	for {
		var asked []chan error
		select {
		case <-l.dead:
			return
		case <-ticker.C:
		case answer := <-l.asks:
			asked = append(asked, answer)
		}
		for more := true; more; {
			select {
			case answer := <-l.asks:
				asked = append(asked, answer)
			default:
				more = false
			}
		}
		err := l.probe()
		for _, answer := range asked {
			answer <- err
		}
		if err != nil {
			return
		}
	}
}

// errSilent ends a connection whose server is silent.
var errSilent error = silence{}

type silence struct{}

func (silence) Error() string { return "the server is silent" }

// probe makes one request that every server answers, if only by a refusal.
func (l *link) probe() error {
	done := make(chan struct{})
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		bound := l.settings.aliveInterval * time.Duration(l.settings.aliveCount)
		timer := time.NewTimer(bound)
		defer timer.Stop()
		for arrived := l.wire.arrived.Load(); ; {
			select {
			case <-done:
				return
			case <-timer.C:
			}
			now := l.wire.arrived.Load()
			if now == arrived {
				l.wire.failure.CompareAndSwap(nil, &errSilent)
				l.close()
				return
			}
			arrived = now // its answer is behind what it is sending
			timer.Reset(bound)
		}
	}()
	_, _, err := l.SendRequest("keepalive@openssh.com", true, nil)
	close(done)
	<-finished
	return err
}

// openChannel opens a channel, unless ctx ends first. It counts as a stream from before on; who gets an error, or
// does not make a stream of it, releases it.
func (l *link) openChannel(ctx context.Context, kind string, data []byte) (ssh.Channel, <-chan *ssh.Request, error) {
	type opened struct {
		channel  ssh.Channel
		requests <-chan *ssh.Request
	}
	bounded, cancel := context.WithTimeoutCause(ctx, openTimeout, fmt.Errorf("no answer within %v", openTimeout))
	defer cancel()
	l.take()
	c, err := await(bounded, func() (opened, error) {
		channel, requests, err := l.OpenChannel(kind, data)
		return opened{channel, requests}, err
	}, func(c opened, err error) {
		if err == nil {
			_ = c.channel.Close()
			ssh.DiscardRequests(c.requests)
		}
	})
	if err == nil {
		return c.channel, c.requests, nil
	}
	full := !l.alone()
	l.release()
	if bounded.Err() != nil {
		if ctx.Err() == nil {
			l.retire() // it is silent about channels: the next call should not meet it
		}
		return nil, nil, context.Cause(bounded)
	}
	refusal, isRefusal := errors.AsType[*ssh.OpenChannelError](err)
	switch {
	case !isRefusal:
		return nil, nil, &gone{l.lost()}
	case full && (kind == "session" || refusal.Reason == ssh.ResourceShortage):
		return nil, nil, errFull
	}
	return nil, nil, refused(refusal)
}

// gone is the error of a link that ended before a stream was open: another may be tried.
type gone struct{ error }

func (e *gone) Unwrap() error { return e.error }

// await returns what do returns, or the cause of ctx when that ends first. What do returns then goes to late.
func await[T any](ctx context.Context, do func() (T, error), late func(T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	came := make(chan outcome)
	go func() {
		value, err := do()
		select {
		case came <- outcome{value, err}:
		case <-ctx.Done():
			late(value, err)
		}
	}()
	select {
	case o := <-came:
		return o.value, o.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}
