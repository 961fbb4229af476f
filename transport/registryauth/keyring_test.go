package registryauth_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/registryauth"
)

const (
	one  = "X-Registry-Auth"
	many = "X-Registry-Config"
)

// sent is the addresses of what a keyring gives for a query, each with its user.
func sent(t *testing.T, k *registryauth.Keyring, q transport.RegistryQuery) map[string]string {
	t.Helper()
	header, err := k.RegistryHeader(t.Context(), q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	users := map[string]string{}
	if header == "" {
		return users
	}
	if c, err := registryauth.Decode(header); err == nil && c != (registryauth.Credential{}) {
		users["one "+c.ServerAddress] = c.Username
		return users
	}
	all, err := registryauth.DecodeConfig(header)
	if err != nil {
		t.Fatal(err)
	}
	for address, c := range all {
		users[address] = c.Username
	}
	return users
}

func TestKeyringHeaders(t *testing.T) {
	k := registryauth.New(registryauth.Config{
		"docker.io": {Username: "hub"}, "r.example": {Username: "r"}, "r.example/team": {Username: "team"},
		"token.example": {Username: "token", IdentityToken: "t"}, "none.example": {}, "@": {Username: "@"},
	})
	type users = map[string]string
	all := users{"docker.io": "hub", "r.example": "r", "r.example/team": "team", "token.example": "token", "@": "@"}
	docker := users{hubServer: "hub", "r.example": "r", "token.example": "token", "@": "@"}
	for _, c := range []struct {
		engine, header, image string
		want                  users
	}{
		{"docker", one, "r.example/a", users{"one r.example": "r"}},
		{"docker", one, "r.example/team/a", users{"one r.example": "team"}},
		{"docker", one, "busybox", users{"one " + hubServer: "hub"}},
		{"docker", one, "none.example/a", users{}},
		{"docker", one, "other.example/a", users{}},
		{"", one, "r.example/a", users{"one r.example": "r"}},
		{"docker", many, "", docker},
		// Podman's own configuration may lead elsewhere: there the address is with the credential.
		{"podman", one, "r.example/a", users{"r.example": "r"}},
		{"podman", one, "docker.io/library/a", users{"docker.io": "hub"}},
		{"podman", one, "docker://busybox", users{"docker.io": "hub"}},
		{"podman", one, "token.example/a", users{"one token.example": "token"}},
		{"podman", one, "other.example/a", users{}},
		{"podman", one, "busybox:latest", all},
		{"podman", one, "me/app", all},
		{"podman", many, "", all},
	} {
		got := sent(t, k, transport.RegistryQuery{Header: c.header, Image: c.image, Engine: c.engine})
		if !maps.Equal(got, c.want) {
			t.Errorf("%s %s %s: %v, want %v", c.engine, c.header, c.image, got, c.want)
		}
	}
	for _, image := range []string{"", "Not A Reference", "user:" + canary + "@r.example/a", "dir:/tmp/x", strings.Repeat("a", 1<<20)} {
		_, err := k.RegistryHeader(t.Context(), transport.RegistryQuery{Header: one, Image: image, Engine: "docker"})
		if !errors.Is(err, transport.ErrInvalidInput) || strings.Contains(err.Error(), canary) || len(err.Error()) > 300 {
			t.Errorf("%.100q: %v", image, err)
		}
	}
}

func TestKeyringOnly(t *testing.T) {
	helpers(t, "good") // and not the other
	write(t, `{"auths": {"s.example": `+basic("s")+`}, "credHelpers": {"r.example": "good", "broken.example": "missing"}}`, user(t), ".docker", "config.json")
	build := transport.RegistryQuery{Header: many, Engine: "docker"}
	if _, err := registryauth.Default().RegistryHeader(t.Context(), build); !errors.Is(err, registryauth.ErrHelper) {
		t.Errorf("a helper that is missing: %v", err)
	}
	if got := sent(t, registryauth.Default().Only("https://R.example/v2/"), build); !maps.Equal(got, map[string]string{"r.example": "alice"}) {
		t.Errorf("%v", got)
	}
	if got := sent(t, registryauth.Default().Only(), build); len(got) != 0 {
		t.Errorf("only none: %v", got)
	}
	if got := sent(t, registryauth.Docker().Only("r.example"), transport.RegistryQuery{Header: one, Image: "s.example/a"}); len(got) != 0 {
		t.Errorf("another registry: %v", got)
	}
	team := registryauth.New(registryauth.Config{"r.example": {Username: "r"}}).Only("r.example/team")
	for image, want := range map[string]int{"r.example/team/a": 1, "r.example/team": 1, "r.example/teams": 0, "r.example/a": 0} {
		if got := sent(t, team, transport.RegistryQuery{Header: one, Image: image}); len(got) != want {
			t.Errorf("%s: %v", image, got)
		}
	}
}

func TestKeyringOfAStore(t *testing.T) {
	helpers(t, "good")
	write(t, `{"auths": {"plain.example": `+basic("plain")+`}, "credsStore": "good"}`, user(t), ".docker", "config.json")
	got := sent(t, registryauth.Docker(), transport.RegistryQuery{Header: many, Engine: "docker"})
	want := map[string]string{"registry.example": "alice", hubServer: "alice", "git.example": "alice"}
	if !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestKeyringAsksInOrder(t *testing.T) {
	var asked []registryauth.Query
	vault := func(user string) registryauth.Func {
		return func(_ context.Context, q registryauth.Query) (registryauth.Credential, error) {
			asked = append(asked, q)
			return registryauth.Credential{Username: user}, nil
		}
	}
	k := registryauth.New(registryauth.Config{"r.example": {Username: "r"}}, registryauth.New(vault("")), vault("vault"), vault("last"))
	if got := sent(t, k, transport.RegistryQuery{Header: one, Image: "r.example/a"}); got["one r.example"] != "r" || len(asked) != 0 {
		t.Errorf("%v", got)
	}
	q := transport.RegistryQuery{Header: one, Image: "Index.Docker.io/me/app", Engine: "docker", Refused: "old"}
	if got := sent(t, k, q); got["one "+hubServer] != "vault" {
		t.Errorf("%v", got)
	}
	want := registryauth.Query{Registry: "docker.io", Repository: "me/app", Engine: "docker", Refused: true}
	if !slices.Equal(asked, []registryauth.Query{want, want}) {
		t.Errorf("asked for %+v", asked)
	}
	if _, err := k.RegistryHeader(t.Context(), transport.RegistryQuery{Header: many}); !errors.Is(err, transport.ErrInvalidInput) {
		t.Errorf("a provider that lists nothing: %v", err)
	}
	if got := sent(t, k.Only("s.example"), transport.RegistryQuery{Header: many}); !maps.Equal(got, map[string]string{"s.example": "vault"}) {
		t.Errorf("%v", got)
	}
	for _, registry := range []string{"", "r.example/a", "ftp://r.example", "user:" + canary + "@r.example/x"} {
		if _, err := k.Credential(t.Context(), registryauth.Query{Registry: registry}); !errors.Is(err, transport.ErrInvalidInput) || strings.Contains(err.Error(), canary) {
			t.Errorf("%q: %v", registry, err)
		}
	}
}

// TestKeyringTellsOfARefusal holds that a provider learns of the refusal by whichever header it is asked: it then fetches
// anew what it remembers.
func TestKeyringTellsOfARefusal(t *testing.T) {
	for _, q := range []transport.RegistryQuery{
		{Header: one, Image: "r.example/a", Engine: "docker"},
		{Header: one, Image: "r.example/a", Engine: "podman"},
		{Header: one, Image: "short", Engine: "podman"},
		{Header: many, Engine: "docker"},
		{Header: many, Engine: "podman"},
	} {
		for _, refused := range []transport.Secret{"", "old"} {
			asked := 0
			vault := registryauth.Func(func(_ context.Context, got registryauth.Query) (registryauth.Credential, error) {
				asked++
				if got.Refused != (refused != "") || got.Engine != q.Engine {
					t.Errorf("%+v after %q: asked for %+v", q, string(refused), got)
				}
				return registryauth.Credential{Username: "vault"}, nil
			})
			q.Refused = refused
			ring := registryauth.New(vault).Only("r.example", "docker.io", "localhost")
			if header, err := ring.RegistryHeader(t.Context(), q); err != nil || header == "" || asked == 0 {
				t.Errorf("%+v: asked %d times, %v", q, asked, err)
			}
		}
	}
}

// TestConfigAsAProvider holds which of its entries a Config gives: that for the longest part of the name, then the one
// for all of the registry, and none that is for another part.
func TestConfigAsAProvider(t *testing.T) {
	config := registryauth.Config{
		"r.example":             {Username: "r"},
		"r.example/team":        {Username: "team"},
		"r.example/team/app":    {Username: "app"},
		"s.example/team":        {Username: "s's team"},
		"https://u.example/v1/": {Username: "u"},
		"docker.io/me":          {Username: "me"},
		hubServer:               {Username: "hub"},
	}
	for image, want := range map[string]string{
		"r.example/x":            "r",
		"r.example/team":         "team",
		"r.example/team/x":       "team",
		"r.example/teams/x":      "r",
		"r.example/team/app":     "app",
		"r.example/team/app/x/y": "app",
		"r.example:5000/team/x":  "",
		"s.example/team/x":       "s's team",
		"s.example/other":        "",
		"s.example/teams":        "",
		"u.example/x":            "u",
		"me/app":                 "me",
		"busybox":                "hub",
	} {
		q, err := registryauth.Parse(image)
		if err != nil {
			t.Fatal(err)
		}
		for name, p := range map[string]registryauth.Provider{"config": config, "keyring": registryauth.New(config)} {
			if c, err := p.Credential(t.Context(), q); err != nil || c.Username != want {
				t.Errorf("%s, %s: %q, %v, want %q", name, image, c.Username, err, want)
			}
		}
	}
	// All of a registry is no part of it.
	if c, err := config.Credential(t.Context(), registryauth.Query{Registry: "s.example"}); err != nil || c.Username != "" {
		t.Errorf("%q, %v", c.Username, err)
	}
}
