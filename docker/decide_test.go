package docker

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/internal/discover"
	"github.com/gantry-go/gantry/transport"
)

// made is an environment of a system of the test's.
func made(system string, uid int, variables map[string]string) *discover.Environment {
	return &discover.Environment{OS: system, UID: uid, Home: "/home/me", Getenv: func(name string) string { return variables[name] }}
}

func TestUsualHostsOfEachSystem(t *testing.T) {
	for _, c := range []struct {
		env  *discover.Environment
		want []string // some of them, in their order
	}{
		{made("linux", 1000, nil), []string{
			"unix:///var/run/docker.sock", "unix:///run/user/1000/docker.sock", "unix:///home/me/.docker/run/docker.sock",
			"unix:///run/user/1000/podman/podman.sock", "unix:///run/podman/podman.sock", "unix:///run/user/1000/podman/podman-machine-default-api.sock",
		}},
		{made("linux", 0, nil), []string{"unix:///var/run/docker.sock", "unix:///home/me/.docker/run/docker.sock", "unix:///run/podman/podman.sock"}},
		{made("linux", 1000, map[string]string{"XDG_RUNTIME_DIR": "/r", "XDG_CONFIG_HOME": "/c", "COLIMA_HOME": "/colima/"}), []string{
			"unix:///r/docker.sock", "unix:///colima/default/docker.sock", "unix:///home/me/.colima/default/docker.sock", "unix:///c/colima/default/docker.sock",
			"unix:///r/podman/podman.sock",
		}},
		{made("darwin", 501, map[string]string{"TMPDIR": "/var/folders/me/T"}), []string{
			"unix:///var/run/docker.sock", "unix:///home/me/.docker/run/docker.sock", "unix:///home/me/.orbstack/run/docker.sock", "unix:///home/me/.rd/docker.sock",
			"unix:///var/folders/me/T/podman/podman-machine-default-api.sock", "unix:///home/me/.local/share/containers/podman/machine/podman.sock",
		}},
		{made("windows", -1, nil), []string{
			"npipe:////./pipe/docker_engine", "npipe:////./pipe/dockerDesktopLinuxEngine", "npipe:////./pipe/podman-machine-default",
		}},
	} {
		got := usualHosts(c.env)
		at := -1
		for _, host := range c.want {
			i := slices.Index(got, host)
			if i <= at {
				t.Errorf("%s %d: %s is not behind %v in %v", c.env.OS, c.env.UID, host, at, got)
			}
			at = i
		}
	}
}

// TestNoFolderNoPath holds that without a folder nothing is looked for in the working folder.
func TestNoFolderNoPath(t *testing.T) {
	env := made("darwin", 501, nil)
	env.Home = ""
	for _, host := range usualHosts(env) {
		if path := strings.TrimPrefix(host, "unix://"); !filepath.IsAbs(path) {
			t.Errorf("%s", host)
		}
	}
	if _, err := fromContext(env, "some", "test"); !errors.Is(err, transport.ErrInvalidInput) || !errors.Is(err, errNoHome) {
		t.Error(err)
	}
	if n, passed, err := decide(env); n != nil || err != nil || !slices.Contains(passed, errNoHome) {
		t.Errorf("%v, %v, %v", n, passed, err)
	}
}

// TestWindowsWithoutItsOption holds that what is missing is told.
func TestWindowsWithoutItsOption(t *testing.T) {
	_, err := open(t.Context(), made("windows", -1, nil), decide, nil)
	if none, ok := errors.AsType[*NoEngineError](err); !ok || !strings.Contains(none.Error(), "transport/npipe") {
		t.Error(err)
	}
}

func TestFullHost(t *testing.T) {
	for given, want := range map[string]string{
		"":                             "",
		"unix://":                      "unix:///var/run/docker.sock",
		"npipe://":                     "npipe:////./pipe/docker_engine",
		"tcp://[fe80::1%25eth0]":       "tcp://[fe80::1%25eth0]:2375",
		"h:1/a%20b":                    "tcp://h:1/a%20b",
		"tcp://h:1?x":                  "tcp://h:1?x", // for the transport to refuse
		"ssh://me@h/run/x.sock":        "ssh://me@h/run/x.sock",
		"unix:///run/with?mark#s.sock": "unix:///run/with?mark#s.sock",
		"unix:2375":                    "tcp://unix:2375", // a host may be called so
		"unix":                         "tcp://unix:2375",
	} {
		if got, err := fullHost(given, "linux"); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", given, got, err, want)
		}
	}
	for _, given := range []string{
		"/run/x", `\\.\pipe\x`, "@x", "h:port", "tcp://h:1:2", "a b:1", "tcp://\x00",
		"unix:/run/docker.sock", "unix:", "UNIX:/x", "npipe:/x", "ssh:/x", "tcp:/h:1", "http:/h", "fd:/",
	} {
		if got, err := fullHost(given, "linux"); !errors.Is(err, transport.ErrInvalidInput) {
			t.Errorf("%s: %s, %v", given, got, err)
		}
	}
}

// FuzzRow7DockerHost holds that DOCKER_HOST, whatever it is, names an engine or is refused without being repeated.
func FuzzRow7DockerHost(f *testing.F) {
	for _, seed := range []string{"tcp://", "unix://", "me:@", "tcp://me:@h:1/", "tcp://h:1?token=", "tcp://h#", "http://", "ssh://me:", ":", "[::1]:", "//", "fd://"} {
		f.Add(seed, "")
		f.Add(seed, "@host:2375")
	}
	const canary = "s3cretcanary"
	f.Fuzz(func(t *testing.T, before, after string) {
		if strings.Contains(strings.ToLower(before+after), "s3cret") {
			return
		}
		given := before + canary + after
		env := made("linux", 0, map[string]string{"DOCKER_HOST": given})
		n, _, err := decide(env)
		if err == nil && n != nil {
			c, newErr := newClient(n.host, n.options(nil))
			if newErr == nil {
				// The name of a host, of a socket or a path is not a secret.
				_ = c.Close()
				return
			}
			err = newErr
		}
		if err != nil && (!errors.Is(err, transport.ErrInvalidInput) || strings.Contains(err.Error(), canary)) {
			t.Errorf("%q: %v", given, err)
		}
	})
}

// FuzzRow93Context holds that a context's file, whatever is in it, names an engine or is refused, and that no path
// leads out of the folder.
func FuzzRow93Context(f *testing.F) {
	f.Add("some", []byte(`{"Name":"some","Endpoints":{"docker":{"Host":"tcp://h:1","SkipTLSVerify":true}}}`))
	f.Add("../x", []byte(`{"Endpoints":{"docker":null}}`))
	f.Add("x", []byte(`{"Endpoints":{"`+strings.Repeat("long", 3000)+`":5}}`))
	f.Add("a\x00", []byte(`{"endpoints":{"docker":{"host":"unix:///x"}}}`))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, name string, meta []byte) {
		env := made("linux", 0, map[string]string{"DOCKER_CONFIG": dir})
		if n, err := fromContext(env, name, "test"); err == nil || !errors.Is(err, transport.ErrInvalidInput) {
			t.Fatalf("%q, which is not there: %v, %v", name, n, err)
		}
		endpoint, err := parseContext(meta)
		if err != nil { // which names the member that it is about, however long that is
			if text := discover.Invalid("docker context", err).Error(); len(text) > 5000 || strings.ContainsAny(text, "\n\x00") {
				t.Errorf("an error of %d bytes: %q", len(text), text)
			}
		}
		if c, err := newClient(endpoint.Host, nil); err == nil {
			_ = c.Close()
		} else if !errors.Is(err, transport.ErrInvalidInput) {
			t.Errorf("%q: %v", endpoint.Host, err)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
			t.Errorf("%v, %v", entries, err)
		}
	})
}
