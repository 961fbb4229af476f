package proxy_test

import (
	"context"
	"fmt"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/transport/proxy"
)

// An engine behind an HTTP proxy. The password is part of no error.
func ExampleThrough() {
	engine, err := docker.OpenHost(context.Background(), "tcp://engine.example:2376",
		proxy.Through("http://alice:secret@proxy.example:3128/path"))
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = engine.Close()
	// Output: proxy: invalid input: the address holds more than a host and a port
}
