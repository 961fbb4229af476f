package podman

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/internal/discover"
	"github.com/gantry-go/gantry/transport"
)

// made is an environment of a system of the test's, whose files are below root.
func made(root, system string, uid int, variables map[string]string) *discover.Environment {
	home := filepath.Join(root, "home")
	return &discover.Environment{OS: system, UID: uid, Home: home, Root: root, Getenv: func(name string) string { return variables[name] }}
}

func put(t *testing.T, root, path, text string) {
	t.Helper()
	path = filepath.Join(root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestConfMerged holds where containers.conf is merged from, and in which order: what is read later wins.
func TestConfMerged(t *testing.T) {
	root := t.TempDir()
	destination := func(name string) string {
		return "[engine]\nactive_service=\"" + name + "\"\n[engine.service_destinations." + name + "]\nuri=\"tcp://" + name + ":1\"\nidentity=\"/of/" + name + "\"\n"
	}
	variables := map[string]string{}
	env := made(root, "linux", 1000, variables)
	names := []string{}
	for _, c := range []struct{ name, path string }{
		{"vendor", "usr/share/containers/containers.conf"},
		{"system", "etc/containers/containers.conf"},
		{"drop1", "etc/containers/containers.conf.d/1.conf"},
		{"drop2", "etc/containers/containers.conf.d/2.conf"},
		{"user", "home/.config/containers/containers.conf"},
		{"userdrop", "home/.config/containers/containers.conf.d/x.conf"},
	} {
		put(t, root, c.path, destination(c.name))
		names = append(names, c.name)
		n, _, err := decide(env)
		if err != nil || n.connection != c.name || !strings.Contains(n.source, filepath.Join(root, c.path)) {
			t.Fatalf("%s: %+v, %v", c.name, n, err)
		}
		for _, earlier := range names { // all of them are there
			if n, err := fromConnection(env, earlier, "test"); err != nil || n.host != "tcp://"+earlier+":1" {
				t.Errorf("%s after %s: %+v, %v", earlier, c.name, n, err)
			}
		}
	}
	put(t, root, "override", destination("override"))
	variables["CONTAINERS_CONF_OVERRIDE"] = filepath.Join(root, "override")
	if n, _, err := decide(env); err != nil || n.connection != "override" {
		t.Errorf("%+v, %v", n, err)
	}
	put(t, root, "own", "[engine]\n")
	variables["CONTAINERS_CONF"] = filepath.Join(root, "own")
	if n, _, err := decide(env); err != nil || n.connection != "override" {
		t.Errorf("%+v, %v", n, err)
	}
	if _, err := fromConnection(env, "user", "test"); !errors.Is(err, transport.ErrInvalidInput) {
		t.Errorf("CONTAINERS_CONF stands for all other files: %v", err)
	}
	put(t, root, "home/.config/containers/podman-connections.json", `{"Connection":{"Default":"j","Connections":{"j":{"URI":"tcp://j:1"}}}}`)
	if n, _, err := decide(env); err != nil || n.connection != "j" {
		t.Errorf("%+v, %v", n, err)
	}
	variables["CONTAINERS_CONF_OVERRIDE"] = filepath.Join(root, "none")
	if _, _, err := decide(env); !errors.Is(err, transport.ErrInvalidInput) || !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// TestWhatAConnectionBrings holds that a key goes to ssh hosts and TLS files to tcp hosts, and that these are of TLS then.
func TestWhatAConnectionBrings(t *testing.T) {
	root := t.TempDir()
	put(t, root, "list", `{"Connection":{"Connections":{
		"far":{"URI":"ssh://me@h:22/run/x.sock","Identity":"/key","IsMachine":true,"TLSCA":"/ca"},
		"tls":{"URI":"tcp://h:1","TLSCA":"/ca","TLSCert":"/cert","TLSKey":"/key","Identity":"/key"},
		"http":{"URI":"http://h:1","TLSCA":"/ca"},
		"near":{"URI":"unix://run/x.sock","Identity":"/key","TLSCA":"/ca"}}}}`)
	env := made(root, "linux", 0, map[string]string{"PODMAN_CONNECTIONS_CONF": filepath.Join(root, "list")})
	for name, want := range map[string]named{
		"far":  {host: "ssh://me@h:22/run/x.sock", identity: "/key", machine: true},
		"tls":  {host: "tcp://h:1", tls: &transport.TLSFiles{CA: "/ca", Cert: "/cert", Key: "/key"}},
		"http": {host: "https://h:1", tls: &transport.TLSFiles{CA: "/ca"}},
		"near": {host: "unix:///run/x.sock"},
	} {
		n, err := fromConnection(env, name, "test")
		if err != nil || n.host != want.host || n.identity != want.identity || n.machine != want.machine || (n.tls == nil) != (want.tls == nil) {
			t.Errorf("%s: %+v, %v", name, n, err)
		}
		if n.tls != nil && (n.tls.CA != want.tls.CA || n.tls.Cert != want.tls.Cert || n.tls.Key != want.tls.Key) {
			t.Errorf("%s: %+v", name, n.tls)
		}
	}
	byEnvironment := map[string]string{"CONTAINER_HOST": "ssh://h", "CONTAINER_SSHKEY": "/key", "CONTAINER_TLS_CA": "/ca"}
	if n, _, err := decide(made(root, "linux", 0, byEnvironment)); err != nil || n.identity != "/key" || n.tls != nil {
		t.Errorf("%+v, %v", n, err)
	}
	byEnvironment["CONTAINER_HOST"] = "tcp://h:1"
	if n, _, err := decide(made(root, "linux", 0, byEnvironment)); err != nil || n.identity != "" || n.tls.CA != "/ca" {
		t.Errorf("%+v, %v", n, err)
	}
}

// TestIdentityReachesTheRoute holds that the key of a connection is what its route is asked with.
func TestIdentityReachesTheRoute(t *testing.T) {
	root := t.TempDir()
	put(t, root, "list", `{"Connection":{"Default":"far","Connections":{"far":{"URI":"ssh://me@h/run/x.sock","Identity":"/key"}}}}`)
	env := made(root, "linux", 0, map[string]string{"PODMAN_CONNECTIONS_CONF": filepath.Join(root, "list")})
	no := errors.New("no")
	var asked transport.Target
	_, err := open(t.Context(), env, decide, []transport.Option{transport.WithScheme("ssh", func(to transport.Target) (transport.Route, error) {
		asked = to
		return nil, no
	})})
	want := transport.Target{Host: "ssh://me@h/run/x.sock", Engine: "podman", Identity: "/key"}
	if !errors.Is(err, no) || asked != want {
		t.Errorf("%v, %+v", err, asked)
	}
	if _, err := open(t.Context(), env, decide, nil); !errors.Is(err, transport.ErrInvalidInput) || !strings.Contains(err.Error(), "transport/ssh") {
		t.Errorf("without the option: %v", err)
	}
}

func TestUsualHostsOfEachSystem(t *testing.T) {
	for _, c := range []struct {
		system    string
		uid       int
		variables map[string]string
		want      []string
	}{
		{"linux", 1000, nil, []string{"unix:///run/user/1000/podman/podman.sock", "unix:///run/podman/podman.sock", "unix:///run/user/1000/podman/podman-machine-default-api.sock"}},
		{"linux", 0, nil, []string{"unix:///run/podman/podman.sock"}},
		{"freebsd", 0, nil, []string{"unix:///run/podman/podman.sock", "unix:///var/run/podman/podman.sock"}},
		{"darwin", 501, map[string]string{"TMPDIR": "/t"}, []string{"unix:///run/podman/podman.sock", "unix:///t/podman/podman-machine-default-api.sock"}},
		{"windows", -1, nil, []string{"npipe:////./pipe/podman-machine-default"}},
	} {
		env := made("", c.system, c.uid, c.variables)
		env.Home = ""
		if got := env.PodmanSockets(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.system, got, c.want)
		}
	}
}

// TestWindowsFiles holds where Podman has its files there.
func TestWindowsFiles(t *testing.T) {
	env := made("", "windows", -1, map[string]string{"APPDATA": "/app", "ProgramData": "/data"})
	paths, err := confPaths(env)
	if want := []string{"/data/containers/containers.conf", "/app/containers/containers.conf"}; err != nil || !slices.Equal(paths, want) {
		t.Errorf("%v, %v", paths, err)
	}
	if got := userConf(env, "podman-connections.json"); got != "/app/containers/podman-connections.json" {
		t.Error(got)
	}
}

// TestFilesThatMakeNoSense holds that they are refused, bounded, and not repeated.
func TestFilesThatMakeNoSense(t *testing.T) {
	for name, text := range map[string]string{
		"broken":  "[engine]\nx = s3cret\n",
		"huge":    "#" + strings.Repeat("x", 1<<20),
		"deep":    "x=" + strings.Repeat("[", 1<<18),
		"another": "[engine.service_destinations]\nay = \"s3cret\"\n",
		"number":  "[engine]\nactive_service = 5\n",
		"twice":   "[engine]\n[engine]\n",
		"binary":  "\x00\xff",
	} {
		root := t.TempDir()
		put(t, root, "conf", text)
		put(t, root, "none/list", "")
		env := made(root, "linux", 0, map[string]string{"CONTAINERS_CONF": filepath.Join(root, "conf"), "PODMAN_CONNECTIONS_CONF": filepath.Join(root, "none", "list")})
		for _, decide := range []decider{decide, func(e *discover.Environment) (*named, []error, error) {
			n, err := fromConnection(e, "ay", "test")
			return n, nil, err
		}} {
			_, _, err := decide(env)
			if !errors.Is(err, transport.ErrInvalidInput) || strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// FuzzConnections holds that no file makes us fall, and that an error is a refusal.
func FuzzConnections(f *testing.F) {
	f.Add("[engine]\nactive_service=\"a\"\n[engine.service_destinations.a]\nuri=\"tcp://h:1\"\n", `{"Connection":{"Default":"a"}}`)
	f.Add("[engine]\nx = [[[[1]]]]\n", `{"Connection":{"Connections":{"a":null}}}`)
	root := f.TempDir()
	conf, list := filepath.Join(root, "conf"), filepath.Join(root, "list")
	env := made(root, "linux", 0, map[string]string{"CONTAINERS_CONF": conf, "PODMAN_CONNECTIONS_CONF": list})
	f.Fuzz(func(t *testing.T, confText, listText string) {
		put(t, root, "conf", confText)
		put(t, root, "list", listText)
		n, _, err := decide(env)
		if err != nil && !errors.Is(err, transport.ErrInvalidInput) {
			t.Errorf("%v", err)
		}
		if n == nil {
			return
		}
		c, err := newClient(n.host, n.options(nil))
		if err == nil {
			_ = c.Close()
		} else if !errors.Is(err, transport.ErrInvalidInput) {
			t.Errorf("%v", err)
		}
	})
}
