package main

import (
	"context"
	"strings"
	"time"

	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/networks"
)

// create makes a container of the tour's image, with its label.
func (t *tour) create(ctx context.Context, name string, request containers.CreateRequest) error {
	ctx, done := finishing(ctx)
	defer done()
	request.Image, request.Labels = image, labels
	created, err := t.ctrs.Create(ctx, request, &containers.CreateOptions{Name: name})
	if err != nil {
		return err
	}
	t.ids[name] = created.ID
	t.value("created", "%s, %s: %s", name, short(created.ID), strings.Join(request.Cmd, " "))
	for _, w := range created.Warnings {
		t.value("warning", "%s", w)
	}
	return nil
}

// createConny makes a container that counts, and starts it.
func (t *tour) createConny(ctx context.Context) error {
	t.call(`ctrs.Create(ctx, containers.CreateRequest{Image: image, Cmd: cmd, Labels: labels}, &containers.CreateOptions{Name: "conny"})`)
	err := t.create(ctx, conny, containers.CreateRequest{
		Cmd: []string{"sh", "-c", "i=1; while :; do echo $i; sleep 1; i=$((i+1)); done"},
	})
	if err != nil {
		return err
	}
	t.call(`ctrs.Start(ctx, "conny", nil)`)
	begin := time.Now()
	if err := t.ctrs.Start(ctx, conny, nil); err != nil {
		return err
	}
	t.value("started", "in %s", took(time.Since(begin)))
	if err := t.ctrs.Start(ctx, conny, nil); err != nil {
		return err
	}
	t.value("again", "no error: it runs already, and 304 says so")
	info, err := t.ctrs.Inspect(ctx, conny, nil)
	if err != nil {
		return err
	}
	t.started = info.State.StartedAt
	t.value("state", "%s, pid %d, since %s", info.State.Status, info.State.PID, info.State.StartedAt.Local().Format(time.TimeOnly))
	return nil
}

// connect makes a network and puts conny on it.
func (t *tour) connect(ctx context.Context) error {
	t.call(`nets.Create(ctx, networks.CreateRequest{Name: "conny-network", Labels: labels})`)
	making, done := finishing(ctx)
	defer done()
	created, err := t.nets.Create(making, networks.CreateRequest{Name: networkName, Labels: labels})
	if err != nil {
		return err
	}
	t.value("created", "%s, %s", networkName, short(created.ID))
	if created.Warning != "" {
		t.value("warning", "%s", created.Warning)
	}
	t.call(`nets.Connect(ctx, "conny-network", networks.ConnectRequest{Container: "conny"})`)
	if err := t.nets.Connect(ctx, networkName, networks.ConnectRequest{Container: conny}); err != nil {
		return err
	}
	t.call(`nets.Inspect(ctx, "conny-network", nil)`)
	info, err := t.nets.Inspect(ctx, networkName, nil)
	if err != nil {
		return err
	}
	for _, c := range info.IPAM.Config {
		t.value("subnet", "%s by way of %s, driver %s", c.Subnet, c.Gateway, info.Driver)
	}
	for _, c := range info.Containers {
		t.value(c.Name, "%s, %s", c.IPv4Address, c.MACAddress)
	}
	return nil
}

// wait asks to be told of conny's next exit, brings it about, and starts conny again.
func (t *tour) wait(ctx context.Context) error {
	t.call(`ctrs.Wait(ctx, "conny", &containers.WaitOptions{Condition: containers.WaitNextExit})`)
	exit, err := t.ctrs.Wait(ctx, conny, &containers.WaitOptions{Condition: containers.WaitNextExit})
	if err != nil {
		return err
	}
	defer exit.Close() //nolint:errcheck // it has been read, or is given up
	t.value("waiting", "the engine has promised an answer, nothing is lost from here on")
	t.call(`ctrs.Kill(ctx, "conny", &containers.KillOptions{Signal: "SIGKILL"})`)
	begin := time.Now()
	if err := t.ctrs.Kill(ctx, conny, &containers.KillOptions{Signal: "SIGKILL"}); err != nil {
		return err
	}
	t.call(`exit.Result()`)
	result, err := exit.Result()
	if err != nil {
		return err
	}
	t.value("exit code", "%d, %s after the signal", result.StatusCode, took(time.Since(begin)))
	t.call(`ctrs.Start(ctx, "conny", nil)`)
	if err := t.ctrs.Start(ctx, conny, nil); err != nil {
		return err
	}
	t.value("started", "again, counting from 1")
	return nil
}
