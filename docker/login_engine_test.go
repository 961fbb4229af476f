package docker_test

import (
	"crypto/tls"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/system"
	"github.com/gantry-go/gantry/transport"
)

// testLogin asks the engine to try credentials.
func testLogin(t *testing.T, e *engine, r registry) {
	if e.isPodman() {
		r = secureRegistry(t, e)
	}
	c, ctx := system.New(e), t.Context()
	config := v141.AuthConfig{Username: r.user, Password: r.password, ServerAddress: r.address}
	got := must(c.Auth(ctx, config))(t)
	equal(t, "the status", got.Status, "Login Succeeded")
	equal(t, "the token, which this registry does not give", got.IdentityToken, "")

	config.Password = "wrong"
	_, err := c.Auth(ctx, config)
	fails(t, err, transport.ErrServer, 500, "401 Unauthorized")
	config.ServerAddress = "127.0.0.1:1"
	_, err = c.Auth(ctx, config)
	fails(t, err, transport.ErrServer, 500, "connection refused")
}

// secureRegistry is the door of a registry with TLS, on the engine's loopback: Podman, asked to log in, takes no other.
func secureRegistry(t *testing.T, e *engine) registry {
	t.Helper()
	if e.env.Dir == "" {
		t.Skip("only a private engine can be told to trust the registry of this test")
	}
	r := registry{user: "alice", password: "s3cret"}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		user, password, _ := req.BasicAuth()
		if user != r.user || password != r.password {
			w.Header().Set("WWW-Authenticate", `Basic realm="gantry"`)
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	ok(t, server.Listener.Close())
	server.Listener = loopbackOf(t, e.env).listen(t, "127.0.0.1:0")
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)

	// The engine looks for certificates below its home, which is in its folder.
	r.address = server.Listener.Addr().String()
	trusted := filepath.Join(e.env.Dir, "home", ".config", "containers", "certs.d", r.address)
	ok(t, os.MkdirAll(trusted, 0o755))
	t.Cleanup(func() { _ = os.RemoveAll(trusted) })
	ok(t, os.WriteFile(filepath.Join(trusted, "ca.crt"), pem.EncodeToMemory(&pem.Block{
		Type: "CERTIFICATE", Bytes: server.Certificate().Raw,
	}), 0o600))
	return r
}
