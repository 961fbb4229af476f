package docker_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/gantry-go/gantry/catalog"
	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/images"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/transporttest"
)

// The shorter pieces of code of README.md are parts of these.

func Example_errors() {
	ctx := context.Background()
	engine, err := docker.Open(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer engine.Close() //nolint:errcheck // it is an example

	_, err = containers.New(engine).Inspect(ctx, "nobody", nil)
	if errors.Is(err, transport.ErrNotFound) {
		fmt.Println("there is none")
	}
	if failure, ok := errors.AsType[*transport.Error](err); ok {
		fmt.Println(failure.Operation, failure.Target, failure.Status, failure.MayHaveActed)
	}

	// Output:
	// there is none
	// docker 1.41 ContainerInspect nobody 404 false
}

func Example_attach() {
	if err := attach(context.Background()); err != nil {
		fmt.Println(err)
	}

	// Output: hello
}

func attach(ctx context.Context) error {
	engine, err := docker.Open(ctx)
	if err != nil {
		return err
	}
	defer engine.Close() //nolint:errcheck // it is an example
	ctrs := containers.New(engine)
	created, err := ctrs.Create(ctx, containers.CreateRequest{Image: "busybox:musl", Cmd: []string{"cat"}, OpenStdin: true, StdinOnce: true}, nil)
	if err != nil {
		return err
	}
	id := created.ID
	defer ctrs.Delete(ctx, id, &containers.DeleteOptions{Force: true}) //nolint:errcheck // it is an example

	conn, err := ctrs.Attach(ctx, id, &containers.AttachOptions{Stream: true, Stdin: true, Stdout: true, Stderr: true})
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // it is an example
	if err := ctrs.Start(ctx, id, nil); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, "hello\n"); err != nil {
		return err
	}
	if err := conn.CloseWrite(); err != nil { // its stdin ends, its output goes on
		return err
	}
	_, err = conn.Demux(os.Stdout, os.Stderr)
	return err
}

func Example_raw() {
	ctx := context.Background()
	engine, err := docker.Open(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer engine.Close() //nolint:errcheck // it is an example

	// An endpoint that the specification does not have. The answer is an *http.Response, whatever its status.
	op := transport.Operation{Name: "CheckpointList", Method: "GET", Path: "/v1.41/containers/{id}/checkpoints"}
	resp, err := engine.Do(ctx, op.Request("conny"))

	// A parameter that it does not have, in the requests of a generated client.
	imgs := images.New(transport.With(engine, func(r *transport.Request) { r.Query("shared-size", true) }))

	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close() //nolint:errcheck // it is an example
	_, err = imgs.List(ctx, nil)
	fmt.Println(resp.StatusCode >= 400, err)

	// Output: true <nil>
}

func Example_catalog() {
	ctx := context.Background()
	engine, err := docker.Open(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer engine.Close() //nolint:errcheck // it is an example

	op, found := catalog.Find("docker").Lookup("GET", "/v1.41/containers/conny/json") // op.ID is ContainerInspect

	result, err := catalog.Docker("1.41").Operation("ContainerList").Call(ctx, engine, catalog.Args{
		"all":     true,
		"filters": map[string]any{"label": []string{"a"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(found, op.ID, result.Kind)

	// Output: true ContainerInspect list
}

func TestStartFails(t *testing.T) {
	fake := transporttest.New(t)
	fake.Handle("POST /v1.41/containers/{id}/start", transporttest.Error(500, "out of memory"))

	err := containers.New(fake.Client(t)).Start(t.Context(), "conny", nil)
	if !errors.Is(err, transport.ErrServer) {
		t.Error(err)
	}
}
