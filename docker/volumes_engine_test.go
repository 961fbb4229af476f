package docker_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/volumes"
	"github.com/gantry-go/gantry/transport"
)

func testVolumes(t *testing.T, e *engine) {
	t.Run("create and inspect", func(t *testing.T) { testVolumeCreate(t, e) })
	t.Run("list", func(t *testing.T) { testVolumeList(t, e) })
	t.Run("share", func(t *testing.T) { testVolumeShare(t, e) })
	t.Run("prune", func(t *testing.T) { testVolumePrune(t, e) })
}

// makeVolume makes a volume; one without a name gets one from the engine.
func makeVolume(t *testing.T, e *engine, req v141.VolumeCreateOptions) *v141.Volume {
	t.Helper()
	c := volumes.New(e)
	v := must(c.Create(t.Context(), req))(t)
	cleanup(t, func(ctx context.Context) error {
		return c.Delete(ctx, v.Name, &volumes.DeleteOptions{Force: true})
	})
	return v
}

func testVolumeCreate(t *testing.T, e *engine) {
	c := volumes.New(e)
	before := time.Now().Truncate(time.Second)
	req := v141.VolumeCreateOptions{
		Name: unique(), Driver: "local",
		Labels:     map[string]string{"com.example.role": "tester"},
		DriverOpts: map[string]string{"type": "tmpfs", "device": "tmpfs", "o": "nodev"},
	}
	made := makeVolume(t, e, req)
	got := must(c.Inspect(t.Context(), req.Name))(t)
	equal(t, "inspected", got, made)
	equal(t, "name", got.Name, req.Name)
	equal(t, "driver", got.Driver, "local")
	equal(t, "scope", got.Scope, v141.VolumeScopeLocal)
	equal(t, "labels", got.Labels, req.Labels)
	equal(t, "options", got.Options, req.DriverOpts)
	contains(t, "mount point", got.Mountpoint, req.Name)
	if got.CreatedAt.Before(before) || time.Since(got.CreatedAt) > time.Minute {
		t.Errorf("made at %v", got.CreatedAt)
	}

	nameless := makeVolume(t, e, v141.VolumeCreateOptions{})
	equal(t, "length of a given name", len(nameless.Name), 64)
	equal(t, "labels of none", len(nameless.Labels), 0)

	again := must(c.Create(t.Context(), v141.VolumeCreateOptions{Name: req.Name}))(t)
	equal(t, "mount point of the same once more", again.Mountpoint, got.Mountpoint)
	_, err := c.Create(t.Context(), v141.VolumeCreateOptions{Name: "not/a/name"})
	if e.isPodman() {
		fails(t, err, transport.ErrServer, http.StatusInternalServerError, "names must match")
	} else {
		fails(t, err, transport.ErrBadRequest, http.StatusBadRequest, "includes invalid characters")
	}
	_, err = c.Inspect(t.Context(), unique())
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, "o such volume")
}

func testVolumeList(t *testing.T, e *engine) {
	c, label := volumes.New(e), unique()
	a := makeVolume(t, e, v141.VolumeCreateOptions{Name: unique(), Labels: map[string]string{label: "a"}})
	b := makeVolume(t, e, v141.VolumeCreateOptions{Name: unique(), Labels: map[string]string{label: "b"}})
	list := func(filters map[string][]string) (names []string) {
		t.Helper()
		got := must(c.List(t.Context(), &volumes.ListOptions{Filters: filters}))(t)
		equal(t, "warnings", len(got.Warnings), 0)
		for _, v := range got.Volumes {
			names = append(names, v.Name)
		}
		slices.Sort(names)
		return names
	}
	both := slices.Sorted(slices.Values([]string{a.Name, b.Name}))
	equal(t, "by label", list(map[string][]string{"label": {label}}), both)
	equal(t, "by label and value", list(map[string][]string{"label": {label + "=b"}}), []string{b.Name})
	equal(t, "by name", list(map[string][]string{"name": {a.Name}}), []string{a.Name})
	equal(t, "by what none has", len(list(map[string][]string{"label": {unique()}})), 0)
	for _, name := range both {
		equal(t, "one of all", slices.Contains(list(nil), name), true)
	}
	_, err := c.List(t.Context(), &volumes.ListOptions{Filters: map[string][]string{"colour": {"red"}}})
	if e.isPodman() {
		fails(t, err, transport.ErrServer, http.StatusInternalServerError, "colour")
	} else {
		fails(t, err, transport.ErrBadRequest, http.StatusBadRequest, "Invalid filter 'colour'")
	}
}

// testVolumeShare has one container read what another wrote, and the volume held by them.
func testVolumeShare(t *testing.T, e *engine) {
	c := volumes.New(e)
	v := makeVolume(t, e, v141.VolumeCreateOptions{Name: unique()})
	write := sh("echo hello >/data/file")
	write.HostConfig.Mounts = []v141.Mount{{Type: v141.MountTypeVolume, Source: v.Name, Target: "/data"}}
	id := start(t, e, write)
	equal(t, "status", exit(t, e, id), int64(0))
	mounts := must(containers.New(e).Inspect(t.Context(), id, nil))(t).Mounts
	if len(mounts) != 1 || mounts[0].Type != v141.MountTypeVolume || mounts[0].Name != v.Name || mounts[0].Destination != "/data" || !mounts[0].RW {
		t.Errorf("mounts: %+v", mounts)
	}
	read := sh("cat /data/file; echo more >/data/file")
	read.HostConfig.Binds = []string{v.Name + ":/data:ro"}
	stdout, stderr, _ := output(t, e, read)
	equal(t, "what the other reads", stdout, "hello\n")
	contains(t, "what it cannot do", stderr, "Read-only file system")

	use := "in use"
	if e.isPodman() {
		use = "being used"
	}
	fails(t, c.Delete(t.Context(), v.Name, nil), transport.ErrConflict, http.StatusConflict, use)
	ok(t, containers.New(e).Delete(t.Context(), id, nil))
}

func testVolumePrune(t *testing.T, e *engine) {
	c, label := volumes.New(e), unique()
	labels := map[string]string{label: "yes"}
	used := makeVolume(t, e, v141.VolumeCreateOptions{Name: unique(), Labels: labels})
	req := sh("exit")
	req.HostConfig.Binds = []string{used.Name + ":/data"}
	create(t, e, req)
	idle := makeVolume(t, e, v141.VolumeCreateOptions{Name: unique(), Labels: labels})

	got := must(c.Prune(t.Context(), &volumes.PruneOptions{Filters: map[string][]string{"label": {label + "=yes"}}}))(t)
	equal(t, "pruned", got.VolumesDeleted, []string{idle.Name})
	_, err := c.Inspect(t.Context(), idle.Name)
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, "o such volume")
	must(c.Inspect(t.Context(), used.Name))(t)

	gone := makeVolume(t, e, v141.VolumeCreateOptions{Name: unique()})
	ok(t, c.Delete(t.Context(), gone.Name, nil))
	fails(t, c.Delete(t.Context(), gone.Name, nil), transport.ErrNotFound, http.StatusNotFound, "o such volume")
	// Force is for a volume that is not there. Podman means by it one in use.
	err = c.Delete(t.Context(), gone.Name, &volumes.DeleteOptions{Force: true})
	if e.isPodman() && err != nil {
		fails(t, err, transport.ErrNotFound, http.StatusNotFound, "o such volume")
	} else {
		ok(t, err)
	}
}
