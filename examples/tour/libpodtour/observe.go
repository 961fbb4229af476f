package libpodtour

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gantry-go/gantry/examples/tour/guide"
	"github.com/gantry-go/gantry/podman/v43"
	"github.com/gantry-go/gantry/podman/v43/containers"
	"github.com/gantry-go/gantry/podman/v43/system"
)

// ping asks whether the engine is there, and what it is.
func (t *Tour) ping(ctx context.Context) error {
	t.Call(`sys.Ping(ctx)`)
	begin := time.Now()
	pong, err := t.sys.Ping(ctx)
	if err != nil {
		return err
	}
	t.Value("answer", "in %s: libpod %s, Buildah %s; Docker's API %s", guide.Took(time.Since(begin)), pong.LibpodAPIVersion, pong.LibpodBuildahVersion, pong.APIVersion)
	t.Call(`sys.Info(ctx)`)
	info, err := t.sys.Info(ctx)
	if err != nil {
		return err
	}
	t.Value("machine", "%s %s, kernel %s, %s, %s", info.Host.Distribution.Distribution, info.Host.Distribution.Version,
		info.Host.Kernel, guide.Count(info.Host.CPUs, "CPU"), guide.Size(info.Host.MemTotal))
	t.Value("storage", "%s, %s, %s", info.Store.GraphDriverName, guide.Count(info.Store.ImageStore.Number, "image"), guide.Count(info.Store.ContainerStore.Number, "container"))
	t.Value("runtime", "%s, control groups %s by %s, networks by %s", info.Host.OCIRuntime.Name, info.Host.CgroupVersion, info.Host.CgroupManager, info.Host.NetworkBackend)
	return nil
}

// inspect shows some of what the engine knows of conny.
func (t *Tour) inspect(ctx context.Context) error {
	t.Call(`ctrs.Inspect(ctx, "conny", nil)`)
	info, err := t.ctrs.Inspect(ctx, conny, nil)
	if err != nil {
		return err
	}
	t.Value("id", "%s", guide.Short(info.ID))
	t.Value("image", "%s, %s", info.ImageName, guide.Short(info.Image))
	t.Value("command", "%s", strings.Join(append([]string{info.Path}, info.Args...), " "))
	t.Value("state", "%s, pid %d, watched by conmon, pid %d", info.State.Status, info.State.PID, info.State.ConmonPID)
	t.Value("created", "%s, started %s later", info.Created.Local().Format(time.DateTime), guide.Took(info.State.StartedAt.Sub(info.Created)))
	for _, name := range slices.Sorted(maps.Keys(info.NetworkSettings.Networks)) {
		n := info.NetworkSettings.Networks[name]
		t.Value("network", "%s: %s/%d by way of %s", name, n.IPAddress, n.IPPrefixLen, n.Gateway)
	}
	t.Value("may", "%s", strings.Join(info.EffectiveCaps, " "))
	return nil
}

// list shows the tour's containers, then only those that run.
func (t *Tour) list(ctx context.Context) error {
	t.Call(`ctrs.List(ctx, &containers.ListOptions{All: true, Filters: map[string][]string{"label": {"gantry.tour"}}})`)
	all, err := t.ctrs.List(ctx, &containers.ListOptions{All: true, Filters: ours})
	if err != nil {
		return err
	}
	t.table(all)
	t.Call(`ctrs.List(ctx, &containers.ListOptions{Filters: map[string][]string{"name": {"conny"}, "status": {"running"}}})`)
	running, err := t.ctrs.List(ctx, &containers.ListOptions{Filters: map[string][]string{"name": {conny}, "status": {"running"}}})
	if err != nil {
		return err
	}
	t.table(running)
	if len(all) != 2 || len(running) != 1 {
		return fmt.Errorf("found %d and %d containers, want 2 and 1", len(all), len(running))
	}
	return nil
}

func (t *Tour) table(list []v43.ListContainer) {
	for _, c := range list {
		since := "started " + time.Unix(c.StartedAt, 0).Format(time.TimeOnly)
		if c.Exited {
			since = fmt.Sprintf("exited with %d at %s", c.ExitCode, time.Unix(c.ExitedAt, 0).Format(time.TimeOnly))
		}
		t.Row("%-12s %-13s %-8s %-26s %s", guide.Short(c.ID), name(c.Names), c.State, since, c.Image)
	}
}

// events shows what has happened to conny so far, and what happens to it now.
func (t *Tour) events(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	t.Call(`sys.Events(ctx, &system.EventsOptions{Since: started, Filters: filters})`)
	events, err := t.sys.Events(ctx, &system.EventsOptions{
		Since:   t.started,
		Filters: map[string][]string{"type": {"container"}, "container": {conny}},
	})
	if err != nil {
		return err
	}
	defer events.Close() //nolint:errcheck // nothing depends on it
	t.Call(`ctrs.Pause(ctx, "conny")`)
	if err := t.ctrs.Pause(ctx, conny); err != nil {
		return err
	}
	t.Call(`ctrs.Unpause(ctx, "conny")`)
	if err := t.ctrs.Unpause(ctx, conny); err != nil {
		return err
	}
	t.Call(`for event, err := range events.All()`)
	for event, err := range events.All() {
		if err != nil {
			return err
		}
		t.Value(time.Unix(0, event.TimeNano).Format("15:04:05.000"), "%s  %s", event.Actor.Attributes["name"], event.Action)
		if event.Action == "unpause" {
			return nil // which closes the events
		}
	}
	return errors.New("the events ended")
}

// stats takes two samples of what conny uses, and says what it used between them. Podman takes one in five seconds.
func (t *Tour) stats(ctx context.Context) error {
	t.Call(`ctrs.Stats(ctx, "conny", nil)`)
	samples, err := t.ctrs.Stats(ctx, conny, nil)
	if err != nil {
		return err
	}
	t.Call(`for sample, err := range samples.All()`)
	var first v43.ContainerStatsResponse
	for sample, err := range samples.All() {
		if err != nil {
			return err
		}
		t.Value(sample.Read.Local().Format("15:04:05.000"), "%s", usage(sample))
		if first.Read.IsZero() {
			first = sample
			continue
		}
		used := time.Duration(sample.CPUStats.CPUUsage.TotalUsage - first.CPUStats.CPUUsage.TotalUsage)
		t.Value("between", "%s of CPU time in %s", guide.Took(used), guide.Took(sample.Read.Sub(first.Read)))
		return t.top(ctx)
	}
	return errors.New("the statistics ended")
}

// usage returns a sample as people read it.
func usage(s v43.ContainerStatsResponse) string {
	var in, out uint64
	for _, n := range s.Networks {
		in, out = in+n.RxBytes, out+n.TxBytes
	}
	return fmt.Sprintf("memory %s, %s, network %s in, %s out",
		guide.Size(s.MemoryStats.Usage), guide.Count(s.PIDsStats.Current, "process"), guide.Size(in), guide.Size(out))
}

// top lists conny's processes.
func (t *Tour) top(ctx context.Context) error {
	t.Call(`ctrs.Top(ctx, "conny", nil)`)
	top, err := t.ctrs.Top(ctx, conny, nil)
	if err != nil {
		return err
	}
	now, err := top.One()
	if err != nil {
		return err
	}
	t.processes(now.Titles, now.Processes)
	return nil
}

// processes shows the columns that say something: who, which, since when, what.
func (t *Tour) processes(titles []string, processes [][]string) {
	for _, row := range append([][]string{titles}, processes...) {
		if len(row) < 8 {
			continue
		}
		elapsed := row[4]
		if d, err := time.ParseDuration(elapsed); err == nil {
			elapsed = guide.Took(d)
		}
		t.Row("%-6s %4s  %-8s %s", row[0], row[1], elapsed, row[7])
	}
}
