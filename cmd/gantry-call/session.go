package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/gantry-go/gantry/catalog"
	"github.com/gantry-go/gantry/transport"
)

// session is what an upgraded connection carries, of what the engine says about its exec or its container.
type session struct {
	engine  transport.Caller
	inspect *catalog.Operation // nil where there is nothing to ask
	args    catalog.Args
	framed  bool // there is no TTY
	exec    bool // an exec, and no container
	left    bool // it goes on without the connection
}

// inspected is what inspects of execs and of containers say, as far as it matters here.
type inspected struct {
	ProcessConfig *struct {
		TTY bool `json:"tty"`
	} `json:"ProcessConfig"`
	Config *struct {
		TTY bool `json:"Tty"`
	} `json:"Config"`
	Running  bool `json:"Running"`
	ExitCode *int `json:"ExitCode"`
	State    struct {
		Running  bool `json:"Running"`
		ExitCode int  `json:"ExitCode"`
	} `json:"State"`
}

// newSession asks whether an exec or a container has a TTY, which neither the stream nor, before API 1.42, its header
// tells. Upgrades of other kinds are raw.
func newSession(ctx context.Context, c transport.Caller, v *catalog.Version, op *catalog.Operation, args catalog.Args) (*session, error) {
	s := &session{engine: c, args: catalog.Args{}}
	path, exec := strings.CutSuffix(op.Path, "/start")
	if !exec {
		path, _ = strings.CutSuffix(strings.TrimSuffix(op.Path, "/ws"), "/attach")
	}
	inspect, found := v.Lookup("GET", path+"/json")
	if path == op.Path || !found {
		return s, nil
	}
	for _, p := range inspect.Params {
		if given, ok := args[p.Name]; ok && p.In == "path" {
			s.args[p.Name] = given
		}
	}
	s.inspect, s.exec = inspect, exec
	if body, ok := args[catalog.BodyArg].(string); ok && exec {
		var start struct{ Detach bool }
		_ = json.Unmarshal([]byte(body), &start) // the call says what is wrong with it
		s.left = start.Detach
	}
	info, err := s.ask(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case info.ProcessConfig != nil:
		s.framed = !info.ProcessConfig.TTY
	case info.Config != nil:
		s.framed = !info.Config.TTY
	}
	return s, nil
}

func (s *session) ask(ctx context.Context) (*inspected, error) {
	result, err := s.inspect.Call(ctx, s.engine, s.args)
	if err != nil {
		return nil, err
	}
	var info inspected
	if err := json.Unmarshal(result.Document, &info); err != nil {
		return nil, errors.New("the inspect of the stream's other end makes no sense")
	}
	return &info, nil
}

// outcome is the exit code of the command or the container, as an error where it is not 0. An exec is at its end when its
// output is, but engines say so a little later; a container that was left by its keys goes on.
func (s *session) outcome(ctx context.Context) error {
	if s.inspect == nil || s.left {
		return nil
	}
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		info, err := s.ask(ctx)
		switch {
		case errors.Is(err, transport.ErrNotFound): // removed at its end
			return nil
		case err != nil:
			return err
		case !s.exec && info.State.Running:
			return nil
		case !s.exec && info.State.ExitCode != 0:
			return remoteExit(info.State.ExitCode)
		case !s.exec:
			return nil
		case !info.Running && info.ExitCode != nil && *info.ExitCode != 0:
			return remoteExit(*info.ExitCode)
		case !info.Running:
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
