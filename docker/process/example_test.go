package process_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"time"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/docker/process"
	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/containers"
)

// begin opens the engine and starts a container for the examples to work in.
func begin(ctx context.Context) (*docker.Engine, string) {
	engine, err := docker.Open(ctx)
	if err != nil {
		log.Fatal(err)
	}
	id := create(ctx, engine, "sleep", "600")
	if err := containers.New(engine).Start(ctx, id, nil); err != nil {
		log.Fatal(err)
	}
	return engine, id
}

// create creates a container.
func create(ctx context.Context, engine *docker.Engine, command ...string) string {
	created, err := containers.New(engine).Create(ctx, containers.CreateRequest{
		Image: "busybox:musl", Cmd: command, OpenStdin: true, StdinOnce: true, HostConfig: v141.HostConfig{NetworkMode: "none"},
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	return created.ID
}

// stop removes the container and closes the engine.
func stop(engine *docker.Engine, id string) {
	_ = containers.New(engine).Delete(context.Background(), id, &containers.DeleteOptions{Force: true})
	_ = engine.Close()
}

func ExampleCommand() {
	ctx := context.Background()
	engine, conny := begin(ctx)
	defer stop(engine, conny)

	out, err := process.Command(ctx, engine, conny, "cat", "/etc/group").Output()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(strings.Count(string(out), "\n") > 0)
	// Output: true
}

func ExampleContainer() {
	ctx := context.Background()
	engine, conny := begin(ctx)
	defer stop(engine, conny)
	id := create(ctx, engine, "sh", "-c", "echo hi; exit 3")

	cmd := process.Container(ctx, engine, id)
	cmd.Stdout, cmd.Stderr, cmd.RemoveAfter = os.Stdout, os.Stderr, true
	err := cmd.Run()
	if failed, ok := errors.AsType[*process.ExitError](err); ok {
		fmt.Println("exit code", failed.Code)
	} else if err != nil {
		log.Fatal(err)
	}
	// Output:
	// hi
	// exit code 3
}

func ExampleExitError() {
	ctx := context.Background()
	engine, conny := begin(ctx)
	defer stop(engine, conny)

	_, err := process.Command(ctx, engine, conny, "sh", "-c", "echo no such day >&2; exit 5").Output()
	if failed, ok := errors.AsType[*process.ExitError](err); ok {
		fmt.Printf("%d: %s", failed.Code, failed.Stderr)
	}
	// Output: 5: no such day
}

func ExampleStartError() {
	ctx := context.Background()
	engine, conny := begin(ctx)
	defer stop(engine, conny)

	err := process.Command(ctx, engine, conny, "no-such-program").Run()
	if errors.Is(err, os.ErrNotExist) {
		fmt.Println("the container has no such program")
	}
	// Output: the container has no such program
}

func ExampleCmd_StdinPipe() {
	ctx := context.Background()
	engine, conny := begin(ctx)
	defer stop(engine, conny)

	cmd := process.Command(ctx, engine, conny, "cat")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		defer stdin.Close() //nolint:errcheck // what was written tells
		_, _ = io.WriteString(stdin, "values written to stdin are passed to cat")
	}()
	out, err := cmd.CombinedOutput()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", out)
	// Output: values written to stdin are passed to cat
}

func ExampleCmd_StdoutPipe() {
	ctx := context.Background()
	engine, conny := begin(ctx)
	defer stop(engine, conny)

	cmd := process.Command(ctx, engine, conny, "sh", "-c", "echo one; echo two")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		log.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		log.Fatal(err)
	}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		fmt.Println("line:", lines.Text())
	}
	if err := cmd.Wait(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// line: one
	// line: two
}

// A command that takes too long is asked to end, and killed if it does not.
func ExampleCmd_cancel() {
	ctx := context.Background()
	engine, conny := begin(ctx)
	defer stop(engine, conny)
	id := create(ctx, engine, "sh", "-c", "trap 'echo cleaning up; exit 1' TERM; echo working; while :; do sleep 0.1; done")

	short, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	cmd := process.Container(short, engine, id)
	cmd.Stdout, cmd.RemoveAfter = os.Stdout, true
	cmd.Cancel = func() error { return cmd.Signal(context.WithoutCancel(short), "SIGTERM") }
	cmd.WaitDelay = 5 * time.Second
	err := cmd.Run()
	fmt.Println(errors.Is(err, context.DeadlineExceeded), cmd.ExitCode())
	// Output:
	// working
	// cleaning up
	// true 1
}
