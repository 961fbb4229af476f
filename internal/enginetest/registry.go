package enginetest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// registry is the registry of this process.
var registry struct {
	mu  sync.Mutex
	dir string
	err error
}

// Registry returns the address, user and password of an image registry on the loopback. It is the same one for the
// engines that the test has asked for before and for the test itself, though each private engine has a loopback of
// its own. GANTRY_TEST_REGISTRY, GANTRY_TEST_REGISTRY_USER and GANTRY_TEST_REGISTRY_PASSWORD may name another.
func Registry(t testing.TB) (address, user, password string) {
	t.Helper()
	if address = os.Getenv("GANTRY_TEST_REGISTRY"); address != "" {
		return address, os.Getenv("GANTRY_TEST_REGISTRY_USER"), os.Getenv("GANTRY_TEST_REGISTRY_PASSWORD")
	}
	return registryFor(t, shared.running()...)
}

// Registry is [Registry] for an engine of [New].
func (e *Engine) Registry(t testing.TB) (address, user, password string) {
	t.Helper()
	return registryFor(t, e)
}

func registryFor(t testing.TB, engines ...*Engine) (address, user, password string) {
	t.Helper()
	registry.mu.Lock()
	defer registry.mu.Unlock()
	if registry.err == nil && registry.dir == "" {
		if registry.err = installed("docker-registry", "htpasswd"); registry.err == nil {
			registry.dir, registry.err = os.MkdirTemp("", "gantry") //nolint:usetesting // other tests use it too
		}
	}
	if registry.err != nil {
		without(t, registry.err)
	}
	args := []string{registry.dir, "auto"}
	for _, e := range engines {
		if e.Dir != "" {
			args = append(args, e.Dir)
		}
	}
	// The script starts what does not run yet.
	address, err := script("registry.sh", args...)
	if err != nil {
		t.Fatal(err)
	}
	credentials, err := os.ReadFile(filepath.Join(registry.dir, "credentials"))
	if err != nil {
		t.Fatal(err)
	}
	user, password, _ = strings.Cut(strings.TrimSpace(string(credentials)), " ")
	return address, user, password
}

// removeRegistry ends the registry.
func removeRegistry() error {
	registry.mu.Lock()
	defer registry.mu.Unlock()
	if registry.dir == "" {
		return nil
	}
	_, err := script("stop.sh", "--remove", registry.dir)
	err = errors.Join(err, os.RemoveAll(registry.dir))
	registry.dir = ""
	return err
}
