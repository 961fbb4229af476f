package docker_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/transport"
)

// testWait waits for the end of what has not begun.
func testWait(t *testing.T, e *engine) {
	c := containers.New(e)
	id := create(t, e, sh("exit 42"))
	pending := must(c.Wait(t.Context(), id, &containers.WaitOptions{Condition: containers.WaitNextExit}))(t)
	defer pending.Close() //nolint:errcheck // Result closes it; this is for a test that ends before
	ok(t, c.Start(t.Context(), id, nil))
	equal(t, "status of the next exit", result(t, pending), int64(42))
	equal(t, "status of what has stopped", exit(t, e, id), int64(42))

	got := must(c.Inspect(t.Context(), id, nil))(t)
	equal(t, "status", got.State.Status, v141.ContainerStateStatusExited)
	equal(t, "exit code", got.State.ExitCode, int64(42))
	// The engine notes the start when the runtime is back, and a quick program has ended by then.
	if d := got.State.FinishedAt.Sub(got.State.StartedAt); got.State.StartedAt.IsZero() || d.Abs() > time.Minute {
		t.Errorf("ran from %v to %v", got.State.StartedAt, got.State.FinishedAt)
	}
	equal(t, "size, not asked for", got.SizeRW, (*int64)(nil))

	removed := must(c.Wait(t.Context(), id, &containers.WaitOptions{Condition: containers.WaitRemoved}))(t)
	defer removed.Close() //nolint:errcheck // as above
	ok(t, c.Delete(t.Context(), id, nil))
	last := result(t, removed)
	if !e.isPodman() { // which has forgotten it by then
		equal(t, "status of what is gone", last, int64(42))
	}

	// Waiting ends with its context.
	why := errors.New("waited enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	long := must(c.Wait(ctx, startIdle(t, e), nil))(t)
	cancel(why)
	_, err := long.Result()
	if !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
		t.Errorf("waited with %v", err)
	}
	_, err = c.Wait(t.Context(), unique(), nil)
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, "o such container")
}

func testStop(t *testing.T, e *engine) {
	c := containers.New(e)
	id := startIdle(t, e)
	ok(t, c.Start(t.Context(), id, nil)) // 304: it runs already
	ok(t, c.Stop(t.Context(), id, &containers.StopOptions{Timeout: new(20)}))
	equal(t, "status after a polite stop", exit(t, e, id), int64(7))
	ok(t, c.Stop(t.Context(), id, nil)) // 304: it has stopped already

	ok(t, c.Restart(t.Context(), id, nil))
	first := must(c.Inspect(t.Context(), id, nil))(t)
	equal(t, "running", first.State.Running, true)
	ok(t, c.Restart(t.Context(), id, &containers.RestartOptions{Timeout: new(0)}))
	second := must(c.Inspect(t.Context(), id, nil))(t)
	if !second.State.StartedAt.After(first.State.StartedAt) {
		t.Errorf("started at %v and again at %v", first.State.StartedAt, second.State.StartedAt)
	}
	deaf := start(t, e, sh("trap '' TERM; echo ready; while :; do sleep 3600; done"))
	awaitLine(t, e, deaf, "ready")
	ok(t, c.Stop(t.Context(), deaf, &containers.StopOptions{Timeout: new(0)}))
	equal(t, "status after a stop at once", exit(t, e, deaf), int64(137))

	missing := unique()
	fails(t, c.Start(t.Context(), missing, nil), transport.ErrNotFound, http.StatusNotFound, missing)
	fails(t, c.Stop(t.Context(), missing, nil), transport.ErrNotFound, http.StatusNotFound, missing)
	fails(t, c.Restart(t.Context(), missing, nil), transport.ErrNotFound, http.StatusNotFound, missing)

	broken := create(t, e, containers.CreateRequest{Cmd: []string{"/no/such/program"}})
	err := c.Start(t.Context(), broken, nil)
	if e.isPodman() {
		fails(t, err, transport.ErrServer, http.StatusInternalServerError, "no such file")
	} else {
		fails(t, err, transport.ErrBadRequest, http.StatusBadRequest, "no such file")
	}
}

func testPause(t *testing.T, e *engine) {
	c := containers.New(e)
	id := startIdle(t, e)
	ok(t, c.Pause(t.Context(), id))
	state := must(c.Inspect(t.Context(), id, nil))(t).State
	equal(t, "status", state.Status, v141.ContainerStateStatusPaused)
	equal(t, "paused", state.Paused, true)
	err := c.Pause(t.Context(), id)
	if e.isPodman() {
		fails(t, err, transport.ErrServer, http.StatusInternalServerError, "already paused")
	} else {
		fails(t, err, transport.ErrConflict, http.StatusConflict, "already paused")
	}
	ok(t, c.Unpause(t.Context(), id))
	equal(t, "paused", must(c.Inspect(t.Context(), id, nil))(t).State.Paused, false)
	fails(t, c.Unpause(t.Context(), id), transport.ErrServer, http.StatusInternalServerError, "not paused")

	err = c.Kill(t.Context(), id, &containers.KillOptions{Signal: "SIGNONSENSE"})
	if e.isPodman() {
		fails(t, err, transport.ErrServer, http.StatusInternalServerError, "invalid signal")
	} else {
		fails(t, err, transport.ErrBadRequest, http.StatusBadRequest, "Invalid signal")
	}
	ok(t, c.Kill(t.Context(), id, &containers.KillOptions{Signal: "SIGTERM"}))
	equal(t, "status after SIGTERM", exit(t, e, id), int64(7))
	err = c.Kill(t.Context(), id, nil)
	if e.isPodman() {
		fails(t, err, transport.ErrServer, http.StatusInternalServerError, "can only kill running containers")
	} else {
		fails(t, err, transport.ErrConflict, http.StatusConflict, "is not running")
	}
	ok(t, c.Start(t.Context(), id, nil))
	ok(t, c.Kill(t.Context(), id, nil))
	equal(t, "status after SIGKILL", exit(t, e, id), int64(137))
}

func testRename(t *testing.T, e *engine) {
	c, name := containers.New(e), unique()
	id := startIdle(t, e)
	ok(t, c.Rename(t.Context(), id, name))
	equal(t, "name", must(c.Inspect(t.Context(), name, nil))(t).Name, "/"+name)
	other := create(t, e, sh("exit"))
	fails(t, c.Rename(t.Context(), other, name), transport.ErrConflict, http.StatusConflict, "already in use")

	err := c.Delete(t.Context(), name, nil)
	if e.isPodman() {
		fails(t, err, transport.ErrServer, http.StatusInternalServerError, "it is running")
	} else {
		fails(t, err, transport.ErrConflict, http.StatusConflict, "cannot remove a running container")
	}
	ok(t, c.Delete(t.Context(), name, &containers.DeleteOptions{Force: true}))
	_, err = c.Inspect(t.Context(), id, nil)
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, id)
	fails(t, c.Delete(t.Context(), name, nil), transport.ErrNotFound, http.StatusNotFound, name)
}

func testUpdate(t *testing.T, e *engine) {
	c := containers.New(e)
	req := sh(idle)
	req.HostConfig.PIDsLimit = new(int64(100))
	id := start(t, e, req)
	update := containers.UpdateRequest{CPUShares: 256, RestartPolicy: v141.RestartPolicy{Name: "unless-stopped"}}
	changed, err := c.Update(t.Context(), id, update)
	if e.isPodman() {
		// It has no such endpoint before 5.
		fails(t, err, transport.ErrNotFound, http.StatusNotFound, "Not Found")
		return
	}
	ok(t, err)
	equal(t, "warnings", len(changed.Warnings), 0)
	got := must(c.Inspect(t.Context(), id, nil))(t).HostConfig
	equal(t, "shares", got.CPUShares, int64(256))
	equal(t, "restart policy", got.RestartPolicy.Name, v141.RestartPolicyNameUnlessStopped)
	equal(t, "limit of processes that was not mentioned", got.PIDsLimit, new(int64(100)))

	must(c.Update(t.Context(), id, containers.UpdateRequest{PIDsLimit: new(int64(0))}))(t)
	got = must(c.Inspect(t.Context(), id, nil))(t).HostConfig
	if got.PIDsLimit != nil && *got.PIDsLimit > 0 {
		t.Errorf("limit of processes is %d after 0 was asked for", *got.PIDsLimit)
	}
	_, err = c.Update(t.Context(), unique(), update)
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, "No such container")
}

// testHealth has the engine find out that a container is ill.
func testHealth(t *testing.T, e *engine) {
	c := containers.New(e)
	req := sh(idle)
	req.Healthcheck = v141.HealthConfig{
		Test: []string{"CMD-SHELL", "echo feeling bad; exit 1"}, Interval: int64(time.Second), Timeout: int64(10 * time.Second), Retries: 1,
	}
	id := start(t, e, req)
	got := must(c.Inspect(t.Context(), id, nil))(t)
	equal(t, "check", got.Config.Healthcheck, req.Healthcheck)
	if got.State.Health == nil || got.State.Health.Status != v141.HealthStatusStarting {
		t.Fatalf("health in the beginning: %+v", got.State.Health)
	}
	if e.isPodman() {
		return // it has systemd do the checks, which is not everywhere
	}
	var health v141.Health
	eventually(t, "a failed check", func() bool {
		health = *must(c.Inspect(t.Context(), id, nil))(t).State.Health
		return health.Status == v141.HealthStatusUnhealthy
	})
	if len(health.Log) == 0 || health.FailingStreak < 1 {
		t.Fatalf("health: %+v", health)
	}
	check := health.Log[0]
	equal(t, "output of the check", check.Output, "feeling bad\n")
	equal(t, "status of the check", check.ExitCode, int64(1))
	if check.End.Before(check.Start) || check.Start.IsZero() {
		t.Errorf("checked from %v to %v", check.Start, check.End)
	}
}

func testTop(t *testing.T, e *engine) {
	c := containers.New(e)
	id := startIdle(t, e)
	top := must(c.Top(t.Context(), id, &containers.TopOptions{PsArgs: "-o pid,args"}))(t)
	contains(t, "titles", strings.Join(top.Titles, " "), "PID")
	found := slices.ContainsFunc(top.Processes, func(columns []string) bool {
		return strings.Contains(strings.Join(columns, " "), "sleep 3600")
	})
	if !found {
		t.Errorf("no sleep among the processes: %q", top.Processes)
	}
	_, err := c.Top(t.Context(), create(t, e, sh("exit")), nil)
	if e.isPodman() {
		// It answers 200 and nothing, which is no list of processes.
		fails(t, err, transport.ErrProtocol, http.StatusOK, "")
	} else {
		fails(t, err, transport.ErrConflict, http.StatusConflict, "is not running")
	}
}

func testStats(t *testing.T, e *engine) {
	c := containers.New(e)
	req := sh(idle)
	req.HostConfig.NetworkMode = "bridge"
	id := start(t, e, req)
	one := must(must(c.Stats(t.Context(), id, &containers.StatsOptions{Stream: new(false), OneShot: true}))(t).One())(t)
	checkStats(t, id, one)
	if !e.isPodman() { // which does not do without the second measurement
		equal(t, "an earlier measurement", one.PreRead.IsZero(), true)
	}

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var last v141.ContainerStatsResponse
	for stats, err := range must(c.Stats(ctx, id, nil))(t).All() {
		ok(t, err)
		checkStats(t, id, stats)
		if !last.Read.IsZero() {
			equal(t, "the measurement before", stats.PreRead, last.Read)
			equal(t, "later than that", stats.Read.After(last.Read), true)
			break
		}
		last = stats
	}
	if ctx.Err() != nil {
		t.Error("no two measurements")
	}
	_, err := c.Stats(t.Context(), unique(), nil)
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, "") // Podman has no words for it
}

func checkStats(t *testing.T, id string, stats v141.ContainerStatsResponse) {
	t.Helper()
	equal(t, "id", stats.ID, id)
	if time.Since(stats.Read).Abs() > time.Minute {
		t.Errorf("measured at %v", stats.Read)
	}
	if stats.PIDsStats.Current < 1 || stats.CPUStats.OnlineCPUs < 1 || stats.CPUStats.CPUUsage.TotalUsage == 0 {
		t.Errorf("processes: %+v, processors: %+v", stats.PIDsStats, stats.CPUStats)
	}
	if stats.MemoryStats.Usage == 0 || stats.MemoryStats.Limit <= stats.MemoryStats.Usage {
		t.Errorf("memory: %+v", stats.MemoryStats)
	}
	if len(stats.Networks) != 1 {
		t.Errorf("networks: %+v", stats.Networks)
	}
}

// testResize changes the size of a terminal and has the program in it tell.
func testResize(t *testing.T, e *engine) {
	c := containers.New(e)
	req := sh("trap 'stty size' WINCH; echo ready; while :; do sleep 3600 & wait; done")
	req.TTY = true
	id := start(t, e, req)
	awaitLine(t, e, id, "ready")
	ok(t, c.Resize(t.Context(), id, 40, 120))
	awaitLine(t, e, id, "40 120")

	err := c.Resize(t.Context(), create(t, e, sh("exit")), 40, 120)
	if e.isPodman() {
		return // it takes the size of what is not yet running, and loses it
	}
	fails(t, err, transport.ErrConflict, http.StatusConflict, "is not running")
}
