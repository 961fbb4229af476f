package podman_test

import (
	"context"
	"testing"

	"github.com/gantry-go/gantry/internal/canary"
	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/podman"
	"github.com/gantry-go/gantry/podman/v43/images"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/registryauth"
)

// TestRow90CredentialsOfTheQuery has a real engine push to and pull from a real registry, with passwords that are right and
// wrong, in a header and in the query, where the specification has them until API 4.4.
func TestRow90CredentialsOfTheQuery(t *testing.T) {
	e := engine(t)
	address, user, password := enginetest.Registry(t)
	needImage(t, e)
	name := address + "/gantry/" + enginetest.Name(t) + ":one"
	c := canary.New(t, password)
	auth := func(password string) transport.RegistryAuth {
		return registryauth.Credential{Username: user, Password: password, ServerAddress: address}.Header()
	}
	t.Cleanup(func() {
		_, _ = images.New(e).DeleteAll(context.WithoutCancel(t.Context()), &images.DeleteAllOptions{Images: []string{name}, Force: true})
	})
	urls := transport.WithObserver(func(_ context.Context, call *transport.Call) func() {
		c.Text("a URL", call.Request.URL())
		return nil
	})
	watched := must(podman.OpenHost(t.Context(), e.Host(), append(c.Options(), urls)...))(t)
	defer watched.Close() //nolint:errcheck // the test has what it wants
	c.Value("the engine", watched)
	c.Value("its values", *watched)
	c.Value("its choice", watched.Choice())
	imgs := images.New(watched)
	push := func(password string) error {
		options := &images.PushOptions{Destination: name, Quiet: new(false), RegistryAuth: auth(password)}
		c.Value("options to push", *options)
		push, err := imgs.Push(t.Context(), image, options)
		if err != nil {
			return err
		}
		c.Value("a push", push)
		return push.Wait()
	}
	pull := func(options images.PullOptions) error {
		options.Policy = "always"
		c.Value("options to pull", options)
		pull, err := imgs.Pull(t.Context(), name, &options)
		if err != nil {
			return err
		}
		c.Value("a pull", pull)
		return pull.Wait()
	}
	c.Fails("pushing", push(canary.Secret))
	ok(t, push(password))
	c.Fails("pulling", pull(images.PullOptions{RegistryAuth: auth(canary.Secret)}))
	ok(t, pull(images.PullOptions{RegistryAuth: auth(password)}))
	if c.Looked() < 100 {
		t.Errorf("it looked %d times", c.Looked())
	}
}
