package docker_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/internal/leak"
	"github.com/gantry-go/gantry/transport"
)

// TestVersionErrors holds what an error of a version says: both sides, in this order, and the package that fits.
func TestVersionErrors(t *testing.T) {
	_, runtime := isolate(t)
	for i, c := range []struct{ pkg, low, high, fits, text string }{
		{"1.56", "1.12", "1.41", "docker/v141", "the package is of API 1.56, the engine offers 1.12 to 1.41: use docker/v141"},
		{"1.41", "1.44", "1.51", "docker/v151", "the package is of API 1.41, the engine offers 1.44 to 1.51: use docker/v151"},
		{"1.41", "1.44", "1.99", "docker/v156", "the package is of API 1.41, the engine offers 1.44 to 1.99: use docker/v156"},
		{"1.41", "", "1.30", "docker/v130", "the package is of API 1.41, the engine offers up to 1.30: use docker/v130"},
		{"1.41", "1.12", "1.24", "", "the package is of API 1.41, the engine offers 1.12 to 1.24"},
		{"1.41", "", "1.5", "", "the package is of API 1.41, the engine offers up to 1.5"},
		{"1.41", "1.60", "1.70", "", "the package is of API 1.41, the engine offers 1.60 to 1.70"},
	} {
		o := offer(t, filepath.Join(runtime, fmt.Sprint(i, ".sock")), fmt.Sprintf(`{"ApiVersion":%q,"MinAPIVersion":%q}`, c.high, c.low))
		e, err := docker.OpenHost(t.Context(), "unix://"+o.socket)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.Info().Package(); got != c.fits {
			t.Errorf("%s to %s: %q fits, want %q", c.low, c.high, got, c.fits)
		}
		op := transport.Operation{Engine: "docker", Version: c.pkg, Name: "Some", Method: "GET", Path: "/some"}
		err = transport.None(t.Context(), e, op.Request())
		failure, ok := errors.AsType[*transport.Error](err)
		v, versions := errors.AsType[*docker.VersionError](err)
		if !ok || failure.Class != transport.ErrVersion || !versions || *v != (docker.VersionError{c.pkg, c.low, c.high, c.fits}) || v.Error() != c.text { //nolint:errorlint // the very class
			t.Errorf("%s for %s to %s: %+v, %v, want %q", c.pkg, c.low, c.high, v, err, c.text)
		}
		_ = e.Close()
	}
}

// TestLibpodIsRefusedOnDocker says so before anything is sent, where the engine is known to be no Podman.
func TestLibpodIsRefusedOnDocker(t *testing.T) {
	_, runtime := isolate(t)
	op := transport.Operation{Engine: "podman", Version: "4.3", Name: "PodListLibpod", Method: "GET", Path: "/v4.3.1/libpod/pods/json"}
	for name, refused := range map[string]bool{"Engine": true, "Podman Engine": false, "": false} {
		o := offer(t, filepath.Join(runtime, "l"+name+".sock"), fmt.Sprintf(`{"ApiVersion":"1.41","MinAPIVersion":"1.24","Components":[{"Name":%q}]}`, name))
		e, err := docker.OpenHost(t.Context(), "unix://"+o.socket)
		if err != nil {
			t.Fatal(err)
		}
		if err := transport.None(t.Context(), e, op.Request()); errors.Is(err, transport.ErrVersion) != refused {
			t.Errorf("%q: %v", name, err)
		}
		_ = e.Close()
	}
}

// TestEngineReturnsWhatFails holds that the failure of a raw call is the caller's to see.
func TestEngineReturnsWhatFails(t *testing.T) {
	_, runtime := isolate(t)
	o := offer(t, filepath.Join(runtime, "own.sock"), version141)
	e, err := docker.OpenHost(t.Context(), "unix://"+o.socket)
	if err != nil {
		t.Fatal(err)
	}
	byHand := transport.Operation{Method: "GET", Path: "/some"}
	resp, err := e.Do(t.Context(), byHand.Request())
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	_ = e.Close()
	for what, call := range map[string]func(r *transport.Request) error{
		"Do": func(r *transport.Request) error {
			resp, err := e.Do(t.Context(), r) //nolint:bodyclose // there is none
			if resp != nil {
				t.Error("an answer of an engine that is closed")
			}
			return err
		},
		"Hijack": func(r *transport.Request) error {
			conn, err := e.Hijack(t.Context(), r)
			if conn != nil {
				t.Error("a connection to an engine that is closed")
			}
			return err
		},
	} {
		if err := call(byHand.Request()); !errors.Is(err, transport.ErrClosed) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if n := o.calls.Load(); n != 1 {
		t.Errorf("the engine was asked %d times", n)
	}
}

// TestFailedOpenLeavesNothing has engines refuse to be opened, and stay: what was open to them is not.
func TestFailedOpenLeavesNothing(t *testing.T) {
	_, runtime := isolate(t)
	for i, version := range []string{`{}`, `{"ApiVersion":"x"}`, `[]`, `<html>`} {
		o := offer(t, filepath.Join(runtime, fmt.Sprint(i, ".sock")), version)
		t.Run(version, func(t *testing.T) {
			leak.Check(t)
			if _, err := docker.OpenHost(t.Context(), "unix://"+o.socket); err == nil {
				t.Error("it was opened")
			}
		})
	}
}
