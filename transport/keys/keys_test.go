package keys_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/internal/testcert"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/keys"
)

// passphrase is that of the files in testdata, which openssl made: plain.pem is the key of all but those of RSA and
// Ed25519.
const passphrase = "canary-passphrase"

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// parse returns the key of a PEM, in the one form of PKCS #8.
func parse(t *testing.T, data []byte) []byte {
	t.Helper()
	block, rest := pem.Decode(data)
	if block == nil || len(rest) > 0 || len(block.Headers) > 0 {
		t.Fatalf("not one block: %s", block.Type)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		key, err = x509.ParseECPrivateKey(block.Bytes)
	}
	if err != nil {
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	}
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestRow20EncryptedKeys(t *testing.T) {
	want := parse(t, read(t, "plain.pem"))
	files, err := filepath.Glob("testdata/*-*.pem")
	if err != nil {
		t.Fatal(err)
	}
	opened := 0
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			data := read(t, name)
			if strings.HasPrefix(name, "unknown-") {
				_, err := keys.Decrypt(data, []byte(passphrase))
				secretless(t, err, keys.ErrScheme)
				return
			}
			open, err := keys.Decrypt(data, []byte(passphrase))
			if err != nil {
				t.Fatal(err)
			}
			got := parse(t, open)
			if !strings.Contains(name, "rsa") && !strings.Contains(name, "ed25519") && !bytes.Equal(got, want) {
				t.Error("another key came out")
			}
			if name == "plain-ec.pem" {
				return
			}
			opened++
			for i := range 300 { // of the paddings of legacy keys one in 256 looks right
				_, err := keys.Decrypt(data, fmt.Append(nil, "canary-wrong", i))
				secretless(t, err, keys.ErrPassphrase)
				if i > 3 && (strings.HasPrefix(name, "pkcs8") || i > 20 && strings.Contains(name, "rsa")) {
					break // these take longer
				}
			}
			_, err = keys.Decrypt(data, nil)
			secretless(t, err, keys.ErrPassphrase)
		})
	}
	if opened < 16 {
		t.Errorf("%d encrypted keys, want at least 16", opened)
	}
}

// secretless checks an error, and that it tells no secret.
func secretless(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("%v, want %v", err, want)
	}
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
		if strings.Contains(text, "canary") {
			t.Errorf("a secret in %q", text)
		}
	}
}

func TestNoKey(t *testing.T) {
	for _, data := range []string{"", "nothing", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"} {
		_, err := keys.Decrypt([]byte(data), []byte(passphrase))
		secretless(t, err, keys.ErrMalformed)
	}
}

// TestAsksOnlyForEncryptedKeys holds that nobody is asked for a passphrase that is not needed, and that what goes
// wrong then is told.
func TestAsksOnlyForEncryptedKeys(t *testing.T) {
	locked := errors.New("the keyring is locked")
	decrypt := keys.Passphrase(func() ([]byte, error) { return nil, locked })
	if open, err := decrypt(read(t, "plain.pem")); err != nil || !bytes.Equal(open, read(t, "plain.pem")) {
		t.Error(err)
	}
	if _, err := decrypt(read(t, "pkcs8-scrypt.pem")); !errors.Is(err, locked) {
		t.Error(err)
	}
}

// TestRow20ThroughNew has the whole way from a file to a client.
func TestRow20ThroughNew(t *testing.T) {
	key := parseSigner(t)
	dir := t.TempDir()
	cert := filepath.Join(dir, "cert.pem")
	authority := testcert.Authority(t, "authority")
	testcert.Write(t, cert, authority.ServerOf(t, key, nil).CertPEM())
	for _, name := range []string{"pkcs8-aes-256-cbc.pem", "pkcs8-scrypt.pem", "legacy-aes256.pem"} {
		files := transport.TLSFiles{CAPEM: authority.CertPEM(), Cert: cert, Key: filepath.Join("testdata", name)}
		if _, err := transport.New("tcp://engine", transport.WithTLSFiles(files)); !errors.Is(err, transport.ErrKeyEncrypted) || !errors.Is(err, transport.ErrInvalidInput) {
			t.Errorf("%s, nothing to decrypt it: %v", name, err)
		} else if !strings.Contains(err.Error(), name) {
			t.Errorf("%v does not name the file", err)
		}
		files.DecryptKey = keys.Passphrase(func() ([]byte, error) { return []byte("canary-wrong"), nil })
		_, err := transport.New("tcp://engine", transport.WithTLSFiles(files))
		secretless(t, err, keys.ErrPassphrase)
		secretless(t, err, transport.ErrInvalidInput)
		files.DecryptKey = nil
		c, err := transport.New("tcp://engine", transport.WithTLSFiles(files),
			transport.WithDecryptKey(keys.Passphrase(func() ([]byte, error) { return []byte(passphrase), nil })))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_ = c.Close()
	}
}

// parseSigner returns the key of plain.pem.
func parseSigner(t *testing.T) crypto.Signer {
	t.Helper()
	block, _ := pem.Decode(read(t, "plain.pem"))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(crypto.Signer)
}
