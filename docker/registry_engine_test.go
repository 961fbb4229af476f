package docker_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/distribution"
	"github.com/gantry-go/gantry/docker/v141/images"
	"github.com/gantry-go/gantry/docker/v141/session"
	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/registryauth"
)

// registry is where the tests push to and pull from. It lets nobody in without the password.
type registry struct{ address, user, password string }

func registryOf(t *testing.T) registry {
	t.Helper()
	var r registry
	r.address, r.user, r.password = enginetest.Registry(t)
	return r
}

// testRegistry gives the engine the right credentials, wrong ones and none, wherever it takes any.
func testRegistry(t *testing.T, e *engine) {
	r := registryOf(t)
	t.Run("login", func(t *testing.T) { testLogin(t, e, r) })
	t.Run("push", func(t *testing.T) { testRegistryPush(t, e, r) })
	t.Run("pull", func(t *testing.T) { testRegistryPull(t, e, r) })
	t.Run("build", func(t *testing.T) { testBuildFromRegistry(t, e, r) })
	if e.isPodman() {
		testRefusals(t, registryRefusals(e))
		return
	}
	t.Run("distribution", func(t *testing.T) { testDistribution(t, e, r) })
	t.Run("session", func(t *testing.T) { testSession(t, e) })
}

// auth is a credential of the registry's, with any password, as one call takes it.
func (r registry) auth(password string) transport.Secret {
	return registryauth.Credential{Username: r.user, Password: password, ServerAddress: r.address}.Header()
}

// config is what a build takes: credentials for all registries that it may meet.
func (r registry) config() transport.Secret {
	return registryauth.Config{r.address: {Username: r.user, Password: r.password}}.Header()
}

// pushed puts the base image in the registry and returns its name there.
func (r registry) pushed(t *testing.T, e *engine) (repository, tag string) {
	t.Helper()
	repository, tag = r.tagged(t, e)
	ok(t, must(images.New(e).Push(t.Context(), repository, &images.PushOptions{Tag: tag, RegistryAuth: r.auth(r.password)}))(t).Wait())
	return repository, tag
}

// tagged gives the base image a name in the registry.
func (r registry) tagged(t *testing.T, e *engine) (repository, tag string) {
	t.Helper()
	needBase(t, e)
	c := images.New(e)
	repository, tag = r.address+"/gantry/"+unique(), "one"
	ok(t, c.Tag(t.Context(), baseImage, &images.TagOptions{Repo: repository, Tag: tag}))
	cleanup(t, func(ctx context.Context) error { return only(c.Delete(ctx, repository+":"+tag, nil)) })
	return repository, tag
}

// testRegistryPush finds a refusal in the stream, which has begun by then, and the image's digest at the end of a success.
func testRegistryPush(t *testing.T, e *engine, r registry) {
	c, ctx := images.New(e), t.Context()
	repository, tag := r.tagged(t, e)
	for name, auth := range map[string]transport.Secret{"wrong": r.auth("wrong"), "none": ""} {
		push, err := c.Push(ctx, repository, &images.PushOptions{Tag: tag, RegistryAuth: auth})
		if err == nil {
			err = push.Wait()
		}
		if !isDenied(err) {
			t.Errorf("%s credentials: %v", name, err)
		}
	}

	push := must(c.Push(ctx, repository, &images.PushOptions{Tag: tag, RegistryAuth: r.auth(r.password)}))(t)
	var last v141.PushImageInfo
	for m, err := range push.All() {
		ok(t, err)
		last = m
	}
	if e.isPodman() {
		contains(t, "the last message", last.Status, tag+": digest: sha256:")
		return
	}
	equal(t, "the tag", last.Aux.Tag, tag)
	contains(t, "the digest", last.Aux.Digest, "sha256:")
	image := must(c.Inspect(ctx, repository+":"+tag))(t)
	contains(t, "the image's digests", strings.Join(image.RepoDigests, " "), repository+"@"+last.Aux.Digest)

	push = must(c.Push(ctx, repository, &images.PushOptions{Tag: "two", RegistryAuth: r.auth(r.password)}))(t)
	fails(t, push.Wait(), transport.ErrStream, 200, "tag does not exist")
}

// isDenied tells whether an error says that the registry did not let the engine in. Which form it has is a matter of
// the engine's version, which has to be one that is known.
func isDenied(err error) bool {
	failure, is := errors.AsType[*transport.Error](err)
	if !is {
		return false
	}
	said := false
	for _, word := range []string{"unauthorized", "no basic auth credentials", "401 Unauthorized", "authentication required"} {
		said = said || strings.Contains(failure.Message, word)
	}
	switch failure.Status {
	case 200:
		return said && errors.Is(err, transport.ErrStream) && failure.MayHaveActed
	case 401: // Docker 28, Podman 5
		return said && errors.Is(err, transport.ErrUnauthorized)
	case 500: // Docker but for 28's pull; a push to Podman 5
		return said && errors.Is(err, transport.ErrServer)
	}
	return false
}

// testRegistryPull fetches an image that the engine does not have any more.
func testRegistryPull(t *testing.T, e *engine, r registry) {
	c, ctx := images.New(e), t.Context()
	repository, tag := r.pushed(t, e)
	name := repository + ":" + tag
	ok(t, only(c.Delete(ctx, name, nil)))
	pull := func(tag string, auth transport.Secret) error {
		pull, err := c.Create(ctx, nil, &images.CreateOptions{FromImage: repository, Tag: tag, RegistryAuth: auth})
		if err != nil {
			return err
		}
		return pull.Wait()
	}
	for what, auth := range map[string]transport.Secret{"wrong": r.auth("wrong"), "none": ""} {
		if err := pull(tag, auth); !isDenied(err) {
			t.Errorf("%s credentials: %v", what, err)
		}
		_, err := c.Inspect(ctx, name)
		fails(t, err, transport.ErrNotFound, 404, "")
	}

	err := pull("none", r.auth(r.password))
	inStream := e.isPodman() && errors.Is(err, transport.ErrStream) // before Podman 5
	if !errors.Is(err, transport.ErrNotFound) && !inStream {
		t.Fatalf("a tag that is not there: %v", err)
	}
	contains(t, "the reason", err.Error(), "manifest unknown")

	ok(t, pull(tag, r.auth(r.password)))
	got := must(c.Inspect(ctx, name))(t)
	if !strings.HasPrefix(strings.Join(got.RepoDigests, " "), repository+"@sha256:") {
		t.Errorf("its digests are %q", got.RepoDigests)
	}
	equal(t, "its system", got.OS, "linux")
}

// testBuildFromRegistry builds on an image that the engine has to fetch, with credentials for a registry that it finds
// by the image's name.
func testBuildFromRegistry(t *testing.T, e *engine, r registry) {
	c, ctx := images.New(e), t.Context()
	repository, tag := r.pushed(t, e)
	name := unique()
	recipe := "FROM " + repository + ":" + tag + "\nLABEL part=registry\n"
	build := func(config transport.Secret) error {
		ok(t, only(c.Delete(ctx, repository+":"+tag, nil)))
		defer func() { ok(t, c.Tag(ctx, baseImage, &images.TagOptions{Repo: repository, Tag: tag})) }()
		build, err := c.Build(ctx, tarball(t, file{name: "Dockerfile", content: recipe}), &images.BuildOptions{
			Tags: []string{name}, Pull: true, RegistryConfig: config,
		})
		if err != nil {
			return err
		}
		return build.Wait()
	}
	if err := build(""); !isDenied(err) {
		t.Errorf("without credentials: %v", err)
	}
	cleanup(t, func(ctx context.Context) error { return only(c.Delete(ctx, name, nil)) })
	ok(t, build(r.config()))
	equal(t, "the image's label", must(c.Inspect(ctx, name))(t).Config.Labels["part"], "registry")
}

func testDistribution(t *testing.T, e *engine, r registry) {
	c, ctx := distribution.New(e), t.Context()
	repository, tag := r.pushed(t, e)
	name := repository + ":" + tag
	got := must(c.Inspect(ctx, name, &distribution.InspectOptions{RegistryAuth: r.auth(r.password)}))(t)
	contains(t, "its media type", got.Descriptor.MediaType, "manifest.v2+json")
	if got.Descriptor.Size == 0 || len(got.Platforms) != 1 || got.Platforms[0].OS != "linux" || got.Platforms[0].Architecture != e.Info().Arch {
		t.Errorf("it is %+v", got)
	}
	image := must(images.New(e).Inspect(ctx, name))(t)
	equal(t, "its digest", image.RepoDigests, []string{repository + "@" + got.Descriptor.Digest})

	for what, auth := range map[string]transport.Secret{"wrong": r.auth("wrong"), "none": ""} {
		if _, err := c.Inspect(ctx, name, &distribution.InspectOptions{RegistryAuth: auth}); !isDenied(err) {
			t.Errorf("%s credentials: %v", what, err)
		}
	}
	_, err := c.Inspect(ctx, repository+":none", &distribution.InspectOptions{RegistryAuth: r.auth(r.password)})
	fails(t, err, transport.ErrNotFound, 404, "manifest unknown")
}

// testSession opens a session, in which the engine is the one that asks: it speaks first, in HTTP/2.
func testSession(t *testing.T, e *engine) {
	conn := must(session.New(e).Open(t.Context(), &session.OpenOptions{
		ID: unique(), Name: "gantry", SharedKey: "key",
		Methods: []string{"/moby.filesync.v1.Auth/Credentials", "/moby.filesync.v1.FileSync/DiffCopy"},
	}))(t)
	const greeting = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	got := make([]byte, len(greeting))
	must(io.ReadFull(conn, got))(t)
	equal(t, "what the engine says first", string(got), greeting)
	equal(t, "the protocol", conn.Header().Get("Upgrade"), "h2c")
	ok(t, conn.CloseWrite())
	// The engine sees that nobody answers any more, and ends it too.
	must(io.Copy(io.Discard, conn))(t)
	ok(t, conn.Close())

	again := must(session.New(e).Open(t.Context(), &session.OpenOptions{ID: unique()}))(t)
	ok(t, again.Close())
	if _, err := again.Read(got); err == nil {
		t.Error("a closed session can be read")
	}
}
