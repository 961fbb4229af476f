package podman_test

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/podman/v43"
	"github.com/gantry-go/gantry/podman/v43/containers"
	"github.com/gantry-go/gantry/podman/v43/images"
	"github.com/gantry-go/gantry/podman/v43/kube"
	"github.com/gantry-go/gantry/podman/v43/manifests"
	"github.com/gantry-go/gantry/podman/v43/networks"
	"github.com/gantry-go/gantry/podman/v43/pods"
	"github.com/gantry-go/gantry/podman/v43/secrets"
	"github.com/gantry-go/gantry/podman/v43/system"
	"github.com/gantry-go/gantry/podman/v43/volumes"
	"github.com/gantry-go/gantry/transport"
)

func TestPods(t *testing.T) {
	e := engine(t)
	c := pods.New(e)
	name := enginetest.Name(t)
	id := must(c.Create(t.Context(), v43.PodSpecGenerator{
		Name: name, Labels: map[string]string{"gantry": name}, NetNS: v43.Namespace{NSMode: "none"},
	}))(t).ID
	removePod(t, e, id)
	spec := sh("sleep 1000")
	spec.Pod, spec.NetNS, spec.StopTimeout = id, v43.Namespace{}, new(uint64(0))
	member := create(t, e, spec)
	ok(t, c.Exists(t.Context(), name))
	must(c.Start(t.Context(), id))(t)
	got := must(c.Inspect(t.Context(), name))(t)
	equal(t, "id", got.ID, id)
	equal(t, "state", got.State, "Running")
	equal(t, "members", len(got.Containers), 2)
	list := must(c.List(t.Context(), &pods.ListOptions{Filters: map[string][]string{"label": {"gantry=" + name}}}))(t)
	equal(t, "listed", len(list) == 1 && list[0].ID == id && list[0].InfraID != "" && len(list[0].Containers) == 2, true)
	stats := must(c.StatsAll(t.Context(), &pods.StatsAllOptions{NamesOrIDs: []string{id}}))(t)
	equal(t, "measured", slices.ContainsFunc(stats, func(s v43.PodStatsReport) bool { return strings.HasPrefix(member, s.CID) }), true)
	top := must(must(c.Top(t.Context(), id, nil))(t).One())(t)
	equal(t, "processes", slices.ContainsFunc(top.Processes, func(p []string) bool { return strings.Contains(strings.Join(p, " "), "sleep 1000") }), true)
	equal(t, "paused", must(c.Pause(t.Context(), id))(t).ID, id)
	equal(t, "unpaused", must(c.Unpause(t.Context(), id))(t).ID, id)
	equal(t, "stopped", must(c.Stop(t.Context(), id, &pods.StopOptions{Timeout: 1}))(t).ID, id)
	must(c.Start(t.Context(), id))(t)
	equal(t, "killed", must(c.Kill(t.Context(), id, &pods.KillOptions{Signal: "SIGKILL"}))(t).ID, id)
	equal(t, "removed", must(c.Delete(t.Context(), id, &pods.DeleteOptions{Force: true}))(t).ID, id)
	fails(t, c.Exists(t.Context(), name), transport.ErrNotFound, "PodExistsLibpod")
	must(c.Prune(t.Context()))(t)
}

func TestSecrets(t *testing.T) {
	e := engine(t)
	c := secrets.New(e)
	name := enginetest.Name(t)
	id := must(c.Create(t.Context(), name, strings.NewReader("hush"), &secrets.CreateOptions{Labels: map[string]string{"a": "b"}}))(t).ID
	cleanup(t, func(ctx context.Context) error { return c.Delete(ctx, id) })
	equal(t, "name", must(c.Inspect(t.Context(), id))(t).Spec.Name, name)
	list := must(c.List(t.Context(), &secrets.ListOptions{Filters: map[string][]string{"name": {name}}}))(t)
	equal(t, "listed", len(list) == 1 && list[0].ID == id && list[0].Spec.Driver.Name == "file" && !list[0].CreatedAt.IsZero(), true)
	spec := sh("cat /run/secrets/mine")
	spec.Secrets = []v43.Secret{{Source: name, Target: "mine", Mode: 0o444}}
	var out bytes.Buffer
	ctr := start(t, e, spec)
	must(containers.New(e).Wait(t.Context(), ctr, nil))(t)
	must(must(containers.New(e).Logs(t.Context(), ctr, &containers.LogsOptions{Stdout: true}))(t).Demux(&out, io.Discard))(t)
	equal(t, "what the container reads", out.String(), "hush")
	ok(t, c.Delete(t.Context(), id))
	_, err := c.Inspect(t.Context(), id)
	fails(t, err, transport.ErrNotFound, "SecretInspectLibpod")
}

func TestVolumes(t *testing.T) {
	e := engine(t)
	c := volumes.New(e)
	name := enginetest.Name(t)
	made := must(c.Create(t.Context(), v43.VolumeCreateOptions{Name: name, Label: map[string]string{"gantry": name}}))(t)
	cleanup(t, func(ctx context.Context) error { return c.Delete(ctx, name, &volumes.DeleteOptions{Force: true}) })
	equal(t, "driver", made.Driver, "local")
	ok(t, c.Exists(t.Context(), name))
	equal(t, "label", must(c.Inspect(t.Context(), name))(t).Labels["gantry"], name)
	list := must(c.List(t.Context(), &volumes.ListOptions{Filters: map[string][]string{"label": {"gantry=" + name}}}))(t)
	equal(t, "listed", len(list) == 1 && list[0].Name == name && list[0].Mountpoint != "", true)
	spec := sh("echo kept >/v/f; cat /proc/mounts")
	spec.Volumes = []v43.NamedVolume{{Name: name, Dest: "/v"}}
	spec.Mounts = []v43.SpecsMount{{Destination: "/t", Type: "tmpfs", Source: "tmpfs", Options: []string{"size=64k"}}}
	id := start(t, e, spec)
	must(containers.New(e).Wait(t.Context(), id, nil))(t)
	archive, err := containers.New(e).Archive(t.Context(), id, "/v/f")
	equal(t, "content", untar(t, text(t, archive, err))["f"], "kept\n")
	var out bytes.Buffer
	must(must(containers.New(e).Logs(t.Context(), id, &containers.LogsOptions{Stdout: true}))(t).Demux(&out, io.Discard))(t)
	contains(t, "mounts", out.String(), "tmpfs /t tmpfs")
	must(containers.New(e).Delete(t.Context(), id, nil))(t)
	pruned := must(c.Prune(t.Context(), &volumes.PruneOptions{Filters: map[string][]string{"label": {"gantry=" + name}}}))(t)
	equal(t, "pruned", len(pruned) == 1 && pruned[0].ID == name, true)
	fails(t, c.Exists(t.Context(), name), transport.ErrNotFound, "VolumeExistsLibpod")
}

func TestNetworks(t *testing.T) {
	e := engine(t)
	c := networks.New(e)
	name := enginetest.Name(t)
	made := must(c.Create(t.Context(), v43.NetworkCreateLibpod{
		Name: name, Driver: "bridge", Subnets: []v43.Subnet{{Subnet: "10.77.0.0/24", Gateway: "10.77.0.1"}}, Labels: map[string]string{"gantry": name},
	}))(t)
	cleanup(t, func(ctx context.Context) error {
		_, err := c.Delete(ctx, name, &networks.DeleteOptions{Force: true})
		return err
	})
	equal(t, "subnets", made.Subnets, []v43.Subnet{{Subnet: "10.77.0.0/24", Gateway: "10.77.0.1"}})
	ok(t, c.Exists(t.Context(), name))
	equal(t, "id", must(c.Inspect(t.Context(), name))(t).ID, made.ID)
	list := must(c.List(t.Context(), &networks.ListOptions{Filters: map[string][]string{"name": {name}}}))(t)
	equal(t, "listed", len(list) == 1 && list[0].Name == name && !list[0].Created.IsZero(), true)
	spec := sh("sleep 1000")
	spec.NetNS = v43.Namespace{NSMode: "bridge"}
	spec.Networks = map[string]v43.PerNetworkOptions{name: {StaticIPs: []string{"10.77.0.9"}}}
	id := start(t, e, spec)
	settings := must(containers.New(e).Inspect(t.Context(), id, nil))(t).NetworkSettings
	equal(t, "address", settings.Networks[name].IPAddress, "10.77.0.9")
	ok(t, c.Disconnect(t.Context(), name, v43.NetworkDisconnect{Container: id}))
	ok(t, c.Connect(t.Context(), name, v43.NetworkConnectOptions{Container: id, StaticIPs: []string{"10.77.0.10"}}))
	settings = must(containers.New(e).Inspect(t.Context(), id, nil))(t).NetworkSettings
	equal(t, "address", settings.Networks[name].IPAddress, "10.77.0.10")
	gone := must(c.Delete(t.Context(), name, &networks.DeleteOptions{Force: true}))(t)
	equal(t, "removed", len(gone) == 1 && gone[0].Name == name && gone[0].Err == "", true)
	must(c.Prune(t.Context(), &networks.PruneOptions{Filters: map[string][]string{"label": {"gantry=" + name}}}))(t)
}

const pod = `
apiVersion: v1
kind: Pod
metadata: {name: NAME, labels: {app: NAME}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - {name: main, image: "docker.io/library/busybox:musl", imagePullPolicy: Never, command: [sleep, "1000"]}
`

func TestKube(t *testing.T) {
	e := engine(t)
	needImage(t, e)
	c := kube.New(e)
	name := enginetest.Name(t)
	yaml := strings.ReplaceAll(pod, "NAME", name)
	played := must(c.Play(t.Context(), strings.NewReader(yaml), &kube.PlayOptions{Network: []string{"none"}}))(t)
	removePod(t, e, name)
	if len(played.Pods) != 1 || len(played.Pods[0].Containers) != 1 || played.Pods[0].ContainerErrors != nil {
		t.Fatalf("played: %+v", played)
	}
	equal(t, "what runs", must(containers.New(e).Inspect(t.Context(), name+"-main", nil))(t).ID, played.Pods[0].Containers[0])
	written, err := c.Generate(t.Context(), []string{name}, nil)
	contains(t, "generated", text(t, written, err), "kind: Pod")
	units := must(containers.New(e).GenerateSystemd(t.Context(), name, &containers.GenerateSystemdOptions{UseName: true}))(t)
	contains(t, "unit", units["pod-"+name], "[Service]")
	down := must(c.Down(t.Context(), strings.NewReader(yaml)))(t)
	equal(t, "taken down", len(down.StopReport) == 1 && len(down.RmReport) == 1 && down.RmReport[0].ID == played.Pods[0].ID, true)
}

func TestImages(t *testing.T) {
	e := engine(t)
	needImage(t, e)
	c := images.New(e)
	name := "localhost/" + enginetest.Name(t)
	got := must(c.Inspect(t.Context(), image))(t)
	equal(t, "names", slices.Contains(got.RepoTags, image), true)
	equal(t, "command", got.Config.Cmd, []string{"sh"})
	ok(t, c.Tag(t.Context(), image, &images.TagOptions{Repo: name, Tag: "a"}))
	list := must(c.List(t.Context(), &images.ListOptions{Filters: map[string][]string{"reference": {name + ":a"}}}))(t)
	equal(t, "listed", len(list) == 1 && list[0].ID == got.ID && list[0].Size > 0, true)
	equal(t, "history", must(c.History(t.Context(), image))(t)[0].CreatedBy, "testimage")
	contains(t, "tree", must(c.Tree(t.Context(), image, nil))(t).Tree, "Image ID")
	must(c.Changes(t.Context(), got.ID, nil))(t)
	ok(t, c.Untag(t.Context(), name+":a", &images.UntagOptions{Repo: name, Tag: "a"}))

	built := ""
	for msg, err := range must(c.Build(t.Context(), tarball(t, "Dockerfile", "FROM "+image+"\nARG x\nLABEL x=$x\nCOPY Dockerfile /d\n"), &images.BuildOptions{
		Tags: []string{name + ":b", name + ":c"}, BuildArgs: map[string]string{"x": "y"}, Labels: map[string]string{"l": "m"},
	}))(t).All() {
		ok(t, err)
		built = strings.TrimSpace(msg.Stream)
	}
	cleanup(t, func(ctx context.Context) error {
		_, err := c.DeleteAll(ctx, &images.DeleteAllOptions{Images: []string{name + ":b", name + ":c", name + ":d", name + ":e"}, Force: true, Ignore: true})
		return err
	})
	got = must(c.Inspect(t.Context(), name+":c"))(t)
	equal(t, "built", got.ID, built)
	equal(t, "labels", got.Labels["x"]+got.Labels["l"], "ym")
	err := must(c.Build(t.Context(), tarball(t, "Dockerfile", "FROM "+image+"\nRUN no-such-program\n"), nil))(t).Wait()
	fails(t, err, transport.ErrStream, "ImageBuildLibpod")

	saved, err := c.Get(t.Context(), name+":b", &images.GetOptions{Format: "docker-archive"})
	contains(t, "saved", text(t, saved, err), "manifest.json")
	both, err := c.Export(t.Context(), &images.ExportOptions{References: []string{image, name + ":b"}, Format: "docker-archive"})
	contains(t, "exported", text(t, both, err), "manifest.json")
	imported := must(c.Import(t.Context(), tarball(t, "f", "x"), &images.ImportOptions{Reference: name + ":d", Changes: []string{"CMD [\"f\"]"}}))(t)
	equal(t, "imported", "sha256:"+must(c.Inspect(t.Context(), name+":d"))(t).ID, imported.ID)
	ctr := create(t, e, sh("true"))
	committed := must(c.Commit(t.Context(), ctr, &images.CommitOptions{Repo: name, Tag: "e", Author: "me"}))(t)
	got = must(c.Inspect(t.Context(), name+":e"))(t)
	equal(t, "committed", got.ID+got.Author, committed.ID+"me")

	var pulled v43.LibpodImagesPullReport
	for msg, err := range must(c.Pull(t.Context(), image, &images.PullOptions{Policy: "missing"}))(t).All() {
		ok(t, err)
		pulled = msg
	}
	equal(t, "pulled", len(pulled.Images), 1)
	err = must(c.Pull(t.Context(), "127.0.0.1:1/no:such", nil))(t).Wait()
	fails(t, err, transport.ErrStream, "connection refused")
	err = must(c.Push(t.Context(), image, &images.PushOptions{Destination: "127.0.0.1:1/no:such", Quiet: new(false)}))(t).Wait()
	fails(t, err, transport.ErrStream, "connection refused")
	_, err = c.Search(t.Context(), &images.SearchOptions{Term: "127.0.0.1:1/x"})
	fails(t, err, transport.ErrServer, "ImageSearchLibpod")
	must(c.Prune(t.Context(), &images.PruneOptions{Filters: map[string][]string{"label": {"no=such"}}}))(t)
	removed := must(c.Delete(t.Context(), name+":d", nil))(t)
	if len(removed.Deleted) != 1 || removed.ExitCode != 0 || len(removed.Errors) != 0 {
		t.Errorf("removed: %+v", removed)
	}
}

func TestManifests(t *testing.T) {
	e := engine(t)
	needImage(t, e)
	c := manifests.New(e)
	name := "localhost/" + enginetest.Name(t) + ":list"
	local := "containers-storage:" + image
	id := must(c.Create(t.Context(), name, nil, nil, nil))(t).ID
	cleanup(t, func(ctx context.Context) error { _, err := c.Delete(ctx, name); return err })
	ok(t, c.Exists(t.Context(), name))
	modified := must(c.Modify(t.Context(), name, v43.ManifestModifyOptions{Operation: "update", Images: []string{local}, Arch: "arm64"}, nil))(t)
	equal(t, "modified", modified.ID, id)
	got := must(c.Inspect(t.Context(), name))(t)
	equal(t, "listed", len(got.Manifests) == 1 && got.Manifests[0].Platform.Architecture == "arm64", true)
	equal(t, "added the old way", must(c.Add(t.Context(), name, &v43.ManifestAddOptions{Images: []string{local}}, nil))(t).ID, id)
	err := must(c.Push(t.Context(), name, "127.0.0.1:1/no:such", &manifests.PushOptions{Quiet: new(false)}))(t).Wait()
	fails(t, err, transport.ErrStream, "connection refused")
	removed := must(c.Delete(t.Context(), name))(t)
	equal(t, "removed", removed.ExitCode, int64(0))
	fails(t, c.Exists(t.Context(), name), transport.ErrNotFound, "ManifestExistsLibpod")
}

func TestSystem(t *testing.T) {
	e := engine(t)
	needImage(t, e)
	c := system.New(e)
	ping := must(c.Ping(t.Context()))(t)
	equal(t, "version", ping.LibpodAPIVersion, e.Info().APIVersion)
	equal(t, "version", must(e.Ping(t.Context()))(t).APIVersion, e.Info().APIVersion)
	version := must(c.Version(t.Context()))(t)
	equal(t, "version", version.Version, e.Info().Version)
	equal(t, "component", version.Components[0].Name, "Podman Engine")
	info := must(c.Info(t.Context()))(t)
	equal(t, "version", info.Version.APIVersion, e.Info().APIVersion)
	equal(t, "host", info.Host.OS, "linux")
	usage := must(c.DataUsage(t.Context()))(t)
	equal(t, "usage", slices.ContainsFunc(usage.Images, func(i v43.SystemDfImageReport) bool { return i.Repository == "docker.io/library/busybox" }), true)
	must(c.Prune(t.Context(), &system.PruneOptions{Filters: map[string][]string{"label": {"no=such"}}}))(t)
}
