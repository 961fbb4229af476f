// Code generated from smoke.go.tmpl by go generate. DO NOT EDIT.

package smoke_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/docker/v156"
	"github.com/gantry-go/gantry/docker/v156/configs"
	"github.com/gantry-go/gantry/docker/v156/containers"
	"github.com/gantry-go/gantry/docker/v156/exec"
	"github.com/gantry-go/gantry/docker/v156/images"
	"github.com/gantry-go/gantry/docker/v156/networks"
	"github.com/gantry-go/gantry/docker/v156/nodes"
	"github.com/gantry-go/gantry/docker/v156/secrets"
	"github.com/gantry-go/gantry/docker/v156/services"
	"github.com/gantry-go/gantry/docker/v156/swarm"
	"github.com/gantry-go/gantry/docker/v156/system"
	"github.com/gantry-go/gantry/docker/v156/tasks"
	"github.com/gantry-go/gantry/docker/v156/volumes"
	"github.com/gantry-go/gantry/hijack"
)

// v156Smoke calls the operations of API 1.56.
type v156Smoke struct{ *engine }

func (e v156Smoke) run(t *testing.T) {
	t.Run("images", e.images)
	t.Run("system", e.system)
	t.Run("containers", e.containers)
	t.Run("states", e.states)
	t.Run("files", e.files)
	t.Run("streams", e.streams)
	t.Run("terminal", e.terminal)
	t.Run("exec", e.exec)
	t.Run("networks", e.networks)
	t.Run("volumes", e.volumes)
	if e.isPodman() {
		return // it has no cluster
	}
	t.Run("swarm", e.swarm)
}

// create makes a container of the base image.
func (e v156Smoke) create(t *testing.T, req containers.CreateRequest) (id string) {
	t.Helper()
	c := containers.New(e)
	req.Image = baseImage
	if req.HostConfig.NetworkMode == "" {
		req.HostConfig.NetworkMode = "none"
	}
	id = must(c.Create(t.Context(), req, &containers.CreateOptions{Name: unique()}))(t).ID
	cleanup(t, func(ctx context.Context) error {
		return c.Delete(ctx, id, &containers.DeleteOptions{Force: true, Volumes: true})
	})
	return id
}

// start makes a container that runs a script, and starts it.
func (e v156Smoke) start(t *testing.T, script string) (id string) {
	t.Helper()
	id = e.create(t, containers.CreateRequest{Cmd: []string{"sh", "-c", script}})
	ok(t, containers.New(e).Start(t.Context(), id, nil))
	return id
}

// startIdle starts a container that waits for signals.
func (e v156Smoke) startIdle(t *testing.T) (id string) {
	t.Helper()
	id = e.start(t, idle)
	awaitLine(t, e.follow(t, id), "ready")
	return id
}

// follow reads a container's output as it comes.
func (e v156Smoke) follow(t *testing.T, id string) *hijack.Logs {
	t.Helper()
	return must(containers.New(e).Logs(t.Context(), id, &containers.LogsOptions{Follow: true, Stdout: true, Stderr: true}))(t)
}

// exit waits until a container has stopped and returns its status.
func (e v156Smoke) exit(t *testing.T, id string) int64 {
	t.Helper()
	pending := must(containers.New(e).Wait(t.Context(), id, nil))(t)
	return must(pending.Result())(t).StatusCode
}

// inspectImage has options from 1.48 on.
func (e v156Smoke) inspectImage(t *testing.T, name string) (*v156.ImageInspect, error) {
	t.Helper()
	return images.New(e).Inspect(t.Context(), name, nil)
}

func (e v156Smoke) images(t *testing.T) {
	c, ctx, repo := images.New(e), t.Context(), unique()
	remove := func(name string) {
		cleanup(t, func(ctx context.Context) error {
			_, err := c.Delete(ctx, name, &images.DeleteOptions{Force: true})
			return err
		})
	}
	var said strings.Builder
	for _, m := range all(t, must(c.Load(ctx, bytes.NewReader(baseArchive(t)), &images.LoadOptions{Quiet: new(true)}))(t)) {
		said.WriteString(m.Stream)
	}
	contains(t, "loading", said.String(), "Loaded image: "+e.full(baseImage))
	base := must(e.inspectImage(t, baseImage))(t)
	equal(t, "platform", base.OS+"/"+base.Architecture, e.Info().OS+"/"+e.Info().Arch)
	equal(t, "command", base.Config.Cmd, []string{"sh"})
	equal(t, "layers", len(base.RootFS.Layers), 1)

	ok(t, c.Tag(ctx, baseImage, &images.TagOptions{Repo: repo, Tag: "1"}))
	remove(repo + ":1")
	list := must(c.List(ctx, &images.ListOptions{Filters: map[string][]string{"reference": {repo + ":1"}}}))(t)
	if len(list) != 1 || list[0].ID != base.ID || !slices.Contains(list[0].RepoTags, e.full(repo+":1")) || list[0].Size != base.Size {
		t.Errorf("listed: %+v, want %+v", list, base)
	}
	equal(t, "untagged", must(c.Delete(ctx, repo+":1", nil))(t), []v156.ImageDeleteResponseItem{{Untagged: e.full(repo + ":1")}})
	_, err := e.inspectImage(t, repo+":1")
	missing(t, err)

	archive := readAll(t, must(c.Get(ctx, baseImage, nil))(t))
	contains(t, "manifest", untar(t, bytes.NewReader(archive))["manifest.json"], e.full(baseImage))
	both := untar(t, must(c.GetAll(ctx, &images.GetAllOptions{Names: []string{baseImage}}))(t))
	contains(t, "manifest of all", both["manifest.json"], e.full(baseImage))

	imported := all(t, must(c.Create(ctx, tarball(t, "motd", "hello\n"), &images.CreateOptions{FromSrc: "-", Repo: repo}))(t))
	remove(repo + ":latest")
	equal(t, "imported", must(e.inspectImage(t, repo+":latest"))(t).ID, imported[len(imported)-1].Status)

	built := unique()
	said.Reset()
	for _, m := range all(t, must(c.Build(ctx, tarball(t, "Dockerfile", "FROM "+baseImage+"\nARG who\nENV WHO=$who\n"), &images.BuildOptions{
		Tags: []string{built}, BuildArgs: map[string]*string{"who": new("me")}, Labels: map[string]string{built: "yes"},
	}))(t)) {
		said.WriteString(m.Stream)
	}
	remove(built)
	contains(t, "building", said.String(), "Successfully tagged")
	equal(t, "environment", slices.Contains(must(e.inspectImage(t, built))(t).Config.Env, "WHO=me"), true)
	history := must(c.History(ctx, built, nil))(t)
	if len(history) < 2 || history[0].CreatedBy == "" || history[len(history)-1].Size < 1<<20 {
		t.Errorf("history: %+v", history)
	}
	if !e.isPodman() { // which has one builder
		e.buildKit(t)
	}

	label := unique()
	made := must(c.Commit(ctx, e.create(t, containers.CreateRequest{}), v156.ContainerConfig{}, &images.CommitOptions{Changes: []string{"LABEL " + label + "=yes"}}))(t)
	pruned := must(c.Prune(ctx, &images.PruneOptions{Filters: map[string][]string{"label": {label + "=yes"}}}))(t)
	if !slices.ContainsFunc(pruned.ImagesDeleted, func(d v156.ImageDeleteResponseItem) bool {
		return strings.TrimPrefix(d.Deleted, "sha256:") == strings.TrimPrefix(made.ID, "sha256:")
	}) {
		t.Errorf("%s was not pruned: %+v", made.ID, pruned)
	}
}

// buildKit has the other builder make an image, out of nothing but the build's context: it takes the context of a session or,
// as here, the request's body, which some engines begin to read once they have answered.
func (e v156Smoke) buildKit(t *testing.T) {
	c, ctx, name := images.New(e), t.Context(), unique()
	plan := "FROM scratch\nCOPY Dockerfile /plan\nLABEL " + name + "=yes\n" + strings.Repeat("# more than any buffer on the way holds\n", 1<<14)
	var id struct{ ID string }
	for _, m := range all(t, must(c.Build(ctx, io.MultiReader(tarball(t, "Dockerfile", plan)), &images.BuildOptions{
		Tags: []string{name}, Version: images.BuilderBuildKit,
	}))(t)) {
		if m.ID == "moby.image.id" {
			ok(t, json.Unmarshal(m.Aux, &id))
		}
	}
	cleanup(t, func(ctx context.Context) error {
		_, err := c.Delete(ctx, name, &images.DeleteOptions{Force: true})
		return err
	})
	built := must(e.inspectImage(t, name))(t)
	equal(t, "BuildKit's image", built.ID, id.ID)
	equal(t, "its label", built.Config.Labels[name], "yes")
	ctr := must(containers.New(e).Create(ctx, containers.CreateRequest{Image: name, Cmd: []string{"none"}}, nil))(t).ID
	cleanup(t, func(ctx context.Context) error { return containers.New(e).Delete(ctx, ctr, nil) })
	equal(t, "its file", untar(t, must(containers.New(e).Archive(ctx, ctr, "/plan"))(t))["plan"] == plan, true)
}

func (e v156Smoke) system(t *testing.T) {
	c, ctx := system.New(e), t.Context()
	ping := must(c.Ping(ctx))(t)
	equal(t, "ping", ping.APIVersion, e.Info().APIVersion)
	equal(t, "HEAD", system.PingResponse(*must(c.PingHead(ctx))(t)), *ping)
	version := must(c.Version(ctx))(t)
	equal(t, "version", version.Version, e.Info().Version)
	equal(t, "API version", version.APIVersion, e.Info().APIVersion)
	equal(t, "platform", version.OS+"/"+version.Arch, e.Info().OS+"/"+e.Info().Arch)

	name, since := unique(), time.Now()
	id := must(containers.New(e).Create(ctx, containers.CreateRequest{Image: baseImage, Cmd: []string{"sh", "-c", "exit 3"}}, &containers.CreateOptions{Name: name}))(t).ID
	cleanup(t, func(ctx context.Context) error {
		return containers.New(e).Delete(ctx, id, &containers.DeleteOptions{Force: true})
	})
	ok(t, containers.New(e).Start(ctx, id, nil))
	equal(t, "status", e.exit(t, id), int64(3))

	info := must(c.Info(ctx))(t)
	equal(t, "info's version", info.ServerVersion, version.Version)
	equal(t, "info's kernel", info.KernelVersion, version.KernelVersion)
	if info.NCPU < 1 || info.MemTotal < 1<<20 || info.Images < 1 || info.Containers < 1 || !slices.Contains(info.Plugins.Volume, "local") {
		t.Errorf("info: %+v", info)
	}
	eventually(t, "the usage has the container, which has ended", func() bool {
		usage := must(c.DataUsage(ctx, &system.DataUsageOptions{Verbose: true}))(t)
		images, ctrs := usage.ImageUsage.Items, usage.ContainerUsage.Items
		return len(images) > 0 && slices.ContainsFunc(ctrs, func(s v156.ContainerSummary) bool {
			return s.ID == id && s.State == "exited" && s.SizeRootFs > 0
		})
	})

	ok(t, containers.New(e).Delete(ctx, id, nil))
	want := []string{"create", "start", "die", e.lastEvent()}
	for event, err := range must(c.Events(ctx, &system.EventsOptions{
		Since: since, Until: e.untilNow(), Filters: map[string][]string{"container": {name}, "type": {"container"}},
	}))(t).All() {
		ok(t, err)
		equal(t, "actor of "+event.Action, event.Actor.ID, id)
		equal(t, "name with "+event.Action, event.Actor.Attributes["name"], name)
		if event.Action == want[0] {
			if want = want[1:]; len(want) == 0 {
				break
			}
		}
	}
	equal(t, "events that did not come", len(want), 0)
	if e.isPodman() && !strings.HasPrefix(e.env.Version, "4.") { // 4 answers 200 and nothing, Docker with events
		none, err := c.Events(ctx, &system.EventsOptions{Until: e.untilNow(), Filters: map[string][]string{"no-such-filter": {"x"}}})
		fails(t, "events by a filter that there is not", none, err)
	}
}

func (e v156Smoke) containers(t *testing.T) {
	c, ctx, label := containers.New(e), t.Context(), unique()
	before := time.Now().Add(-time.Minute)
	id := e.create(t, containers.CreateRequest{
		Cmd: []string{"sh", "-c", idle}, Env: []string{"GREETING=hello world"}, Labels: map[string]string{label: "yes"},
		WorkingDir: "/tmp", Hostname: "conny", ExposedPorts: map[string]struct{}{"8080/tcp": {}},
		HostConfig: v156.HostConfig{
			NetworkMode: "bridge", Memory: e.limit(64 << 20), CPUShares: e.limit(512), ExtraHosts: []string{"friend:10.9.8.7"},
			PortBindings:  v156.PortMap{"8080/tcp": {{HostIP: "127.0.0.1"}}},
			RestartPolicy: v156.RestartPolicy{Name: "on-failure", MaximumRetryCount: 2},
			Tmpfs:         map[string]string{"/scratch": "size=1m"},
		},
	})
	ok(t, c.Start(ctx, id, nil))
	awaitLine(t, e.follow(t, id), "ready")
	got := must(c.Inspect(ctx, id, &containers.InspectOptions{Size: true}))(t)
	equal(t, "id", got.ID, id)
	equal(t, "running", got.State.Running, true)
	equal(t, "labels", got.Config.Labels, map[string]string{label: "yes"})
	equal(t, "environment", slices.Contains(got.Config.Env, "GREETING=hello world"), true)
	equal(t, "working directory", got.Config.WorkingDir, "/tmp")
	equal(t, "host name", got.Config.Hostname, "conny")
	equal(t, "memory", got.HostConfig.Memory, e.limit(64<<20))
	equal(t, "shares", got.HostConfig.CPUShares, e.limit(512))
	equal(t, "extra hosts", got.HostConfig.ExtraHosts, []string{"friend:10.9.8.7"})
	equal(t, "restart policy", got.HostConfig.RestartPolicy, v156.RestartPolicy{Name: "on-failure", MaximumRetryCount: 2})
	if got.Created.Before(before) || got.State.StartedAt.Before(got.Created) || got.State.PID < 1 {
		t.Errorf("created %v, state %+v", got.Created, got.State)
	}
	published := got.NetworkSettings.Ports["8080/tcp"]
	if len(published) != 1 || published[0].HostIP != "127.0.0.1" || published[0].HostPort == "" {
		t.Errorf("published: %+v", got.NetworkSettings.Ports)
	}
	if network := got.NetworkSettings.Networks[e.bridge()]; network.IPAddress == "" || network.IPPrefixLen != 16 {
		t.Errorf("networks: %+v", got.NetworkSettings.Networks)
	}
	list := must(c.List(ctx, &containers.ListOptions{Filters: map[string][]string{"label": {label}}, Size: true}))(t)
	if len(list) != 1 || list[0].ID != id || list[0].State != "running" || len(list[0].Ports) != 1 || list[0].Ports[0].PrivatePort != 8080 || list[0].SizeRootFs == 0 {
		t.Errorf("listed: %+v", list)
	}
	top := must(c.Top(ctx, id, &containers.TopOptions{PsArgs: "-o pid,args"}))(t)
	if !slices.ContainsFunc(top.Processes, func(columns []string) bool { return strings.Contains(strings.Join(columns, " "), "sleep 3600") }) {
		t.Errorf("processes: %+v", top)
	}
	stats := must(must(c.Stats(ctx, id, &containers.StatsOptions{Stream: new(false)}))(t).One())(t)
	if stats.ID != id || stats.CPUStats.OnlineCPUs < 1 || (stats.MemoryStats.Usage == 0 || stats.PIDsStats.Current < 1) && e.env.Limits || len(stats.Networks) != 1 {
		t.Errorf("stats: %+v", stats)
	}
	if e.updates() {
		must(c.Update(ctx, id, containers.UpdateRequest{CPUShares: 256}))(t)
		equal(t, "shares after the update", must(c.Inspect(ctx, id, nil))(t).HostConfig.CPUShares, int64(256))
	}
	_, err := c.Inspect(ctx, unique(), nil)
	missing(t, err)
}

func (e v156Smoke) states(t *testing.T) {
	c, ctx := containers.New(e), t.Context()
	id := e.startIdle(t)
	if e.env.Pauses {
		ok(t, c.Pause(ctx, id))
		equal(t, "paused", must(c.Inspect(ctx, id, nil))(t).State.Paused, true)
		ok(t, c.Unpause(ctx, id))
		equal(t, "paused", must(c.Inspect(ctx, id, nil))(t).State.Paused, false)
	}
	ok(t, c.Kill(ctx, id, &containers.KillOptions{Signal: "SIGUSR1"}))
	awaitLine(t, e.follow(t, id), "told")
	name := unique()
	ok(t, c.Rename(ctx, id, name))
	equal(t, "name", must(c.Inspect(ctx, id, nil))(t).Name, "/"+name)
	first := must(c.Inspect(ctx, name, nil))(t).State.StartedAt
	ok(t, c.Restart(ctx, name, &containers.RestartOptions{Timeout: new(10)}))
	again := must(c.Inspect(ctx, name, nil))(t).State
	equal(t, "started again", again.Running && again.StartedAt.After(first), true)
	ok(t, c.Start(ctx, name, nil)) // 304: it runs
	ok(t, c.Stop(ctx, name, &containers.StopOptions{Timeout: new(0)}))
	equal(t, "running", must(c.Inspect(ctx, name, nil))(t).State.Running, false)
	ok(t, c.Stop(ctx, name, nil)) // 304: it does not
	stats, err := c.Stats(ctx, name, &containers.StatsOptions{Stream: new(false)})
	if e.isPodman() {
		fails(t, "statistics of what has stopped", stats, err)
	} else {
		equal(t, "statistics of what has stopped", must(must(stats, err)(t).One())(t).CPUStats.CPUUsage.TotalUsage, uint64(0))
	}
	ok(t, c.Delete(ctx, name, nil))
	_, err = c.Inspect(ctx, id, nil)
	missing(t, err)

	label := unique()
	left := e.create(t, containers.CreateRequest{Labels: map[string]string{label: ""}})
	pruned := must(c.Prune(ctx, &containers.PruneOptions{Filters: map[string][]string{"label": {label}}}))(t)
	equal(t, "pruned", pruned.ContainersDeleted, []string{left})
}

func (e v156Smoke) files(t *testing.T) {
	c, ctx := containers.New(e), t.Context()
	id := e.create(t, containers.CreateRequest{Cmd: []string{"sh", "-c", "cat /root/file; rm /etc/passwd; touch /root/caf$(printf '\\351')"}})
	ok(t, c.PutArchive(ctx, id, "/root", tarball(t, "file", "content\n"), nil))
	stat := must(c.ArchiveInfo(ctx, id, "/root/file"))(t).Stat
	equal(t, "name", stat.Name, "file")
	equal(t, "size", stat.Size, int64(len("content\n")))
	const odd = "qq?~\u6587\U0001F600" // the alphabets of base64 differ in it
	ok(t, c.PutArchive(ctx, id, "/root", tarball(t, odd, ""), nil))
	equal(t, "odd name", must(c.ArchiveInfo(ctx, id, "/root/"+odd))(t).Stat.Name, odd)
	equal(t, "files", untar(t, must(c.Archive(ctx, id, "/root/file"))(t)), map[string]string{"file": "content\n"})
	ok(t, c.Start(ctx, id, nil))
	equal(t, "status", e.exit(t, id), int64(0))
	changes := must(c.Changes(ctx, id))(t)
	for path, kind := range map[string]v156.ChangeType{"/root/file": v156.ChangeTypeAdded, "/etc/passwd": v156.ChangeTypeDeleted} {
		if !slices.Contains(changes, v156.FilesystemChange{Path: path, Kind: kind}) {
			t.Errorf("no %s among the changes: %+v", path, changes)
		}
	}
	equal(t, "a name that is not UTF-8", slices.ContainsFunc(changes, func(c v156.FilesystemChange) bool { return strings.HasPrefix(c.Path, "/root/caf") }), true)
	exported := untar(t, must(c.Export(ctx, id))(t))
	_, there := exported["etc/passwd"]
	equal(t, "exported", exported["root/file"] == "content\n" && !there, true)
}

// streams has output told apart that comes in frames, which the engine says in the head of its answer.
func (e v156Smoke) streams(t *testing.T) {
	c, ctx := containers.New(e), t.Context()
	id := e.start(t, "echo out; echo err >&2; exit 5")
	equal(t, "status", e.exit(t, id), int64(5))
	logs := must(c.Logs(ctx, id, &containers.LogsOptions{Stdout: true, Stderr: true}))(t)
	equal(t, "TTY", logs.TTY(), false)
	e.wantContentType(t, "ContainerLogs", "application/vnd.docker.multiplexed-stream")
	stdout, stderr := demux(t, logs)
	equal(t, "stdout", stdout, "out\n")
	equal(t, "stderr", stderr, "err\n")
	for line, err := range must(c.Logs(ctx, id, &containers.LogsOptions{Stdout: true, Timestamps: true}))(t).Lines() {
		ok(t, err)
		equal(t, "line", line.Text, "out")
		equal(t, "has a time", time.Since(line.Time).Abs() < time.Minute, true)
	}

	// Engines keep a long line in pieces, and put the time and the attributes before each.
	config := v156.HostConfigLogConfig{Type: "json-file", Config: map[string]string{"env": "GREETING"}}
	attributes := map[string]string{"GREETING": "hello world"}
	if e.isPodman() {
		config, attributes = v156.HostConfigLogConfig{}, nil
	}
	id = e.create(t, containers.CreateRequest{
		Env: []string{"GREETING=hello world"}, HostConfig: v156.HostConfig{LogConfig: config},
		Cmd: []string{"sh", "-c", "head -c 40000 /dev/zero | tr '\\0' a; echo other >&2; echo; head -c 16384 /dev/zero | tr '\\0' b; echo; echo last"},
	})
	ok(t, c.Start(ctx, id, nil))
	equal(t, "status", e.exit(t, id), int64(0))
	for _, details := range []bool{false, !e.isPodman()} {
		var lines []string
		logs := must(c.Logs(ctx, id, &containers.LogsOptions{Stdout: true, Stderr: true, Timestamps: true, Details: details}))(t)
		for line, err := range logs.Lines() {
			ok(t, err)
			equal(t, "has a time", time.Since(line.Time).Abs() < time.Minute, true)
			if details {
				equal(t, "details", line.Details, attributes)
			}
			if line.Stream == hijack.Stdout {
				lines = append(lines, line.Text)
			}
		}
		equal(t, "long lines are whole", slices.Equal(lines, []string{strings.Repeat("a", 40_000), strings.Repeat("b", 16_384), "last"}), true)
	}

	id = e.create(t, containers.CreateRequest{Cmd: []string{"sh", "-c", "cat; echo done >&2"}, OpenStdin: true, StdinOnce: true})
	conn := must(c.Attach(ctx, id, &containers.AttachOptions{Stream: true, Stdin: true, Stdout: true, Stderr: true}))(t)
	defer conn.Close() //nolint:errcheck // all was read by then, or the test has failed
	equal(t, "content type", conn.MediaType(), "application/vnd.docker.multiplexed-stream")
	ok(t, c.Start(ctx, id, nil))
	must(io.WriteString(conn, "back and forth\n"))(t)
	ok(t, conn.CloseWrite())
	var out, err bytes.Buffer
	must(conn.Demux(&out, &err))(t)
	equal(t, "stdout", out.String(), "back and forth\n")
	equal(t, "stderr", err.String(), "done\n")
	equal(t, "status", e.exit(t, id), int64(0))
}

// terminal has output that comes as it is.
func (e v156Smoke) terminal(t *testing.T) {
	c, ctx := containers.New(e), t.Context()
	id := e.create(t, containers.CreateRequest{Cmd: []string{"sh", "-c", idle}, TTY: true, OpenStdin: true})
	conn := must(c.Attach(ctx, id, &containers.AttachOptions{Stream: true, Stdin: true, Stdout: true, Stderr: true}))(t)
	defer conn.Close() //nolint:errcheck // all was read by then, or the test has failed
	equal(t, "content type", conn.MediaType(), "application/vnd.docker.raw-stream")
	ok(t, c.Start(ctx, id, nil))
	ready := make([]byte, len("ready\r\n"))
	must(io.ReadFull(conn, ready))(t)
	equal(t, "first line", string(ready), "ready\r\n")
	ok(t, c.Resize(ctx, id, 40, 120))
	logs := e.follow(t, id)
	equal(t, "TTY", logs.TTY(), true)
	e.wantContentType(t, "ContainerLogs", "application/vnd.docker.raw-stream")
	awaitLine(t, logs, "40 120")
	ok(t, c.Kill(ctx, id, &containers.KillOptions{Signal: "SIGTERM"}))
	equal(t, "status", e.exit(t, id), int64(7))
}

func (e v156Smoke) exec(t *testing.T) {
	c, ctx, id := exec.New(e), t.Context(), e.startIdle(t)
	execID := must(c.Create(ctx, id, exec.CreateRequest{
		Cmd: []string{"sh", "-c", "echo $WORD as $(id -u); echo err >&2; exit 5"}, Env: []string{"WORD=hello"}, User: "12", AttachStdout: true, AttachStderr: true,
	}))(t).ID
	conn := must(c.Start(ctx, execID, exec.StartRequest{}))(t)
	defer conn.Close() //nolint:errcheck // all was read by then, or the test has failed
	var out, err bytes.Buffer
	must(conn.Demux(&out, &err))(t)
	equal(t, "stdout", out.String(), "hello as 12\n")
	equal(t, "stderr", err.String(), "err\n")
	eventually(t, "the exec has ended", func() bool {
		got := must(c.Inspect(ctx, execID))(t)
		return !got.Running && got.ExitCode != nil && *got.ExitCode == 5 && got.ContainerID == id && got.ProcessConfig.Entrypoint == "sh"
	})

	execID = must(c.Create(ctx, id, exec.CreateRequest{
		Cmd: []string{"sh", "-c", "trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.05; done"}, TTY: true, AttachStdout: true, AttachStderr: true,
	}))(t).ID
	terminal := must(c.Start(ctx, execID, exec.StartRequest{TTY: true}))(t)
	defer terminal.Close() //nolint:errcheck // as above
	ready := make([]byte, len("ready\r\n"))
	must(io.ReadFull(terminal, ready))(t)
	ok(t, c.Resize(ctx, execID, 33, 99))
	equal(t, "what it says of its terminal", string(must(io.ReadAll(terminal))(t)), "33 99\r\n")
}

func (e v156Smoke) networks(t *testing.T) {
	c, ctx, name, label := networks.New(e), t.Context(), unique(), unique()
	id := must(c.Create(ctx, networks.CreateRequest{
		Name: name, Driver: "bridge", Internal: true, Labels: map[string]string{label: "yes"},
		IPAM: v156.IPAM{Config: []v156.IPAMConfig{{Subnet: "10.211.2.0/24", Gateway: "10.211.2.1"}}},
	}))(t).ID
	cleanup(t, func(ctx context.Context) error { return c.Delete(ctx, id) })
	inspect := func() (*v156.NetworkInspect, error) {
		return c.Inspect(ctx, name, nil)
	}
	got := must(inspect())(t)
	equal(t, "id", got.ID, id)
	equal(t, "internal", got.Internal, true)
	equal(t, "labels", got.Labels, map[string]string{label: "yes"})
	if len(got.IPAM.Config) != 1 || got.IPAM.Config[0].Subnet != "10.211.2.0/24" {
		t.Errorf("pool: %+v", got.IPAM)
	}
	list := must(c.List(ctx, &networks.ListOptions{Filters: map[string][]string{"name": {name}}}))(t)
	if len(list) != 1 || list[0].ID != id || list[0].Driver != "bridge" {
		t.Errorf("listed: %+v", list)
	}
	container := e.create(t, containers.CreateRequest{Cmd: []string{"sh", "-c", idle}, HostConfig: v156.HostConfig{NetworkMode: "bridge"}})
	ok(t, containers.New(e).Start(ctx, container, nil))
	ok(t, c.Connect(ctx, id, v156.NetworkConnectRequest{Container: container, EndpointConfig: &v156.EndpointSettings{
		Aliases: []string{"conny"}, IPAMConfig: v156.EndpointIPAMConfig{IPv4Address: "10.211.2.77"},
	}}))
	equal(t, "address in the network", must(inspect())(t).Containers[container].IPv4Address, "10.211.2.77/24")
	endpoint := must(containers.New(e).Inspect(ctx, container, nil))(t).NetworkSettings.Networks[name]
	equal(t, "address", endpoint.IPAddress, "10.211.2.77")
	ok(t, c.Disconnect(ctx, id, v156.NetworkDisconnectRequest{Container: container}))
	equal(t, "members", len(must(inspect())(t).Containers), 0)
	pruned := must(c.Prune(ctx, &networks.PruneOptions{Filters: map[string][]string{"label": {label}}}))(t)
	equal(t, "pruned", slices.Contains(pruned.NetworksDeleted, name), true)
	_, err := inspect()
	missing(t, err)
	missing(t, c.Delete(ctx, name))
	again := must(c.Create(ctx, networks.CreateRequest{Name: name}))(t).ID
	ok(t, c.Delete(ctx, again))
}

func (e v156Smoke) volumes(t *testing.T) {
	c, ctx, name, label := volumes.New(e), t.Context(), unique(), unique()
	add := func(name string) *v156.Volume {
		t.Helper()
		v := must(c.Create(ctx, v156.VolumeCreateOptions{Name: name, Labels: map[string]string{label: "yes"}}))(t)
		cleanup(t, func(ctx context.Context) error { return c.Delete(ctx, v.Name, nil) })
		return v
	}
	made := add(name)
	got := must(c.Inspect(ctx, name))(t)
	equal(t, "mount point", got.Mountpoint, made.Mountpoint)
	equal(t, "name and driver", got.Name+" "+got.Driver, name+" local")
	equal(t, "labels", got.Labels, map[string]string{label: "yes"})
	contains(t, "mount point", got.Mountpoint, name)
	list := must(c.List(ctx, &volumes.ListOptions{Filters: map[string][]string{"label": {label}}}))(t).Volumes
	if len(list) != 1 || list[0].Name != name {
		t.Errorf("listed: %+v", list)
	}
	id := e.create(t, containers.CreateRequest{Cmd: []string{"sh", "-c", "echo hello >/data/file"}, HostConfig: v156.HostConfig{Binds: []string{name + ":/data"}}})
	ok(t, containers.New(e).Start(ctx, id, nil))
	equal(t, "status", e.exit(t, id), int64(0))
	mounts := must(containers.New(e).Inspect(ctx, id, nil))(t).Mounts
	if len(mounts) != 1 || mounts[0].Name != name || mounts[0].Destination != "/data" || !mounts[0].RW {
		t.Errorf("mounts: %+v", mounts)
	}
	free := unique()
	add(free)
	pruned := must(c.Prune(ctx, &volumes.PruneOptions{Filters: e.anyVolume(56, label)}))(t)
	equal(t, "pruned", pruned.VolumesDeleted, []string{free})
	ok(t, containers.New(e).Delete(ctx, id, nil))
	ok(t, c.Delete(ctx, name, nil))
	_, err := c.Inspect(ctx, name)
	missing(t, err)
}

// swarm makes a cluster of one node and ends it.
func (e v156Smoke) swarm(t *testing.T) {
	c, ctx := swarm.New(e), t.Context()
	node := must(c.Init(ctx, swarm.InitRequest{ListenAddr: "127.0.0.1:22377", AdvertiseAddr: "127.0.0.1", Spec: v156.SwarmSpec{Labels: map[string]string{"made-by": "gantry"}}}))(t)
	cleanup(t, func(ctx context.Context) error { return unlessOutside(c.Leave(ctx, &swarm.LeaveOptions{Force: true})) })
	cluster := must(c.Inspect(ctx))(t)
	equal(t, "labels", cluster.Spec.Labels, map[string]string{"made-by": "gantry"})
	contains(t, "token", cluster.JoinTokens.Worker, "SWMTKN-1-")
	equal(t, "key", must(c.UnlockKey(ctx))(t).UnlockKey, "")

	list := must(nodes.New(e).List(ctx, nil))(t)
	if len(list) != 1 || list[0].ID != node || list[0].Spec.Role != v156.NodeSpecRoleManager {
		t.Errorf("nodes: %+v", list)
	}
	got := must(nodes.New(e).Inspect(ctx, node))(t)
	equal(t, "engine", got.Description.Engine.EngineVersion, e.Info().Version)

	secret := must(secrets.New(e).Create(ctx, v156.SecretSpec{Name: unique(), Data: []byte("\x00hidden")}))(t).ID
	hidden := must(secrets.New(e).Inspect(ctx, secret))(t)
	equal(t, "secret", hidden.ID == secret && len(hidden.Spec.Data) == 0 && hidden.Version.Index > 0, true)
	found := must(secrets.New(e).List(ctx, nil))(t)
	equal(t, "secrets", len(found) == 1 && found[0].ID == secret, true)
	config := must(configs.New(e).Create(ctx, v156.ConfigSpec{Name: unique(), Data: []byte("\x00plain")}))(t).ID
	equal(t, "config", string(must(configs.New(e).Inspect(ctx, config))(t).Spec.Data), "\x00plain")
	equal(t, "configs", len(must(configs.New(e).List(ctx, nil))(t)), 1)
	ok(t, configs.New(e).Delete(ctx, config))
	e.service(t, node)
	ok(t, secrets.New(e).Delete(ctx, secret))
	ok(t, c.Leave(ctx, &swarm.LeaveOptions{Force: true}))
}

// service runs one task on the node and scales it down.
func (e v156Smoke) service(t *testing.T, node string) {
	t.Helper()
	c, ctx := services.New(e), t.Context()
	spec := v156.ServiceSpec{Name: unique()}
	spec.TaskTemplate.ContainerSpec = &v156.TaskSpecContainerSpec{Image: baseImage, Command: []string{"sh", "-c", "echo out; echo err >&2; exec sleep 3600"}, StopGracePeriod: new(int64(0))}
	spec.TaskTemplate.Networks = append(spec.TaskTemplate.Networks, v156.NetworkAttachmentConfig{Target: "host"})
	id := must(c.Create(ctx, spec, nil))(t).ID
	cleanup(t, func(ctx context.Context) error { return unlessOutside(c.Delete(ctx, id)) })
	var list []v156.Task
	eventually(t, "the task runs", func() bool {
		list = must(tasks.New(e).List(ctx, &tasks.ListOptions{Filters: map[string][]string{"service": {id}}}))(t)
		return len(list) == 1 && list[0].Status.State == v156.TaskStateRunning
	})
	task := must(tasks.New(e).Inspect(ctx, list[0].ID))(t)
	equal(t, "node and service", task.NodeID+" "+task.ServiceID, node+" "+id)
	var stdout, stderr string
	eventually(t, "its output", func() bool {
		stdout, stderr = demux(t, must(c.Logs(ctx, id, &services.LogsOptions{Stdout: true, Stderr: true}))(t))
		return stdout != "" && stderr != ""
	})
	equal(t, "stdout", stdout, "out\n")
	equal(t, "stderr", stderr, "err\n")
	inspect := func() *v156.Service {
		t.Helper()
		return must(c.Inspect(ctx, id, nil))(t)
	}
	got := inspect()
	equal(t, "name", got.Spec.Name, spec.Name)
	spec.Labels = map[string]string{"changed": "yes"}
	must(c.Update(ctx, id, got.Version.Index, spec, nil))(t)
	equal(t, "labels", inspect().Spec.Labels, spec.Labels)
	listed := must(c.List(ctx, &services.ListOptions{Filters: map[string][]string{"id": {id}}}))(t)
	equal(t, "listed", len(listed) == 1 && listed[0].Spec.Name == spec.Name, true)
	ok(t, c.Delete(ctx, id))
	eventually(t, "its containers are gone", func() bool {
		left := must(containers.New(e).List(ctx, &containers.ListOptions{All: true, Filters: map[string][]string{"label": {"com.docker.swarm.service.id=" + id}}}))(t)
		return len(left) == 0
	})
}
