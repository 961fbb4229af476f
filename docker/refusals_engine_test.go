package docker_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/configs"
	"github.com/gantry-go/gantry/docker/v141/distribution"
	"github.com/gantry-go/gantry/docker/v141/nodes"
	"github.com/gantry-go/gantry/docker/v141/plugins"
	"github.com/gantry-go/gantry/docker/v141/services"
	"github.com/gantry-go/gantry/docker/v141/session"
	"github.com/gantry-go/gantry/docker/v141/swarm"
	"github.com/gantry-go/gantry/docker/v141/tasks"
	"github.com/gantry-go/gantry/transport"
)

// refusal is an operation that Podman does not have.
type refusal struct {
	operation string
	call      func(ctx context.Context) error
}

// testRefusals checks that each operation fails with an error that says which one it was and why. Podman 4 names the
// path in JSON, or answers as for any path that it never heard of; later ones do the latter for most of them.
func testRefusals(t *testing.T, operations []refusal) {
	for _, r := range operations {
		t.Run(r.operation, func(t *testing.T) {
			err := r.call(t.Context())
			e, is := errors.AsType[*transport.Error](err)
			if !is {
				t.Fatalf("%v is no *transport.Error", err)
			}
			equal(t, "the operation", e.Operation, "docker 1.41 "+r.operation)
			equal(t, "the status in the message", strings.Contains(err.Error(), e.Message), true)
			switch e.Status {
			case 503:
				equal(t, "errors.Is ErrUnavailable", errors.Is(err, transport.ErrUnavailable), true)
				contains(t, "the message", e.Message, "Podman does not support service: /v1.41/")
				equal(t, "the cause", e.Cause, e.Message)
			case 404:
				equal(t, "errors.Is ErrNotFound", errors.Is(err, transport.ErrNotFound), true)
				equal(t, "that it may have acted", e.MayHaveActed, false)
				if e.Message != "Not Found" && !strings.HasSuffix(e.Message, "is not supported") {
					t.Errorf("unknown message %q", e.Message)
				}
			default:
				t.Errorf("%v: status %d, want 404 or 503", err, e.Status)
			}
		})
	}
}

// only drops what a call returns beside its error.
func only[T any](_ T, err error) error { return err }

// swarmRefusals are the operations of a cluster. Secrets are missing here: Podman has them without one.
func swarmRefusals(e *engine) []refusal {
	sw, no, se, ta, co := swarm.New(e), nodes.New(e), services.New(e), tasks.New(e), configs.New(e)
	return []refusal{
		{"SwarmInit", func(ctx context.Context) error {
			return only(sw.Init(ctx, swarm.InitRequest{ListenAddr: "127.0.0.1:22377"}))
		}},
		{"SwarmInspect", func(ctx context.Context) error { return only(sw.Inspect(ctx)) }},
		{"SwarmJoin", func(ctx context.Context) error { return sw.Join(ctx, swarm.JoinRequest{ListenAddr: "127.0.0.1:22377"}) }},
		{"SwarmLeave", func(ctx context.Context) error { return sw.Leave(ctx, nil) }},
		{"SwarmUpdate", func(ctx context.Context) error { return sw.Update(ctx, 1, v141.SwarmSpec{}, nil) }},
		{"SwarmUnlockkey", func(ctx context.Context) error { return only(sw.UnlockKey(ctx)) }},
		{"SwarmUnlock", func(ctx context.Context) error { return sw.Unlock(ctx, swarm.UnlockRequest{UnlockKey: "key"}) }},
		{"NodeList", func(ctx context.Context) error { return only(no.List(ctx, nil)) }},
		{"NodeInspect", func(ctx context.Context) error { return only(no.Inspect(ctx, "x")) }},
		{"NodeDelete", func(ctx context.Context) error { return no.Delete(ctx, "x", nil) }},
		{"NodeUpdate", func(ctx context.Context) error { return no.Update(ctx, "x", 1, v141.NodeSpec{}) }},
		{"ServiceList", func(ctx context.Context) error { return only(se.List(ctx, nil)) }},
		{"ServiceCreate", func(ctx context.Context) error { return only(se.Create(ctx, v141.ServiceSpec{}, nil)) }},
		{"ServiceInspect", func(ctx context.Context) error { return only(se.Inspect(ctx, "x", nil)) }},
		{"ServiceDelete", func(ctx context.Context) error { return se.Delete(ctx, "x") }},
		{"ServiceUpdate", func(ctx context.Context) error { return only(se.Update(ctx, "x", 1, v141.ServiceSpec{}, nil)) }},
		{"ServiceLogs", func(ctx context.Context) error {
			return only(se.Logs(ctx, "x", &services.LogsOptions{Stdout: true, TTY: new(false)}))
		}},
		{"TaskList", func(ctx context.Context) error { return only(ta.List(ctx, nil)) }},
		{"TaskInspect", func(ctx context.Context) error { return only(ta.Inspect(ctx, "x")) }},
		{"TaskLogs", func(ctx context.Context) error {
			return only(ta.Logs(ctx, "x", &tasks.LogsOptions{Stdout: true, TTY: new(false)}))
		}},
		{"ConfigList", func(ctx context.Context) error { return only(co.List(ctx, nil)) }},
		{"ConfigCreate", func(ctx context.Context) error { return only(co.Create(ctx, v141.ConfigSpec{Name: "x"})) }},
		{"ConfigInspect", func(ctx context.Context) error { return only(co.Inspect(ctx, "x")) }},
		{"ConfigDelete", func(ctx context.Context) error { return co.Delete(ctx, "x") }},
		{"ConfigUpdate", func(ctx context.Context) error { return co.Update(ctx, "x", 1, v141.ConfigSpec{}) }},
	}
}

func pluginRefusals(e *engine) []refusal {
	c := plugins.New(e)
	none := []v141.PluginPrivilege{}
	return []refusal{
		{"PluginList", func(ctx context.Context) error { return only(c.List(ctx, nil)) }},
		{"GetPluginPrivileges", func(ctx context.Context) error { return only(c.Privileges(ctx, "x", nil)) }},
		{"PluginPull", func(ctx context.Context) error { return only(c.Pull(ctx, "x", none, nil)) }},
		{"PluginInspect", func(ctx context.Context) error { return only(c.Inspect(ctx, "x")) }},
		{"PluginDelete", func(ctx context.Context) error { return c.Delete(ctx, "x", nil) }},
		{"PluginEnable", func(ctx context.Context) error { return c.Enable(ctx, "x", 0) }},
		{"PluginDisable", func(ctx context.Context) error { return c.Disable(ctx, "x", nil) }},
		{"PluginUpgrade", func(ctx context.Context) error { return only(c.Upgrade(ctx, "x", "y", none, nil)) }},
		{"PluginCreate", func(ctx context.Context) error { return c.Create(ctx, "x", strings.NewReader("no archive")) }},
		{"PluginPush", func(ctx context.Context) error { return only(c.Push(ctx, "x", nil)) }},
		{"PluginSet", func(ctx context.Context) error { return c.Set(ctx, "x", []string{"A=b"}) }},
	}
}

func registryRefusals(e *engine) []refusal {
	return []refusal{
		{"DistributionInspect", func(ctx context.Context) error { return only(distribution.New(e).Inspect(ctx, "x", nil)) }},
		{"Session", func(ctx context.Context) error { return only(session.New(e).Open(ctx, nil)) }},
	}
}
