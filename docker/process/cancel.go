package process

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"
)

// Signal sends a signal by its name, "SIGTERM" or "TERM", or its number. It fails with [os.ErrProcessDone] if the command
// has ended, and with [errors.ErrUnsupported] for a command without Signals. A command's signal goes to what it has started
// as well.
func (c *Cmd) Signal(ctx context.Context, signal string) error {
	if _, err := c.running(); err != nil {
		return err
	}
	name := strings.TrimPrefix(strings.ToUpper(signal), "SIG")
	if name == "" || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-") != "" {
		return c.refuse("that is no signal: " + printable(signal))
	}
	return c.s.target.signal(ctx, c, name)
}

// Kill is Signal with SIGKILL.
func (c *Cmd) Kill(ctx context.Context) error { return c.Signal(ctx, "SIGKILL") }

// watch cancels the command when its context ends or a writer fails, until Wait has what it wants.
func (c *Cmd) watch(r *run) {
	defer close(r.watched)
	select {
	case <-r.over.Done():
		return
	case <-c.s.ctx.Done():
		r.cause = contextError(c.s.ctx)
	case r.cause = <-r.failures:
	}
	if r.isDetached() {
		return
	}
	switch err := c.cancel(r); {
	case errors.Is(err, os.ErrProcessDone):
		r.cause = nil // it had ended before
	case err != nil && r.over.Err() != nil:
		r.unsure = true
	default:
		r.cause = join(r.cause, err)
	}
	c.expire(r)
}

// cancel calls Cancel, or kills what can be killed. Where nothing can, there is nothing to wait for.
func (c *Cmd) cancel(r *run) (err error) {
	if c.Cancel != nil {
		return c.Cancel()
	}
	if c.s.target.kills(c) {
		if err = c.kill(r); err == nil || errors.Is(err, os.ErrProcessDone) {
			return err
		}
	}
	r.cut(r.cause)
	return err
}

// killTime bounds the call that kills a command, and the wait for what comes of it.
const killTime = 10 * time.Second

func (c *Cmd) kill(r *run) error {
	ctx, cancel := context.WithTimeout(r.over, killTime)
	defer cancel()
	return c.s.target.signal(ctx, c, "KILL")
}

// expire waits for the end of a command that was canceled. When WaitDelay is over it kills the command, and when that does
// not help, it closes the connection.
func (c *Cmd) expire(r *run) {
	delay := c.WaitDelay
	if delay == 0 {
		delay = killTime
	}
	var late <-chan time.Time // nil: no bound
	if delay > 0 {
		late = time.After(delay)
	}
	gone, waiting := (<-chan struct{})(r.exited), (<-chan struct{})(nil)
	if r.ctx.Err() != nil {
		gone = r.ctx.Done()
	}
	for killed := false; ; {
		select {
		case <-r.over.Done():
			return
		case <-gone:
			gone, waiting = nil, r.waiting
		case <-waiting: // what keeps the output from its end can only be a pipe without a reader
			waiting = nil
			if r.cause != nil {
				r.abandon()
			}
		case <-late:
			late = nil
			r.cause = join(r.cause, ErrWaitDelay)
			if !killed && c.s.target.kills(c) && c.kill(r) == nil {
				killed, late = true, time.After(killTime)
				continue
			}
			r.cut(r.cause)
			gone = r.ctx.Done()
		}
	}
}
