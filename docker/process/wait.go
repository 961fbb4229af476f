package process

import (
	"bytes"
	"errors"
)

// Wait waits until the command has ended and all its output was copied, closes the pipes and the connection, and says how
// it ended: nil for code 0, an [*ExitError] for another. The end of the context is the context's error, with the ExitError
// if there is one. A failed writer is its error. What the engine or the connection did is a [*transport.Error].
//
// A command has ended for the engine when nothing has its output open any more, what it has left running in the background
// included.
func (c *Cmd) Wait() error {
	r, err := c.running()
	if err != nil {
		return err
	}
	c.s.mu.Lock()
	again := c.s.waited
	c.s.waited = true
	c.s.mu.Unlock()
	if again {
		return c.fail(errWaited)
	}
	close(r.waiting)
	select {
	case <-r.output:
	case <-r.stuck:
		c.closePipes()
		<-r.output
	}
	<-r.finished
	r.end()
	<-r.watched
	r.cut(errEnded)
	c.closePipes()
	c.s.mu.Lock()
	c.s.code = r.code
	c.s.mu.Unlock()
	removeErr := c.removeAfter(r, false)
	r.mu.Lock()
	panicked, inErr := r.panicked, r.inErr
	r.mu.Unlock()
	if panicked != nil {
		panic(panicked)
	}
	return join(c.outcome(r, inErr), removeErr)
}

var errEnded = errors.New("the command has ended")

// outcome says how a command ended. What comes first explains what comes after.
func (c *Cmd) outcome(r *run, inErr error) error {
	code, exitErr := r.code, r.exitErr
	if r.isDetached() {
		return c.fail(ErrDetached)
	}
	if _, failed := errors.AsType[*StartError](exitErr); failed {
		return exitErr
	}
	var failed error
	if code != 0 && code != -1 {
		e := &ExitError{Code: code, title: c.title()}
		if c.Stderr == nil {
			e.Stderr = r.stderr.bytes()
		}
		failed = e
	}
	canceled := r.cause != nil && (!r.unsure || code != 0)
	switch {
	case canceled: // what was canceled may have ended with any code, and with its connection cut
		return join(c.fail(r.cause), failed)
	case exitErr != nil:
		return join(r.outErr, exitErr)
	case failed != nil || r.outErr != nil:
		return join(failed, r.outErr)
	case inErr != nil:
		return c.fail(inErr)
	}
	return nil
}

// Run starts the command and waits for it.
func (c *Cmd) Run() error {
	if err := c.Start(); err != nil {
		return err
	}
	return c.Wait()
}

// Output runs the command and returns its stdout. Of a command that has failed it returns what there was, and the
// [*ExitError] has the stderr, if Stderr is nil; of one that could not be started, nothing.
func (c *Cmd) Output() ([]byte, error) { return c.output(false) }

// CombinedOutput runs the command and returns its stdout and stderr, in the order in which they came.
func (c *Cmd) CombinedOutput() ([]byte, error) { return c.output(true) }

func (c *Cmd) output(combined bool) ([]byte, error) {
	switch {
	case c.s == nil:
		return nil, errUnmade
	case c.Stdout != nil:
		return nil, c.refuse("Stdout is already set")
	case combined && c.Stderr != nil:
		return nil, c.refuse("Stderr is already set")
	}
	var b bytes.Buffer
	c.Stdout = &b
	if combined {
		c.Stderr = &b
	}
	err := c.Run()
	if _, failed := errors.AsType[*StartError](err); failed {
		return nil, err // all there is are the engine's words
	}
	return b.Bytes(), err
}
