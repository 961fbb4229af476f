package docker_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/images"
	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/internal/testcert"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/keys"
)

// tlsAddress is where the engine of this test listens, on a loopback of its own.
const tlsAddress = "127.0.0.1:22376"

// keyPassphrase is that of the keys below transport/keys/testdata.
const keyPassphrase = "canary-passphrase"

// TestMutualTLS has a real dockerd that speaks TLS alone on TCP, and takes clients of one authority alone.
func TestMutualTLS(t *testing.T) {
	dir, authority, other := t.TempDir(), testcert.Authority(t, "authority"), testcert.Authority(t, "other")
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	ca, _ := authority.Files(t, dir, "ca")
	cert, key := authority.Server(t, []string{"127.0.0.1", "engine.test"}).Files(t, dir, "engine")
	env := enginetest.New(t, enginetest.Config{Kind: "docker", Flags: []string{
		"--host", "tcp://" + tlsAddress, "--tlsverify", "--tlscacert", ca, "--tlscert", cert, "--tlskey", key,
	}})
	inside := loopbackOf(t, env)
	dialer := transport.WithDialer(func(context.Context) (net.Conn, error) { return inside.dial(tlsAddress) })
	open := func(files transport.TLSFiles) (*docker.Engine, error) {
		e, err := docker.OpenHost(t.Context(), "tcp://"+tlsAddress, dialer, transport.WithTLSFiles(files))
		if err == nil {
			t.Cleanup(func() { _ = e.Close() })
		}
		return e, err
	}
	mine, mineKey := authority.Client(t).Files(t, dir, "client")
	good := transport.TLSFiles{CA: ca, Cert: mine, Key: mineKey}

	t.Run("calls and streams", func(t *testing.T) {
		e := &engine{Engine: must(open(good))(t), name: "docker", env: env, done: map[string]bool{}, unknown: map[string]bool{}}
		t.Run("logs", func(t *testing.T) { testFollow(t, e) })
		t.Run("attach", func(t *testing.T) { testAttach(t, e) })
		t.Run("attach to a TTY", func(t *testing.T) { testAttachTTY(t, e) })
		t.Run("exec", func(t *testing.T) { testExec(t, e) })
	})
	t.Run("trusted", func(t *testing.T) { testTrusted(t, dir, authority, good, open) })
	t.Run("refused", func(t *testing.T) { testRefused(t, authority, other, good, open) })
	t.Run("refused upgrades", func(t *testing.T) {
		for name, files := range map[string]transport.TLSFiles{
			"no certificate": {CA: ca}, "wrong CA": {CAPEM: other.CertPEM(), Cert: mine, Key: mineKey},
		} {
			c := must(transport.New("tcp://"+tlsAddress, dialer, transport.WithTLSFiles(files)))(t)
			_, err := containers.New(c).Attach(t.Context(), "conny", &containers.AttachOptions{Stream: true, Stdin: true})
			refused(t, name, err, "")
			refused(t, name, containers.New(c).Start(t.Context(), "conny", nil), "")
			_, err = images.New(c).Load(t.Context(), strings.NewReader("no archive"), nil)
			refused(t, name, err, "")
			_ = c.Close()
		}
	})
	t.Run("plain", func(t *testing.T) {
		_, err := docker.OpenHost(t.Context(), "tcp://"+tlsAddress, dialer)
		fails(t, err, transport.ErrBadRequest, 400, "HTTP request to an HTTPS server")
	})
}

// testTrusted has material of every form that the engine takes.
func testTrusted(t *testing.T, dir string, authority *testcert.Pair, good transport.TLSFiles, open func(transport.TLSFiles) (*docker.Engine, error)) {
	block, _ := pem.Decode(must(os.ReadFile("../transport/keys/testdata/plain.pem"))(t))
	signer := must(x509.ParsePKCS8PrivateKey(block.Bytes))(t).(crypto.Signer)
	certOfKey := filepath.Join(dir, "of-key.pem")
	testcert.Write(t, certOfKey, authority.ServerOf(t, signer, nil, testcert.For(x509.ExtKeyUsageClientAuth)).CertPEM())
	passphrase := keys.Passphrase(func() ([]byte, error) { return []byte(keyPassphrase), nil })
	encrypted := func(name string) transport.TLSFiles {
		return transport.TLSFiles{CA: good.CA, Cert: certOfKey, Key: "../transport/keys/testdata/" + name, DecryptKey: passphrase}
	}
	named := good
	named.ServerName = "engine.test"
	for name, files := range map[string]transport.TLSFiles{
		"files": good,
		"name":  named,
		"bytes": {
			CAPEM: authority.CertPEM(), CertPEM: must(os.ReadFile(good.Cert))(t), KeyPEM: transport.Secret(must(os.ReadFile(good.Key))(t)),
		},
		"PBES2, AES":    encrypted("pkcs8-aes-256-cbc.pem"),
		"PBES2, 3DES":   encrypted("pkcs8-des3.pem"),
		"PBES2, scrypt": encrypted("pkcs8-scrypt.pem"),
		"legacy":        encrypted("legacy-aes256.pem"),
	} {
		if e, err := open(files); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if e.Info().APIVersion == "" {
			t.Errorf("%s: the engine said nothing", name)
		}
	}
	files := encrypted("pkcs8-aes-256-cbc.pem")
	files.DecryptKey = keys.Passphrase(func() ([]byte, error) { return []byte("canary-wrong"), nil })
	_, err := open(files)
	if !errors.Is(err, keys.ErrPassphrase) || !errors.Is(err, transport.ErrInvalidInput) || strings.Contains(fmt.Sprintf("%v %+v", err, err), "canary") {
		t.Errorf("wrong passphrase: %v", err)
	}
}

// testRefused has what the engine, or the client, does not take.
func testRefused(t *testing.T, authority, other *testcert.Pair, good transport.TLSFiles, open func(transport.TLSFiles) (*docker.Engine, error)) {
	as := func(p *testcert.Pair) transport.TLSFiles {
		return transport.TLSFiles{CA: good.CA, CertPEM: p.CertPEM(), KeyPEM: transport.Secret(p.KeyPEM(t))}
	}
	wrongName := good
	wrongName.ServerName = "other.test"
	wrongCA := good
	wrongCA.CA, wrongCA.CAPEM = "", other.CertPEM()
	system := good
	system.CA = ""
	for name, c := range map[string]struct {
		files transport.TLSFiles
		word  string
	}{
		"wrong CA":              {wrongCA, "unknown authority"},
		"the system's CAs":      {system, "unknown authority"},
		"wrong name":            {wrongName, "not other.test"},
		"no certificate":        {transport.TLSFiles{CA: good.CA}, "there is none"},
		"another's certificate": {as(other.Client(t)), "was not sent"},
		"expired":               {as(authority.Client(t, testcert.Expired)), "expired on 2020-01-02"},
		"a server's":            {as(authority.Server(t, nil)), "bad certificate"},
	} {
		_, err := open(c.files)
		refused(t, name, err, c.word)
	}
}

// refused checks the error of a handshake.
func refused(t *testing.T, name string, err error, word string) {
	t.Helper()
	failure, ok := errors.AsType[*transport.Error](err)
	if !ok || !errors.Is(err, transport.ErrTLS) || failure.MayHaveActed || !strings.Contains(err.Error(), word) {
		t.Errorf("%s: %v, want %v with %q", name, err, transport.ErrTLS, word)
	}
}
