package podman_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/podman/v43/images"
	"github.com/gantry-go/gantry/podman/v43/kube"
	"github.com/gantry-go/gantry/podman/v43/manifests"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/registryauth"
)

// TestCredentials has Podman's own API push, pull, build and play with what podman login left.
func TestCredentials(t *testing.T) {
	e := engine(t)
	address, user, password := enginetest.Registry(t)
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	t.Setenv("XDG_RUNTIME_DIR", dir)
	for _, name := range []string{"DOCKER_CONFIG", "DOCKER_AUTH_CONFIG", "REGISTRY_AUTH_FILE", "XDG_CONFIG_HOME"} {
		t.Setenv(name, "")
	}
	login := func(password string, keys ...string) {
		t.Helper()
		auths := map[string]any{}
		for _, key := range keys {
			auths[key] = map[string]any{"auth": base64.StdEncoding.EncodeToString([]byte(user + ":" + password))}
		}
		ok(t, os.MkdirAll(filepath.Join(dir, "containers"), 0o700))
		ok(t, os.WriteFile(filepath.Join(dir, "containers", "auth.json"), must(json.Marshal(map[string]any{"auths": auths}))(t), 0o600))
	}
	repository := address + "/gantry/" + enginetest.Name(t)
	name := repository + ":one"
	needImage(t, e)
	c, ctx := images.New(e), t.Context()
	remove := func(ctx context.Context, name string) {
		_, _ = c.DeleteAll(ctx, &images.DeleteAllOptions{Images: []string{name}, Force: true})
	}
	t.Cleanup(func() { remove(context.WithoutCancel(ctx), name) })
	push := func(auth transport.RegistryAuth) error {
		push, err := c.Push(ctx, image, &images.PushOptions{Destination: name, Quiet: new(false), RegistryAuth: auth})
		if err != nil {
			return err
		}
		return push.Wait()
	}
	pull := func(reference string, auth transport.RegistryAuth) error {
		pull, err := c.Pull(ctx, reference, &images.PullOptions{Policy: "always", RegistryAuth: auth})
		if err != nil {
			return err
		}
		return pull.Wait()
	}
	denied := func(what string, err error) {
		t.Helper()
		if failure, is := errors.AsType[*transport.Error](err); !is || errors.Is(err, transport.ErrCredentials) ||
			!strings.Contains(failure.Message, "authentication required") && !strings.Contains(failure.Message, "401") && !strings.Contains(failure.Message, "unauthorized") {
			t.Errorf("%s: %v", what, err)
		}
	}

	login("wrong", address)
	denied("push with a wrong password", push(registryauth.Default()))
	login(password, "registry.example", strings.Split(address, ":")[0])
	denied("push with that of others", push(registryauth.Default()))
	login(password, address)
	ok(t, push(registryauth.Default()))
	ok(t, pull(name, registryauth.Default()))
	ok(t, pull(name, registryauth.Credential{Username: user, Password: password}.Header()))
	denied("pull with none", pull(name, registryauth.Default().Only("registry.example")))

	t.Run("part of a registry", func(t *testing.T) {
		login(password, address+"/gantry")
		ok(t, push(registryauth.Podman()))
		ok(t, pull("docker://"+name, registryauth.Podman()))
		login(password, address+"/other")
		denied("that of another part", pull(name, registryauth.Podman()))
	})
	t.Run("manifest", func(t *testing.T) {
		login(password, address)
		m := manifests.New(e)
		list := "localhost/" + enginetest.Name(t)
		must(m.Create(ctx, list, []string{"containers-storage:" + image}, nil, nil))(t)
		defer remove(ctx, list)
		pushed := must(m.Push(ctx, list, repository+":list", &manifests.PushOptions{All: true, RegistryAuth: registryauth.Default()}))(t)
		ok(t, pushed.Wait())
	})
	t.Run("build", func(t *testing.T) {
		login(password, address+"/gantry")
		built := "localhost/" + enginetest.Name(t)
		build := func(auth transport.RegistryAuth) error {
			remove(ctx, name)
			build, err := c.Build(ctx, tarball(t, "Dockerfile", "FROM "+name+"\nLABEL part=keyring\n"),
				&images.BuildOptions{Tags: []string{built}, PullPolicy: "always", RegistryConfig: auth})
			if err != nil {
				return err
			}
			return build.Wait()
		}
		denied("build with none", build(nil))
		ok(t, build(registryauth.Default()))
		remove(ctx, built)
	})
	t.Run("play", func(t *testing.T) {
		login(password, address)
		pod := enginetest.Name(t)
		yaml := "apiVersion: v1\nkind: Pod\nmetadata: {name: " + pod + "}\nspec:\n  containers:\n  - {name: c, image: '" + name + "', command: [sh, -c, 'sleep 1']}\n"
		play := func(auth transport.RegistryAuth) error {
			remove(ctx, name)
			_, err := kube.New(e).Play(ctx, strings.NewReader(yaml), &kube.PlayOptions{Start: new(false), RegistryConfig: auth})
			return err
		}
		denied("play with none", play(nil))
		_, _ = kube.New(e).Down(ctx, strings.NewReader(yaml))
		err := play(registryauth.Default())
		defer func() { _, _ = kube.New(e).Down(ctx, strings.NewReader(yaml)) }()
		ok(t, err)
	})
}
