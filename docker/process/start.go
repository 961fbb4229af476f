package process

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gantry-go/gantry/docker/internal/api"
	"github.com/gantry-go/gantry/hijack"
)

// run is a command that was started.
type run struct {
	id  string // the engine's, of the exec or container
	tty bool
	// stdin says that the process has an input which this command feeds.
	stdin bool
	conn  *hijack.Conn
	// lost makes the error of output that the engine has lost.
	lost func(reason error) error

	// ctx is the connection's and that of the calls which belong to it. It outlives the command's own, until cut ends it.
	ctx context.Context
	cut context.CancelCauseFunc

	stdout, stderr sink
	output         chan struct{} // closed when the output has ended; outErr is set then
	outErr         error

	exited  chan struct{} // closed when a container has ended, or is not known to; status and waitErr are set then
	status  int
	waitErr error

	finished chan struct{} // closed when there is nothing more to come; code and exitErr are set then
	code     int           // -1 if it is not known
	exitErr  error

	failures chan error      // takes the first failure of a reader or writer, which cancels the command
	waiting  chan struct{}   // closed by Wait when it begins
	over     context.Context // ended by Wait when it has what it wants, with end
	end      context.CancelFunc
	abandon  func()        // closes stuck
	stuck    chan struct{} // closed when only a pipe without a reader keeps the output from its end
	watched  chan struct{} // closed when the watch has ended; cause is set then
	cause    error         // why the command was canceled, if it was
	unsure   bool          // it ended while it was being canceled

	mu       sync.Mutex
	inErr    error
	panicked any
	detached bool
}

// Start starts the command and returns when the engine has started it. It fails with a [*StartError] if the engine says
// that it cannot, and else with a [*transport.Error]. Wait has to be called after a Start that has succeeded.
func (c *Cmd) Start() error {
	if c.s == nil {
		return errUnmade
	}
	c.s.mu.Lock()
	again := c.s.started
	c.s.started = true
	c.s.mu.Unlock()
	if again {
		return c.fail(errStarted)
	}
	r, err := c.start()
	if err != nil {
		c.closePipes()
		return err
	}
	c.s.mu.Lock()
	c.s.run = r
	size := c.s.size
	c.s.mu.Unlock()
	go r.copyOutput()
	go r.finish(c)
	if r.stdin {
		go r.copyInput(c)
	}
	go c.watch(r)
	if size != nil && r.tty {
		// A command that has ended has no terminal to resize, and one that goes on gets the size that Resize asks for.
		_ = c.s.target.resize(r.ctx, c, size[0], size[1])
	}
	return nil
}

// start has the target started, and cleans up after it if that fails.
func (c *Cmd) start() (*run, error) {
	misfit := c.misfit()
	if misfit == "" {
		misfit = c.s.target.misfit(c)
	}
	if misfit != "" {
		return nil, c.refuse(misfit)
	}
	r := newRun(c)
	// While it is started, the command's own context ends the connection; afterwards the watch does, when it is time.
	untie := context.AfterFunc(c.s.ctx, func() { r.cut(context.Cause(c.s.ctx)) })
	err := c.s.ctx.Err()
	if err != nil {
		err = c.fail(contextError(c.s.ctx))
	} else if c.s.api, err = api.Of(c.s.ctx, c.s.caller); err == nil {
		err = c.s.target.open(c, r)
	}
	untie()
	if err != nil {
		r.cut(err)
		r.end()
		if _, refused := errors.AsType[*refusal](err); refused {
			return nil, errors.Unwrap(err)
		}
		return nil, join(c.refused(err), c.removeAfter(r, true))
	}
	return r, nil
}

func newRun(c *Cmd) *run {
	r := &run{
		stdin: c.Stdin != nil, tty: c.TTY,
		output: make(chan struct{}), exited: make(chan struct{}), finished: make(chan struct{}), failures: make(chan error, 1), waiting: make(chan struct{}),
		stuck: make(chan struct{}), watched: make(chan struct{}),
	}
	r.abandon = sync.OnceFunc(func() { close(r.stuck) })
	detached := context.WithoutCancel(c.s.ctx)
	r.ctx, r.cut = context.WithCancelCause(detached)
	r.over, r.end = context.WithCancel(detached)
	limit := edge
	if c.Stderr == nil {
		limit = kept
	}
	r.stdout = sink{w: c.Stdout, saver: saver{limit: edge}, failed: r.fail}
	r.stderr = sink{w: c.Stderr, saver: saver{limit: limit}, failed: r.fail}
	return r
}

// misfit says why fields that have one meaning everywhere cannot be used, or nothing.
func (c *Cmd) misfit() string {
	if c.s.caller == nil {
		return "there is no engine"
	}
	if _, err := parseKeys(c.DetachKeys); err != nil {
		return "DetachKeys: " + err.Error()
	}
	return ""
}

// refusal is an error of a container that is not this command's to touch.
type refusal struct{ err error }

func (e *refusal) Error() string { return e.err.Error() }
func (e *refusal) Unwrap() error { return e.err }

// running returns what was started.
func (c *Cmd) running() (*run, error) {
	if c.s == nil {
		return nil, errUnmade
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.s.run == nil {
		return nil, c.fail(errNotStarted)
	}
	return c.s.run, nil
}

// copyOutput brings the output to the writers.
func (r *run) copyOutput() {
	r.outErr = errGoexit // unless it gets further
	defer close(r.output)
	defer r.recovered()
	var err error
	if r.tty {
		_, err = r.conn.WriteTo(&r.stdout)
	} else {
		_, err = r.conn.Demux(&r.stdout, &r.stderr)
	}
	r.outErr = err
	for _, s := range []*sink{&r.stdout, &r.stderr} {
		if s.err != nil {
			r.outErr = s.err
		}
		// The reader of a pipe finds its end by this.
		if p, ok := s.w.(*pipe); ok {
			p.closeWrite()
		}
	}
	if r.outErr == nil {
		r.outErr = r.engineLost()
	}
}

// finish learns how the process has ended when its output has. Its input is of no more use then.
func (r *run) finish(c *Cmd) {
	defer close(r.finished)
	<-r.output
	r.code = -1
	if !r.isDetached() {
		r.code, r.exitErr = c.s.target.exit(c, r)
	}
	_ = r.conn.Close()
}

// fail cancels the command for a failure on this side.
func (r *run) fail(err error) {
	select {
	case r.failures <- err:
	default: // it is not the first
	}
}

// recovered keeps the panic of a reader or writer for Wait. It is deferred.
func (r *run) recovered() {
	v := recover()
	if v == nil {
		return
	}
	r.mu.Lock()
	r.panicked = fmt.Sprintf("%v\n\n%s", v, debug.Stack())
	r.mu.Unlock()
	r.fail(fmt.Errorf("panic: %v", v))
}

// detach closes the connection and leaves the process alone.
func (r *run) detach() {
	r.mu.Lock()
	r.detached = true
	r.mu.Unlock()
	r.cut(ErrDetached)
}

func (r *run) isDetached() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.detached
}

// Detach closes the connection to the command and leaves it running. Wait then returns [ErrDetached], and RemoveAfter
// removes nothing.
func (c *Cmd) Detach() error {
	r, err := c.running()
	if err == nil {
		r.detach()
	}
	return err
}

// Resize sets the size of the command's terminal, in characters. Before Start it sets the size to start with; engines below
// API 1.42, and Podman, set that a moment after the start.
func (c *Cmd) Resize(ctx context.Context, width, height int) error {
	if c.s == nil {
		return errUnmade
	}
	c.s.mu.Lock()
	c.s.size = &[2]int{width, height}
	r := c.s.run
	c.s.mu.Unlock()
	if r == nil {
		return nil
	}
	if !r.tty {
		return c.refuse("the command has no TTY to resize")
	}
	return c.s.target.resize(ctx, c, width, height)
}

// after returns a context for what is to be done after the command's own has ended, for at most the time given.
func (c *Cmd) after(most time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(c.s.ctx), most)
}

// removeTime bounds the removal of a container. Podman stops one that runs for ten seconds before it kills it.
const removeTime = 30 * time.Second

func (c *Cmd) removeAfter(r *run, failed bool) error {
	if !c.RemoveAfter || r.isDetached() {
		return nil
	}
	ctx, cancel := c.after(removeTime)
	defer cancel()
	return c.s.target.remove(ctx, c, failed)
}
