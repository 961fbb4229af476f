package podman_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gantry-go/gantry/podman"
	"github.com/gantry-go/gantry/transport"
)

// offering is an engine that offers a range of API versions and counts what it is asked, and what else than its version.
type offering struct {
	socket string
	asked  atomic.Int32
	calls  atomic.Int32
}

func offer(t *testing.T, socket, version string) *offering {
	t.Helper()
	o := &offering{socket: socket}
	if err := os.MkdirAll(filepath.Dir(socket), 0o700); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.asked.Add(1)
		switch r.URL.Path {
		case "/version":
			_, _ = io.WriteString(w, version)
		case "/libpod/_ping":
			w.Header().Set("Api-Version", "1.41")
			w.Header().Set("Libpod-Api-Version", "4.3.1")
		default:
			o.calls.Add(1)
			_, _ = io.WriteString(w, "{}")
		}
	})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return o
}

// versions is what an engine of libpod's API low to high says, with Docker's API 1.24 to 1.41 beside it.
func versions(low, high string) string {
	return fmt.Sprintf(`{"ApiVersion":"1.41","MinAPIVersion":"1.24","Os":"linux","Arch":"amd64","Components":[`+
		`{"Name":"Podman Engine","Version":%q,"Details":{"APIVersion":%q,"MinAPIVersion":%q}},{"Name":"Conmon","Version":"2"}]}`, high, high, low)
}

// isolate takes away what the machine has of engines and settings, as far as a process can.
func isolate(t *testing.T) (runtime string) {
	t.Helper()
	runtime = t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", runtime)
	t.Setenv("HOME", t.TempDir())
	for _, name := range []string{
		"CONTAINER_HOST", "CONTAINER_SSHKEY", "CONTAINER_CONNECTION", "CONTAINER_TLS_CA", "CONTAINER_TLS_CERT", "CONTAINER_TLS_KEY",
		"CONTAINERS_CONF", "CONTAINERS_CONF_OVERRIDE", "PODMAN_CONNECTIONS_CONF", "XDG_CONFIG_HOME",
	} {
		t.Setenv(name, "")
	}
	return runtime
}

func TestOpenByContainerHost(t *testing.T) {
	runtime := isolate(t)
	o := offer(t, filepath.Join(runtime, "own.sock"), versions("4.0.0", "4.3.1"))
	t.Setenv("CONTAINER_HOST", "unix://"+o.socket)
	e, err := podman.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close() //nolint:errcheck // the test is over
	want := podman.Info{
		APIVersion: "4.3.1", MinAPIVersion: "4.0.0", Version: "4.3.1",
		DockerAPIVersion: "1.41", DockerMinAPIVersion: "1.24", OS: "linux", Arch: "amd64",
	}
	if e.Info() != want || e.Source() != "CONTAINER_HOST" || e.Host() != "unix://"+o.socket {
		t.Errorf("%+v from %s at %s", e.Info(), e.Source(), e.Host())
	}
	ping, err := e.Ping(t.Context())
	if err != nil || ping.APIVersion != "4.3.1" || ping.DockerAPIVersion != "1.41" {
		t.Errorf("%+v, %v", ping, err)
	}
}

// TestRow7SecretsInTheHost holds that a host with more than a host in it is refused, wherever it comes from, and not
// repeated.
func TestRow7SecretsInTheHost(t *testing.T) {
	for _, host := range []string{
		"tcp://me:s3cret@127.0.0.1:1", "http://s3cret@127.0.0.1", "tcp://127.0.0.1:1?token=s3cret", "tcp://127.0.0.1:1/#s3cret",
		"ssh://me:s3cret@127.0.0.1", "tcp://me:s3cret@127.0.0.1:port", "me:s3cret@127.0.0.1",
	} {
		isolate(t)
		refused := func(what string, err error) {
			t.Helper()
			if !errors.Is(err, transport.ErrInvalidInput) || strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), "s3cret") {
				t.Errorf("%s %s: %v", what, host, err)
			}
		}
		_, err := podman.OpenHost(t.Context(), host)
		refused("OpenHost", err)
		t.Setenv("CONTAINER_HOST", host)
		_, err = podman.Open(t.Context())
		refused("CONTAINER_HOST", err)
		t.Setenv("CONTAINER_HOST", "")
		list := filepath.Join(t.TempDir(), "list.json")
		write(t, list, fmt.Sprintf(`{"Connection":{"Default":"bad","Connections":{"bad":{"URI":%q}}}}`, host))
		t.Setenv("PODMAN_CONNECTIONS_CONF", list)
		_, err = podman.Open(t.Context())
		refused("a connection", err)
		_, err = podman.OpenConnection(t.Context(), "bad")
		refused("a connection", err)
	}
}

func TestOpenByContainerHostTriesNothingElse(t *testing.T) {
	runtime := isolate(t)
	offer(t, filepath.Join(runtime, "podman", "podman.sock"), versions("4.0.0", "4.3.1"))
	t.Setenv("CONTAINER_HOST", "unix:///nowhere/podman.sock")
	_, err := podman.Open(t.Context())
	if !errors.Is(err, transport.ErrConnect) || !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "CONTAINER_HOST") {
		t.Error(err)
	}
}

func TestOpenFindsUsualSockets(t *testing.T) {
	socket := filepath.Join(isolate(t), "podman", "podman.sock")
	offer(t, socket, versions("4.0.0", "4.3.1"))
	e, err := podman.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close() //nolint:errcheck // the test is over
	if e.Source() != socket {
		t.Errorf("found %s, want %s", e.Source(), socket)
	}
}

func TestOpenNamesWhatItTried(t *testing.T) {
	if _, err := os.Stat("/run/podman/podman.sock"); err == nil {
		t.Skip("this machine has an engine at /run/podman/podman.sock; remove it to run this test")
	}
	isolate(t)
	_, err := podman.Open(t.Context())
	none, ok := errors.AsType[*podman.NoEngineError](err)
	if !ok || len(none.Tried) < 6 || !errors.Is(err, transport.ErrConnect) || !strings.Contains(err.Error(), "/run/podman/podman.sock") {
		t.Fatalf("%v", err)
	}
}

func TestOpenRefusesAnotherEngine(t *testing.T) {
	o := offer(t, filepath.Join(isolate(t), "docker.sock"), `{"ApiVersion":"1.41","Components":[{"Name":"Engine"}]}`)
	_, err := podman.OpenHost(t.Context(), "unix://"+o.socket)
	if failure, ok := errors.AsType[*transport.Error](err); !ok || failure.Class != transport.ErrVersion { //nolint:errorlint // the very class
		t.Error(err)
	}
}

func TestVersionsThatAreNotOffered(t *testing.T) {
	runtime := isolate(t)
	for i, c := range []struct {
		engine, pkg, min, max string
		refused               bool
	}{
		{"podman", "4.3", "4.0.0", "4.3.1", false},
		{"podman", "4.3", "4.0.0", "5.8.2", false},
		{"podman", "6.0", "4.0.0", "6.0.0-rc1", false},
		{"podman", "4.4", "4.0.0", "4.3.1", true},
		{"podman", "4.9", "4.0.0", "4.10.0", false},
		{"podman", "3.4", "4.0.0", "4.3.1", true},
		{"docker", "1.41", "4.0.0", "4.3.1", false},
		{"docker", "1.44", "4.0.0", "4.3.1", true},
	} {
		o := offer(t, filepath.Join(runtime, fmt.Sprint(i, ".sock")), versions(c.min, c.max))
		e, err := podman.OpenHost(t.Context(), "unix://"+o.socket)
		if err != nil {
			t.Fatal(err)
		}
		op := transport.Operation{Engine: c.engine, Version: c.pkg, Name: "Some", Method: "GET", Path: "/v" + c.pkg + "/some"}
		err = transport.None(t.Context(), e, op.Request())
		_, hijackErr := e.Hijack(t.Context(), op.Request())
		if !c.refused {
			if err != nil {
				t.Errorf("%+v: %v", c, err)
			}
		} else {
			fits := map[string]string{"podman": "podman/v43", "docker": "docker/v141"}[c.engine]
			for _, err := range []error{err, hijackErr} {
				v, ok := errors.AsType[*podman.VersionError](err)
				if !ok || !errors.Is(err, transport.ErrVersion) || v.Package != c.pkg || v.MaxOffered == "" || v.MinOffered == "" ||
					v.Fits != fits || !strings.HasSuffix(err.Error(), ": use "+fits) {
					t.Errorf("%+v: %v", c, err)
				}
			}
			if o.calls.Load() != 0 {
				t.Errorf("%+v: a request was sent", c)
			}
		}
		byHand := transport.Operation{Method: "GET", Path: "/v4.3.1/libpod/some"}
		if err := transport.None(t.Context(), e, byHand.Request()); err != nil {
			t.Errorf("an operation made by hand: %v", err)
		}
		_ = e.Close()
	}
}

func TestEnginesThatDoNotSayTheirVersion(t *testing.T) {
	runtime := isolate(t)
	for i, version := range []string{versions("4.0.0", "x"), versions("4.0.0", ""), `[]`, `<html>`} {
		o := offer(t, filepath.Join(runtime, fmt.Sprint(i, ".sock")), version)
		_, err := podman.OpenHost(t.Context(), "unix://"+o.socket)
		if failure, ok := errors.AsType[*transport.Error](err); !ok || failure.Class != transport.ErrProtocol { //nolint:errorlint // the very class
			t.Errorf("%s: %v", version, err)
		}
	}
}
