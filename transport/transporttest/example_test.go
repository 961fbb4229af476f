package transporttest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"strings"

	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/transporttest"
)

type container struct {
	ID string `json:"Id"`
}

var inspect = transport.Operation{Name: "ContainerInspect", Method: "GET", Path: "/v1.41/containers/{id}/json"}

func Example() {
	engine, err := transporttest.Start() // in a test: transporttest.New(t)
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close()
	engine.Handle("GET /v1.41/containers/{id}/json",
		transporttest.JSON(200, container{ID: "8f2c"}),
		transporttest.Error(404, "no such container: conny"))

	client, err := transport.New(engine.Host())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close() //nolint:errcheck // the program ends

	for range 2 {
		c, err := transport.Object[container](context.Background(), client, inspect.Request("conny"), "Id")
		if errors.Is(err, transport.ErrNotFound) {
			fmt.Println("not found")
			continue
		}
		fmt.Println(c.ID)
	}
	// Output:
	// 8f2c
	// not found
}

func ExampleAnswer_Cut() {
	engine, err := transporttest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close()
	engine.Handle("GET /v1.41/containers/{id}/json", transporttest.JSON(200, container{ID: "8f2c"}).Cut(80))

	client, err := transport.New(engine.Host())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close() //nolint:errcheck // the program ends

	_, err = transport.Object[container](context.Background(), client, inspect.Request("conny"))
	fmt.Println(errors.Is(err, transport.ErrTruncated))
	// Output: true
}

func ExampleUpgrade() {
	engine, err := transporttest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close()
	engine.Handle("POST /v1.41/containers/{id}/attach", transporttest.Upgrade(func(c *transporttest.Conn) {
		input, _ := io.ReadAll(c) // until the client closes its side
		_, _ = c.Write(transporttest.Frame(1, "got "+string(input)))
	}))

	client, err := transport.New(engine.Host())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close() //nolint:errcheck // the program ends

	attach := transport.Operation{Name: "ContainerAttach", Method: "POST", Path: "/v1.41/containers/{id}/attach"}
	conn, err := client.Hijack(context.Background(), attach.Request("conny"))
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // read to its end
	_, _ = io.WriteString(conn, "hello")
	_ = conn.CloseWrite()
	var stdout, stderr strings.Builder
	_, err = conn.Demux(&stdout, &stderr)
	fmt.Println(stdout.String(), err)
	// Output: got hello <nil>
}
