package docker_test

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/images"
	"github.com/gantry-go/gantry/transport"
)

func testContainers(t *testing.T, e *engine) {
	t.Run("empty is not absent", func(t *testing.T) { testPresence(t, e) })
	t.Run("create and inspect", func(t *testing.T) { testCreate(t, e) })
	t.Run("health", func(t *testing.T) { testHealth(t, e) })
	t.Run("create refused", func(t *testing.T) { testCreateRefused(t, e) })
	t.Run("list", func(t *testing.T) { testList(t, e) })
	t.Run("prune", func(t *testing.T) { testPrune(t, e) })
	t.Run("wait before start", func(t *testing.T) { testWait(t, e) })
	t.Run("stop and restart", func(t *testing.T) { testStop(t, e) })
	t.Run("pause and kill", func(t *testing.T) { testPause(t, e) })
	t.Run("rename and delete", func(t *testing.T) { testRename(t, e) })
	t.Run("update", func(t *testing.T) { testUpdate(t, e) })
	t.Run("top", func(t *testing.T) { testTop(t, e) })
	t.Run("changes and export", func(t *testing.T) { testChanges(t, e) })
	t.Run("archive", func(t *testing.T) { testArchive(t, e) })
	t.Run("stats", func(t *testing.T) { testStats(t, e) })
	t.Run("resize", func(t *testing.T) { testResize(t, e) })
}

// testPresence sends empty values that say something else than none at all.
func testPresence(t *testing.T, e *engine) {
	c := containers.New(e)
	echo := commitEntrypoint(t, e, "echo", "greeting:")

	empty := sh("echo plain")
	empty.Image = echo
	empty.Entrypoint = []string{}
	empty.StopTimeout = new(0)
	empty.HostConfig = v141.HostConfig{Init: new(false), MaskedPaths: []string{}}
	got := must(c.Inspect(t.Context(), create(t, e, empty), nil))(t)
	equal(t, "StopTimeout", got.Config.StopTimeout, new(0))
	if !e.isPodman() {
		// Podman's compatible create takes an empty entrypoint for none, reads no MaskedPaths, and no inspection
		// shows those, nor an Init that is false.
		stdout, _, _ := output(t, e, empty)
		equal(t, "output without an entrypoint", stdout, "plain\n")
		equal(t, "program", append([]string{got.Path}, got.Args...), empty.Cmd)
		equal(t, "Init", got.HostConfig.Init, new(false))
		equal(t, "MaskedPaths", got.HostConfig.MaskedPaths, []string{})
	}

	absent := containers.CreateRequest{Image: echo, Cmd: []string{"hello"}}
	stdout, _, _ := output(t, e, absent)
	equal(t, "output with the image's entrypoint", stdout, "greeting: hello\n")
	got = must(c.Inspect(t.Context(), create(t, e, absent), nil))(t)
	equal(t, "program", append([]string{got.Path}, got.Args...), []string{"echo", "greeting:", "hello"})
	if !e.isPodman() {
		// Podman's compatible create makes a stop timeout of 0 of none.
		equal(t, "StopTimeout", got.Config.StopTimeout, (*int)(nil))
		equal(t, "Init", got.HostConfig.Init, (*bool)(nil))
		if len(got.HostConfig.MaskedPaths) == 0 {
			t.Error("nothing is masked by default")
		}
	}
	inited := absent
	inited.HostConfig.Init = new(true)
	got = must(c.Inspect(t.Context(), create(t, e, inited), nil))(t)
	equal(t, "Init", got.HostConfig.Init, new(true))
}

// commitEntrypoint makes an image with an entrypoint, and returns its name.
func commitEntrypoint(t *testing.T, e *engine, entrypoint ...string) (image string) {
	t.Helper()
	c, name := images.New(e), unique()
	id := create(t, e, sh("exit"))
	must(c.Commit(t.Context(), id, v141.ContainerConfig{}, &images.CommitOptions{
		Repo: name, Tag: "1", Changes: []string{`ENTRYPOINT ["` + strings.Join(entrypoint, `","`) + `"]`},
	}))(t)
	removeImage(t, e, name+":1")
	return name + ":1"
}

// removeImage has an image removed when the test ends.
func removeImage(t *testing.T, e *engine, name string) {
	t.Helper()
	cleanup(t, func(ctx context.Context) error {
		_, err := images.New(e).Delete(ctx, name, &images.DeleteOptions{Force: true})
		return err
	})
}

// testCreate sends a rich request and reads it back.
func testCreate(t *testing.T, e *engine) {
	c := containers.New(e)
	req := sh("exec sleep 3600")
	req.Env = []string{"GREETING=hello world", "EMPTY="}
	req.Labels = map[string]string{"com.example.role": "tester", "com.example.empty": ""}
	req.WorkingDir = "/tmp"
	req.User = "0:0"
	req.Hostname = "conny"
	req.StopSignal = "SIGINT"
	req.StopTimeout = new(1)
	req.ExposedPorts = map[string]struct{}{"8080/tcp": {}}
	req.HostConfig = v141.HostConfig{
		NetworkMode:   "bridge",
		Memory:        64 << 20,
		CPUShares:     512,
		PIDsLimit:     new(int64(100)),
		CapAdd:        []string{"NET_ADMIN"},
		ExtraHosts:    []string{"friend:10.9.8.7"},
		PortBindings:  v141.PortMap{"8080/tcp": {{HostIP: "127.0.0.1", HostPort: ""}}},
		Ulimits:       []v141.Ulimit{{Name: "nofile", Soft: 512, Hard: 512}, {Name: "nproc", Soft: 512, Hard: 512}},
		Tmpfs:         map[string]string{"/scratch": "size=1m"},
		RestartPolicy: v141.RestartPolicy{Name: "on-failure", MaximumRetryCount: 2},
		Mounts:        []v141.Mount{{Type: v141.MountTypeTmpfs, Target: "/mounted", TmpfsOptions: v141.MountTmpfsOptions{SizeBytes: 1 << 20}}},
	}
	before := time.Now().Add(-time.Minute)
	id := start(t, e, req)
	got := must(c.Inspect(t.Context(), id, &containers.InspectOptions{Size: true}))(t)

	equal(t, "id", got.ID, id)
	equal(t, "running", got.State.Running, true)
	equal(t, "status", got.State.Status, v141.ContainerStateStatusRunning)
	if got.Created.Before(before) || got.State.StartedAt.Before(got.Created) || !got.State.FinishedAt.IsZero() && !e.isPodman() {
		t.Errorf("created %v, started %v, finished %v", got.Created, got.State.StartedAt, got.State.FinishedAt)
	}
	if got.State.PID < 1 || got.SizeRootFs == nil || *got.SizeRootFs < 1<<20 {
		t.Errorf("process %d, size %v", got.State.PID, got.SizeRootFs)
	}
	if !slices.Contains(got.Config.Env, "GREETING=hello world") || !slices.Contains(got.Config.Env, "EMPTY=") {
		t.Errorf("environment: %q", got.Config.Env)
	}
	equal(t, "labels", got.Config.Labels, req.Labels)
	equal(t, "working directory", got.Config.WorkingDir, "/tmp")
	equal(t, "user", got.Config.User, "0:0")
	equal(t, "host name", got.Config.Hostname, "conny")
	equal(t, "stop timeout", got.Config.StopTimeout, new(1))
	equal(t, "memory", got.HostConfig.Memory, int64(64<<20))
	equal(t, "shares", got.HostConfig.CPUShares, int64(512))
	equal(t, "limit of processes", got.HostConfig.PIDsLimit, new(int64(100)))
	equal(t, "extra hosts", got.HostConfig.ExtraHosts, req.HostConfig.ExtraHosts)
	equal(t, "restart policy", got.HostConfig.RestartPolicy, req.HostConfig.RestartPolicy)
	equal(t, "published port", got.HostConfig.PortBindings["8080/tcp"][0].HostIP, "127.0.0.1")
	checkHostConfig(t, e, got)
}

// checkHostConfig checks what engines write in their own ways.
func checkHostConfig(t *testing.T, e *engine, got *containers.InspectResponse) {
	t.Helper()
	wantUlimit, wantSignal := v141.Ulimit{Name: "nofile", Soft: 512, Hard: 512}, "SIGINT"
	if e.isPodman() {
		wantUlimit.Name, wantSignal = "RLIMIT_NOFILE", "2"
	}
	equal(t, "stop signal", got.Config.StopSignal, wantSignal)
	if !slices.Contains(got.HostConfig.Ulimits, wantUlimit) {
		t.Errorf("ulimits: %+v", got.HostConfig.Ulimits)
	}
	if !slices.Contains(got.HostConfig.CapAdd, "NET_ADMIN") {
		t.Errorf("capabilities: %q", got.HostConfig.CapAdd)
	}
	published := got.NetworkSettings.Ports["8080/tcp"]
	if len(published) != 1 || published[0].HostIP != "127.0.0.1" || published[0].HostPort == "" {
		t.Errorf("published ports: %+v", got.NetworkSettings.Ports)
	}
	listed := must(containers.New(e).List(t.Context(), &containers.ListOptions{Filters: map[string][]string{"id": {got.ID}}}))(t)
	if len(listed) != 1 || len(listed[0].Ports) != 1 || listed[0].Ports[0].PrivatePort != 8080 || listed[0].Ports[0].Type != v141.PortTypeTCP ||
		strconv.Itoa(int(listed[0].Ports[0].PublicPort)) != published[0].HostPort {
		t.Errorf("listed with ports: %+v", listed)
	}
	if got.NetworkSettings.IPAddress == "" || got.NetworkSettings.IPPrefixLen != 16 {
		t.Errorf("address: %s/%d", got.NetworkSettings.IPAddress, got.NetworkSettings.IPPrefixLen)
	}
	equal(t, "tmpfs", strings.Contains(got.HostConfig.Tmpfs["/scratch"], "size=1m"), true)
	if i := slices.IndexFunc(got.Mounts, func(m v141.MountPoint) bool { return m.Destination == "/mounted" }); !e.isPodman() {
		if i < 0 || got.Mounts[i].Type != v141.MountTypeTmpfs || !got.Mounts[i].RW {
			t.Errorf("mounts: %+v", got.Mounts)
		}
	}
}

func testCreateRefused(t *testing.T, e *engine) {
	needBase(t, e)
	c := containers.New(e)
	taken := unique()
	first := must(c.Create(t.Context(), containers.CreateRequest{Image: baseImage, Cmd: []string{"true"}}, &containers.CreateOptions{Name: taken}))(t)
	cleanup(t, func(ctx context.Context) error { return c.Delete(ctx, first.ID, nil) })
	equal(t, "warnings", len(first.Warnings), 0)

	_, err := c.Create(t.Context(), containers.CreateRequest{Image: baseImage, Cmd: []string{"true"}}, &containers.CreateOptions{Name: taken})
	if e.isPodman() {
		fails(t, err, transport.ErrServer, http.StatusInternalServerError, "already in use")
	} else {
		fails(t, err, transport.ErrConflict, http.StatusConflict, "already in use")
	}
	_, err = c.Create(t.Context(), containers.CreateRequest{Image: "gantry/none:such"}, nil)
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, "gantry/none:such")
	_, err = c.Create(t.Context(), containers.CreateRequest{Image: baseImage, Cmd: []string{"true"}}, &containers.CreateOptions{Name: "/not/a/name"})
	if e.isPodman() {
		fails(t, err, transport.ErrServer, http.StatusInternalServerError, "names must match")
	} else {
		fails(t, err, transport.ErrBadRequest, http.StatusBadRequest, "Invalid container name")
	}
	_, err = c.Inspect(t.Context(), unique(), nil)
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, "o such container")
}

func testList(t *testing.T, e *engine) {
	c, label := containers.New(e), unique()
	done := sh("echo 12345 >/file; exit 4")
	done.Labels = map[string]string{label: "done"}
	stopped := start(t, e, done)
	equal(t, "status", exit(t, e, stopped), int64(4))
	run := sh(idle)
	run.Labels = map[string]string{label: "running"}
	running := start(t, e, run)

	list := func(opts containers.ListOptions) (ids []string) {
		t.Helper()
		for _, one := range must(c.List(t.Context(), &opts))(t) {
			ids = append(ids, one.ID)
		}
		slices.Sort(ids) // Podman's have no order
		return ids
	}
	labelled := map[string][]string{"label": {label}}
	equal(t, "running ones", list(containers.ListOptions{Filters: labelled}), []string{running})
	both := slices.Sorted(slices.Values([]string{running, stopped}))
	equal(t, "all", list(containers.ListOptions{All: true, Filters: labelled}), both)
	equal(t, "how many of at most one", len(list(containers.ListOptions{Limit: 1, Filters: labelled})), 1)
	equal(t, "by value", list(containers.ListOptions{All: true, Filters: map[string][]string{"label": {label + "=done"}}}), []string{stopped})
	equal(t, "by status", list(containers.ListOptions{Filters: map[string][]string{"label": {label}, "exited": {"4"}, "status": {"exited"}}}), []string{stopped})

	got := must(c.List(t.Context(), &containers.ListOptions{All: true, Size: true, Filters: map[string][]string{"id": {stopped}}}))(t)
	if len(got) != 1 {
		t.Fatalf("%d containers with one id", len(got))
	}
	one := got[0]
	equal(t, "state", one.State, "exited")
	contains(t, "status", one.Status, "Exited (4)")
	equal(t, "labels", one.Labels, done.Labels)
	contains(t, "image", one.Image, baseImage)
	contains(t, "command", one.Command, "echo 12345")
	if one.Created < time.Now().Add(-time.Hour).Unix() || one.SizeRW < 6 || one.SizeRootFs < 1<<20 || !strings.HasPrefix(one.Names[0], "/gantry-") {
		t.Errorf("made at %d, of size %d and %d, called %q", one.Created, one.SizeRW, one.SizeRootFs, one.Names)
	}
	_, err := c.List(t.Context(), &containers.ListOptions{Filters: map[string][]string{"colour": {"red"}}})
	if e.isPodman() {
		fails(t, err, transport.ErrServer, http.StatusInternalServerError, "colour is an invalid filter")
	} else {
		fails(t, err, transport.ErrBadRequest, http.StatusBadRequest, "Invalid filter 'colour'")
	}
}

func testPrune(t *testing.T, e *engine) {
	c, label := containers.New(e), unique()
	req := sh("echo 12345 >/file")
	req.Labels = map[string]string{label: ""}
	gone := start(t, e, req)
	equal(t, "status", exit(t, e, gone), int64(0))
	req.Cmd = sh(idle).Cmd
	stays := start(t, e, req)

	got := must(c.Prune(t.Context(), &containers.PruneOptions{Filters: map[string][]string{"label": {label}}}))(t)
	equal(t, "pruned", got.ContainersDeleted, []string{gone})
	if got.SpaceReclaimed < 6 {
		t.Errorf("%d bytes reclaimed", got.SpaceReclaimed)
	}
	_, err := c.Inspect(t.Context(), gone, nil)
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, gone)
	must(c.Inspect(t.Context(), stays, nil))(t)
	again := must(c.Prune(t.Context(), &containers.PruneOptions{Filters: map[string][]string{"label": {label}}}))(t)
	equal(t, "pruned again", len(again.ContainersDeleted), 0)
}
