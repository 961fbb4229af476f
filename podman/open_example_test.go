package podman_test

import (
	"context"
	"fmt"

	"github.com/gantry-go/gantry/podman"
)

// An engine by the name of its podman connection.
func ExampleOpenConnection() {
	engine, err := podman.OpenConnection(context.Background(), "build")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer engine.Close() //nolint:errcheck // it is an example
	fmt.Println(engine.Choice())
}
