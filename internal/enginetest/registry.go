package enginetest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
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
			r.err = selfSigned(r.dir)
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

// selfSigned writes a certificate that is its own authority, for the loopback, where registry.sh looks for it.
func selfSigned(dir string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "gantry"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "certificate.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), 0o600),
		os.WriteFile(filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
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
