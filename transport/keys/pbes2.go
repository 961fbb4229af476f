package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des" //nolint:gosec // what some keys are encrypted with
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // the default of PBKDF2
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"hash"

	"golang.org/x/crypto/scrypt"
)

// The structures of RFC 5958, of RFC 8018, appendix A, and of RFC 7914, section 7.
type (
	encryptedKey struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	privateKey struct {
		Version   int
		Algorithm pkix.AlgorithmIdentifier
		Key       []byte
	}
	pbes2 struct {
		KDF, Cipher pkix.AlgorithmIdentifier
	}
	pbkdf2Parameters struct {
		Salt       []byte
		Iterations int
		KeyLength  int                      `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
	}
	scryptParameters struct {
		Salt      []byte
		N, R, P   int
		KeyLength int `asn1:"optional"`
	}
)

const (
	oidPBES2  = "1.2.840.113549.1.5.13"
	oidPBKDF2 = "1.2.840.113549.1.5.12"
	oidScrypt = "1.3.6.1.4.1.11591.4.11"
)

// A key says itself how much work its passphrase takes. These bounds are far beyond what is in use, and keep a broken
// file from taking minutes or all memory.
const (
	maxIterations   = 20_000_000
	maxScryptMemory = 1 << 30
	maxScryptWork   = 1 << 32
)

// suite is a cipher in CBC mode.
type suite struct {
	keyLength int
	block     func(key []byte) (cipher.Block, error)
}

func cipherOf(oid string) (suite, bool) {
	switch oid {
	case "2.16.840.1.101.3.4.1.2":
		return suite{16, aes.NewCipher}, true
	case "2.16.840.1.101.3.4.1.22":
		return suite{24, aes.NewCipher}, true
	case "2.16.840.1.101.3.4.1.42":
		return suite{32, aes.NewCipher}, true
	case "1.2.840.113549.3.7":
		return suite{24, des.NewTripleDESCipher}, true
	}
	return suite{}, false
}

func hashOf(oid string) (func() hash.Hash, bool) {
	switch oid {
	case "", "1.2.840.113549.2.7":
		return sha1.New, true
	case "1.2.840.113549.2.8":
		return sha256.New224, true
	case "1.2.840.113549.2.9":
		return sha256.New, true
	case "1.2.840.113549.2.10":
		return sha512.New384, true
	case "1.2.840.113549.2.11":
		return sha512.New, true
	}
	return nil, false
}

// unknown names an algorithm that this package does not have.
func unknown(what string, oid asn1.ObjectIdentifier) error {
	return fmt.Errorf("%w: %s %s; openssl pkcs8 -topk8 -v2 aes256 writes one that is known", ErrScheme, what, oid)
}

// unmarshal is asn1.Unmarshal of a whole.
func unmarshal(der []byte, v any) error {
	if rest, err := asn1.Unmarshal(der, v); err != nil || len(rest) > 0 {
		return ErrMalformed
	}
	return nil
}

// decryptPKCS8 returns the PrivateKeyInfo inside an EncryptedPrivateKeyInfo.
func decryptPKCS8(der, passphrase []byte) ([]byte, error) {
	var key encryptedKey
	if err := unmarshal(der, &key); err != nil {
		return nil, err
	}
	if key.Algorithm.Algorithm.String() != oidPBES2 {
		return nil, unknown("scheme", key.Algorithm.Algorithm)
	}
	var how pbes2
	if err := unmarshal(key.Algorithm.Parameters.FullBytes, &how); err != nil {
		return nil, err
	}
	suite, known := cipherOf(how.Cipher.Algorithm.String())
	if !known {
		return nil, unknown("cipher", how.Cipher.Algorithm)
	}
	var iv []byte
	if err := unmarshal(how.Cipher.Parameters.FullBytes, &iv); err != nil {
		return nil, err
	}
	secret, err := derive(how.KDF, passphrase, suite.keyLength)
	if err != nil {
		return nil, err
	}
	defer clear(secret)
	block, err := suite.block(secret)
	if err != nil {
		return nil, ErrMalformed
	}
	size := block.BlockSize()
	if len(iv) != size || len(key.Data) == 0 || len(key.Data)%size != 0 {
		return nil, ErrMalformed
	}
	plain := make([]byte, len(key.Data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, key.Data)
	padding := int(plain[len(plain)-1])
	if padding < 1 || padding > size {
		return nil, ErrPassphrase
	}
	plain = plain[:len(plain)-padding]
	// What a wrong passphrase makes is no key: that tells more than the padding does.
	if err := unmarshal(plain, new(privateKey)); err != nil {
		return nil, ErrPassphrase
	}
	return plain, nil
}

// derive makes the cipher's key of the passphrase.
func derive(how pkix.AlgorithmIdentifier, passphrase []byte, length int) ([]byte, error) {
	switch how.Algorithm.String() {
	case oidPBKDF2:
		var p pbkdf2Parameters
		if err := unmarshal(how.Parameters.FullBytes, &p); err != nil {
			return nil, err
		}
		prf, known := hashOf(p.PRF.Algorithm.String())
		switch {
		case !known:
			return nil, unknown("pseudorandom function", p.PRF.Algorithm)
		case p.Iterations < 1 || p.Iterations > maxIterations, p.KeyLength != 0 && p.KeyLength != length:
			return nil, ErrMalformed
		}
		key, err := pbkdf2.Key(prf, string(passphrase), p.Salt, p.Iterations, length)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrScheme, err) // what FIPS 140 does not allow
		}
		return key, nil
	case oidScrypt:
		var p scryptParameters
		if err := unmarshal(how.Parameters.FullBytes, &p); err != nil {
			return nil, err
		}
		const most = 1 << 30 // so that no product overflows
		switch {
		case p.N < 2 || p.N > most || p.R < 1 || p.R > most || p.P < 1 || p.P > most, p.KeyLength != 0 && p.KeyLength != length:
			return nil, ErrMalformed
		case int64(p.N) > maxScryptMemory/128/int64(p.R), int64(p.N)*int64(p.R) > maxScryptWork/128/int64(p.P):
			return nil, ErrMalformed
		}
		key, err := scrypt.Key(passphrase, p.Salt, p.N, p.R, p.P, length)
		if err != nil {
			return nil, ErrMalformed
		}
		return key, nil
	}
	return nil, unknown("key derivation", how.Algorithm)
}
