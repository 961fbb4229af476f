package process

import (
	"context"
	"encoding"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/gantry-go/gantry/docker/internal/api"
	"github.com/gantry-go/gantry/transport"
)

// Cmd is a command in a container, or a container as a command. [Command] and [Container] make it. It is used once.
type Cmd struct {
	// Args are the program and its arguments. A container has its own: nil.
	Args []string
	// Env is added to the environment that the container has, each as NAME=value. It is printed nowhere. A container's
	// is set when it is created: nil.
	Env []string
	// Dir is the working directory; empty for the container's. It needs API 1.35. A container's is set when it is created.
	Dir string
	// User is who the command runs as, "user", "uid:gid"; empty for the container's. A container's is set when it is
	// created.
	User string
	// Privileged gives the command all capabilities. A container's is set when it is created.
	Privileged bool
	// TTY gives the command a terminal: what it writes is one stream, which goes to Stdout. A container has one if it was
	// created so, and Start sets TTY to that.
	TTY bool
	// DetachKeys are the keys that leave a command with a TTY running, as "ctrl-p,ctrl-q": when Stdin has brought them,
	// [Cmd.Detach] is called. Empty means none; the engine's own are switched off.
	DetachKeys string
	// Signals makes [Cmd.Signal] and [Cmd.Kill] work for a command, and has its context's end kill it. The API has no
	// such call, so the signal is sent by a second command, as the same user, which needs sh and cat in the container.
	// It reaches the command and what it has started by the variable GANTRY_PROCESS, which the command gets for it. A
	// container needs no such thing: false.
	Signals bool

	// Stdin is the input. Nil is none: a command that reads finds the end. A container has to be created with OpenStdin
	// and StdinOnce for it, as `docker run -i` does, or with OpenStdin and Tty.
	Stdin io.Reader
	// Stdout and Stderr take the output; nil discards it. If they are the same, one goroutine at a time writes to it.
	Stdout, Stderr io.Writer

	// Cancel is called when the context ends, or when a writer has failed, before the command has ended. Nil kills a
	// container, and a command that has Signals; any other command is left alone: its connection is closed, and it goes
	// on in the container. An error that is [os.ErrProcessDone] says that the command had ended before.
	Cancel func() error
	// WaitDelay is how long the command may take to end after Cancel was called. It is killed then, where that is
	// possible, and its connection closed. Zero is ten seconds, negative is no bound.
	WaitDelay time.Duration
	// RemoveAfter removes the container with its anonymous volumes when it has ended, or could not be started, also when
	// the context has ended. A command is not removed: false.
	RemoveAfter bool

	s *state
}

// state is a Cmd's own part. The Cmd has a pointer to it, so that a copy shares it and the copy can be printed.
type state struct {
	ctx       context.Context
	caller    transport.Caller
	container string // as it was given
	target    target

	api api.API // set by Start

	mu      sync.Mutex
	started bool
	waited  bool
	run     *run    // set once Start has succeeded
	size    *[2]int // width and height that were asked for last
	code    int     // -1 until it is known
	pipes   []*pipe
}

// target is what a Cmd runs: an exec, or a container.
type target interface {
	// misfit says why the fields of the Cmd do not fit, or nothing.
	misfit(c *Cmd) string
	// open starts the process and returns what it is connected by. What it has begun when it fails it has ended.
	open(c *Cmd, r *run) error
	// exit returns the exit code once the output has ended.
	exit(c *Cmd, r *run) (code int, err error)
	// signal sends a signal; os.ErrProcessDone where there is nothing left to signal.
	signal(ctx context.Context, c *Cmd, signal string) error
	// kills reports whether signal can work.
	kills(c *Cmd) bool
	// resize sets the size of the terminal.
	resize(ctx context.Context, c *Cmd, width, height int) error
	// remove cleans up after the end, or after a Start that failed.
	remove(ctx context.Context, c *Cmd, failed bool) error
	// id is the engine's id of what runs.
	id() string
}

// Command returns a command that runs a program in a running container. The engine looks the program up in the container's
// PATH; there is no shell unless it is one. The context cancels it: see [Cmd.Cancel].
func Command(ctx context.Context, engine transport.Caller, container, program string, args ...string) *Cmd {
	return newCmd(ctx, engine, container, &execution{}, append([]string{program}, args...))
}

// Container returns a command that starts a created container and is connected to it from its first byte on. The container
// may have run before; one that is running is refused. The context cancels it: see [Cmd.Cancel].
func Container(ctx context.Context, engine transport.Caller, id string) *Cmd {
	return newCmd(ctx, engine, id, &container{}, nil)
}

func newCmd(ctx context.Context, engine transport.Caller, container string, t target, args []string) *Cmd {
	return &Cmd{Args: args, s: &state{ctx: ctx, caller: engine, container: container, target: t, code: -1}}
}

// ID returns the engine's id of the exec or the container, or nothing before Start has succeeded.
func (c *Cmd) ID() string {
	if r, err := c.running(); err == nil {
		return r.id
	}
	return ""
}

// ExitCode returns the exit code, or -1 while it is not known: before Wait has returned, and after a Wait that could not
// learn it. Of a process that a signal has ended, engines say 128 and the signal's number: 137 for a kill.
func (c *Cmd) ExitCode() int {
	if c.s == nil {
		return -1
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return c.s.code
}

// title begins messages. It has the program, and no argument, which may be a secret.
func (c *Cmd) title() string {
	if c.s == nil {
		return "process"
	}
	title := "process " + printable(c.s.container)
	if len(c.Args) > 0 {
		title += ": " + printable(c.Args[0])
	}
	return title
}

// Format writes the container and the program, whatever the verb: arguments, environment and input may hold secrets.
func (c Cmd) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.title()) }

// String returns the container and the program.
func (c Cmd) String() string { return c.title() }

// MarshalText is what encoders and structured logs get to see.
func (c Cmd) MarshalText() ([]byte, error) { return []byte(c.title()), nil }

var _ encoding.TextMarshaler = Cmd{}
