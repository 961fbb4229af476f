package keys_test

import (
	"fmt"

	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/keys"
)

// A client whose key is encrypted. The passphrase is asked for once, and again when the key has changed.
func ExamplePassphrase() {
	_, err := transport.New("tcp://engine.example:2376", transport.WithTLSFiles(transport.TLSFiles{
		CA: "testdata/ca.pem", Cert: "testdata/cert.pem", Key: "testdata/pkcs8-scrypt.pem",
		DecryptKey: keys.Passphrase(func() ([]byte, error) { return []byte("secret"), nil }),
	}))
	fmt.Println(err)
	// Output: TLS files: invalid input: the CA testdata/ca.pem cannot be read: open testdata/ca.pem: no such file or directory
}
