//go:build linux

package ssh

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/gantry-go/gantry/transport"
)

// TestRSAAlgorithms has real servers that take an RSA key by one algorithm alone, whatever they announce.
func TestRSAAlgorithms(t *testing.T) {
	key, err := rsaKey()
	ok(t, err)
	file := write(t, "id_rsa", string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})))
	authorized := write(t, "authorized_keys", string(ssh.MarshalAuthorizedKey(rsaSigner(t).PublicKey())))
	for _, algorithm := range []string{"rsa-sha2-512", "rsa-sha2-256"} {
		s := startOpenSSH(t, "PubkeyAcceptedAlgorithms "+algorithm)
		ok(t, os.WriteFile(filepath.Join(filepath.Dir(s.Key), "authorized_keys"), read(t, authorized), 0o600))
		for name, way := range map[string][]Option{"file": {WithKeyFiles(file)}, "agent": {WithAgentSocket(anAgent(t, key))}} {
			options := append([]Option{WithConfigFiles(), WithAgentSocket(""), WithKnownHosts(s.KnownHosts)}, way...)
			err := ping(t.Context(), open(t, s.URL("/no/socket"), options...))
			fails(t, err, transport.ErrConnect, "forwarding to /no/socket")
			if err == nil {
				t.Error(name)
			}
		}
	}
}

// TestMoreThanAKey has a server that wants another proof beside the key, and one that ends after many keys.
func TestMoreThanAKey(t *testing.T) {
	s := startOpenSSH(t, "AuthenticationMethods publickey,keyboard-interactive", "KbdInteractiveAuthentication yes")
	err := ping(t.Context(), open(t, s.URL(""), s.options()...))
	fails(t, err, transport.ErrConnect, "it took "+s.Key, "AuthenticationMethods")

	s = startOpenSSH(t, "MaxAuthTries 2")
	var keys []any
	for range 6 {
		other, _ := keyFile(t, "")
		keys = append(keys, private(t, other))
	}
	err = ping(t.Context(), open(t, s.URL(""), WithConfigFiles(), WithKnownHosts(s.KnownHosts), WithAgentSocket(anAgent(t, keys...))))
	fails(t, err, transport.ErrConnect, "gave up", "IdentitiesOnly", "the agent's key 1 (SHA256:")
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	ok(t, err)
	return text
}
