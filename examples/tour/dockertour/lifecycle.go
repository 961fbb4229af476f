package dockertour

import (
	"context"
	"strings"
	"time"

	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/networks"
	"github.com/gantry-go/gantry/examples/tour/guide"
)

// create makes a container of the tour's image, with its label.
func (t *Tour) create(ctx context.Context, name string, request containers.CreateRequest) error {
	ctx, done := guide.Finishing(ctx)
	defer done()
	request.Image, request.Labels = image, labels
	created, err := t.ctrs.Create(ctx, request, &containers.CreateOptions{Name: name})
	if err != nil {
		return err
	}
	t.Value("created", "%s, %s: %s", name, guide.Short(created.ID), strings.Join(request.Cmd, " "))
	for _, w := range created.Warnings {
		t.Value("warning", "%s", w)
	}
	return nil
}

// createConny makes a container that counts, and starts it.
func (t *Tour) createConny(ctx context.Context) error {
	t.Call(`ctrs.Create(ctx, containers.CreateRequest{Image: image, Cmd: cmd, Labels: labels}, &containers.CreateOptions{Name: "conny"})`)
	err := t.create(ctx, conny, containers.CreateRequest{
		Cmd: []string{"sh", "-c", "i=1; while :; do echo $i; sleep 1; i=$((i+1)); done"},
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
	t.Call(`nets.Create(ctx, networks.CreateRequest{Name: "conny-network", Labels: labels})`)
	making, done := guide.Finishing(ctx)
	defer done()
	created, err := t.nets.Create(making, networks.CreateRequest{Name: networkName, Labels: labels})
	if err != nil {
		return err
	}
	t.Value("created", "%s, %s", networkName, guide.Short(created.ID))
	if created.Warning != "" {
		t.Value("warning", "%s", created.Warning)
	}
	t.Call(`nets.Connect(ctx, "conny-network", networks.ConnectRequest{Container: "conny"})`)
	if err := t.nets.Connect(ctx, networkName, networks.ConnectRequest{Container: conny}); err != nil {
		return err
	}
	t.Call(`nets.Inspect(ctx, "conny-network", nil)`)
	info, err := t.nets.Inspect(ctx, networkName, nil)
	if err != nil {
		return err
	}
	for _, c := range info.IPAM.Config {
		t.Value("subnet", "%s by way of %s, driver %s", c.Subnet, c.Gateway, info.Driver)
	}
	for _, c := range info.Containers {
		t.Value(c.Name, "%s, %s", c.IPv4Address, c.MACAddress)
	}
	return nil
}

// wait asks to be told of conny's next exit, brings it about, and starts conny again.
func (t *Tour) wait(ctx context.Context) error {
	t.Call(`ctrs.Wait(ctx, "conny", &containers.WaitOptions{Condition: containers.WaitNextExit})`)
	exit, err := t.ctrs.Wait(ctx, conny, &containers.WaitOptions{Condition: containers.WaitNextExit})
	if err != nil {
		return err
	}
	defer exit.Close() //nolint:errcheck // it has been read, or is given up
	t.Value("waiting", "the engine has promised an answer, nothing is lost from here on")
	t.Call(`ctrs.Kill(ctx, "conny", &containers.KillOptions{Signal: "SIGKILL"})`)
	begin := time.Now()
	if err := t.ctrs.Kill(ctx, conny, &containers.KillOptions{Signal: "SIGKILL"}); err != nil {
		return err
	}
	t.Call(`exit.Result()`)
	result, err := exit.Result()
	if err != nil {
		return err
	}
	t.Value("exit code", "%d, %s after the signal", result.StatusCode, guide.Took(time.Since(begin)))
	t.Call(`ctrs.Start(ctx, "conny", nil)`)
	if err := t.ctrs.Start(ctx, conny, nil); err != nil {
		return err
	}
	t.Value("started", "again, counting from 1")
	return nil
}
