package registryauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/registryauth"
)

func TestParse(t *testing.T) {
	for image, want := range map[string]registryauth.Query{
		"busybox":                             {Registry: "docker.io", Repository: "library/busybox"},
		"me/app:v1":                           {Registry: "docker.io", Repository: "me/app"},
		"index.docker.io/me/app":              {Registry: "docker.io", Repository: "me/app"},
		"registry-1.docker.io/me/app":         {Registry: "docker.io", Repository: "me/app"},
		"localhost/app":                       {Registry: "localhost", Repository: "app"},
		"LOCAL/app":                           {Registry: "local", Repository: "app"},
		"registry.example:5000/a/b/c:v1":      {Registry: "registry.example:5000", Repository: "a/b/c"},
		"docker://registry.example/a":         {Registry: "registry.example", Repository: "a"},
		"[::1]:5000/a":                        {Registry: "[::1]:5000", Repository: "a"},
		"a@sha256:" + strings.Repeat("f", 64): {Registry: "docker.io", Repository: "library/a"},
	} {
		if got, err := registryauth.Parse(image); err != nil || got != want {
			t.Errorf("%s: %+v, %v", image, got, err)
		}
	}
}

// TestParseRefuses has texts that are no reference to an image in a registry.
func TestParseRefuses(t *testing.T) {
	long := strings.Repeat("a", 100) + "/"
	for _, image := range []string{
		"", "//registry.example/a", "/a", "a/", "registry.example/A", "alice:" + canary + "@r.example/a", "https://r.example/a", "dir:/tmp/x",
		"docker://", "docker://docker://a", "a b", "a@sha256:0", strings.Repeat("f", 64), // an identifier of an image is no reference
		strings.Repeat(long, 11) + "a:" + strings.Repeat("t", 128),       // a tag of the longest, and a name that is too long
		strings.Repeat("a", 1<<10+1), strings.Repeat("registry/", 1<<17), // which nothing parses
	} {
		q, err := registryauth.Parse(image)
		if q != (registryauth.Query{}) || !errors.Is(err, transport.ErrInvalidInput) {
			t.Errorf("%.80q: %+v, %v", image, q, err)
		} else if text := err.Error(); strings.Contains(text, canary) || len(text) > 300 {
			t.Errorf("%.80q: %q", image, text)
		}
	}
	// What is too long is not even parsed, and said to be so; it is not repeated.
	for size, bound := range map[int]bool{1 << 10: false, 1<<10 + 1: true} {
		_, err := registryauth.Parse("r.example/" + strings.Repeat("A", size-len("r.example/")))
		if err == nil || strings.Contains(err.Error(), "a reference of") != bound {
			t.Errorf("a reference of %d bytes: %v", size, err)
		}
	}
}

// TestAddresses has the addresses that name a registry, or a part of one, in the files and options that have any.
func TestAddresses(t *testing.T) {
	for address, want := range map[string]struct{ whole, team, other bool }{
		"r.example":                  {true, true, true},
		"R.Example":                  {true, true, true},
		"https://r.example":          {true, true, true},
		"HTTP://r.example/":          {true, true, true},
		"https://r.example/v1/":      {true, true, true},
		"https://r.example/v2":       {true, true, true},
		"https://r.example/team":     {true, true, true}, // a URL means all of a registry
		"https://r.example/a/b/?c=d": {true, true, true},
		"r.example/":                 {true, true, true},
		"r.example/v1":               {true, true, true},
		"r.example/v1/":              {true, true, true},
		"r.example/v2/":              {true, true, true},
		"r.example/v1/team":          {},
		"r.example/v3":               {},
		"r.example/team":             {false, true, false},
		"r.example/team/":            {false, true, false},
		"r.example/team/app":         {},
		"ftp://r.example":            {},
		"r.example:443":              {},
		"":                           {},
	} {
		k := registryauth.New(registryauth.Func(func(context.Context, registryauth.Query) (registryauth.Credential, error) {
			return registryauth.Credential{Username: "alice"}, nil
		})).Only(address)
		for repository, wanted := range map[string]bool{"": want.whole, "team/x": want.team, "other": want.other} {
			c, err := k.Credential(t.Context(), registryauth.Query{Registry: "r.example", Repository: repository})
			if given := c.Username != ""; err != nil || given != wanted {
				t.Errorf("only %q: a credential for r.example/%s: %v (%v), want %v", address, repository, given, err, wanted)
			}
		}
	}
}

// mine is a keyring with a credential for registry.example alone, in each way to have one.
func mine(t *testing.T) map[string]*registryauth.Keyring {
	t.Helper()
	dir := t.TempDir()
	c := registryauth.Credential{Username: "alice", Password: canary}
	plain := `{"auths": {"registry.example": {"username": "alice", "password": "` + canary + `"}}}`
	url := `{"auths": {"https://registry.example/v1/": {"username": "alice", "password": "` + canary + `"}}}`
	helpers(t, "good")
	user(t)
	t.Setenv("DOCKER_AUTH_CONFIG", plain)
	return map[string]*registryauth.Keyring{
		"config": registryauth.New(registryauth.Config{"registry.example": c}),
		"plain":  registryauth.File(write(t, plain, dir, "plain.json")),
		"url":    registryauth.File(write(t, url, dir, "url.json")),
		"helper": registryauth.File(write(t, `{"credHelpers": {"registry.example": "good"}}`, dir, "helper.json")),
		"docker": registryauth.Docker(),
	}
}

// TestRow92NothingForOthers asks for credentials with references that look like those of a registry but are not.
func TestRow92NothingForOthers(t *testing.T) {
	rings := mine(t)
	for name, k := range rings {
		for _, image := range []string{"registry.example/a", "Registry.EXAMPLE/a/b:v1", "registry.example/registry.evil/a"} {
			header, err := k.RegistryHeader(t.Context(), transport.RegistryQuery{Header: one, Image: image, Engine: "docker"})
			if c, bad := registryauth.Decode(header); err != nil || bad != nil || c.Username != "alice" || c.ServerAddress != "registry.example" {
				t.Errorf("%s: nothing for %s: %v", name, image, err)
			}
		}
		for _, image := range []string{
			"registry.example", "registry.example:v1", "evil.example/registry.example/a", "registry.example.evil/a", "evilregistry.example/a",
			"registry.example:5000/a", "registry.example:443/a", "registry.example:80/a", "registry.example./a", ".registry.example/a", "registry.example..evil/a",
			"registry.example@evil.example/a", "registry.example@evil.example/../a", "alice@registry.example/a", "alice:pw@registry.example/a",
			"https://registry.example/a", "http://registry.example/a", "//registry.example/a", "/registry.example/a", "docker://docker://registry.example/a",
			"registry.example\\@evil.example/a", "registry.example%2f@evil/a", "registry.example%00/a", "registry.example\x00/a", "registry.example\n/a",
			"registry.example /a", " registry.example/a", "registry.example\t/a", "registry.example?/a", "registry.example#/a", "evil.example?x=registry.example/a",
			"evil.example#registry.example/a", "registry.example;evil.example/a", "registry.example,evil.example/a", "registry_example/a", "registry-example/a",
			"registry.exаmple/a", "registry。example/a", "ｒegistry.example/a", "[registry.example]/a", "localhost/registry.example/a", "docker.io/registry.example/a",
			"registry.example/../evil.example/a", "registry.example/./a", "evil.example/../registry.example/a", "registry.example//a", "registry.example/",
			"docker-archive:registry.example/a", "oci:registry.example/a", "127.0.0.1/a", "registry.example:/a", "registry.example:x/a",
			strings.Repeat("a", 300) + ".registry.example/a",
		} {
			for _, engine := range []string{"docker", ""} {
				header, err := k.RegistryHeader(t.Context(), transport.RegistryQuery{Header: one, Image: image, Engine: engine})
				if header != "" {
					t.Errorf("%s: a credential for %q", name, image)
				}
				if err != nil && !errors.Is(err, transport.ErrInvalidInput) {
					t.Errorf("%s: %q: %v", name, image, err)
				}
			}
			// Podman gets credentials with their addresses, and only for what may be theirs: a short name. What is no
			// reference is none of these.
			header, err := k.RegistryHeader(t.Context(), transport.RegistryQuery{Header: one, Image: image, Engine: "podman"})
			if _, none := registryauth.Parse(image); none != nil && (header != "" || !errors.Is(err, transport.ErrInvalidInput)) {
				t.Errorf("%s: Podman gets credentials for %q, which is no reference (%v)", name, image, err)
			}
			if all, err := registryauth.DecodeConfig(header); header != "" && (err != nil || len(all) != 1 || all["registry.example"].Username != "alice") {
				t.Errorf("%s: Podman gets %v for %q", name, all, image)
			}
		}
	}
}

// TestShortNamesOnPodman holds which names Podman is given all credentials for: those that name no registry, as its own
// configuration decides what they mean. Each is bound to its registry, and Only leaves out what is not meant.
func TestShortNamesOnPodman(t *testing.T) {
	ring := registryauth.New(registryauth.Config{"registry.example": {Username: "alice"}, "other.example/team": {Username: "bob"}})
	for image, want := range map[string][]string{
		"busybox":                              {"other.example/team", "registry.example"},
		"busybox:latest":                       {"other.example/team", "registry.example"},
		"team/app":                             {"other.example/team", "registry.example"},
		"registry.example":                     {"other.example/team", "registry.example"}, // a name with a dot
		"a@sha256:" + strings.Repeat("f", 64):  {"other.example/team", "registry.example"},
		"docker.io/library/busybox":            nil,
		"docker://busybox":                     nil,
		"registry.example/a":                   {"registry.example"},
		"other.example/team/a":                 {"other.example"},
		"other.example/a":                      nil,
		"localhost/a":                          nil,
		"LOCAL/a":                              nil,
		"third.example/registry.example/a":     nil,
		"registry.example:5000/other.example/": nil, // no reference
	} {
		for limited, k := range map[bool]*registryauth.Keyring{false: ring, true: ring.Only("registry.example")} {
			header, err := k.RegistryHeader(t.Context(), transport.RegistryQuery{Header: one, Image: image, Engine: "podman"})
			var got []string
			if header != "" {
				all, bad := registryauth.DecodeConfig(header)
				if bad != nil {
					t.Fatal(bad)
				}
				got = slices.Sorted(maps.Keys(all))
			}
			wanted := slices.DeleteFunc(slices.Clone(want), func(r string) bool { return limited && !strings.HasPrefix(r, "registry.example") })
			if !slices.Equal(got, wanted) {
				t.Errorf("%s, limited %v: %q, want %q (%v)", image, limited, got, wanted, err)
			}
		}
	}
}

// TestRow92ProvidersAreChecked has providers that give what they have to whoever asks.
func TestRow92ProvidersAreChecked(t *testing.T) {
	for _, address := range []string{"registry.example", "https://registry.example/v2/", "registry.example:443"} {
		k := registryauth.New(registryauth.Config{"evil.example": {Username: "alice", Password: canary, ServerAddress: address}})
		header, err := k.RegistryHeader(t.Context(), transport.RegistryQuery{Header: one, Image: "evil.example/a"})
		if header != "" || !errors.Is(err, transport.ErrInvalidInput) || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", address, err)
		}
		if header, err = k.RegistryHeader(t.Context(), transport.RegistryQuery{Header: many}); header != "" || err == nil {
			t.Errorf("%s in a build: %v", address, err)
		}
	}
}

// FuzzRow92OneRegistry holds that whoever gets a credential is the registry that it is kept for, told by the text alone.
func FuzzRow92OneRegistry(f *testing.F) {
	for _, key := range []string{"registry.example", "https://registry.example:5000/v1/", "docker.io", "https://index.docker.io/v1/", "r.example/ns", "a@b", ""} {
		for _, image := range []string{"registry.example/a", "registry.example:5000/a:v1", "busybox", "registry.example@evil/a", "R.EXAMPLE/ns/x", "docker://r.example/ns", "docker://busybox:v1", "docker://localhost", "docker://localhost/a", ""} {
			f.Add(key, image)
		}
	}
	// plain is the registry in what precedes the first slash of a name.
	plain := func(address string) string {
		host, _, _ := strings.Cut(address, "/")
		host = strings.ToLower(host)
		if host == "index.docker.io" || host == "registry-1.docker.io" {
			return "docker.io"
		}
		return host
	}
	f.Fuzz(func(t *testing.T, key, image string) {
		k := registryauth.New(registryauth.Config{key: {Username: "alice", Password: canary}})
		header, err := k.RegistryHeader(t.Context(), transport.RegistryQuery{Header: one, Image: image, Engine: "docker"})
		if err != nil && (!errors.Is(err, transport.ErrInvalidInput) || strings.Contains(err.Error(), canary)) {
			t.Error(err)
		}
		if header == "" {
			return
		}
		address := key
		if scheme, rest, found := strings.Cut(strings.ToLower(key), "://"); found && (scheme == "https" || scheme == "http") {
			address = rest
		}
		name := strings.TrimPrefix(image, "docker://")
		meant := plain(name)
		named := strings.Contains(name, "/") && (strings.ContainsAny(meant, ".:") || meant == "localhost") // a registry, not the hub's
		if plain(address) != meant && (plain(address) != "docker.io" || named) {
			t.Errorf("the credential of %q for %q", key, image)
		}
		if strings.ContainsFunc(image, func(c rune) bool { return c <= ' ' || c > '~' || c == '\\' || c == '?' || c == '#' || c == '%' }) {
			t.Errorf("a credential for %q", image)
		}
	})
}

// FuzzFile reads whatever stands in a configuration file. It must not run any helper that it could name.
func FuzzFile(f *testing.F) {
	f.Add([]byte(`{"auths": {"r.example": {"auth": "YTpi", "identitytoken": "t"}, "https://r.example/v1/": {}}, "credsStore": "x"}`))
	f.Add([]byte(`{"auths": {"r.example/ns": {"username": "a", "password": "b"}}, "credHelpers": {"r.example": "../x"}}`))
	f.Add([]byte(`{"auths": null, "credHelpers": {"": ""}}`))
	f.Add([]byte("\xff\xfe{}"))
	f.Setenv("PATH", "")
	f.Fuzz(func(t *testing.T, data []byte) {
		k := registryauth.FromText(data)
		q := registryauth.Query{Registry: "r.example", Repository: "ns/app"}
		c, err := k.Credential(t.Context(), q)
		if c != (registryauth.Credential{}) && (err != nil || c.ServerAddress != "r.example" || !json.Valid(data)) {
			t.Errorf("a credential out of %q", data)
		}
		if again, _ := k.Credential(t.Context(), q); again != c {
			t.Error("another credential the second time")
		}
		header, err := k.RegistryHeader(t.Context(), transport.RegistryQuery{Header: many, Engine: "podman"})
		if err != nil && header != "" {
			t.Error("an error and a header")
		}
		if _, bad := registryauth.DecodeConfig(header); header != "" && header != "\x00" && bad != nil {
			t.Error(bad)
		}
	})
}
