package registryauth_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/registryauth"
	"github.com/gantry-go/gantry/transport/transporttest"
)

// dockerPull is what a docker command line sends for an image, by a configuration.
func dockerPull(t *testing.T, cli, home, image string) registryauth.Credential {
	t.Helper()
	engine := transporttest.New(t, transporttest.AllowUnexpected())
	engine.Handle("POST /v1.41/images/create", transporttest.Lines())
	command := exec.CommandContext(t.Context(), cli, "pull", "--quiet", image)
	command.Env = append(os.Environ(), "DOCKER_HOST="+engine.Host(), "DOCKER_CONFIG="+home, "DOCKER_API_VERSION=1.41", "DOCKER_CONTENT_TRUST=")
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	_ = command.Run() // what it makes of the answer is no matter
	for _, r := range engine.Requests() {
		if r.Method == "POST" && strings.HasSuffix(r.Path, "/images/create") {
			header := r.Header.Get(one)
			if header == "" {
				return registryauth.Credential{}
			}
			c, err := registryauth.Decode(transport.Secret(header))
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
	}
	t.Fatalf("docker pull %s pulled nothing: %s", image, &out)
	return registryauth.Credential{}
}

// TestAsDockerDoes runs docker pull beside a keyring, with the same configuration.
func TestAsDockerDoes(t *testing.T) {
	cli, err := exec.LookPath("docker")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no docker command line to compare with")
	}
	helpers(t, "good", "echo", "token", "none", "fails")
	images := []string{"busybox", "me/app:v1", "r.example/a", "r.example:5000/a/b", "R.example/a", "localhost/a", "s.example/team/app", "127.0.0.1:5000/a"}
	// Where the two differ on purpose, by configuration and image: what docker does, and why we do not.
	differs := map[string]string{
		"upper case, R.example/a":         "host names have no case, and docker compares them with it",
		"hub's short name, busybox":       "docker never finds what stands below docker.io; Podman writes it so",
		"hub's short name, me/app:v1":     "as above",
		"helper of the hub, busybox":      "as above",
		"helper of the hub, me/app:v1":    "as above",
		"helper by URL, r.example/a":      "docker finds a helper by the very name alone, and a login by its host",
		"helper by URL, R.example/a":      "as above",
		"plain, R.example/a":              "host names have no case, and docker compares them with it",
		"URLs, R.example/a":               "as above",
		"helpers, R.example/a":            "as above",
		"part of a registry, R.example/a": "as above",
		"plain and a helper, R.example/a": "as above",
		"store, R.example/a":              "as above",
		"hub by host, busybox":            "docker never finds what does not stand below its full URL",
		"hub by host, me/app:v1":          "as above",
		"failing helper, R.example/a":     "docker goes on without a credential when a helper fails; here that is an error",
		"failing helper, r.example/a":     "docker goes on without a credential when a helper fails; here that is an error",
	}
	met := map[string]bool{}
	for name, config := range map[string]string{
		"nothing":            `{}`,
		"plain":              `{"auths": {"https://index.docker.io/v1/": ` + basic("hub") + `, "r.example": ` + basic("r") + `, "r.example:5000": ` + basic("port") + `, "localhost": ` + basic("local") + `}}`,
		"upper case":         `{"auths": {"r.example": ` + basic("lower") + `}}`,
		"hub's short name":   `{"auths": {"docker.io": ` + basic("hub") + `}}`,
		"hub by host":        `{"auths": {"index.docker.io": ` + basic("hub") + `}}`,
		"URLs":               `{"auths": {"http://r.example/v1/": ` + basic("r") + `, "https://r.example:5000": ` + basic("port") + `, "https://127.0.0.1:5000/v2/": ` + basic("loop") + `}}`,
		"part of a registry": `{"auths": {"s.example/team": ` + basic("team") + `, "r.example/x/y": ` + basic("r") + `}}`,
		"tokens":             `{"auths": {"r.example:5000": {"auth": "` + base64Of("a:") + `", "identitytoken": "i"}, "s.example": {"registrytoken": "b"}}}`,
		"user and password":  `{"auths": {"s.example": {"username": "u", "password": "p"}, "r.example:5000": {"email": "a@b"}}}`,
		"helpers":            `{"credHelpers": {"r.example": "good", "r.example:5000": "token", "s.example": "none", "https://index.docker.io/v1/": "echo"}}`,
		"helper of the hub":  `{"credHelpers": {"docker.io": "good"}}`,
		"helper by URL":      `{"credHelpers": {"https://r.example/v1/": "good"}}`,
		"store":              `{"auths": {"r.example": ` + basic("r") + `}, "credsStore": "echo"}`,
		"empty store":        `{"auths": {"r.example": ` + basic("r") + `}, "credsStore": "none"}`,
		"plain and a helper": `{"auths": {"r.example": ` + basic("r") + `, "s.example": ` + basic("s") + `}, "credHelpers": {"r.example": "good"}}`,
		"failing helper":     `{"credHelpers": {"r.example": "fails"}}`,
	} {
		home := user(t)
		write(t, config, home, "config.json")
		t.Setenv("DOCKER_CONFIG", home)
		for _, image := range images {
			theirs := dockerPull(t, cli, home, image)
			ours := registryauth.Credential{}
			header, err := registryauth.Docker().RegistryHeader(t.Context(), transport.RegistryQuery{Header: one, Image: image, Engine: "docker"})
			if err == nil && header != "" {
				ours, err = registryauth.Decode(header)
			}
			// What docker says of the address is the name in the file, which engines do not read.
			theirs.ServerAddress, ours.ServerAddress = "", ""
			theirs.Email, ours.Email = "", ""
			same := err == nil && ours == theirs
			at := name + ", " + image
			if met[at] = !same; same == (differs[at] != "") {
				t.Errorf("%s: docker sends %q, we %q (%v)", at, brief(theirs), brief(ours), err)
			}
		}
	}
	for at, reason := range differs {
		if _, tried := met[at]; !tried {
			t.Errorf("%s is not tried, but said to differ: %s", at, reason)
		}
	}
}

// brief is enough of a credential to tell it from another, for a test that failed.
func brief(c registryauth.Credential) string {
	data, _ := json.Marshal([]string{c.Username, c.Password, c.IdentityToken, c.RegistryToken})
	return string(data)
}

// TestAsPodmanDoes asks podman who is logged in beside a keyring, with the same files.
func TestAsPodmanDoes(t *testing.T) {
	cli, err := exec.LookPath("podman")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no podman command line to compare with")
	}
	engine := transporttest.New(t, transporttest.Libpod("4.3.1"), transporttest.AllowUnexpected())
	home := user(t)
	helpers(t, "echo", "none")
	type files map[string]string
	for name, c := range map[string]struct {
		files files
		named string // in REGISTRY_AUTH_FILE
	}{
		"none": {},
		"login": {files: files{
			"run/containers/auth.json": `{"auths": {"r.example": ` + basic("r") + `, "r.example:5000": ` + basic("port") + `, "docker.io": ` + basic("hub") + `}}`,
		}},
		"parts": {files: files{
			"run/containers/auth.json": `{"auths": {"r.example": ` + basic("r") + `, "r.example/team": ` + basic("team") +
				`, "r.example/team/app": ` + basic("app") + `, "docker.io/me": ` + basic("me") + `}}`,
		}},
		"part alone": {files: files{".config/containers/auth.json": `{"auths": {"r.example/team": ` + basic("team") + `}}`}},
		"docker": {files: files{
			".docker/config.json": `{"auths": {"https://index.docker.io/v1/": ` + basic("hub") + `, "https://r.example/v1/": ` + basic("r") + `}}`,
		}},
		"all": {files: files{
			"run/containers/auth.json":     `{"auths": {"r.example/team": ` + basic("run") + `}}`,
			".config/containers/auth.json": `{"auths": {"r.example": ` + basic("config") + `}}`,
			".docker/config.json":          `{"auths": {"r.example/team/app": ` + basic("docker") + `, "r.example:5000": ` + basic("docker") + `}}`,
		}},
		"a store of docker's": {files: files{".docker/config.json": `{"auths": {"r.example": ` + basic("r") + `}, "credsStore": "missing"}`}},
		"helpers": {files: files{
			"run/containers/auth.json": `{"credHelpers": {"docker.io": "echo", "https://index.docker.io/v1/": "none", "r.example": "echo"}}`,
		}},
		"named": {
			files: files{
				"run/containers/auth.json": `{"auths": {"r.example": ` + basic("run") + `}}`,
				"named.json":               `{"auths": {"r.example": ` + basic("named") + `}}`,
			},
			named: "named.json",
		},
	} {
		for path, content := range c.files {
			write(t, content, home, path)
		}
		t.Setenv("REGISTRY_AUTH_FILE", "")
		if c.named != "" {
			t.Setenv("REGISTRY_AUTH_FILE", filepath.Join(home, c.named))
		}
		for _, repository := range []string{
			"r.example", "r.example/team", "r.example/team/app", "r.example/team/app/x", "r.example/other", "r.example:5000", "docker.io", "docker.io/me/app",
			"docker.io/library/busybox", "s.example",
		} {
			out, _ := exec.CommandContext(t.Context(), cli, "--remote", "--url", engine.Host(), "login", "--get-login", repository).Output()
			registry, rest, _ := strings.Cut(repository, "/")
			ours, err := registryauth.Podman().Credential(t.Context(), registryauth.Query{Registry: registry, Repository: rest, Engine: "podman"})
			if theirs := strings.TrimSpace(string(out)); err != nil || ours.Username != theirs {
				t.Errorf("%s, %s: podman logs in as %q, we as %q (%v)", name, repository, theirs, ours.Username, err)
			}
		}
		for path := range c.files {
			_ = os.Remove(filepath.Join(home, path))
		}
	}
}
