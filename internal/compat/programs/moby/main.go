// Command moby lists containers with the Moby project's client.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/moby/moby/client"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	engine, err := client.New(client.FromEnv)
	if err != nil {
		return err
	}
	defer engine.Close() //nolint:errcheck // the program ends
	list, err := engine.ContainerList(ctx, client.ContainerListOptions{})
	for _, c := range list.Items {
		fmt.Println(c.ID)
	}
	return err
}
