// Command gantry lists containers with gantry; its size is compared with that of the same by another client.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/docker/v141/containers"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	engine, err := docker.Open(ctx)
	if err != nil {
		return err
	}
	defer engine.Close() //nolint:errcheck // the program ends
	list, err := containers.New(engine).List(ctx, nil)
	for _, c := range list {
		fmt.Println(c.ID)
	}
	return err
}
