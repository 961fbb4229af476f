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
	"github.com/gantry-go/gantry/docker/v141/images"
	"github.com/gantry-go/gantry/docker/v141/system"
	"github.com/gantry-go/gantry/docker/v141/volumes"
	"github.com/gantry-go/gantry/transport"
)

func testSystem(t *testing.T, e *engine) {
	t.Run("ping", func(t *testing.T) { testPing(t, e) })
	t.Run("version and info", func(t *testing.T) { testInfo(t, e) })
	t.Run("data usage", func(t *testing.T) { testDataUsage(t, e) })
	t.Run("past events", func(t *testing.T) { testPastEvents(t, e) })
	t.Run("events as they come", func(t *testing.T) { testLiveEvents(t, e) })
	t.Run("raw", func(t *testing.T) { testRaw(t, e) })
}

func testPing(t *testing.T, e *engine) {
	c := system.New(e)
	ping := must(c.Ping(t.Context()))(t)
	equal(t, "ping's API version", ping.APIVersion, e.Info().APIVersion)
	if e.isPodman() {
		// It calls itself experimental always, and sends no OSType.
		equal(t, "ping's experimental", ping.Experimental, true)
	} else {
		equal(t, "ping's type of containers", ping.OSType, "linux")
		equal(t, "ping's experimental", ping.Experimental, false)
	}
	contains(t, "ping's server", ping.Server, e.Info().Version)
	head := must(c.PingHead(t.Context()))(t)
	equal(t, "HEAD", system.PingResponse(*head), *ping)
}

func testInfo(t *testing.T, e *engine) {
	c := system.New(e)
	version := must(c.Version(t.Context()))(t)
	equal(t, "version", version.Version, e.Info().Version)
	equal(t, "API version", version.APIVersion, e.Info().APIVersion)
	equal(t, "platform", version.OS+"/"+version.Arch, e.Info().OS+"/"+e.Info().Arch)
	if len(version.Components) == 0 {
		t.Fatal("no components")
	}
	equal(t, "first component", version.Components[0].Name, e.Info().Name)
	equal(t, "its platform", version.Components[0].Details["Os"], "linux")

	needBase(t, e)
	startIdle(t, e)
	before := time.Now()
	info := must(c.Info(t.Context()))(t)
	equal(t, "info's version", info.ServerVersion, version.Version)
	equal(t, "info's kernel", info.KernelVersion, version.KernelVersion)
	equal(t, "info's type of containers", info.OSType, "linux")
	if info.NCPU < 1 || info.MemTotal < 1<<20 || info.Images < 1 || info.ContainersRunning < 1 || info.Driver == "" {
		t.Errorf("info of a running engine: %+v", info)
	}
	if d := info.SystemTime.Sub(before); d.Abs() > time.Minute {
		t.Errorf("the engine's clock is off by %v", d)
	}
	if !slices.Contains(info.Plugins.Network, "bridge") || !slices.Contains(info.Plugins.Volume, "local") {
		t.Errorf("plugins: %+v", info.Plugins)
	}
}

func testDataUsage(t *testing.T, e *engine) {
	name, label := unique(), unique()
	volume := must(volumes.New(e).Create(t.Context(), v141.VolumeCreateOptions{Name: name}))(t)
	cleanup(t, func(ctx context.Context) error { return volumes.New(e).Delete(ctx, name, nil) })
	req := sh("echo 0123456789 >/mnt/file")
	req.Labels = map[string]string{label: "yes"}
	req.HostConfig.Binds = []string{volume.Name + ":/mnt"}
	id := start(t, e, req)
	equal(t, "status", exit(t, e, id), int64(0))
	image := must(images.New(e).Inspect(t.Context(), baseImage))(t)

	usage := must(system.New(e).DataUsage(t.Context()))(t)
	i := slices.IndexFunc(usage.Images, func(s v141.ImageSummary) bool {
		return strings.TrimPrefix(s.ID, "sha256:") == strings.TrimPrefix(image.ID, "sha256:") // Podman leaves the prefix out
	})
	if i < 0 || usage.Images[i].Size != image.Size || usage.Images[i].Containers < 1 {
		t.Errorf("the base image is not in use: %+v", usage.Images)
	}
	i = slices.IndexFunc(usage.Containers, func(s v141.ContainerSummary) bool { return s.ID == id })
	if i < 0 || usage.Containers[i].State != "exited" || usage.Containers[i].SizeRootFs < 1 {
		t.Errorf("the container is not there: %+v", usage.Containers)
	}
	i = slices.IndexFunc(usage.Volumes, func(v v141.Volume) bool { return v.Name == name })
	if i < 0 || usage.Volumes[i].UsageData == nil {
		t.Fatalf("the volume is not there: %+v", usage.Volumes)
	}
	equal(t, "what the volume holds", usage.Volumes[i].UsageData.Size, int64(len("0123456789\n")))
	equal(t, "who uses the volume", usage.Volumes[i].UsageData.RefCount, int64(1))
}

// liveContainer makes a container that has a life: it is made, started, ends with status 3 and is removed.
func liveContainer(t *testing.T, e *engine, name string) (id string) {
	t.Helper()
	needBase(t, e)
	c := containers.New(e)
	req := sh("exit 3")
	req.Image = baseImage
	req.HostConfig.NetworkMode = "none"
	id = must(c.Create(t.Context(), req, &containers.CreateOptions{Name: name}))(t).ID
	cleanup(t, func(ctx context.Context) error {
		return c.Delete(ctx, id, &containers.DeleteOptions{Force: true})
	})
	ok(t, c.Start(t.Context(), id, nil))
	equal(t, "status", exit(t, e, id), int64(3))
	ok(t, c.Delete(t.Context(), id, nil))
	return id
}

// wantLife checks the events of liveContainer. Others may stand between them.
func wantLife(t *testing.T, e *engine, events []v141.EventMessage, id, name string) {
	t.Helper()
	end := "destroy"
	if e.isPodman() {
		end = "remove"
	}
	want := []string{"create", "start", "die", end}
	for _, event := range events {
		equal(t, "type of "+event.Action, event.Type, v141.EventMessageTypeContainer)
		equal(t, "actor of "+event.Action, event.Actor.ID, id)
		equal(t, "name with "+event.Action, event.Actor.Attributes["name"], name)
		if at := time.Unix(0, event.TimeNano); time.Since(at).Abs() > time.Minute || at.Unix() != event.Time {
			t.Errorf("time of %s: %v, %d", event.Action, at, event.Time)
		}
		if event.Action == "die" {
			status := event.Actor.Attributes["exitCode"]
			if e.isPodman() {
				status = event.Actor.Attributes["containerExitCode"]
			}
			equal(t, "status", status, "3")
		}
		if len(want) > 0 && event.Action == want[0] {
			want = want[1:]
		}
	}
	if len(want) > 0 {
		t.Errorf("no event %q in %+v", want[0], events)
	}
}

func testPastEvents(t *testing.T, e *engine) {
	c, name, since := system.New(e), unique(), time.Now()
	id := liveContainer(t, e, name)
	until := time.Now()
	if e.isPodman() {
		// It answers a time in the past with nothing, and a coming one with what was, at once.
		until = until.Add(time.Hour)
	}
	got := pastEvents(t, e, &system.EventsOptions{
		Since: since, Until: until, Filters: map[string][]string{"container": {name}, "type": {"container"}},
	}, id)
	wantLife(t, e, got, id, name)

	if !e.isPodman() {
		// Nanoseconds count: what came before a moment does not come after it.
		first := time.Unix(0, got[0].TimeNano)
		later := pastEvents(t, e, &system.EventsOptions{
			Since: first.Add(1), Until: until, Filters: map[string][]string{"container": {name}},
		}, id)
		equal(t, "events after the first", len(later), len(got)-1)
	}
	none, err := c.Events(t.Context(), &system.EventsOptions{Since: until, Until: since})
	if e.isPodman() {
		ok(t, err) // a span that is none has no events
		ok(t, none.Wait())
	} else {
		fails(t, err, transport.ErrBadRequest, http.StatusBadRequest, "`since` time")
	}
}

// pastEvents reads to the end of the sequence, or to the removal of a container where the end does not come.
func pastEvents(t *testing.T, e *engine, opts *system.EventsOptions, id string) (got []v141.EventMessage) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for event, err := range must(system.New(e).Events(ctx, opts))(t).All() {
		ok(t, err)
		got = append(got, event)
		if e.isPodman() && event.Action == "remove" && event.Actor.ID == id {
			break
		}
	}
	return got
}

func testLiveEvents(t *testing.T, e *engine) {
	name := unique()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	stream := must(system.New(e).Events(ctx, &system.EventsOptions{Filters: map[string][]string{"container": {name}}}))(t)
	defer stream.Close() //nolint:errcheck // the loop closes it; this is for a test that ends before
	id := liveContainer(t, e, name)
	var got []v141.EventMessage
	for event, err := range stream.All() {
		ok(t, err)
		got = append(got, event)
		if event.Action == "destroy" || event.Action == "remove" {
			break
		}
	}
	wantLife(t, e, got, id, name)

	// A sequence that has no end ends with its context, and says why.
	why := errors.New("seen enough")
	limited, stop := context.WithCancelCause(ctx)
	endless := must(system.New(e).Events(limited, nil))(t)
	stop(why)
	err := endless.Wait()
	if !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
		t.Errorf("cancelled: %v", err)
	}
}

// testRaw calls what no specification has, and reads what the engine answers, whatever that is.
func testRaw(t *testing.T, e *engine) {
	op := transport.Operation{Name: "Nothing", Method: http.MethodGet, Path: "/v1.41/nothing/{name}"}
	resp := must(e.Do(t.Context(), op.Request("here")))(t)
	equal(t, "status", resp.StatusCode, http.StatusNotFound)
	contains(t, "body", strings.ToLower(string(readAll(t, resp.Body))), "not found")
	err := transport.None(t.Context(), e, op.Request("here"))
	if !errors.Is(err, transport.ErrNotFound) {
		t.Errorf("%v is not ErrNotFound", err)
	}
}
