package libpodtour

import (
	"context"
	"errors"
	"fmt"

	"github.com/gantry-go/gantry/examples/tour/guide"
	"github.com/gantry-go/gantry/podman/v43"
	"github.com/gantry-go/gantry/podman/v43/pods"
	"github.com/gantry-go/gantry/transport"
)

// pod takes a pod through its life, with a container in it.
func (t *Tour) pod(ctx context.Context) error {
	t.Call(`pds.Create(ctx, v43.PodSpecGenerator{Name: "conny-pod", Hostname: "conny-pod", Labels: labels})`)
	making, done := guide.Finishing(ctx)
	defer done()
	created, err := t.pds.Create(making, v43.PodSpecGenerator{Name: podName, Hostname: podName, Labels: labels})
	if err != nil {
		return err
	}
	t.Value("created", "%s, %s", podName, guide.Short(created.ID))
	t.Call(`ctrs.Create(ctx, v43.SpecGenerator{Name: "conny-member", Image: "busybox:musl", Command: cmd, Pod: "conny-pod"})`)
	// The first process of a container hears of no signal that it does not ask for.
	if err := t.create(ctx, member, v43.SpecGenerator{Command: []string{"sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1; done"}, Pod: podName}); err != nil {
		return err
	}
	t.Call(`pds.Start(ctx, "conny-pod")`)
	if _, err := t.pds.Start(ctx, podName); err != nil {
		return err
	}
	if err := t.showPod(ctx); err != nil {
		return err
	}
	if err := t.measurePod(ctx); err != nil {
		return err
	}
	t.Call(`pds.Stop(ctx, "conny-pod", &pods.StopOptions{Timeout: 5})`)
	if _, err := t.pds.Stop(ctx, podName, &pods.StopOptions{Timeout: 5}); err != nil {
		return err
	}
	if err := t.showPod(ctx); err != nil {
		return err
	}
	t.Call(`pds.Delete(ctx, "conny-pod", nil)`)
	if _, err := t.pds.Delete(ctx, podName, nil); err != nil {
		return err
	}
	if err := t.ctrs.Exists(ctx, member, nil); !errors.Is(err, transport.ErrNotFound) {
		return fmt.Errorf("the pod is gone, and its container is not: %w", err)
	}
	t.Value("removed", "%s, and the containers in it", podName)
	return nil
}

// showPod shows the pod's state and its containers'. The first is the engine's: it holds what the others share.
func (t *Tour) showPod(ctx context.Context) error {
	t.Call(`pds.Inspect(ctx, "conny-pod")`)
	info, err := t.pds.Inspect(ctx, podName)
	if err != nil {
		return err
	}
	t.Value("state", "%s, %s that share %v", info.State, guide.Count(len(info.Containers), "container"), info.SharedNamespaces)
	for _, c := range info.Containers {
		t.Row("%-12s %-20s %s", guide.Short(c.ID), c.Name, c.State)
	}
	return nil
}

// measurePod lists the pod's processes and what its containers use.
func (t *Tour) measurePod(ctx context.Context) error {
	t.Call(`pds.Top(ctx, "conny-pod", nil)`)
	top, err := t.pds.Top(ctx, podName, nil)
	if err != nil {
		return err
	}
	now, err := top.One()
	if err != nil {
		return err
	}
	t.processes(now.Titles, now.Processes)
	t.Call(`pds.StatsAll(ctx, &pods.StatsAllOptions{NamesOrIDs: []string{"conny-pod"}})`)
	stats, err := t.pds.StatsAll(ctx, &pods.StatsAllOptions{NamesOrIDs: []string{podName}})
	if err != nil {
		return err
	}
	for _, s := range stats {
		t.Row("%-12s %-20s CPU %s, memory %s, PIDs %s", s.CID, s.Name, s.CPU, s.MemUsage, s.PIDs)
	}
	return nil
}
