package registryauth_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/gantry-go/gantry/docker/v141/images"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/registryauth"
	"github.com/gantry-go/gantry/transport/transporttest"
)

// fakeEngine says who pulls, and takes no token but the new one.
func fakeEngine() (*transport.Client, func()) {
	engine, err := transporttest.Start()
	if err != nil {
		log.Fatal(err)
	}
	engine.Handle("POST /v1.41/images/create", transporttest.Handler(func(w http.ResponseWriter, r *http.Request) {
		c, _ := registryauth.Decode(transport.Secret(r.Header.Get("X-Registry-Auth")))
		fmt.Printf("%s pulls %s with %q\n", c.Username, r.FormValue("fromImage"), c.Password)
		if c.Password == "old" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	client, err := transport.New(engine.Host())
	if err != nil {
		log.Fatal(err)
	}
	return client, func() {
		_ = client.Close()
		engine.Close()
	}
}

// What docker login has left is found when the call is made.
func ExampleDefault() {
	engine, closeEngine := fakeEngine()
	defer closeEngine()
	// In place of a file: docker login writes it.
	_ = os.Setenv("DOCKER_AUTH_CONFIG", `{"auths": {"registry.example": {"auth": "YWxpY2U6czNjcmV0"}}}`)
	defer os.Unsetenv("DOCKER_AUTH_CONFIG") //nolint:errcheck // it was set

	pull, err := images.New(engine).Create(context.Background(), nil, &images.CreateOptions{
		FromImage: "registry.example/app", Tag: "v1", RegistryAuth: registryauth.Default(),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(pull.Wait())
	// Output:
	// alice pulls registry.example/app with "s3cret"
	// <nil>
}

// A provider of one's own, before those of the command lines. It is told when what it gave has run out.
func ExampleNew() {
	engine, closeEngine := fakeEngine()
	defer closeEngine()
	vault := registryauth.Func(func(_ context.Context, q registryauth.Query) (registryauth.Credential, error) {
		switch {
		case q.Registry != "registry.example":
			return registryauth.Credential{}, nil // another provider may have one
		case q.Refused:
			return registryauth.Credential{Username: "robot", Password: "new"}, nil
		}
		return registryauth.Credential{Username: "robot", Password: "old"}, nil
	})
	keyring := registryauth.New(vault, registryauth.Default())

	pull, err := images.New(engine).Create(context.Background(), nil, &images.CreateOptions{
		FromImage: "registry.example/app", RegistryAuth: keyring,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(pull.Wait())
	// Output:
	// robot pulls registry.example/app with "old"
	// robot pulls registry.example/app with "new"
	// <nil>
}

// A build is given the credentials of the registries that it needs, instead of all that there are.
func ExampleKeyring_Only() {
	options := images.BuildOptions{RegistryConfig: registryauth.Default().Only("registry.example", "docker.io")}
	fmt.Println(options.RegistryConfig)
	// Output: [registry credentials]
}
