package process

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/gantry-go/gantry/docker/internal/api"
	"github.com/gantry-go/gantry/transport"
)

// execution is a command in a running container, an exec.
type execution struct {
	execID string
	marker string // the value of markerName in its environment, if it has one
}

// execCreate is the body of ContainerExec.
type execCreate struct {
	AttachStdin  bool
	AttachStdout bool
	AttachStderr bool
	ConsoleSize  *[2]int `json:",omitzero"`
	DetachKeys   string  `json:",omitzero"`
	TTY          bool    `json:"Tty"`
	Cmd          []string
	Env          []string `json:",omitzero"`
	WorkingDir   string   `json:",omitzero"`
	User         string   `json:",omitzero"`
	Privileged   bool     `json:",omitzero"`
}

// execStart is the body of ExecStart.
type execStart struct {
	Detach bool
	TTY    bool `json:"Tty"`
}

// execState is what ExecInspect says. Docker's ExitCode is null while the process runs, Podman's is 0.
type execState struct {
	ID       string
	Running  bool
	ExitCode *int
	PID      int      `json:"Pid"`
	Rest     api.Rest `json:",unknown"`
}

type created struct {
	ID   string   `json:"Id"`
	Rest api.Rest `json:",unknown"`
}

func (e *execution) id() string { return e.execID }

func (e *execution) kills(c *Cmd) bool { return c.Signals }

func (e *execution) misfit(c *Cmd) string {
	switch {
	case c.RemoveAfter:
		return "RemoveAfter is for containers"
	case len(c.Args) == 0 || c.Args[0] == "":
		return "Args name no program"
	case c.DetachKeys != "" && !c.TTY:
		return "DetachKeys are for a TTY"
	}
	return ""
}

func (e *execution) open(c *Cmd, r *run) error {
	ctx, a := c.s.ctx, c.s.api
	body := execCreate{
		AttachStdin: r.stdin, AttachStdout: true, AttachStderr: true, TTY: c.TTY, Cmd: c.Args, Env: slices.Clone(c.Env),
		WorkingDir: c.Dir, User: c.User, Privileged: c.Privileged,
	}
	if c.TTY {
		body.DetachKeys = noKeys
		if size := c.s.size; size != nil && a.Since(42) {
			body.ConsoleSize = &[2]int{size[1], size[0]}
		}
	}
	if c.Signals {
		e.marker = rand.Text()
		body.Env = append(body.Env, markerName+"="+e.marker)
	}
	req := a.Request("ContainerExec", http.MethodPost, "/containers/{id}/exec", c.s.container)
	if c.Dir != "" && !a.Since(35) {
		return req.Refuse(transport.ErrVersion, errors.New("Dir needs API 1.35, the engine offers "+a.Version()))
	}
	req.JSON(body)
	made, err := transport.Object[created](ctx, a, req, "Id")
	if err != nil {
		return err
	}
	e.execID, r.id = made.ID, made.ID
	start := a.Request("ExecStart", http.MethodPost, "/exec/{id}/start", e.execID)
	start.JSON(execStart{TTY: c.TTY})
	r.lost = func(reason error) error { return start.Refuse(transport.ErrTruncated, reason) }
	r.conn, err = transport.Upgrade(r.ctx, a, start)
	return err
}

func (e *execution) inspect(ctx context.Context, a api.API) (*execState, error) {
	return transport.Object[execState](ctx, a, a.Request("ExecInspect", http.MethodGet, "/exec/{id}/json", e.execID), "ID")
}

// exit asks once, and again only while the engine says that the process runs: one may have closed its output before its
// end.
func (e *execution) exit(c *Cmd, r *run) (code int, err error) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for wait := time.Millisecond; ; wait = min(2*wait, time.Second) {
		state, err := e.inspect(r.ctx, c.s.api)
		switch {
		case err != nil:
			return -1, err
		case !state.Running && state.ExitCode != nil:
			return *state.ExitCode, e.failedStart(c, r, state)
		case !state.Running:
			return -1, c.fail(errNoCode)
		}
		pause.Reset(wait)
		select {
		case <-pause.C:
		case <-r.ctx.Done():
			return -1, context.Cause(r.ctx)
		}
	}
}

var errNoCode = errors.New("the engine gives no exit code of it")

// failedStart returns the error of a program that the engine could not start. It has said why in place of output, and gives
// a code of its own. Docker has no process id of it. Podman never has one when it is asked afterwards, so there it goes by
// what it says.
func (e *execution) failedStart(c *Cmd, r *run, state *execState) error {
	said := r.engineSaid()
	code := *state.ExitCode
	if state.PID != 0 || code < 125 || code > 128 || c.s.api.Podman() && !isStartFailure(said) {
		return nil
	}
	return &StartError{Message: said, Code: code, title: c.title()}
}

func (e *execution) resize(ctx context.Context, c *Cmd, width, height int) error {
	return resize(ctx, c.s.api.Request("ExecResize", http.MethodPost, "/exec/{id}/resize", e.execID), c.s.api, width, height)
}

func resize(ctx context.Context, req *transport.Request, a api.API, width, height int) error {
	req.QueryRequired("h", height)
	req.QueryRequired("w", width)
	return transport.None(ctx, a, req)
}

func (e *execution) remove(context.Context, *Cmd, bool) error { return nil }

// markerName is the environment variable by which a process is found again.
const markerName = "GANTRY_PROCESS"

// signalScript sends a signal to each process that has the marker. $1 is the marker, $2 the signal's name. A shell drops
// the zeros between variables, so the name is looked for anywhere.
const signalScript = `
for p in /proc/[0-9]*; do
	case $(cat "$p/environ" 2>/dev/null) in
	*` + markerName + `="$1"*) kill -s "$2" "${p#/proc/}" 2>/dev/null && sent=1 ;;
	esac
done 2>/dev/null
[ -n "$sent" ] || exit 64
`

const nothingSent = 64

// signal has a second command send it. The process may be about to begin, and then has no environment yet.
func (e *execution) signal(ctx context.Context, c *Cmd, signal string) error {
	if !c.Signals {
		return c.fail(errNoSignals)
	}
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		state, err := e.inspect(ctx, c.s.api)
		if err != nil {
			return ended(err)
		}
		if !state.Running && state.ExitCode != nil {
			return os.ErrProcessDone
		}
		sender := Command(ctx, c.s.caller, c.s.container, "sh", "-c", signalScript, "sh", e.marker, signal)
		sender.User, sender.Privileged = c.User, c.Privileged
		err = sender.Run()
		if failed, ok := errors.AsType[*ExitError](err); !ok || failed.Code != nothingSent {
			return ended(err)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return c.fail(contextError(ctx))
		}
	}
}
