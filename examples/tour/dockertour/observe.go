package dockertour

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/system"
	"github.com/gantry-go/gantry/examples/tour/guide"
)

// ping asks whether the engine is there, and what it is.
func (t *Tour) ping(ctx context.Context) error {
	t.Call(`sys.Ping(ctx)`)
	begin := time.Now()
	pong, err := t.sys.Ping(ctx)
	if err != nil {
		return err
	}
	t.Value("answer", "in %s: API %s, by %s", guide.Took(time.Since(begin)), pong.APIVersion, pong.Server)
	t.Call(`sys.Info(ctx)`)
	info, err := t.sys.Info(ctx)
	if err != nil {
		return err
	}
	t.Value("machine", "%s, kernel %s, %s, %s", info.OperatingSystem, info.KernelVersion, guide.Count(info.NCPU, "CPU"), guide.Size(info.MemTotal))
	t.Value("storage", "%s, %s, %s", info.Driver, guide.Count(info.Images, "image"), guide.Count(info.Containers, "container"))
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
	t.Value("image", "%s, %s", info.Config.Image, guide.Short(info.Image))
	t.Value("command", "%s", strings.Join(append([]string{info.Path}, info.Args...), " "))
	t.Value("state", "%s, pid %d", info.State.Status, info.State.PID)
	t.Value("created", "%s, started %s later", info.Created.Local().Format(time.DateTime), guide.Took(info.State.StartedAt.Sub(info.Created)))
	for _, name := range slices.Sorted(maps.Keys(info.NetworkSettings.Networks)) {
		n := info.NetworkSettings.Networks[name]
		t.Value("network", "%s: %s/%d by way of %s", name, n.IPAddress, n.IPPrefixLen, n.Gateway)
	}
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

func (t *Tour) table(list []v141.ContainerSummary) {
	for _, c := range list {
		t.Row("%-12s %-13s %-8s %-32s %s", guide.Short(c.ID), name(c.Names), c.State, c.Status, c.Image)
	}
}

// events shows what has happened to the tour's containers so far, and what happens to conny now.
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
		action, _, _ := strings.Cut(event.Action, ":") // exec_create goes on with the whole command
		t.Value(time.Unix(0, event.TimeNano).Format("15:04:05.000"), "%s  %s", event.Actor.Attributes["name"], action)
		if action == "unpause" {
			return nil // which closes the events
		}
	}
	return errors.New("the events ended")
}

// stats takes two samples of what conny uses, and says what it used between them. Docker sends one a second, Podman
// one in five.
func (t *Tour) stats(ctx context.Context) error {
	t.Call(`ctrs.Stats(ctx, "conny", nil)`)
	samples, err := t.ctrs.Stats(ctx, conny, nil)
	if err != nil {
		return err
	}
	t.Call(`for sample, err := range samples.All()`)
	var first v141.ContainerStatsResponse
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
		return nil
	}
	return errors.New("the statistics ended")
}

// usage returns a sample as people read it.
func usage(s v141.ContainerStatsResponse) string {
	var in, out uint64
	for _, n := range s.Networks {
		in, out = in+n.RxBytes, out+n.TxBytes
	}
	return fmt.Sprintf("memory %s, %s, network %s in, %s out",
		guide.Size(s.MemoryStats.Usage), guide.Count(s.PIDsStats.Current, "process"), guide.Size(in), guide.Size(out))
}
