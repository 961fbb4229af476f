// Code generated from smoke.go.tmpl by go generate. DO NOT EDIT.

package smoke_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/hijack"
	"github.com/gantry-go/gantry/podman/v60"
	"github.com/gantry-go/gantry/podman/v60/artifacts"
	"github.com/gantry-go/gantry/podman/v60/containers"
	"github.com/gantry-go/gantry/podman/v60/exec"
	"github.com/gantry-go/gantry/podman/v60/images"
	"github.com/gantry-go/gantry/podman/v60/kube"
	"github.com/gantry-go/gantry/podman/v60/manifests"
	"github.com/gantry-go/gantry/podman/v60/networks"
	"github.com/gantry-go/gantry/podman/v60/pods"
	"github.com/gantry-go/gantry/podman/v60/secrets"
	"github.com/gantry-go/gantry/podman/v60/system"
	"github.com/gantry-go/gantry/podman/v60/volumes"
	"github.com/gantry-go/gantry/transport"
)

// v60Smoke calls the operations of libpod's API 6.0.
type v60Smoke struct{ *engine }

func (e v60Smoke) run(t *testing.T) {
	t.Run("images", e.images)
	t.Run("system", e.system)
	t.Run("containers", e.containers)
	t.Run("states", e.states)
	t.Run("restarts", e.restarts)
	t.Run("anonymous volumes", e.anonymousVolumes)
	t.Run("files", e.files)
	t.Run("streams", e.streams)
	t.Run("exec", e.exec)
	t.Run("pods", e.pods)
	t.Run("kube", e.kube)
	t.Run("secrets", e.secrets)
	t.Run("volumes", e.volumes)
	t.Run("networks", e.networks)
	t.Run("manifests", e.manifests)
	t.Run("artifacts", e.artifacts)
}

// script is a container without a network that runs a script.
func (e v60Smoke) script(script string) v60.SpecGenerator {
	return v60.SpecGenerator{Image: baseImage, Command: []string{"sh", "-c", script}, NetNS: v60.Namespace{NSMode: "none"}}
}

// create makes a container.
func (e v60Smoke) create(t *testing.T, spec v60.SpecGenerator) (id string) {
	t.Helper()
	c := containers.New(e)
	if spec.Name == "" {
		spec.Name = unique()
	}
	id = must(c.Create(t.Context(), spec))(t).ID
	cleanup(t, func(ctx context.Context) error {
		_, err := c.Delete(ctx, id, &containers.DeleteOptions{Force: true, Volumes: true, Timeout: new(0), Ignore: true})
		return err
	})
	return id
}

// start makes a container and starts it.
func (e v60Smoke) start(t *testing.T, spec v60.SpecGenerator) (id string) {
	t.Helper()
	id = e.create(t, spec)
	ok(t, containers.New(e).Start(t.Context(), id, nil))
	return id
}

// startIdle starts a container that waits for signals.
func (e v60Smoke) startIdle(t *testing.T) (id string) {
	t.Helper()
	id = e.start(t, e.script(idle))
	awaitLine(t, e.follow(t, id), "ready")
	return id
}

// follow reads a container's output as it comes.
func (e v60Smoke) follow(t *testing.T, id string) *hijack.Logs {
	t.Helper()
	return must(containers.New(e).Logs(t.Context(), id, &containers.LogsOptions{Follow: true, Stdout: true, Stderr: true}))(t)
}

// exit waits until a container has stopped and returns its status.
func (e v60Smoke) exit(t *testing.T, id string) int32 {
	t.Helper()
	return must(containers.New(e).Wait(t.Context(), id, nil))(t)
}

// output runs a container to its end and returns its output.
func (e v60Smoke) output(t *testing.T, spec v60.SpecGenerator) (stdout, stderr string) {
	t.Helper()
	id := e.start(t, spec)
	equal(t, "status", e.exit(t, id), int32(0))
	return demux(t, must(containers.New(e).Logs(t.Context(), id, &containers.LogsOptions{Stdout: true, Stderr: true}))(t))
}

func (e v60Smoke) images(t *testing.T) {
	c, ctx, repo := images.New(e), t.Context(), "localhost/"+unique()
	remove := func(name string) {
		cleanup(t, func(ctx context.Context) error {
			_, err := c.Delete(ctx, name, &images.DeleteOptions{Force: true})
			return err
		})
	}
	loaded := must(c.Load(ctx, bytes.NewReader(baseArchive(t))))(t)
	equal(t, "loaded", loaded.Names, []string{baseImage})
	ok(t, c.Exists(ctx, baseImage))
	base := must(c.Inspect(ctx, baseImage))(t)
	equal(t, "platform", base.OS+"/"+base.Architecture, e.Info().OS+"/"+e.Info().Arch)
	equal(t, "command", base.Config.Cmd, []string{"sh"})
	equal(t, "layers", len(base.RootFS.Layers), 1)

	ok(t, c.Tag(ctx, baseImage, &images.TagOptions{Repo: repo, Tag: "1"}))
	remove(repo + ":1")
	list := must(c.List(ctx, &images.ListOptions{Filters: map[string][]string{"reference": {repo + ":1"}}}))(t)
	if len(list) != 1 || list[0].ID != base.ID || !slices.Contains(list[0].RepoTags, repo+":1") || list[0].Size != base.Size {
		t.Errorf("listed: %+v, want %+v", list, base)
	}
	equal(t, "history", must(c.History(ctx, baseImage))(t)[0].CreatedBy, "testimage")
	contains(t, "tree", must(c.Tree(ctx, baseImage, nil))(t).Tree, "Image ID")
	ok(t, c.Untag(ctx, repo+":1", &images.UntagOptions{Repo: repo, Tag: "1"}))
	missing(t, c.Exists(ctx, repo+":1"))
	_, err := c.Inspect(ctx, repo+":1")
	missing(t, err)

	built := ""
	for _, m := range all(t, must(c.Build(ctx, tarball(t, "Dockerfile", "FROM "+baseImage+"\nARG who\nENV WHO=$who\nCOPY Dockerfile /d\n"), &images.BuildOptions{
		Tags: []string{repo + ":2"}, BuildArgs: map[string]string{"who": "me"}, Labels: map[string]string{"made": "here"},
	}))(t)) {
		if line := strings.TrimSpace(m.Stream); line != "" {
			built = line
		}
	}
	remove(repo + ":2")
	got := must(c.Inspect(ctx, repo+":2"))(t)
	equal(t, "built", got.ID, built)
	equal(t, "labels", got.Labels["made"], "here")
	equal(t, "environment", slices.Contains(got.Config.Env, "WHO=me"), true)
	must(c.Changes(ctx, got.ID, nil))(t)

	archive := untar(t, must(c.Get(ctx, baseImage, &images.GetOptions{Format: "docker-archive"}))(t))
	contains(t, "manifest", archive["manifest.json"], baseImage)
	both := untar(t, must(c.Export(ctx, &images.ExportOptions{References: []string{baseImage, repo + ":2"}, Format: "docker-archive"}))(t))
	contains(t, "manifest of both", both["manifest.json"], repo+":2")
	imported := must(c.Import(ctx, tarball(t, "motd", "hello\n"), &images.ImportOptions{Reference: repo + ":3", Changes: []string{`CMD ["motd"]`}}))(t)
	remove(repo + ":3")
	equal(t, "imported", "sha256:"+must(c.Inspect(ctx, repo+":3"))(t).ID, imported.ID)

	label := unique()
	made := must(c.Commit(ctx, e.create(t, e.script("true")), &images.CommitOptions{Repo: repo, Tag: "4", Author: "me", Changes: []string{"LABEL " + label + "=yes"}}))(t)
	remove(repo + ":4")
	equal(t, "author", must(c.Inspect(ctx, made.ID))(t).Author, "me")
	pulled := all(t, must(c.Pull(ctx, baseImage, &images.PullOptions{Policy: "missing"}))(t))
	equal(t, "pulled", pulled[len(pulled)-1].ID, base.ID)

	removed := must(c.Delete(ctx, repo+":3", nil))(t)
	if len(removed.Deleted) != 1 || removed.ExitCode != 0 || len(removed.Errors) != 0 {
		t.Errorf("removed: %+v", removed)
	}
	swept := must(c.DeleteAll(ctx, &images.DeleteAllOptions{Images: []string{repo + ":2"}}))(t)
	equal(t, "untagged", slices.Contains(swept.Untagged, repo+":2"), true)
	must(c.Prune(ctx, &images.PruneOptions{Filters: map[string][]string{"label": {"no=such"}}}))(t)
}

func (e v60Smoke) system(t *testing.T) {
	c, ctx := system.New(e), t.Context()
	equal(t, "ping", must(c.Ping(ctx))(t).LibpodAPIVersion, e.Info().APIVersion)
	version := must(c.Version(ctx))(t)
	equal(t, "version", version.Version, e.Info().Version)
	equal(t, "component", version.Components[0].Name, "Podman Engine")

	name, since := unique(), time.Now().Add(-time.Second)
	spec := e.script("exit 3")
	spec.Name = name
	id := e.start(t, spec)
	equal(t, "status", e.exit(t, id), int32(3))

	info := must(c.Info(ctx))(t)
	equal(t, "info's version", info.Version.APIVersion, e.Info().APIVersion)
	equal(t, "rootless", info.Host.Security.Rootless, e.env.Rootless)
	if info.Host.OS != "linux" || info.Host.CPUs < 1 || info.Host.MemTotal < 1<<20 || info.Store.ImageStore.Number < 1 || !slices.Contains(info.Plugins.Volume, "local") {
		t.Errorf("info: %+v", info)
	}
	usage := must(c.DataUsage(ctx))(t)
	equal(t, "usage has the image", slices.ContainsFunc(usage.Images, func(i v60.SystemDfImageReport) bool { return i.Repository == "docker.io/library/busybox" }), true)
	equal(t, "usage has the container", slices.ContainsFunc(usage.Containers, func(s v60.SystemDfContainerReport) bool { return s.ContainerID == id }), true)

	must(containers.New(e).Delete(ctx, id, nil))(t)
	want := []string{"create", "start", "died", "remove"}
	for event, err := range must(c.Events(ctx, &system.EventsOptions{
		Since: since, Stream: new(false), Filters: map[string][]string{"container": {name}, "type": {"container"}},
	}))(t).All() {
		ok(t, err)
		equal(t, "actor of "+event.Action, event.Actor.ID, id)
		equal(t, "image with "+event.Action, event.Actor.Attributes["image"], baseImage)
		if len(want) > 0 && event.Action == want[0] {
			want = want[1:]
		}
	}
	equal(t, "events that did not come", want, []string{})
	none, err := c.Events(ctx, &system.EventsOptions{Stream: new(false), Filters: map[string][]string{"no-such-filter": {"x"}}})
	fails(t, "events by a filter that there is not", none, err)
	must(c.Check(ctx, &system.CheckOptions{Quick: true}))(t)
	must(c.Prune(ctx, &system.PruneOptions{Filters: map[string][]string{"label": {"no=such"}}}))(t)
}

func (e v60Smoke) containers(t *testing.T) {
	c, ctx, label := containers.New(e), t.Context(), unique()
	before := time.Now().Add(-time.Minute)
	spec := e.script(idle)
	spec.Labels, spec.Env, spec.WorkDir, spec.Hostname = map[string]string{label: "yes"}, map[string]string{"GREETING": "hello world"}, "/tmp", "conny"
	spec.NetNS, spec.HostAdd = v60.Namespace{NSMode: "bridge"}, []string{"friend:10.9.8.7"}
	spec.PortMappings = []v60.PortMapping{{ContainerPort: 8080, HostIP: "127.0.0.1", HostPort: 18080}}
	spec.RestartPolicy, spec.RestartTries = "on-failure", new(uint64(2))
	spec.HealthConfig = v60.Schema2HealthConfig{Test: []string{"CMD-SHELL", "echo fine"}, Interval: v60.Duration(time.Hour), Timeout: v60.Duration(10 * time.Second), Retries: 1}
	spec.Mounts = []v60.SpecsMount{{Destination: "/scratch", Type: "tmpfs", Source: "tmpfs", Options: []string{"size=64k"}}}
	id := e.start(t, spec)
	awaitLine(t, e.follow(t, id), "ready")
	ok(t, c.Exists(ctx, id, nil))
	got := must(c.Inspect(ctx, id, &containers.InspectOptions{Size: true}))(t)
	equal(t, "id", got.ID, id)
	equal(t, "running", got.State.Running, true)
	equal(t, "label", got.Config.Labels[label], "yes")
	equal(t, "environment", slices.Contains(got.Config.Env, "GREETING=hello world"), true)
	equal(t, "working directory", got.Config.WorkingDir, "/tmp")
	equal(t, "host name", got.Config.Hostname, "conny")
	equal(t, "extra hosts", got.HostConfig.ExtraHosts, []string{"friend:10.9.8.7"})
	equal(t, "restart policy", got.HostConfig.RestartPolicy, v60.InspectRestartPolicy{Name: "on-failure", MaximumRetryCount: 2})
	if got.Created.Before(before) || got.State.StartedAt.Before(got.Created) || got.State.PID < 1 {
		t.Errorf("created %v, state %+v", got.Created, got.State)
	}
	published := got.NetworkSettings.Ports["8080/tcp"]
	if len(published) != 1 || published[0].HostIP != "127.0.0.1" || published[0].HostPort != "18080" {
		t.Errorf("published: %+v", got.NetworkSettings.Ports)
	}
	list := must(c.List(ctx, &containers.ListOptions{Filters: map[string][]string{"label": {label + "=yes"}}, Size: true}))(t)
	if len(list) != 1 || list[0].ID != id || list[0].State != "running" || len(list[0].Ports) != 1 || list[0].Ports[0].ContainerPort != 8080 || list[0].Size.RootFsSize == 0 {
		t.Errorf("listed: %+v", list)
	}
	top := must(must(c.Top(ctx, id, nil))(t).One())(t)
	equal(t, "processes", slices.ContainsFunc(top.Processes, func(p []string) bool { return strings.Contains(strings.Join(p, " "), "sleep 3600") }), true)
	stats := must(must(c.Stats(ctx, id, &containers.StatsOptions{Stream: new(false)}))(t).One())(t)
	equal(t, "measured", stats.ID == id && (stats.PIDsStats.Current > 0 || !e.env.Limits), true)
	if e.env.Pauses { // that is, there is a control group to look at
		every := must(must(c.StatsAll(ctx, &containers.StatsAllOptions{Containers: []string{id}, Stream: new(false)}))(t).One())(t)
		equal(t, "measured by name", len(every.Stats) == 1 && every.Stats[0].ContainerID == id, true)
	}
	equal(t, "health", must(c.Healthcheck(ctx, id))(t).Status, "healthy")
	if e.env.Limits {
		ok(t, c.Update(ctx, id, v60.UpdateEntities{CPU: v60.LinuxCPU{Shares: new(uint64(512))}}, nil))
		equal(t, "shares", must(c.Inspect(ctx, id, nil))(t).HostConfig.CPUShares, uint64(512))
	}
	units := must(c.GenerateSystemd(ctx, id, nil))(t)
	equal(t, "units", len(units), 1)
	_, err := c.Inspect(ctx, unique(), nil)
	missing(t, err)
}

func (e v60Smoke) states(t *testing.T) {
	c, ctx := containers.New(e), t.Context()
	id := e.create(t, e.script(idle))
	equal(t, "state", must(c.Inspect(ctx, id, nil))(t).State.Status, "created")
	ok(t, c.Init(ctx, id))
	ok(t, c.Start(ctx, id, nil))
	awaitLine(t, e.follow(t, id), "ready")
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
	equal(t, "name", must(c.Inspect(ctx, id, nil))(t).Name, name)
	first := must(c.Inspect(ctx, name, nil))(t).State.StartedAt
	ok(t, c.Restart(ctx, name, &containers.RestartOptions{Timeout: new(10)}))
	again := must(c.Inspect(ctx, name, nil))(t).State
	equal(t, "started again", again.Running && again.StartedAt.After(first), true)
	ok(t, c.Start(ctx, name, nil)) // 304: it runs
	ok(t, c.Stop(ctx, name, &containers.StopOptions{Timeout: new(0)}))
	equal(t, "running", must(c.Inspect(ctx, name, nil))(t).State.Running, false)
	ok(t, c.Stop(ctx, name, nil)) // 304: it does not
	stats, err := c.Stats(ctx, name, &containers.StatsOptions{Stream: new(false)})
	fails(t, "statistics of what has stopped", stats, err)
	report, err := c.StatsAll(ctx, &containers.StatsAllOptions{Containers: []string{unique()}, Stream: new(false)})
	fails(t, "statistics of what there is not", report, err)
	removed := must(c.Delete(ctx, name, nil))(t)
	equal(t, "removed", len(removed) == 1 && removed[0].ID == id && removed[0].Err == "", true)
	missing(t, c.Exists(ctx, id, nil))

	label := unique()
	spec := e.script("true")
	spec.Labels = map[string]string{label: "yes"}
	left := e.create(t, spec)
	pruned := must(c.Prune(ctx, &containers.PruneOptions{Filters: map[string][]string{"label": {label + "=yes"}}}))(t)
	equal(t, "pruned", len(pruned) == 1 && pruned[0].ID == left && pruned[0].Err == "", true)
}

// restarts reads what a container writes down of the signals that it can catch.
func (e v60Smoke) restarts(t *testing.T) {
	c, ctx := containers.New(e), t.Context()
	id := e.start(t, e.script("trap 'echo TERM >> /log; exit' TERM; echo up >> /log; while :; do sleep 3600 & wait; done"))
	logged := func(want string) {
		t.Helper()
		eventually(t, "the log is "+want, func() bool {
			archive, err := c.Archive(ctx, id, "/log")
			if errors.Is(err, transport.ErrNotFound) {
				return false // it has not begun
			}
			return strings.Join(strings.Fields(untar(t, must(archive, err)(t))["log"]), " ") == want
		})
	}
	logged("up")
	ok(t, c.Restart(ctx, id, nil))
	logged("up TERM up")
	ok(t, c.Restart(ctx, id, &containers.RestartOptions{Timeout: new(30)}))
	logged("up TERM up TERM up")
	ok(t, c.Restart(ctx, id, &containers.RestartOptions{Timeout: new(0)})) // kills it
	logged("up TERM up TERM up up")
}

// anonymousVolumes go with their container, if they are to.
func (e v60Smoke) anonymousVolumes(t *testing.T) {
	c, ctx := containers.New(e), t.Context()
	for _, opts := range []*containers.DeleteOptions{nil, {Volumes: true}} {
		spec := e.script("true")
		spec.Volumes = []v60.NamedVolume{{Dest: "/data"}}
		id := e.create(t, spec)
		volume := must(c.Inspect(ctx, id, nil))(t).Mounts[0].Name
		cleanup(t, func(ctx context.Context) error { return volumes.New(e).Delete(ctx, volume, nil) })
		must(c.Delete(ctx, id, opts))(t)
		err := volumes.New(e).Exists(ctx, volume)
		equal(t, "the volume is gone", errors.Is(err, transport.ErrNotFound), opts != nil)
	}
}

func (e v60Smoke) files(t *testing.T) {
	c, ctx := containers.New(e), t.Context()
	id := e.create(t, e.script("cat /root/file; rm /etc/passwd; touch /root/caf$(printf '\\351')"))
	ok(t, c.PutArchive(ctx, id, "/root", tarball(t, "file", "content\n"), nil))
	equal(t, "files", untar(t, must(c.Archive(ctx, id, "/root/file"))(t)), map[string]string{"file": "content\n"})
	if !e.env.Rootless { // a user sees its mounts within its own namespace alone
		mounted := readAll(t, must(c.Mount(ctx, id))(t))
		equal(t, "mounted", must(c.ShowMounted(ctx))(t)[id], strings.TrimSpace(string(mounted)))
		ok(t, c.Unmount(ctx, id))
	}
	ok(t, c.Start(ctx, id, nil))
	equal(t, "status", e.exit(t, id), int32(0))
	changes := must(c.Changes(ctx, id, nil))(t)
	for path, kind := range map[string]v60.FileChangeKind{"/root/file": v60.FileChangeKindAdded, "/etc/passwd": v60.FileChangeKindDeleted} {
		if !slices.Contains(changes, v60.FileChange{Path: path, Kind: kind}) {
			t.Errorf("no %s among the changes: %+v", path, changes)
		}
	}
	equal(t, "a name that is not UTF-8", slices.ContainsFunc(changes, func(c v60.FileChange) bool { return strings.HasPrefix(c.Path, "/root/caf") }), true)
	exported := untar(t, must(c.Export(ctx, id))(t))
	_, there := exported["etc/passwd"]
	equal(t, "exported", exported["root/file"] == "content\n" && !there, true)
}

// streams has output told apart that comes in frames.
func (e v60Smoke) streams(t *testing.T) {
	c, ctx := containers.New(e), t.Context()
	spec := e.script("echo out; echo err >&2")
	stdout, stderr := e.output(t, spec)
	equal(t, "stdout", stdout, "out\n")
	equal(t, "stderr", stderr, "err\n")
	id := e.start(t, spec)
	equal(t, "status", e.exit(t, id), int32(0))
	for line, err := range must(c.Logs(ctx, id, &containers.LogsOptions{Stdout: true, Timestamps: true}))(t).Lines() {
		ok(t, err)
		equal(t, "line", line.Text, "out")
		equal(t, "has a time", time.Since(line.Time).Abs() < time.Minute, true)
	}

	// Podman keeps a long line in pieces, and puts the time before each.
	id = e.start(t, e.script("head -c 40000 /dev/zero | tr '\\0' a; echo other >&2; echo; head -c 16384 /dev/zero | tr '\\0' b; echo; echo last"))
	equal(t, "status", e.exit(t, id), int32(0))
	var lines []string
	for line, err := range must(c.Logs(ctx, id, &containers.LogsOptions{Stdout: true, Stderr: true, Timestamps: true}))(t).Lines() {
		ok(t, err)
		equal(t, "has a time", time.Since(line.Time).Abs() < time.Minute, true)
		if line.Stream == hijack.Stdout {
			lines = append(lines, line.Text)
		}
	}
	equal(t, "long lines are whole", slices.Equal(lines, []string{strings.Repeat("a", 40_000), strings.Repeat("b", 16_384), "last"}), true)

	spec = e.script("cat; echo done >&2")
	spec.Stdin = new(true)
	id = e.create(t, spec)
	conn := must(c.Attach(ctx, id, &containers.AttachOptions{Stream: new(true), Stdin: true, Stdout: true, Stderr: true}))(t)
	defer conn.Close() //nolint:errcheck // all was read by then, or the test has failed
	ok(t, c.Start(ctx, id, nil))
	must(io.WriteString(conn, "back and forth\n"))(t)
	ok(t, conn.CloseWrite())
	var out, err bytes.Buffer
	must(conn.Demux(&out, &err))(t)
	equal(t, "stdout", out.String(), "back and forth\n")
	equal(t, "stderr", err.String(), "done\n")
	equal(t, "status", e.exit(t, id), int32(0))

	spec = e.script(idle)
	spec.Terminal, spec.Stdin = new(true), new(true)
	id = e.create(t, spec)
	terminal := must(c.Attach(ctx, id, &containers.AttachOptions{Stream: new(true), Stdin: true, Stdout: true, Stderr: true}))(t)
	defer terminal.Close() //nolint:errcheck // as above
	ok(t, c.Start(ctx, id, nil))
	ready := make([]byte, len("ready\r\n"))
	must(io.ReadFull(terminal, ready))(t)
	equal(t, "first line", string(ready), "ready\r\n")
	ok(t, c.Resize(ctx, id, &containers.ResizeOptions{Height: 40, Width: 120}))
	size := make([]byte, len("40 120\r\n"))
	must(io.ReadFull(terminal, size))(t)
	equal(t, "size", string(size), "40 120\r\n")
	ok(t, c.Kill(ctx, id, &containers.KillOptions{Signal: "SIGTERM"}))
	equal(t, "status", e.exit(t, id), int32(7))
}

func (e v60Smoke) exec(t *testing.T) {
	c, ctx, id := exec.New(e), t.Context(), e.startIdle(t)
	session := must(c.Create(ctx, id, exec.CreateRequest{
		Cmd: []string{"sh", "-c", "read x; echo $WORD $x as $(id -u); echo err >&2; exit 5"}, Env: []string{"WORD=hello"}, User: "12",
		AttachStdin: true, AttachStdout: true, AttachStderr: true,
	}))(t).ID
	conn := must(c.Start(ctx, session, exec.StartRequest{}))(t)
	defer conn.Close() //nolint:errcheck // all was read by then, or the test has failed
	must(io.WriteString(conn, "there\n"))(t)
	var out, err bytes.Buffer
	must(conn.Demux(&out, &err))(t)
	equal(t, "stdout", out.String(), "hello there as 12\n")
	equal(t, "stderr", err.String(), "err\n")
	eventually(t, "the exec has ended", func() bool {
		got := must(c.Inspect(ctx, session))(t)
		return !got.Running && got.ExitCode == 5 && got.ContainerID == id && got.ProcessConfig.Entrypoint == "sh"
	})

	session = must(c.Create(ctx, id, exec.CreateRequest{
		Cmd: []string{"sh", "-c", "trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.05; done"}, TTY: true, AttachStdout: true, AttachStderr: true,
	}))(t).ID
	terminal := must(c.Start(ctx, session, exec.StartRequest{TTY: true}))(t)
	defer terminal.Close() //nolint:errcheck // as above
	ready := make([]byte, len("ready\r\n"))
	must(io.ReadFull(terminal, ready))(t)
	ok(t, c.Resize(ctx, session, &exec.ResizeOptions{Height: 33, Width: 99}))
	equal(t, "what it says of its terminal", string(must(io.ReadAll(terminal))(t)), "33 99\r\n")
}

// removePod has a pod removed at the test's end.
func (e v60Smoke) removePod(t *testing.T, name string) {
	t.Helper()
	cleanup(t, func(ctx context.Context) error {
		_, err := pods.New(e).Delete(ctx, name, &pods.DeleteOptions{Force: true})
		return err
	})
}

func (e v60Smoke) pods(t *testing.T) {
	c, ctx, name := pods.New(e), t.Context(), unique()
	id := must(c.Create(ctx, v60.PodSpecGenerator{Name: name, Labels: map[string]string{name: "yes"}, NetNS: v60.Namespace{NSMode: "none"}}))(t).ID
	e.removePod(t, id)
	spec := e.script("sleep 3600")
	spec.Pod, spec.NetNS, spec.StopTimeout = id, v60.Namespace{}, new(uint64(0))
	member := e.create(t, spec)
	ok(t, c.Exists(ctx, name))
	equal(t, "started", must(c.Start(ctx, id))(t).ID, id)
	must(c.Start(ctx, id))(t) // 304: it runs
	got := must(c.Inspect(ctx, name))(t)
	equal(t, "id and state", got.ID+got.State, id+"Running")
	equal(t, "members", len(got.Containers), 2)
	list := must(c.List(ctx, &pods.ListOptions{Filters: map[string][]string{"label": {name + "=yes"}}}))(t)
	equal(t, "listed", len(list) == 1 && list[0].ID == id && list[0].InfraID != "" && len(list[0].Containers) == 2, true)
	top := must(must(c.Top(ctx, id, nil))(t).One())(t)
	equal(t, "processes", slices.ContainsFunc(top.Processes, func(p []string) bool { return strings.Contains(strings.Join(p, " "), "sleep 3600") }), true)
	if e.env.Pauses { // as above
		stats := must(c.StatsAll(ctx, &pods.StatsAllOptions{NamesOrIDs: []string{id}}))(t)
		equal(t, "measured", slices.ContainsFunc(stats, func(s v60.PodStatsReport) bool { return strings.HasPrefix(member, s.CID) }), true)
	}
	if e.env.Pauses {
		equal(t, "paused", must(c.Pause(ctx, id))(t).ID, id)
		equal(t, "unpaused", must(c.Unpause(ctx, id))(t).ID, id)
	}
	equal(t, "restarted", must(c.Restart(ctx, id))(t).ID, id)
	equal(t, "stopped", must(c.Stop(ctx, id, &pods.StopOptions{Timeout: 1}))(t).ID, id)
	must(c.Stop(ctx, id, nil))(t) // 304: it does not
	must(c.Start(ctx, id))(t)
	equal(t, "killed", must(c.Kill(ctx, id, &pods.KillOptions{Signal: "SIGKILL"}))(t).ID, id)
	equal(t, "removed", must(c.Delete(ctx, id, &pods.DeleteOptions{Force: true}))(t).ID, id)
	missing(t, c.Exists(ctx, name))
	must(c.Prune(ctx))(t)
}

func (e v60Smoke) kube(t *testing.T) {
	c, ctx, name := kube.New(e), t.Context(), unique()
	yaml := manifest(name)
	played := must(c.Play(ctx, strings.NewReader(yaml), &kube.PlayOptions{Network: []string{"none"}}))(t)
	e.removePod(t, name)
	if len(played.Pods) != 1 || len(played.Pods[0].Containers) != 1 || played.Pods[0].ContainerErrors != nil {
		t.Fatalf("played: %+v", played)
	}
	equal(t, "what runs", must(containers.New(e).Inspect(ctx, name+"-main", nil))(t).ID, played.Pods[0].Containers[0])
	contains(t, "generated", string(readAll(t, must(c.Generate(ctx, []string{name}, nil))(t))), "kind: Pod")
	down := must(c.Down(ctx, strings.NewReader(yaml), nil))(t)
	equal(t, "taken down", len(down.StopReport) == 1 && len(down.RmReport) == 1 && down.RmReport[0].ID == played.Pods[0].ID, true)
}

func (e v60Smoke) secrets(t *testing.T) {
	c, ctx, name := secrets.New(e), t.Context(), unique()
	id := must(c.Create(ctx, name, strings.NewReader("hush"), nil))(t).ID
	cleanup(t, func(ctx context.Context) error { return c.Delete(ctx, id) })
	equal(t, "name", must(c.Inspect(ctx, id, nil))(t).Spec.Name, name)
	list := must(c.List(ctx, &secrets.ListOptions{Filters: map[string][]string{"name": {name}}}))(t)
	equal(t, "listed", len(list) == 1 && list[0].ID == id && list[0].Spec.Driver.Name == "file" && !list[0].CreatedAt.IsZero(), true)
	ok(t, c.Exists(ctx, name))
	spec := e.script("cat /run/secrets/mine")
	spec.Secrets = []v60.Secret{{Source: name, Target: "mine", Mode: 0o444}}
	stdout, _ := e.output(t, spec)
	equal(t, "what the container reads", stdout, "hush")
	ok(t, c.Delete(ctx, id))
	_, err := c.Inspect(ctx, id, nil)
	missing(t, err)
}

func (e v60Smoke) volumes(t *testing.T) {
	c, ctx, name, label := volumes.New(e), t.Context(), unique(), unique()
	made := must(c.Create(ctx, v60.VolumeCreateOptions{Name: name, Label: map[string]string{label: "yes"}}))(t)
	cleanup(t, func(ctx context.Context) error { return c.Delete(ctx, name, &volumes.DeleteOptions{Force: true}) })
	equal(t, "driver", made.Driver, "local")
	ok(t, c.Exists(ctx, name))
	equal(t, "label", must(c.Inspect(ctx, name))(t).Labels[label], "yes")
	list := must(c.List(ctx, &volumes.ListOptions{Filters: map[string][]string{"label": {label + "=yes"}}}))(t)
	equal(t, "listed", len(list) == 1 && list[0].Name == name && list[0].Mountpoint != "", true)
	spec := e.script("echo kept >/v/f")
	spec.Volumes = []v60.NamedVolume{{Name: name, Dest: "/v"}}
	id := e.start(t, spec)
	equal(t, "status", e.exit(t, id), int32(0))
	equal(t, "content", untar(t, must(containers.New(e).Archive(ctx, id, "/v/f"))(t))["f"], "kept\n")
	must(containers.New(e).Delete(ctx, id, nil))(t)
	content := readAll(t, must(c.Export(ctx, name))(t))
	equal(t, "exported", untar(t, bytes.NewReader(content))["f"], "kept\n")
	ok(t, c.Import(ctx, name, bytes.NewReader(content)))
	pruned := must(c.Prune(ctx, &volumes.PruneOptions{Filters: map[string][]string{"label": {label + "=yes"}}}))(t)
	equal(t, "pruned", len(pruned) == 1 && pruned[0].ID == name, true)
	missing(t, c.Exists(ctx, name))
}

func (e v60Smoke) networks(t *testing.T) {
	c, ctx, name := networks.New(e), t.Context(), unique()
	subnets := []v60.Subnet{{Subnet: "10.77.0.0/24", Gateway: "10.77.0.1"}}
	made := must(c.Create(ctx, v60.NetworkCreateLibpod{Name: name, Driver: "bridge", Subnets: subnets, Labels: map[string]string{name: "yes"}}, nil))(t)
	cleanup(t, func(ctx context.Context) error {
		_, err := c.Delete(ctx, name, &networks.DeleteOptions{Force: true})
		return err
	})
	equal(t, "subnets", made.Subnets, subnets)
	ok(t, c.Exists(ctx, name))
	equal(t, "id", must(c.Inspect(ctx, name))(t).ID, made.ID)
	list := must(c.List(ctx, &networks.ListOptions{Filters: map[string][]string{"name": {name}}}))(t)
	equal(t, "listed", len(list) == 1 && list[0].Name == name && !list[0].Created.IsZero(), true)
	spec := e.script("sleep 3600")
	spec.NetNS, spec.StopTimeout = v60.Namespace{NSMode: "bridge"}, new(uint64(0))
	spec.Networks = map[string]v60.PerNetworkOptions{name: {StaticIPs: []string{"10.77.0.9"}}}
	id := e.start(t, spec)
	address := func() string {
		t.Helper()
		return must(containers.New(e).Inspect(ctx, id, nil))(t).NetworkSettings.Networks[name].IPAddress
	}
	equal(t, "address", address(), "10.77.0.9")
	ok(t, c.Disconnect(ctx, name, v60.NetworkDisconnect{Container: id}))
	ok(t, c.Connect(ctx, name, v60.NetworkConnectOptions{Container: id, StaticIPs: []string{"10.77.0.10"}}))
	equal(t, "address", address(), "10.77.0.10")
	ok(t, c.Update(ctx, name, v60.NetworkUpdateOptions{AddDNSServers: []string{"10.77.0.53"}}))
	equal(t, "name servers", must(c.Inspect(ctx, name))(t).NetworkDNSServers, []string{"10.77.0.53"})
	gone := must(c.Delete(ctx, name, &networks.DeleteOptions{Force: true}))(t)
	equal(t, "removed", len(gone) == 1 && gone[0].Name == name && gone[0].Err == "", true)
	must(c.Prune(ctx, &networks.PruneOptions{Filters: map[string][]string{"label": {name + "=yes"}}}))(t)
}

func (e v60Smoke) manifests(t *testing.T) {
	c, ctx, name := manifests.New(e), t.Context(), "localhost/"+unique()+":list"
	local := "containers-storage:" + baseImage
	id := must(c.Create(ctx, name, nil, nil, nil))(t).ID
	cleanup(t, func(ctx context.Context) error {
		_, err := c.Delete(ctx, name, nil)
		return err
	})
	ok(t, c.Exists(ctx, name))
	modified := must(c.Modify(ctx, name, v60.ManifestModifyOptions{Operation: "update", Images: []string{local}, Arch: "arm64"}, nil))(t)
	equal(t, "modified", modified.ID, id)
	got := must(c.Inspect(ctx, name, nil))(t)
	equal(t, "listed", len(got.Manifests) == 1 && got.Manifests[0].Platform.Architecture == "arm64", true)
	equal(t, "added the old way", must(c.Add(ctx, name, &v60.ManifestAddOptions{Images: []string{local}}, nil))(t).ID, id)
	equal(t, "removed", must(c.Delete(ctx, name, nil))(t).ExitCode, int64(0))
	missing(t, c.Exists(ctx, name))
	_, err := c.Add(ctx, name, &v60.ManifestAddOptions{Images: []string{local}}, nil)
	missing(t, err)
}

func (e v60Smoke) artifacts(t *testing.T) {
	c, ctx, name := artifacts.New(e), t.Context(), "localhost/"+unique()+":1"
	added := must(c.Add(ctx, name, "note", strings.NewReader("keep this"), nil))(t)
	cleanup(t, func(ctx context.Context) error {
		_, err := c.Delete(ctx, name)
		return err
	})
	got := must(c.Inspect(ctx, name))(t)
	equal(t, "digest", got.Digest, *added.ArtifactDigest)
	equal(t, "layers", len(got.Manifest.Layers), 1)
	list := must(c.List(ctx))(t)
	equal(t, "listed", slices.ContainsFunc(list, func(a v60.ArtifactListReport) bool { return a.Name == name }), true)
	equal(t, "extracted", untar(t, must(c.Extract(ctx, name, nil))(t))["note"], "keep this")
	equal(t, "removed", must(c.Delete(ctx, name))(t).ArtifactDigests, []v60.Digest{*added.ArtifactDigest})
	_, err := c.Inspect(ctx, name)
	missing(t, err)
}
