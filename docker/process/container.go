package process

import (
	"context"
	"errors"
	"net/http"

	"github.com/gantry-go/gantry/docker/internal/api"
	"github.com/gantry-go/gantry/transport"
)

// container is a created container that is run to its end.
type container struct {
	containerID string // once it is known
	removesSelf bool
	started     bool // it may run
}

// containerState is what is needed of ContainerInspect.
type containerState struct {
	ID    string `json:"Id"`
	State struct {
		Running bool
		Rest    api.Rest `json:",unknown"`
	}
	Config struct {
		TTY       bool `json:"Tty"`
		OpenStdin bool
		StdinOnce bool
		Rest      api.Rest `json:",unknown"`
	}
	HostConfig struct {
		AutoRemove bool
		Rest       api.Rest `json:",unknown"`
	}
	Rest api.Rest `json:",unknown"`
}

// exit is what ContainerWait answers.
type exit struct {
	StatusCode int
	Error      *struct{ Message string }
	Rest       api.Rest `json:",unknown"`
}

func (t *container) id() string { return t.containerID }

func (t *container) kills(*Cmd) bool { return true }

func (t *container) misfit(c *Cmd) string {
	switch {
	case len(c.Args) > 0:
		return "Args of a container are set when it is created"
	case len(c.Env) > 0, c.Dir != "", c.User != "", c.Privileged:
		return "Env, Dir, User and Privileged of a container are set when it is created"
	case c.Signals:
		return "Signals are for commands, a container can be signaled"
	}
	return ""
}

// open attaches first, so that no output is lost, waits next, so that no end is missed, and starts last.
func (t *container) open(c *Cmd, r *run) error {
	ctx, a := c.s.ctx, c.s.api
	inspect := a.Request("ContainerInspect", http.MethodGet, "/containers/{id}/json", c.s.container)
	found, err := transport.Object[containerState](ctx, a, inspect, "Id")
	if err != nil {
		return err
	}
	if reason := unfit(c, found); reason != "" {
		return &refusal{inspect.Refuse(transport.ErrInvalidInput, errors.New(reason))}
	}
	t.containerID, r.id, t.removesSelf = found.ID, found.ID, found.HostConfig.AutoRemove
	c.TTY, r.tty = found.Config.TTY, found.Config.TTY

	attach := a.Request("ContainerAttach", http.MethodPost, "/containers/{id}/attach", t.containerID)
	attach.Query("stream", true)
	attach.Query("stdout", true)
	attach.Query("stderr", true)
	// One that reads until the end of an input is given that at once, if there is none.
	closeInput := c.Stdin == nil && !r.tty && found.Config.OpenStdin && endsInput(a, found)
	attach.Query("stdin", r.stdin || closeInput)
	if r.tty {
		attach.Query("detachKeys", noKeys)
	}
	r.lost = func(reason error) error { return attach.Refuse(transport.ErrTruncated, reason) }
	if r.conn, err = transport.Upgrade(r.ctx, a, attach); err != nil {
		return err
	}
	return t.begin(c, r, closeInput)
}

// begin waits and starts what is attached.
func (t *container) begin(c *Cmd, r *run, closeInput bool) (err error) {
	defer func() {
		if err != nil {
			_ = r.conn.Close()
		}
	}()
	var pending *transport.Pending[exit]
	early := c.s.api.Since(30) // before, a wait knows no condition, and one for what does not run yet is over at once
	if early {
		wait := t.wait(c)
		wait.QueryRequired("condition", "next-exit")
		if pending, err = transport.Late[exit](r.ctx, c.s.api, wait); err != nil {
			return err
		}
	}
	if closeInput {
		if err := r.conn.CloseWrite(); err != nil && !errors.Is(err, transport.ErrUnsupported) {
			_ = pending.Close()
			return err
		}
	}
	t.started = true
	err = transport.None(c.s.ctx, c.s.api, c.s.api.Request("ContainerStart", http.MethodPost, "/containers/{id}/start", t.containerID))
	if err != nil {
		if early {
			_ = pending.Close() // engines leave it open
		}
		return err
	}
	go func() {
		defer close(r.exited)
		var result *exit
		if early {
			result, r.waitErr = pending.Result()
		} else {
			result, r.waitErr = transport.Object[exit](r.ctx, c.s.api, t.wait(c))
		}
		if r.waitErr == nil {
			r.status = result.StatusCode
		}
	}()
	return nil
}

func (t *container) wait(c *Cmd) *transport.Request {
	return c.s.api.Request("ContainerWait", http.MethodPost, "/containers/{id}/wait", t.containerID)
}

// endsInput reports whether the end of the connection's input is that of the container's. Docker has to be told so at the
// creation, and else ends the output instead. Podman forgets what it was told, and always does it.
func endsInput(a api.API, found *containerState) bool { return found.Config.StdinOnce || a.Podman() }

// unfit says why a container cannot be run, or nothing.
func unfit(c *Cmd, found *containerState) string {
	config := found.Config
	switch {
	case found.State.Running:
		return "the container is running already"
	case c.Stdin != nil && !config.OpenStdin:
		return "the container has no input: create it with OpenStdin"
	case c.Stdin != nil && !endsInput(c.s.api, found) && !config.TTY:
		return "the end of Stdin would not reach the container: create it with StdinOnce"
	case c.DetachKeys != "" && !config.TTY:
		return "DetachKeys are for a TTY"
	}
	return ""
}

// exit returns what the engine was asked before the start. A container that removes itself is gone afterwards.
func (t *container) exit(c *Cmd, r *run) (code int, err error) {
	<-r.exited
	if r.waitErr != nil {
		return -1, r.waitErr
	}
	if t.removesSelf && c.s.api.Since(30) {
		ctx, cancel := c.after(removeTime)
		defer cancel()
		gone := t.wait(c)
		gone.QueryRequired("condition", "removed")
		if _, err := transport.Object[exit](ctx, c.s.api, gone); err != nil && !done(err) {
			return r.status, err
		}
	}
	return r.status, nil
}

func (t *container) signal(ctx context.Context, c *Cmd, signal string) error {
	kill := c.s.api.Request("ContainerKill", http.MethodPost, "/containers/{id}/kill", t.containerID)
	kill.Query("signal", signal)
	return ended(transport.None(ctx, c.s.api, kill))
}

func (t *container) resize(ctx context.Context, c *Cmd, width, height int) error {
	return resize(ctx, c.s.api.Request("ContainerResize", http.MethodPost, "/containers/{id}/resize", t.containerID), c.s.api, width, height)
}

// remove forces what runs only if it is this command's: a container that it never got to look at may be another's.
func (t *container) remove(ctx context.Context, c *Cmd, failed bool) error {
	if t.removesSelf && !failed {
		return nil
	}
	name, a := t.containerID, c.s.api
	if a.Caller == nil { // the context had ended before the version was known
		var err error
		if a, err = api.Of(ctx, c.s.caller); err != nil {
			return err
		}
	}
	if name == "" {
		name = c.s.container
	}
	remove := a.Request("ContainerDelete", http.MethodDelete, "/containers/{id}", name)
	remove.Query("v", true)
	remove.Query("force", t.containerID != "")
	if err := transport.None(ctx, a, remove); err != nil && !errors.Is(err, transport.ErrNotFound) {
		return err
	}
	return nil
}
