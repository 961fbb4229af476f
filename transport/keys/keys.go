// Package keys decrypts the private keys of TLS, for [transport.TLSFiles]:
//
//	transport.WithTLSFiles(transport.TLSFiles{
//		CA: "ca.pem", Cert: "cert.pem", Key: "key.pem",
//		DecryptKey: keys.Passphrase(func() ([]byte, error) { return secrets.Get("engine-key") }),
//	})
//
// It knows keys of PKCS #8 ("ENCRYPTED PRIVATE KEY") by PBES2, with PBKDF2 or scrypt and AES-128, -192, -256 or
// triple DES in CBC mode; and those of the first PEM ("Proc-Type: 4,ENCRYPTED") with DES, triple DES or AES, which
// are weak but still around. That is what OpenSSL writes. The schemes of PKCS #5 version 1 and PKCS #12 are refused
// by name.
//
// Neither the passphrase nor the key is part of any error. Everything here is safe for concurrent use.
package keys

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
)

var (
	// ErrPassphrase is the error of a passphrase that does not open the key.
	ErrPassphrase = errors.New("wrong passphrase")
	// ErrMalformed is the error of what holds no key, or one that cannot be parsed.
	ErrMalformed = errors.New("malformed key")
	// ErrScheme is the error of a key that is encrypted in a way that this package does not know.
	ErrScheme = errors.New("unknown encryption of a key")
)

// Passphrase makes a DecryptKey of what asks for a passphrase. It asks when there is a key to decrypt and not before,
// that is in [transport.New] and after the key has changed; ask it quickly, as the connection waits. The error of ask
// is passed on.
func Passphrase(ask func() ([]byte, error)) func(pem []byte) ([]byte, error) {
	return func(data []byte) ([]byte, error) {
		block, err := find(data)
		if err != nil {
			return nil, err
		}
		if !encrypted(block) {
			return pem.EncodeToMemory(block), nil
		}
		passphrase, err := ask()
		if err != nil {
			return nil, err
		}
		return decrypt(block, passphrase)
	}
}

// Decrypt returns the first key of data in PEM, decrypted. One that is not encrypted is returned as it is.
func Decrypt(data, passphrase []byte) ([]byte, error) {
	return Passphrase(func() ([]byte, error) { return passphrase, nil })(data)
}

// find returns the first key.
func find(data []byte) (*pem.Block, error) {
	for {
		block, rest := pem.Decode(data)
		if block == nil {
			return nil, ErrMalformed
		}
		if block.Type == "PRIVATE KEY" || strings.HasSuffix(block.Type, " PRIVATE KEY") {
			return block, nil
		}
		data = rest
	}
}

func encrypted(block *pem.Block) bool {
	return block.Type == "ENCRYPTED PRIVATE KEY" || legacy(block)
}

// legacy reports whether a key is encrypted in the manner of RFC 1421.
func legacy(block *pem.Block) bool { return strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") }

func decrypt(block *pem.Block, passphrase []byte) ([]byte, error) {
	if !legacy(block) {
		der, err := decryptPKCS8(block.Bytes, passphrase)
		if err != nil {
			return nil, err
		}
		return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
	}
	der, err := x509.DecryptPEMBlock(block, passphrase) //nolint:staticcheck // weak, but what some keys have
	switch {
	case errors.Is(err, x509.IncorrectPasswordError):
		return nil, ErrPassphrase
	case err != nil:
		return nil, ErrMalformed
	case !parses(block.Type, der):
		return nil, ErrPassphrase // one padding in 256 looks right by chance
	}
	return pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: der}), nil
}

// parses reports whether the key is one.
func parses(kind string, der []byte) bool {
	var err error
	switch kind {
	case "RSA PRIVATE KEY":
		_, err = x509.ParsePKCS1PrivateKey(der)
	case "EC PRIVATE KEY":
		_, err = x509.ParseECPrivateKey(der)
	default:
		_, err = x509.ParsePKCS8PrivateKey(der)
	}
	return err == nil
}
