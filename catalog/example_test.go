package catalog_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gantry-go/gantry/catalog"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/transporttest"
)

func Example() {
	fake, err := transporttest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	fake.Handle("GET /v1.41/containers/json", transporttest.JSON(200, []any{map[string]any{"Id": "0123", "Image": "busybox"}}))
	engine, err := transport.New(fake.Host()) // or docker.Open
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close() //nolint:errcheck // an example

	op := catalog.Docker("1.41").Operation("ContainerList")
	result, err := op.Call(context.Background(), engine, catalog.Args{
		"all":     true,
		"filters": map[string]any{"label": []string{"a"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", result.Document)

	_, err = op.Call(context.Background(), engine, catalog.Args{"al": true})
	fmt.Println(err)
	// Output:
	// [{"Id":"0123","Image":"busybox"}]
	// docker 1.41 ContainerList: invalid input: it has no parameter "al"; it has all, limit, size, filters
}

// A proxy knows by method and path what it is asked for.
func ExampleEngine_Lookup() {
	op, found := catalog.Find("docker").Lookup("POST", "/v1.41/containers/conny/start?detachKeys=ctrl-q")
	fmt.Println(found, op.Version, op.ID, op.Path)
	// Output: true 1.41 ContainerStart /containers/{id}/start
}

func ExampleVersion_Categories() {
	for _, c := range catalog.Docker("1.41").Categories() {
		if c.Name != "exec" {
			continue
		}
		for _, op := range c.Operations {
			fmt.Println(op.ID, op.Method, op.Path, op.Kind)
			for _, p := range op.Params {
				fmt.Println(" ", p.In, p.Name, p.Type)
			}
		}
	}
	// Output:
	// ContainerExec POST /containers/{id}/exec object
	//   path id string
	// ExecInspect GET /exec/{id}/json object
	//   path id string
	// ExecResize POST /exec/{id}/resize none
	//   path id string
	//   query h int
	//   query w int
	// ExecStart POST /exec/{id}/start upgrade
	//   path id string
}
