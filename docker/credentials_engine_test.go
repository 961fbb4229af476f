package docker_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gantry-go/gantry/docker/v141/distribution"
	"github.com/gantry-go/gantry/docker/v141/images"
	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/registryauth"
)

// TestCredentials has real engines push to and pull from a real registry with what a login left, with helpers, and with
// providers that have to be asked twice.
func TestCredentials(t *testing.T) {
	for name, start := range map[string]func(testing.TB) *enginetest.Engine{"docker": enginetest.Docker, "podman": enginetest.Podman} {
		t.Run(name, func(t *testing.T) {
			e := openEngine(t, name, start(t))
			r := registryOf(t)
			t.Run("config.json", func(t *testing.T) { testConfigFile(t, e, r) })
			t.Run("TLS", func(t *testing.T) {
				var r registry
				r.address, r.user, r.password = enginetest.SecureRegistry(t)
				testConfigFile(t, e, r)
			})
			t.Run("wrong password", func(t *testing.T) { testWrongPassword(t, e, r) })
			t.Run("helper", func(t *testing.T) { testHelper(t, e, r) })
			t.Run("missing helper", func(t *testing.T) { testMissingHelper(t, e, r) })
			t.Run("another registry's", func(t *testing.T) { testAnothersCredential(t, e, r) })
			t.Run("refused once", func(t *testing.T) { testRenewal(t, e, r) })
			t.Run("identity token", func(t *testing.T) { testIdentityToken(t, e) })
			t.Run("build", func(t *testing.T) { testBuildWithKeyring(t, e, r) })
		})
	}
}

// login leaves a configuration as docker login does, for the rest of the test, and nothing else.
func login(t *testing.T, config map[string]any) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	t.Setenv("XDG_RUNTIME_DIR", dir)
	t.Setenv("DOCKER_CONFIG", dir)
	for _, name := range []string{"DOCKER_AUTH_CONFIG", "REGISTRY_AUTH_FILE", "XDG_CONFIG_HOME"} {
		t.Setenv(name, "")
	}
	ok(t, os.WriteFile(filepath.Join(dir, "config.json"), must(json.Marshal(config))(t), 0o600))
}

// auths is what docker login writes for the registry.
func (r registry) auths(password string) map[string]any {
	basic := base64.StdEncoding.EncodeToString([]byte(r.user + ":" + password))
	return map[string]any{r.address: map[string]any{"auth": basic}}
}

// thereAndBack pushes the base image, removes it and pulls it again.
func thereAndBack(t *testing.T, e *engine, r registry, auth transport.RegistryAuth) error {
	t.Helper()
	c, ctx := images.New(e), t.Context()
	repository, tag := r.tagged(t, e)
	push, err := c.Push(ctx, repository, &images.PushOptions{Tag: tag, RegistryAuth: auth})
	if err == nil {
		err = push.Wait()
	}
	if err != nil {
		return err
	}
	ok(t, only(c.Delete(ctx, repository+":"+tag, nil)))
	if err := pullImage(ctx, e, repository, tag, auth); err != nil {
		return err
	}
	return only(c.Inspect(ctx, repository+":"+tag))
}

// pullImage pulls to the end.
func pullImage(ctx context.Context, e *engine, repository, tag string, auth transport.RegistryAuth) error {
	pull, err := images.New(e).Create(ctx, nil, &images.CreateOptions{FromImage: repository, Tag: tag, RegistryAuth: auth})
	if err != nil {
		return err
	}
	return pull.Wait()
}

func testConfigFile(t *testing.T, e *engine, r registry) {
	login(t, map[string]any{"auths": r.auths(r.password)})
	ok(t, thereAndBack(t, e, r, registryauth.Default()))
	ok(t, thereAndBack(t, e, r, registryauth.Docker().Only(r.address)))
	ok(t, thereAndBack(t, e, r, must(registryauth.Podman().Credential(t.Context(), registryauth.Query{Registry: r.address}))(t).Header()))
}

func testWrongPassword(t *testing.T, e *engine, r registry) {
	const canary = "c4n4ry-of-the-password"
	login(t, map[string]any{"auths": r.auths(canary)})
	err := thereAndBack(t, e, r, registryauth.Default())
	if !isDenied(err) {
		t.Error(err)
	}
	if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, canary) {
		t.Errorf("the error holds the password: %s", text)
	}
}

// helperScript puts a credential helper in PATH, a shell script. It returns the file in which the helper notes what it
// is asked.
func helperScript(t *testing.T, name, script string) (notes string) {
	t.Helper()
	dir := t.TempDir()
	notes = filepath.Join(dir, "notes")
	program := filepath.Join(dir, "docker-credential-"+name)
	// By another process: one that this process writes could not be run while it forks another.
	write := exec.CommandContext(t.Context(), "sh", "-c", `cat >"$1" && chmod 700 "$1"`, "sh", program)
	write.Stdin = strings.NewReader("#!/bin/sh\nread -r address\necho \"$1 $address\" >>" + notes + "\n" + script + "\n")
	ok(t, write.Run())
	t.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
	return notes
}

func testHelper(t *testing.T, e *engine, r registry) {
	notes := helperScript(t, "gantrytest", fmt.Sprintf(`echo '{"ServerURL": "'"$address"'", "Username": "%s", "Secret": "%s"}'`, r.user, r.password))
	login(t, map[string]any{"credHelpers": map[string]any{r.address: "gantrytest"}})
	ok(t, thereAndBack(t, e, r, registryauth.Default()))
	equal(t, "what the helper was asked", string(must(os.ReadFile(notes))(t)), strings.Repeat("get "+r.address+"\n", 2))

	login(t, map[string]any{"credsStore": "gantrytest"})
	ok(t, thereAndBack(t, e, r, registryauth.Default()))

	helperScript(t, "gantrytest", "echo credentials not found in native keychain; exit 1")
	if err := thereAndBack(t, e, r, registryauth.Default()); !isDenied(err) {
		t.Errorf("without a credential: %v", err)
	}
}

// testMissingHelper sends nothing, though the engine has the image and could begin to push it.
func testMissingHelper(t *testing.T, e *engine, r registry) {
	login(t, map[string]any{"auths": r.auths(r.password), "credHelpers": map[string]any{r.address: "gantry-missing"}})
	err := thereAndBack(t, e, r, registryauth.Default())
	failure, is := errors.AsType[*transport.Error](err)
	if !is || !errors.Is(err, transport.ErrCredentials) || !errors.Is(err, registryauth.ErrHelper) || failure.Status != 0 || failure.MayHaveActed {
		t.Errorf("%v", err)
	}
}

func testAnothersCredential(t *testing.T, e *engine, r registry) {
	host, _, _ := strings.Cut(r.address, ":")
	others := map[string]any{}
	for _, address := range []string{host, host + ":1", "registry.example", "https://index.docker.io/v1/"} {
		others[address] = r.auths(r.password)[r.address]
	}
	login(t, map[string]any{"auths": others})
	if err := thereAndBack(t, e, r, registryauth.Default()); !isDenied(err) {
		t.Errorf("%v", err)
	}
}

// renewing is a provider whose credential has run out, until it is told so.
func renewing(r registry, asked *[]bool) *registryauth.Keyring {
	return registryauth.New(registryauth.Func(func(_ context.Context, q registryauth.Query) (registryauth.Credential, error) {
		*asked = append(*asked, q.Refused)
		c := registryauth.Credential{Username: r.user, Password: "it was once"}
		if q.Refused {
			c.Password = r.password
		}
		return c, nil
	}))
}

// testRenewal finds out whether the engine says 401, which is what leads to a second try.
func testRenewal(t *testing.T, e *engine, r registry) {
	repository, tag := r.pushed(t, e)
	ok(t, only(images.New(e).Delete(t.Context(), repository+":"+tag, nil)))

	var asked []bool
	err := pullImage(t.Context(), e, repository, tag, renewing(r, &asked))
	failure, _ := errors.AsType[*transport.Error](err)
	switch {
	case err == nil: // Docker 28, Podman 5
		equal(t, "how the provider was asked", asked, []bool{false, true})
	case isDenied(err) && failure.Status != http.StatusUnauthorized:
		equal(t, "how the provider was asked", asked, []bool{false})
	default:
		t.Error(err)
	}
	if e.isPodman() {
		return // it has no /distribution
	}
	asked = nil
	got := must(distribution.New(e).Inspect(t.Context(), repository+":"+tag, &distribution.InspectOptions{RegistryAuth: renewing(r, &asked)}))(t)
	contains(t, "the digest", got.Descriptor.Digest, "sha256:")
	equal(t, "how the provider was asked", asked, []bool{false, true})
}

// testIdentityToken has the engine exchange an identity token for an access token, at a registry that gives them out. It
// has no image: that it says so to who has the access token is enough.
func testIdentityToken(t *testing.T, e *engine) {
	if e.env.Dir == "" {
		t.Skip("only a private engine has a loopback on which this test can listen")
	}
	const identity, access = "the-identity-token", "the-access-token"
	var mu sync.Mutex
	var exchanged []string
	server := httptest.NewUnstartedServer(nil)
	ok(t, server.Listener.Close())
	// Podman knows these ports for registries without TLS.
	server.Listener = loopbackOf(t, e.env).listen(t, "127.0.0.1:5000")
	address := server.Listener.Addr().String()
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case req.URL.Path == "/token":
			mu.Lock()
			exchanged = append(exchanged, req.Method+" "+req.PostFormValue("grant_type")+" "+req.PostFormValue("refresh_token"))
			mu.Unlock()
			_, _ = fmt.Fprintf(w, `{"access_token": %q, "token": %q}`, access, access)
		case req.Header.Get("Authorization") != "Bearer "+access:
			w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+address+`/token",service="gantry",scope="repository:app:pull"`)
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}`))
		case strings.HasPrefix(req.URL.Path, "/v2/app/"):
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}`))
		}
	})
	server.Start()
	t.Cleanup(server.Close)

	login(t, map[string]any{"auths": map[string]any{address: map[string]any{"identitytoken": identity}}})
	err := pullImage(t.Context(), e, address+"/app", "one", registryauth.Default())
	if err == nil || !strings.Contains(err.Error(), "manifest unknown") {
		t.Errorf("with the token: %v", err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(exchanged) == 0 || exchanged[0] != "POST refresh_token "+identity {
		t.Errorf("exchanged %q", exchanged)
	}
}

// testBuildWithKeyring builds on a base image that only the keyring's credential opens.
func testBuildWithKeyring(t *testing.T, e *engine, r registry) {
	login(t, map[string]any{"auths": r.auths(r.password)})
	c, ctx := images.New(e), t.Context()
	repository, tag := r.pushed(t, e)
	ok(t, only(c.Delete(ctx, repository+":"+tag, nil)))
	name := unique()
	build := func(from transport.RegistryAuth) error {
		build, err := c.Build(ctx, tarball(t, file{name: "Dockerfile", content: "FROM " + repository + ":" + tag + "\nLABEL part=keyring\n"}),
			&images.BuildOptions{Tags: []string{name}, Pull: true, RegistryConfig: from})
		if err != nil {
			return err
		}
		return build.Wait()
	}
	if err := build(registryauth.Default().Only("registry.example")); !isDenied(err) {
		t.Errorf("with no credential for the registry: %v", err)
	}
	cleanup(t, func(ctx context.Context) error { return only(c.Delete(ctx, name, nil)) })
	ok(t, build(registryauth.Default()))
	equal(t, "the image's label", must(c.Inspect(ctx, name))(t).Config.Labels["part"], "keyring")
	cleanup(t, func(ctx context.Context) error { return only(c.Delete(ctx, repository+":"+tag, nil)) })
}
