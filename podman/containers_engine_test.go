package podman_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/podman/v43"
	"github.com/gantry-go/gantry/podman/v43/containers"
	"github.com/gantry-go/gantry/podman/v43/exec"
	"github.com/gantry-go/gantry/podman/v43/system"
	"github.com/gantry-go/gantry/transport"
)

func TestContainerLife(t *testing.T) {
	e := engine(t)
	c := containers.New(e)
	name := enginetest.Name(t)
	spec := sh("echo out; echo err >&2; trap 'exit 3' TERM; sleep 1000 & wait")
	spec.Name, spec.Labels, spec.Env = name, map[string]string{"gantry": name}, map[string]string{"A": "b"}
	spec.StopTimeout, spec.Expose = new(uint64(20)), map[uint16]string{8080: "tcp"}
	id := create(t, e, spec)

	got := must(c.Inspect(t.Context(), name, nil))(t)
	equal(t, "id", got.ID, id)
	equal(t, "name", got.Name, name)
	equal(t, "state", got.State.Status, "created")
	equal(t, "started at", got.State.StartedAt.IsZero(), true)
	equal(t, "stop timeout", got.Config.StopTimeout, uint64(20))
	equal(t, "label", got.Config.Labels["gantry"], name)
	equal(t, "environment", slices.Contains(got.Config.Env, "A=b"), true)
	if _, found := got.HostConfig.PortBindings["8080/tcp"]; found {
		t.Error("an exposed port is published")
	}
	ok(t, c.Exists(t.Context(), name, nil))
	ok(t, c.Init(t.Context(), id))
	ok(t, c.Start(t.Context(), id, nil))
	ok(t, c.Start(t.Context(), id, nil)) // it runs already: 304

	list := must(c.List(t.Context(), &containers.ListOptions{Filters: map[string][]string{"label": {"gantry=" + name}}, Size: true}))(t)
	if len(list) != 1 || list[0].ID != id || list[0].State != "running" || list[0].Names[0] != name || list[0].Size.RootFsSize == 0 {
		t.Errorf("list: %+v", list)
	}
	top := must(must(c.Top(t.Context(), id, nil))(t).One())(t)
	equal(t, "processes", len(top.Processes) > 0 && slices.Contains(top.Titles, "COMMAND"), true)
	stats := must(must(c.Stats(t.Context(), id, &containers.StatsOptions{Stream: new(false)}))(t).One())(t)
	equal(t, "measured", stats.ID, id)
	equal(t, "processes counted", stats.PIDsStats.Current > 0, true)
	all := must(must(c.StatsAll(t.Context(), &containers.StatsAllOptions{Containers: []string{id}, Stream: new(false)}))(t).One())(t)
	equal(t, "measured", len(all.Stats) == 1 && all.Stats[0].ContainerID == id, true)

	ok(t, c.Pause(t.Context(), id))
	equal(t, "paused", must(c.Inspect(t.Context(), id, nil))(t).State.Paused, true)
	ok(t, c.Unpause(t.Context(), id))
	ok(t, c.Rename(t.Context(), id, name+"-b"))
	equal(t, "new name", must(c.Inspect(t.Context(), id, nil))(t).Name, name+"-b")
	mounted := strings.TrimSpace(text(t, must(c.Mount(t.Context(), id))(t), nil))
	equal(t, "mounted", must(c.ShowMounted(t.Context()))(t)[id], mounted)
	ok(t, c.Unmount(t.Context(), id))

	ok(t, c.Stop(t.Context(), id, &containers.StopOptions{Timeout: new(10)}))
	ok(t, c.Stop(t.Context(), id, nil)) // it has stopped already: 304
	equal(t, "exit code", must(c.Wait(t.Context(), id, nil))(t), int32(3))
	ok(t, c.Restart(t.Context(), id, &containers.RestartOptions{Timeout: new(0)}))
	ok(t, c.Kill(t.Context(), id, &containers.KillOptions{Signal: "SIGKILL"}))
	equal(t, "exit code", must(c.Wait(t.Context(), id, &containers.WaitOptions{Condition: []containers.WaitCondition{containers.WaitConditionExited}}))(t), int32(137))
	removed := must(c.Delete(t.Context(), id, nil))(t)
	if len(removed) != 1 || removed[0].ID != id || removed[0].Err != "" || removed[0].RawInput != id {
		t.Errorf("removed: %+v", removed)
	}
	fails(t, c.Exists(t.Context(), id, nil), transport.ErrNotFound, "podman 4.3 ContainerExistsLibpod")
	_, err := c.Inspect(t.Context(), id, nil)
	fails(t, err, transport.ErrNotFound, "no such container")
}

func TestLogs(t *testing.T) {
	e := engine(t)
	c := containers.New(e)
	for _, tty := range []bool{false, true} { // always framed
		spec := sh("echo out; echo err >&2")
		spec.Terminal = tty
		id := start(t, e, spec)
		must(c.Wait(t.Context(), id, nil))(t)
		var out []string
		for line, err := range must(c.Logs(t.Context(), id, &containers.LogsOptions{Stdout: true, Stderr: true, Timestamps: true}))(t).Lines() {
			ok(t, err)
			if time.Since(line.Time).Abs() > time.Hour {
				t.Errorf("time %v", line.Time)
			}
			out = append(out, strings.TrimSpace(line.Text))
		}
		slices.Sort(out)
		equal(t, "output", out, []string{"err", "out"})
		var one bytes.Buffer
		must(must(c.Logs(t.Context(), id, &containers.LogsOptions{Stdout: true, Stderr: true, Tail: "1", Since: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour)}))(t).Demux(&one, &one))(t)
		equal(t, "one line", len(strings.Fields(one.String())), 1)
		_, err := c.Logs(t.Context(), id, nil)
		fails(t, err, transport.ErrBadRequest, "ContainerLogsLibpod")
	}
}

func TestAttachAndExec(t *testing.T) {
	e := engine(t)
	c := containers.New(e)
	spec := sh("cat; echo over >&2")
	spec.Stdin = true
	id := create(t, e, spec)
	conn := must(c.Attach(t.Context(), id, &containers.AttachOptions{Stream: new(true), Stdin: true, Stdout: true, Stderr: true}))(t)
	defer conn.Close() //nolint:errcheck // the test is over
	ok(t, c.Start(t.Context(), id, nil))
	must(io.WriteString(conn, "hello\n"))(t)
	ok(t, conn.CloseWrite())
	var out, err bytes.Buffer
	must(conn.Demux(&out, &err))(t)
	equal(t, "stdout", out.String(), "hello\n")
	equal(t, "stderr", err.String(), "over\n")
	equal(t, "exit code", must(c.Wait(t.Context(), id, nil))(t), int32(0))

	id = start(t, e, sh("sleep 1000"))
	x := exec.New(e)
	session := must(x.Create(t.Context(), id, exec.CreateRequest{
		Cmd: []string{"sh", "-c", "read x; echo got $x; exit 7"}, AttachStdin: true, AttachStdout: true, AttachStderr: true,
	}))(t).ID
	run := must(x.Start(t.Context(), session, exec.StartRequest{}))(t)
	defer run.Close() //nolint:errcheck // the test is over
	must(io.WriteString(run, "it\n"))(t)
	out.Reset()
	must(run.Demux(&out, &out))(t)
	equal(t, "output", out.String(), "got it\n")
	got := must(x.Inspect(t.Context(), session))(t)
	equal(t, "exit code", got.ExitCode, int64(7))
	equal(t, "its container", got.ContainerID, id)
	equal(t, "its program", got.ProcessConfig.Entrypoint, "sh")

	session = must(x.Create(t.Context(), id, exec.CreateRequest{Cmd: []string{"sh", "-c", "sleep 0.3; stty size"}, TTY: true, AttachStdout: true}))(t).ID
	run = must(x.Start(t.Context(), session, exec.StartRequest{TTY: true, H: 11, W: 33}))(t)
	defer run.Close() //nolint:errcheck // the test is over
	ok(t, x.Resize(t.Context(), session, &exec.ResizeOptions{Height: 22, Width: 66}))
	contains(t, "size", string(must(io.ReadAll(run))(t)), "22 66")
}

func TestArchive(t *testing.T) {
	e := engine(t)
	c := containers.New(e)
	id := create(t, e, sh("true"))
	ok(t, c.PutArchive(t.Context(), id, "/", tarball(t, "note", "keep this"), nil))
	archive, err := c.Archive(t.Context(), id, "/note")
	contains(t, "headers", archive.Header.Get("X-Docker-Container-Path-Stat"), "ey")
	equal(t, "file", untar(t, text(t, archive, err))["note"], "keep this")
	changes := must(c.Changes(t.Context(), id, nil))(t)
	if !slices.Contains(changes, v43.FileChange{Path: "/note", Kind: v43.FileChangeKindAdded}) {
		t.Errorf("changes: %+v", changes)
	}
	export, err := c.Export(t.Context(), id)
	equal(t, "exported", untar(t, text(t, export, err))["note"], "keep this")
}

func TestHealthAndUpdate(t *testing.T) {
	e := engine(t)
	c := containers.New(e)
	spec := sh("sleep 1000")
	spec.HealthConfig = v43.Schema2HealthConfig{
		Test: []string{"CMD-SHELL", "echo fine"}, Interval: v43.Duration(time.Hour), Timeout: v43.Duration(10 * time.Second), Retries: 1,
	}
	id := start(t, e, spec)
	health := must(c.Healthcheck(t.Context(), id))(t)
	equal(t, "health", health.Status, "healthy")
	state := must(c.Inspect(t.Context(), id, nil))(t).State.Health
	if state.Status != "healthy" || len(state.Log) == 0 || !strings.Contains(state.Log[len(state.Log)-1].Output, "fine") {
		t.Errorf("health: %+v", state)
	}
	ok(t, c.Update(t.Context(), id, v43.LinuxResources{CPU: v43.LinuxCPU{Shares: new(uint64(512))}}))
	x := exec.New(e)
	session := must(x.Create(t.Context(), id, exec.CreateRequest{Cmd: []string{"sh", "-c", "cat /sys/fs/cgroup/cpu*/cpu.shares /sys/fs/cgroup/cpu.weight 2>/dev/null"}, AttachStdout: true}))(t).ID
	var out bytes.Buffer
	must(must(x.Start(t.Context(), session, exec.StartRequest{}))(t).Demux(&out, &out))(t)
	if shares := out.String(); shares != "" { // where the container sees its control group
		equal(t, "shares", slices.Contains([]string{"512", "20"}, strings.Fields(shares)[0]), true)
	}
}

func TestEvents(t *testing.T) {
	e := engine(t)
	began := time.Now().Add(-time.Second)
	id := create(t, e, sh("true"))
	var actions []string
	events := must(system.New(e).Events(t.Context(), &system.EventsOptions{
		Since: began, Stream: new(false), Filters: map[string][]string{"container": {id}},
	}))(t)
	for ev, err := range events.All() {
		ok(t, err)
		equal(t, "type", ev.Type, "container")
		equal(t, "image", ev.Actor.Attributes["image"], image)
		actions = append(actions, ev.Action)
	}
	equal(t, "actions", actions, []string{"create"})

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	live := must(system.New(e).Events(ctx, &system.EventsOptions{Filters: map[string][]string{"container": {id}}}))(t)
	ok(t, containers.New(e).Start(t.Context(), id, nil))
	for ev, err := range live.All() {
		if errors.Is(err, context.Canceled) {
			break
		}
		ok(t, err)
		if ev.Action == "start" {
			cancel()
		}
	}
}

func TestPrune(t *testing.T) {
	e := engine(t)
	name := enginetest.Name(t)
	spec := sh("true")
	spec.Labels = map[string]string{"prune": name}
	id := create(t, e, spec)
	gone := must(containers.New(e).Prune(t.Context(), &containers.PruneOptions{Filters: map[string][]string{"label": {"prune=" + name}}}))(t)
	if len(gone) != 1 || gone[0].ID != id || gone[0].Err != "" {
		t.Errorf("pruned: %+v", gone)
	}
}
