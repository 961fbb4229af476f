package libpodtour

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gantry-go/gantry/examples/tour/guide"
	"github.com/gantry-go/gantry/podman/v43"
	"github.com/gantry-go/gantry/podman/v43/containers"
)

// counting is what conny does: a number a second.
var counting = []string{"sh", "-c", "i=1; while :; do echo $i; sleep 1; i=$((i+1)); done"}

// create makes a container of the tour's image, with its label.
func (t *Tour) create(ctx context.Context, name string, spec v43.SpecGenerator) error {
	ctx, done := guide.Finishing(ctx)
	defer done()
	spec.Name, spec.Image, spec.Labels = name, image, labels
	created, err := t.ctrs.Create(ctx, spec)
	if err != nil {
		return err
	}
	t.Value("created", "%s, %s: %s", name, guide.Short(created.ID), strings.Join(spec.Command, " "))
	for _, w := range created.Warnings {
		t.Value("warning", "%s", w)
	}
	return nil
}

// runOnce makes a container, has it run to its end, removes it, and returns what it wrote. It may not fail.
func (t *Tour) runOnce(ctx context.Context, spec v43.SpecGenerator) (string, error) {
	if err := t.create(ctx, once, spec); err != nil {
		return "", err
	}
	if err := t.ctrs.Start(ctx, once, nil); err != nil {
		return "", err
	}
	code, err := t.ctrs.Wait(ctx, once, nil)
	if err != nil {
		return "", err
	}
	logs, err := t.ctrs.Logs(ctx, once, &containers.LogsOptions{Stdout: true, Stderr: true})
	if err != nil {
		return "", err
	}
	var stdout, stderr bytes.Buffer
	if _, err := logs.Demux(&stdout, &stderr); err != nil {
		return "", err
	}
	if code != 0 {
		return "", fmt.Errorf("%s ended with %d: %s", once, code, &stderr)
	}
	_, err = t.ctrs.Delete(ctx, once, nil)
	return stdout.String(), err
}

// createConny makes a container that counts, and starts it. Its health is what one of its files says. It asks for a
// bridge because what a Podman without root gives by itself cannot be connected to more networks.
func (t *Tour) createConny(ctx context.Context) error {
	t.Call(`ctrs.Create(ctx, v43.SpecGenerator{Name: "conny", Image: "busybox:musl", Command: cmd, Labels: labels, NetNS: bridge, HealthConfig: health})`)
	err := t.create(ctx, conny, v43.SpecGenerator{
		Command: counting,
		NetNS:   v43.Namespace{NSMode: "bridge"},
		HealthConfig: v43.Schema2HealthConfig{
			Test:     []string{"CMD-SHELL", "if [ -e /tmp/ill ]; then cat /tmp/ill; exit 1; fi; echo fine"},
			Interval: v43.Duration(time.Hour), Timeout: v43.Duration(10 * time.Second), Retries: 2,
		},
	})
	if err != nil {
		return err
	}
	t.Call(`ctrs.Start(ctx, "conny", nil)`)
	begin := time.Now()
	if err := t.ctrs.Start(ctx, conny, nil); err != nil {
		return err
	}
	t.Value("started", "in %s", guide.Took(time.Since(begin)))
	if err := t.ctrs.Start(ctx, conny, nil); err != nil {
		return err
	}
	t.Value("again", "no error: it runs already, and 304 says so")
	info, err := t.ctrs.Inspect(ctx, conny, nil)
	if err != nil {
		return err
	}
	t.started = info.State.StartedAt
	t.Value("state", "%s, pid %d, since %s", info.State.Status, info.State.PID, info.State.StartedAt.Local().Format(time.TimeOnly))
	return nil
}

// connect makes a network and puts conny on it.
func (t *Tour) connect(ctx context.Context) error {
	t.Call(`nets.Create(ctx, v43.NetworkCreateLibpod{Name: "conny-network", Labels: labels})`)
	making, done := guide.Finishing(ctx)
	defer done()
	created, err := t.nets.Create(making, v43.NetworkCreateLibpod{Name: networkName, Labels: labels})
	if err != nil {
		return err
	}
	t.Value("created", "%s, %s", networkName, guide.Short(created.ID))
	for _, s := range created.Subnets {
		t.Value("subnet", "%s by way of %s, driver %s, interface %s", s.Subnet, s.Gateway, created.Driver, created.NetworkInterface)
	}
	t.Call(`nets.Connect(ctx, "conny-network", v43.NetworkConnectOptions{Container: "conny"})`)
	if err := t.nets.Connect(ctx, networkName, v43.NetworkConnectOptions{Container: conny}); err != nil {
		return err
	}
	t.Call(`ctrs.Inspect(ctx, "conny", nil)`)
	info, err := t.ctrs.Inspect(ctx, conny, nil)
	if err != nil {
		return err
	}
	n, on := info.NetworkSettings.Networks[networkName]
	if !on {
		return errors.New("conny is not on the network that it was connected to")
	}
	t.Value(conny, "%s/%d, %s", n.IPAddress, n.IPPrefixLen, n.MACAddress)
	return nil
}

// wait ends conny, asks how it ended, and starts it again. libpod answers as soon as the container is in the state that is
// asked for, also when it has been for long: nothing is lost between the two calls.
func (t *Tour) wait(ctx context.Context) error {
	t.Call(`ctrs.Kill(ctx, "conny", &containers.KillOptions{Signal: "SIGKILL"})`)
	begin := time.Now()
	if err := t.ctrs.Kill(ctx, conny, &containers.KillOptions{Signal: "SIGKILL"}); err != nil {
		return err
	}
	t.Call(`ctrs.Wait(ctx, "conny", &containers.WaitOptions{Condition: []containers.WaitCondition{containers.WaitConditionExited}})`)
	code, err := t.ctrs.Wait(ctx, conny, &containers.WaitOptions{Condition: []containers.WaitCondition{containers.WaitConditionExited}})
	if err != nil {
		return err
	}
	t.Value("exit code", "%d, %s after the signal", code, guide.Took(time.Since(begin)))
	t.Call(`ctrs.Start(ctx, "conny", nil)`)
	if err := t.ctrs.Start(ctx, conny, nil); err != nil {
		return err
	}
	t.Value("started", "again, counting from 1")
	return nil
}
