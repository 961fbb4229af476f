package docker_test

import (
	"context"
	"fmt"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/transport"
)

// Which engine it would be, and why.
func ExampleFind() {
	choice, err := docker.Find(context.Background())
	if err != nil {
		fmt.Println(err) // it names each place that was looked at
		return
	}
	fmt.Println(choice.Host, "by", choice.Source)
	for _, reason := range choice.Passed {
		fmt.Println("passed by:", reason)
	}
}

// An engine by the name of its docker context, with the context's TLS files.
func ExampleOpenContext() {
	engine, err := docker.OpenContext(context.Background(), "colima")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer engine.Close() //nolint:errcheck // it is an example
	fmt.Println(engine.Choice())
}

// An engine by its address, over TLS.
func ExampleOpenHost() {
	engine, err := docker.OpenHost(context.Background(), "tcp://build.example.com:2376", transport.WithTLSFiles(transport.TLSFiles{
		CA: "/etc/engine/ca.pem", Cert: "/etc/engine/cert.pem", Key: "/etc/engine/key.pem",
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer engine.Close() //nolint:errcheck // it is an example
}
