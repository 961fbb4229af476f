package docker_test

import (
	"context"
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

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/transport"
)

// offering is an engine that offers a range of API versions and counts what else it is asked.
type offering struct {
	socket string
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
		switch r.URL.Path {
		case "/version":
			_, _ = io.WriteString(w, version)
		case "/_ping":
			w.Header().Set("Api-Version", "1.41")
			w.Header().Set("Docker-Experimental", "true")
			w.Header().Set("Ostype", "linux")
		default:
			o.calls.Add(1)
			_, _ = io.WriteString(w, "{}")
		}
	})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return o
}

const version141 = `{"ApiVersion":"1.41","MinAPIVersion":"1.12","Version":"20.10.24","Os":"linux","Arch":"amd64","Components":[{"Name":"Engine"}]}`

// isolate takes away what the machine has of engines and settings, as far as a process can.
func isolate(t *testing.T) (home, runtime string) {
	t.Helper()
	home, runtime = t.TempDir(), t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_RUNTIME_DIR", runtime)
	for _, name := range []string{
		"DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "COLIMA_HOME", "XDG_CONFIG_HOME",
	} {
		t.Setenv(name, "")
	}
	return home, runtime
}

func TestOpenByDockerHost(t *testing.T) {
	_, runtime := isolate(t)
	o := offer(t, filepath.Join(runtime, "own.sock"), version141)
	t.Setenv("DOCKER_HOST", "unix://"+o.socket)
	e, err := docker.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close() //nolint:errcheck // the test is over
	want := docker.Info{APIVersion: "1.41", MinAPIVersion: "1.12", Version: "20.10.24", Name: "Engine", OS: "linux", Arch: "amd64"}
	if e.Info() != want || e.Source() != "DOCKER_HOST" || e.Host() != "unix://"+o.socket {
		t.Errorf("%+v from %s at %s", e.Info(), e.Source(), e.Host())
	}
	ping, err := e.Ping(t.Context())
	if err != nil || ping.APIVersion != "1.41" || !ping.Experimental || ping.OSType != "linux" {
		t.Errorf("%+v, %v", ping, err)
	}
}

// TestOpenKnowsItsMembers opens an engine whose version has members that Open does not read, which is no news.
func TestOpenKnowsItsMembers(t *testing.T) {
	_, runtime := isolate(t)
	o := offer(t, filepath.Join(runtime, "own.sock"), `{"KernelVersion":"6.1",`+version141[1:])
	e, err := docker.OpenHost(t.Context(), "unix://"+o.socket, transport.WithUnknownMembers(func(op *transport.Operation, member string) {
		t.Errorf("%s %s is reported", op.Name, member)
	}))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

func TestOpenByDockerHostTriesNothingElse(t *testing.T) {
	_, runtime := isolate(t)
	offer(t, filepath.Join(runtime, "docker.sock"), version141)
	t.Setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
	_, err := docker.Open(t.Context())
	if !errors.Is(err, transport.ErrConnect) || !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "DOCKER_HOST") {
		t.Error(err)
	}
}

func TestOpenFindsUsualSockets(t *testing.T) {
	if _, err := os.Stat("/var/run/docker.sock"); err == nil {
		t.Skip("this machine has an engine at /var/run/docker.sock, which goes first; remove it to run this test")
	}
	home, runtime := isolate(t)
	machine := filepath.Join(home, ".local", "share", "containers", "podman", "machine")
	colima := t.TempDir()
	t.Setenv("COLIMA_HOME", colima)
	for _, socket := range []string{ // each goes before those that are there already
		filepath.Join(machine, "qemu", "podman.sock"),
		filepath.Join(machine, "podman.sock"),
		filepath.Join(runtime, "podman", "podman-machine-default-api.sock"),
		filepath.Join(runtime, "podman", "podman.sock"),
		filepath.Join(home, ".rd", "docker.sock"),
		filepath.Join(home, ".orbstack", "run", "docker.sock"),
		filepath.Join(home, ".config", "colima", "default", "docker.sock"),
		filepath.Join(home, ".colima", "default", "docker.sock"),
		filepath.Join(colima, "default", "docker.sock"),
		filepath.Join(home, ".docker", "desktop", "docker.sock"),
		filepath.Join(home, ".docker", "run", "docker.sock"),
		filepath.Join(runtime, "docker.sock"),
	} {
		offer(t, socket, version141)
		e, err := docker.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		choice := e.Choice()
		if e.Source() != socket || choice.Host != "unix://"+socket || len(choice.Passed) < 4 {
			t.Errorf("found %v, want %s", choice, socket)
		}
		_ = e.Close()
		if found, err := docker.Find(t.Context()); err != nil || found.String() != choice.String() {
			t.Errorf("Find: %v, %v; Open: %v", found, err, choice)
		}
	}
}

func TestOpenNamesWhatItTried(t *testing.T) {
	if _, err := os.Stat("/var/run/docker.sock"); err == nil {
		t.Skip("this machine has an engine at /var/run/docker.sock; remove it to run this test")
	}
	home, runtime := isolate(t)
	if err := os.WriteFile(filepath.Join(runtime, "docker.sock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := docker.Open(t.Context())
	none, ok := errors.AsType[*docker.NoEngineError](err)
	if !ok || len(none.Tried) < 12 || !errors.Is(err, transport.ErrConnect) || strings.Count(err.Error(), "\n  ") != len(none.Tried) {
		t.Fatalf("%v", err)
	}
	for _, word := range []string{
		"DOCKER_HOST is not set", "DOCKER_CONTEXT is not set", filepath.Join(home, ".docker", "config.json") + ": file does not exist",
		"/var/run/docker.sock", filepath.Join(runtime, "docker.sock") + " is no socket", "podman.sock", ".orbstack", ".rd", ".colima",
	} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%v does not name %s", err, word)
		}
	}
}

func TestOpenNeverFallsBackToPlainText(t *testing.T) {
	isolate(t)
	t.Setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
	t.Setenv("DOCKER_TLS_VERIFY", "0") // any value but the empty one
	if _, err := docker.Open(t.Context()); !errors.Is(err, fs.ErrNotExist) || errors.Is(err, transport.ErrConnect) {
		t.Errorf("without ca.pem: %v", err)
	}
}

func TestVersionsThatAreNotOffered(t *testing.T) {
	_, runtime := isolate(t)
	for i, c := range []struct {
		min, max string
		refused  bool
		fits     string
	}{
		{"1.12", "1.41", false, ""},
		{"1.41", "1.41", false, ""},
		{"1.24", "1.52", false, ""},
		{"", "1.41", false, ""},
		{"1.9", "1.100", false, ""},
		{"1.44", "1.52", true, "docker/v152"},
		{"1.12", "1.40", true, "docker/v140"},
		{"", "1.5", true, ""},
	} {
		o := offer(t, filepath.Join(runtime, fmt.Sprint(i, ".sock")), fmt.Sprintf(`{"ApiVersion":%q,"MinAPIVersion":%q}`, c.max, c.min))
		e, err := docker.OpenHost(t.Context(), "unix://"+o.socket)
		if err != nil {
			t.Fatal(err)
		}
		op := transport.Operation{Engine: "docker", Version: "1.41", Name: "ContainerList", Method: "GET", Path: "/v1.41/containers/json"}
		err = transport.None(t.Context(), e, op.Request())
		_, hijackErr := e.Hijack(t.Context(), op.Request())
		if c.refused {
			for _, err := range []error{err, hijackErr} {
				v, ok := errors.AsType[*docker.VersionError](err)
				if ok && (v.Fits != c.fits || !strings.Contains(err.Error(), c.fits)) {
					t.Errorf("%s to %s: fits %q, %v", c.min, c.max, v.Fits, err)
				}
				if !ok || !errors.Is(err, transport.ErrVersion) || v.Package != "1.41" || v.MinOffered != c.min || v.MaxOffered != c.max {
					t.Errorf("%s to %s: %v", c.min, c.max, err)
				}
			}
			if o.calls.Load() != 0 {
				t.Errorf("%s to %s: a request was sent", c.min, c.max)
			}
		} else if err != nil {
			t.Errorf("%s to %s: %v", c.min, c.max, err)
		}
		byHand := transport.Operation{Method: "GET", Path: "/v1.41/containers/x/checkpoints"}
		if err := transport.None(t.Context(), e, byHand.Request()); err != nil {
			t.Errorf("an operation made by hand: %v", err)
		}
		_ = e.Close()
	}
}

func TestEnginesThatDoNotSayTheirVersion(t *testing.T) {
	_, runtime := isolate(t)
	for i, version := range []string{`{}`, `{"ApiVersion":"9e9.1"}`, `{"ApiVersion":"1.41/../x"}`, `{"ApiVersion":""}`, `[]`, `<html>`} {
		o := offer(t, filepath.Join(runtime, fmt.Sprint(i, ".sock")), version)
		_, err := docker.OpenHost(t.Context(), "unix://"+o.socket)
		if failure, ok := errors.AsType[*transport.Error](err); !ok || failure.Class != transport.ErrProtocol { //nolint:errorlint // the very class
			t.Errorf("%s: %v", version, err)
		}
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	for _, named := range []bool{true, false} {
		_, err := os.Stat("/var/run/docker.sock")
		if !named && err == nil {
			t.Skip("this machine has an engine at /var/run/docker.sock, which goes first; remove it to run this test")
		}
		_, runtime := isolate(t)
		listener, err := net.Listen("unix", filepath.Join(runtime, "docker.sock"))
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close() //nolint:errcheck // the test is over
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			defer conn.Close() //nolint:errcheck // the test is over
			_, _ = conn.Read(make([]byte, 1))
			cancel()
			_, _ = io.Copy(io.Discard, conn)
		}()
		if named {
			t.Setenv("DOCKER_HOST", "unix://"+listener.Addr().String())
		}
		if _, err := docker.Open(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}
