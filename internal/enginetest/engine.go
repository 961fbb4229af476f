// Package enginetest finds or starts real container engines for tests.
//
// An engine comes from GANTRY_TEST_DOCKER or GANTRY_TEST_PODMAN, the URL of one that may be played with; `make engines`
// starts such. Otherwise each test binary starts its own, by the scripts of scripts/engines: it has namespaces
// of its own, so that test binaries run beside each other, and beside the engines of the machine, without noticing.
// It ends with the process that started it, whatever ends that.
//
// Starting takes root and installed engines. Without them a test is skipped, or fails where CI=true.
//
// The package speaks plain HTTP, and imports nothing of the SDK, so that tests of every package can use it.
package enginetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Engine is a running engine.
type Engine struct {
	Kind    string // docker or podman
	Host    string // unix:///...
	Version string // of the engine itself
	API     string // newest version of the Docker API that it speaks
	Dir     string // folder of a private engine, with its log; empty if the engine is not from scripts/engines

	Rootless bool // whether it runs as a user
	Limits   bool // whether it can limit what containers use, and change that
	Pauses   bool // whether it can halt all processes of a container

	config *Config // how this process started it, if it did
	image  struct {
		sync.Mutex
		loaded bool
	}
}

// Docker returns the dockerd of this test binary.
func Docker(t testing.TB) *Engine {
	t.Helper()
	return shared.get(t, "docker")
}

// Podman returns the Podman service of this test binary.
func Podman(t testing.TB) *Engine {
	t.Helper()
	return shared.get(t, "podman")
}

// shared are the engines that the tests of this process have in common.
var shared engines

type engines struct {
	mu  sync.Mutex
	all []*Engine
	err map[string]error // why there is none, by kind
}

func (s *engines) get(t testing.TB, kind string) *Engine {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.all {
		if e.Kind == kind {
			return e
		}
	}
	err := s.err[kind]
	if err == nil {
		var e *Engine
		if e, err = find(kind); err == nil {
			s.all = append(s.all, e)
			return e
		}
		if s.err == nil {
			s.err = map[string]error{}
		}
		s.err[kind] = err
	}
	without(t, err)
	return nil
}

// running returns the engines that tests have asked for.
func (s *engines) running() []*Engine {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*Engine(nil), s.all...)
}

// errAbsent is for a machine that cannot have the engine, as opposed to an engine that fails.
var errAbsent = errors.New("`make engines` installs and starts one")

// without ends a test that can have no engine.
func without(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, errAbsent) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	t.Fatal(err)
}

// find takes the engine that the environment names, or starts one.
func find(kind string) (*Engine, error) {
	variable := "GANTRY_TEST_" + strings.ToUpper(kind)
	host := os.Getenv(variable)
	if host == "" {
		return launch(Config{Kind: kind})
	}
	e := &Engine{Kind: kind, Host: host}
	dir := filepath.Dir(strings.TrimPrefix(host, "unix://"))
	if _, err := os.Stat(filepath.Join(dir, "gantry-engine")); err == nil {
		e.Dir = dir
	}
	if err := e.identify(); err != nil {
		return nil, fmt.Errorf("%s=%s: %w", variable, host, err)
	}
	return e, nil
}

// installed reports why an engine cannot be started here.
func installed(programs ...string) error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("no engine: starting one takes root; %w", errAbsent)
	}
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("no engine: %w; %w", err, errAbsent)
		}
	}
	return nil
}

// identify asks the engine who it is.
func (e *Engine) identify() error {
	body, err := e.call(http.MethodGet, "/version", nil, nil)
	if err != nil {
		return err
	}
	var v struct{ Version, APIVersion string }
	if err := json.Unmarshal(body, &v); err != nil {
		return fmt.Errorf("GET /version answered %q: %w", body, err)
	}
	e.Version, e.API = v.Version, v.APIVersion
	e.Limits, e.Pauses = true, true
	if e.Kind == "podman" {
		return e.identifyGroups()
	}
	return nil
}

// identifyGroups looks at the control groups that a Podman has: a user has none of version 1, and those of version 2 may
// come without any controller.
func (e *Engine) identifyGroups() error {
	body, err := e.call(http.MethodGet, "/v4.0.0/libpod/info", nil, nil)
	if err != nil {
		return err
	}
	var info struct {
		Host struct {
			Version     string   `json:"cgroupVersion"`
			Controllers []string `json:"cgroupControllers"`
			Security    struct {
				Rootless bool `json:"rootless"`
			} `json:"security"`
		} `json:"host"`
	}
	if err := json.Unmarshal(body, &info); err != nil {
		return fmt.Errorf("GET /libpod/info answered %q: %w", body, err)
	}
	v2 := info.Host.Version == "v2"
	e.Rootless = info.Host.Security.Rootless
	e.Pauses = v2 || !e.Rootless
	e.Limits = !v2 && !e.Rootless || v2 && len(info.Host.Controllers) > 0
	return nil
}
