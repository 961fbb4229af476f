package enginetest

import (
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gantry-go/gantry/internal/testcert"
)

// registryServer is a registry of this process.
type registryServer struct {
	mu  sync.Mutex
	tls bool
	dir string
	err error
}

var registry, secureRegistry = &registryServer{}, &registryServer{tls: true}

// Registry returns the address, user and password of an image registry on the loopback. It is the same one for the
// engines that the test has asked for before and for the test itself, though each private engine has a loopback of
// its own. GANTRY_TEST_REGISTRY, GANTRY_TEST_REGISTRY_USER and GANTRY_TEST_REGISTRY_PASSWORD may name another.
func Registry(t testing.TB) (address, user, password string) {
	t.Helper()
	if address = os.Getenv("GANTRY_TEST_REGISTRY"); address != "" {
		return address, os.Getenv("GANTRY_TEST_REGISTRY_USER"), os.Getenv("GANTRY_TEST_REGISTRY_PASSWORD")
	}
	return registry.serve(t, shared.running()...)
}

// SecureRegistry is a registry like that of [Registry], with TLS and a certificate that nobody has signed, which
// engines take on their loopback.
func SecureRegistry(t testing.TB) (address, user, password string) {
	t.Helper()
	return secureRegistry.serve(t, shared.running()...)
}

// Registry is [Registry] for an engine of [New].
func (e *Engine) Registry(t testing.TB) (address, user, password string) {
	t.Helper()
	return registry.serve(t, e)
}

func (r *registryServer) serve(t testing.TB, engines ...*Engine) (address, user, password string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil && r.dir == "" {
		if r.err = installed("docker-registry", "htpasswd"); r.err == nil {
			r.dir, r.err = os.MkdirTemp("", "gantry") //nolint:usetesting // other tests use it too
		}
		if r.err == nil && r.tls {
			// Its own authority, where registry.sh looks for it.
			own := testcert.Authority(t, "gantry", testcert.At("127.0.0.1"), testcert.For(x509.ExtKeyUsageServerAuth))
			testcert.Write(t, filepath.Join(r.dir, "certificate.pem"), own.CertPEM())
			testcert.Write(t, filepath.Join(r.dir, "key.pem"), own.KeyPEM(t))
		}
	}
	if r.err != nil {
		without(t, r.err)
	}
	args := []string{r.dir, "auto"}
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
	credentials, err := os.ReadFile(filepath.Join(r.dir, "credentials"))
	if err != nil {
		t.Fatal(err)
	}
	user, password, _ = strings.Cut(strings.TrimSpace(string(credentials)), " ")
	return address, user, password
}

// removeRegistries ends the registries.
func removeRegistries() error {
	return errors.Join(registry.remove(), secureRegistry.remove())
}

func (r *registryServer) remove() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dir == "" {
		return nil
	}
	_, err := script("stop.sh", "--remove", r.dir)
	err = errors.Join(err, os.RemoveAll(r.dir))
	r.dir = ""
	return err
}
