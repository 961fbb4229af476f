package ssh

import (
	"crypto/rand"
	"crypto/rsa"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
)

var rsaKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// rsaSigner returns an RSA key, the same each time: they are slow to make.
func rsaSigner(t testing.TB) ssh.Signer {
	t.Helper()
	key, err := rsaKey()
	ok(t, err)
	signer, err := ssh.NewSignerFromKey(key)
	ok(t, err)
	return signer
}
