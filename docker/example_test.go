package docker_test

import (
	"context"
	"fmt"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/containers"
)

// run is the program of README.md.
func run(ctx context.Context) error {
	engine, err := docker.Open(ctx) // as the docker command line finds it
	if err != nil {
		return err
	}
	defer engine.Close() //nolint:errcheck // it is an example

	ctrs := containers.New(engine)
	created, err := ctrs.Create(ctx, containers.CreateRequest{
		Image:      "busybox:musl",
		Cmd:        []string{"sh", "-c", "echo hi; exit 3"},
		HostConfig: v141.HostConfig{NetworkMode: "none"},
	}, nil)
	if err != nil {
		return err
	}
	defer ctrs.Delete(ctx, created.ID, &containers.DeleteOptions{Force: true}) //nolint:errcheck // it is an example

	exit, err := ctrs.Wait(ctx, created.ID, &containers.WaitOptions{Condition: containers.WaitNextExit})
	if err != nil {
		return err
	}
	if err := ctrs.Start(ctx, created.ID, nil); err != nil {
		return err
	}
	logs, err := ctrs.Logs(ctx, created.ID, &containers.LogsOptions{Follow: true, Stdout: true, Stderr: true})
	if err != nil {
		return err
	}
	for line, err := range logs.Lines() { // as they come; the loop closes the stream
		if err != nil {
			return err
		}
		fmt.Println(line.Stream, line.Text)
	}
	result, err := exit.Result()
	if err != nil {
		return err
	}
	fmt.Println("exit code", result.StatusCode)
	return nil
}

func Example() {
	if err := run(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// stdout hi
	// exit code 3
}
