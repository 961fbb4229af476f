package registryauth_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/transport/registryauth"
)

func base64Of(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// basic is what docker login writes in place of a user and a password.
func basic(user string) string {
	return fmt.Sprintf(`{"auth": %q}`, base64.StdEncoding.EncodeToString([]byte(user+":"+canary+":"+user)))
}

// entry is the credential behind basic.
func entry(user, server string) registryauth.Credential {
	return registryauth.Credential{Username: user, Password: canary + ":" + user, ServerAddress: server}
}

const hubServer = "https://index.docker.io/v1/"

// lookup is one question and the user whose credential is the answer, or nobody.
type lookup struct{ image, user string }

func check(t *testing.T, k *registryauth.Keyring, engine string, lookups []lookup) {
	t.Helper()
	for _, l := range lookups {
		q, err := registryauth.Parse(l.image)
		if err != nil {
			t.Fatal(err)
		}
		q.Engine = engine
		got, err := k.Credential(t.Context(), q)
		want := registryauth.Credential{}
		if l.user != "" {
			want = entry(l.user, q.Registry)
			if q.Registry == "docker.io" {
				want.ServerAddress = hubServer
			}
		}
		if err != nil || got != want {
			t.Errorf("%s: user %q, want %q (%v)", l.image, got.Username, l.user, err)
		}
	}
}

func TestDockerConfig(t *testing.T) {
	for name, c := range map[string]struct {
		config  string
		lookups []lookup
	}{
		"none":  {``, []lookup{{"busybox", ""}}},
		"empty": {`{}`, []lookup{{"busybox", ""}, {"r.example/a", ""}}},
		"logins": {
			`{"auths": {"https://index.docker.io/v1/": ` + basic("hub") + `, "r.example": ` + basic("r") + `, "r.example:5000": ` + basic("port") + `}}`,
			[]lookup{
				{"busybox", "hub"},
				{"docker.io/library/busybox", "hub"},
				{"index.docker.io/me/app:1", "hub"},
				{"r.example/a", "r"},
				{"R.Example/a", "r"},
				{"r.example:5000/ns/a@sha256:" + strings.Repeat("0", 64), "port"},
				{"r.example:5001/a", ""},
				{"other.example/a", ""},
				{"localhost/a", ""},
				{"rr.example/a", ""},
				{"r.example.org/a", ""},
			},
		},
		"old names": {
			`{"auths": {"http://a.example/v1/": ` + basic("a") + `, "https://b.example:8443": ` + basic("b") + `, "c.example/v2": ` + basic("c") +
				`, "HTTPS://D.example/": ` + basic("d") + `, "docker.io": ` + basic("hub") + `, "ftp://e.example": ` + basic("e") + `}}`,
			[]lookup{{"a.example/x", "a"}, {"b.example:8443/x", "b"}, {"c.example/x", "c"}, {"d.example/x", "d"}, {"x", "hub"}, {"e.example/x", ""}},
		},
		"several names": {
			`{"auths": {"https://a.example/v1/": ` + basic("url") + `, "a.example": ` + basic("plain") + `, "https://b.example": ` + basic("b1") +
				`, "http://b.example/v1/": ` + basic("b2") + `}}`,
			[]lookup{{"a.example/x", "plain"}, {"b.example/x", "b2"}},
		},
		"logged out": {`{"auths": {"r.example": {}, "s.example": {"email": "a@b"}}}`, []lookup{{"r.example/a", ""}, {"s.example/a", ""}}},
		"user and password": {
			`{"auths": {"r.example": {"username": "r", "password": "` + canary + `:r"}}}`, []lookup{{"r.example/a", "r"}},
		},
		"docker looks at the host": {`{"auths": {"r.example/team": ` + basic("r") + `}}`, []lookup{{"r.example/other", "r"}}},
	} {
		t.Run(name, func(t *testing.T) {
			home := user(t)
			if c.config != "" {
				write(t, c.config, home, ".docker", "config.json")
			}
			check(t, registryauth.Docker(), "docker", c.lookups)
			check(t, registryauth.Default(), "docker", c.lookups)
		})
	}
}

func TestTokens(t *testing.T) {
	config := write(t, `{"auths": {
		"id.example": {"auth": "`+base64.StdEncoding.EncodeToString([]byte("00000000-0000-0000-0000-000000000000:"))+`", "identitytoken": "`+canary+`"},
		"bearer.example": {"registrytoken": "`+canary+`"}}}`, t.TempDir(), "auth.json")
	k := registryauth.File(config)
	for registry, want := range map[string]registryauth.Credential{
		"id.example":     {Username: "00000000-0000-0000-0000-000000000000", IdentityToken: canary, ServerAddress: "id.example"},
		"bearer.example": {RegistryToken: canary, ServerAddress: "bearer.example"},
	} {
		if got, err := k.Credential(t.Context(), registryauth.Query{Registry: registry}); err != nil || got != want {
			t.Errorf("%s: %v", registry, err)
		}
	}
}

func TestDockerPlaces(t *testing.T) {
	home := user(t)
	at := func(user string) string { return `{"auths": {"r.example": ` + basic(user) + `}}` }
	write(t, at("home"), home, ".docker", "config.json")
	write(t, at("elsewhere"), home, "elsewhere", "config.json")
	check(t, registryauth.Docker(), "docker", []lookup{{"r.example/a", "home"}})
	t.Setenv("DOCKER_CONFIG", filepath.Join(home, "elsewhere"))
	check(t, registryauth.Docker(), "docker", []lookup{{"r.example/a", "elsewhere"}})
	t.Setenv("DOCKER_AUTH_CONFIG", at("environment"))
	check(t, registryauth.Docker(), "docker", []lookup{{"r.example/a", "environment"}})
	t.Setenv("DOCKER_AUTH_CONFIG", `{"auths": {"s.example": `+basic("s")+`}}`)
	check(t, registryauth.Docker(), "docker", []lookup{{"r.example/a", "elsewhere"}, {"s.example/a", "s"}})
	t.Setenv("DOCKER_AUTH_CONFIG", `{"auths": {"s.example": {"auth": "`+canary+`"`)
	if _, err := registryauth.Docker().Credential(t.Context(), registryauth.Query{Registry: "r.example"}); err == nil || strings.Contains(err.Error(), canary) {
		t.Error(err)
	}
	// A login that happens later counts.
	t.Setenv("DOCKER_AUTH_CONFIG", "")
	k := registryauth.Docker()
	check(t, k, "docker", []lookup{{"r.example/a", "elsewhere"}})
	write(t, at("later"), home, "elsewhere", "config.json")
	check(t, k, "docker", []lookup{{"r.example/a", "later"}})
}

func TestDockerHelpers(t *testing.T) {
	helpers(t, "good", "none", "echo", "token")
	write(t, `{"auths": {"plain.example": `+basic("plain")+`, "r.example": `+basic("plain")+`},
		"credsStore": "none", "credHelpers": {"r.example": "good", "https://index.docker.io/v1/": "echo", "https://s.example/v2/": "echo"}}`,
		user(t), ".docker", "config.json")
	for registry, secret := range map[string]string{
		"r.example":     canary + " of good",
		"docker.io":     canary + " for " + hubServer, // docker asks by this name
		"s.example":     canary + " for s.example",
		"plain.example": "", // the store decides, not the file
	} {
		c, err := registryauth.Docker().Credential(t.Context(), registryauth.Query{Registry: registry})
		if err != nil || c.Password != secret {
			t.Errorf("%s: %v", registry, err)
		}
	}
}

func TestPodmanPlaces(t *testing.T) {
	home := user(t)
	at := func(user string) string {
		return `{"auths": {"r.example": ` + basic(user) + `, "` + user + `.example": ` + basic(user) + `}}`
	}
	for _, place := range []struct{ user, path string }{
		{"docker", ".docker/config.json"}, {"config", ".config/containers/auth.json"}, {"run", "run/containers/auth.json"},
	} {
		write(t, at(place.user), home, place.path)
		check(t, registryauth.Podman(), "podman", []lookup{{"r.example/a", place.user}, {"docker.example/a", "docker"}})
	}
	check(t, registryauth.Default(), "docker", []lookup{{"r.example/a", "docker"}, {"run.example/a", "run"}})
	check(t, registryauth.Default(), "podman", []lookup{{"r.example/a", "run"}, {"config.example/a", "config"}})

	t.Setenv("XDG_CONFIG_HOME", write(t, at("xdg"), home, "xdg", "containers", "auth.json")[:len(home)+len("/xdg")])
	check(t, registryauth.Podman(), "podman", []lookup{{"xdg.example/a", "xdg"}, {"config.example/a", ""}})

	t.Setenv("REGISTRY_AUTH_FILE", write(t, at("named"), home, "named.json"))
	check(t, registryauth.Podman(), "podman", []lookup{{"r.example/a", "named"}, {"docker.example/a", ""}})
	t.Setenv("REGISTRY_AUTH_FILE", filepath.Join(home, "nowhere.json"))
	if _, err := registryauth.Podman().Credential(t.Context(), registryauth.Query{Registry: "r.example"}); !os.IsNotExist(unwrapped(err)) {
		t.Error(err)
	}
	t.Setenv("REGISTRY_AUTH_FILE", "/dev/null")
	check(t, registryauth.Podman(), "podman", []lookup{{"r.example/a", ""}})
}

// unwrapped is the innermost error.
func unwrapped(err error) error {
	for {
		u, ok := err.(interface{ Unwrap() error })
		if !ok {
			return err
		}
		err = u.Unwrap()
	}
}

func TestPodmanScopes(t *testing.T) {
	helpers(t, "echo")
	write(t, `{"auths": {"r.example": `+basic("r")+`, "r.example/team": `+basic("team")+`, "r.example/team/app": `+basic("app")+
		`, "docker.io/me": `+basic("me")+`, "index.docker.io": `+basic("hub")+`, "s.example/only": `+basic("only")+`},
		"credsStore": "missing", "credHelpers": {"h.example": "echo"}}`, user(t), "run", "containers", "auth.json")
	check(t, registryauth.Podman(), "podman", []lookup{
		{"r.example/x", "r"},
		{"r.example/team/x", "team"},
		{"r.example/team/app:v1", "app"},
		{"r.example/team/app/x", "app"},
		{"r.example/teams/x", "r"},
		{"r.example:5000/team/x", ""},
		{"me/app", "me"},
		{"you/app", "hub"},
		{"busybox", "hub"},
		{"s.example/only/x", "only"},
		{"s.example/x", ""},
	})
	c, err := registryauth.Podman().Credential(t.Context(), registryauth.Query{Registry: "h.example", Repository: "a/b"})
	if err != nil || c.Password != canary+" for h.example" {
		t.Error(err)
	}
}

// TestPodmanHelpers holds which helper is asked where files name several for a registry, and by which name: the entry with
// the very name before those that mean the same.
func TestPodmanHelpers(t *testing.T) {
	helpers(t, "echo", "none")
	write(t, `{"credHelpers": {
		"docker.io": "echo", "https://index.docker.io/v1/": "none",
		"r.example": "echo", "https://r.example": "none",
		"https://s.example/v2/": "echo"}}`, user(t), "run", "containers", "auth.json")
	for registry, asked := range map[string]string{"docker.io": "docker.io", "r.example": "r.example", "s.example": "https://s.example/v2/"} {
		c, err := registryauth.Podman().Credential(t.Context(), registryauth.Query{Registry: registry})
		if want := canary + " for " + asked; err != nil || c.Password != want {
			t.Errorf("%s: %q, %v, want %q", registry, c.Password, err, want)
		}
	}
}

// TestHostileFiles has files that are none, or no credentials: an error each, without what they hold.
func TestHostileFiles(t *testing.T) {
	dir := t.TempDir()
	path := map[string]string{"a directory": dir, "nowhere": filepath.Join(dir, "nowhere")}
	for name, content := range map[string]string{
		"no JSON":       canary,
		"a list":        `["` + canary + `"]`,
		"cut off":       `{"auths": {"r.example": {"auth": "` + canary,
		"more than one": `{} {"auths": {}}`,
		"a number":      `{"auths": {"r.example": {"auth": 1, "password": "` + canary + `"}}}`,
		"helper number": `{"credHelpers": {"r.example": 7}, "x": "` + canary + `"}`,
		"too large":     `{"x": "` + strings.Repeat(canary, 1<<20/len(canary)+1) + `"}`,
		"deep":          `{"auths": ` + strings.Repeat(`{"r.example":`, 100_000),
		"no base64":     `{"auths": {"r.example": {"auth": "` + canary + `!"}}}`,
		"no colon":      `{"auths": {"r.example": {"auth": "` + base64.StdEncoding.EncodeToString([]byte(canary)) + `"}}}`,
		"no user":       `{"auths": {"r.example": {"auth": "` + base64.StdEncoding.EncodeToString([]byte(":"+canary)) + `"}}}`,
		"a BOM":         "\ufeff{}",
	} {
		path[name] = write(t, content, dir, strings.ReplaceAll(name, " ", "_")+".json")
	}
	for name, path := range path {
		c, err := registryauth.File(path).Credential(t.Context(), registryauth.Query{Registry: "r.example"})
		if err == nil || c != (registryauth.Credential{}) {
			t.Errorf("%s is taken", name)
		} else if text := err.Error(); strings.Contains(text, canary) || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(canary))) || len(text) > 300 {
			t.Errorf("%s: %.400s", name, text)
		}
	}
	// The same for the entry of a part of a registry: the one for all of it does not stand in for it.
	part := write(t, `{"auths": {"r.example": `+basic("r")+`, "r.example/team": {"auth": "`+canary+`!"}}}`, dir, "part.json")
	c, err := registryauth.File(part).Credential(t.Context(), registryauth.Query{Registry: "r.example", Repository: "team/app"})
	if err == nil || c != (registryauth.Credential{}) || !strings.Contains(err.Error(), "r.example/team") || strings.Contains(err.Error(), canary) {
		t.Errorf("a broken entry of a part of a registry: %v", err)
	}
	check(t, registryauth.File(part), "podman", []lookup{{"r.example/other", "r"}})
	// What is wrong with one entry does not concern another.
	mixed := write(t, `{"auths": {"bad.example": {"auth": "!"}, "r.example": `+basic("r")+`}}`, dir, "mixed.json")
	check(t, registryauth.File(mixed), "", []lookup{{"r.example/a", "r"}})
}
