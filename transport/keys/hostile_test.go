package keys_test

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/transport/keys"
)

// sealed is a file of PKCS #8 taken apart, to change one thing of it and put it together again.
type sealed struct {
	Scheme, KDF, Cipher, PRF asn1.ObjectIdentifier
	Salt                     []byte
	Iterations               int // of PBKDF2
	N, R, P                  int // of scrypt
	KeyLength                int
	IV, Data                 []byte
	Behind                   []byte // what stands after the whole
}

// The structures as they are in the file. Parameters are raw, so that they can be anything.
type (
	sealedKey struct {
		Algorithm sealedAlgorithm
		Data      []byte
	}
	sealedAlgorithm struct {
		ID         asn1.ObjectIdentifier
		Parameters asn1.RawValue `asn1:"optional"`
	}
	sealedPBES2  struct{ KDF, Cipher sealedAlgorithm }
	sealedPBKDF2 struct {
		Salt       []byte
		Iterations int
		KeyLength  int                      `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
	}
	sealedScrypt struct {
		Salt      []byte
		N, R, P   int
		KeyLength int `asn1:"optional"`
	}
)

func unpack(t testing.TB, der []byte, v any) {
	t.Helper()
	if rest, err := asn1.Unmarshal(der, v); err != nil || len(rest) > 0 {
		t.Fatalf("%d bytes behind: %v", len(rest), err)
	}
}

func pack(t testing.TB, v any) []byte {
	t.Helper()
	der, err := asn1.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// takeApart reads a file of testdata.
func takeApart(t testing.TB, name string) sealed {
	t.Helper()
	block, _ := pem.Decode(read(t, name))
	var key sealedKey
	unpack(t, block.Bytes, &key)
	var how sealedPBES2
	unpack(t, key.Algorithm.Parameters.FullBytes, &how)
	s := sealed{Scheme: key.Algorithm.ID, KDF: how.KDF.ID, Cipher: how.Cipher.ID, Data: key.Data}
	unpack(t, how.Cipher.Parameters.FullBytes, &s.IV)
	if name == "pkcs8-scrypt.pem" {
		var p sealedScrypt
		unpack(t, how.KDF.Parameters.FullBytes, &p)
		s.Salt, s.N, s.R, s.P, s.KeyLength = p.Salt, p.N, p.R, p.P, p.KeyLength
		return s
	}
	var p sealedPBKDF2
	unpack(t, how.KDF.Parameters.FullBytes, &p)
	s.Salt, s.Iterations, s.KeyLength, s.PRF = p.Salt, p.Iterations, p.KeyLength, p.PRF.Algorithm
	return s
}

// der puts it together.
func (s sealed) der(t testing.TB) []byte {
	t.Helper()
	raw := func(der []byte) asn1.RawValue { return asn1.RawValue{FullBytes: der} }
	var kdf []byte
	if s.PRF == nil {
		kdf = pack(t, sealedScrypt{s.Salt, s.N, s.R, s.P, s.KeyLength})
	} else {
		kdf = pack(t, sealedPBKDF2{s.Salt, s.Iterations, s.KeyLength, pkix.AlgorithmIdentifier{Algorithm: s.PRF, Parameters: asn1.NullRawValue}})
	}
	how := sealedPBES2{
		KDF:    sealedAlgorithm{s.KDF, raw(kdf)},
		Cipher: sealedAlgorithm{s.Cipher, raw(pack(t, s.IV))},
	}
	return append(pack(t, sealedKey{sealedAlgorithm{s.Scheme, raw(pack(t, how))}, s.Data}), s.Behind...)
}

// hostileKey is a file of testdata with one thing changed, and the error that it is to have: nil where the key still
// opens. [keys.ErrPassphrase] is the error of a key whose work was done.
type hostileKey struct {
	name   string
	from   string
	change func(s *sealed)
	want   error
}

func hostile() []hostileKey {
	const pbkdf2, scrypt = "pkcs8-aes-256-cbc.pem", "pkcs8-scrypt.pem"
	unheardOf := asn1.ObjectIdentifier{1, 2, 3}
	return []hostileKey{
		{"as it is", pbkdf2, func(*sealed) {}, nil},
		{"as it is, scrypt", scrypt, func(*sealed) {}, nil},
		{"its key length", pbkdf2, func(s *sealed) { s.KeyLength = 32 }, nil},
		{"its key length, scrypt", scrypt, func(s *sealed) { s.KeyLength = 32 }, nil},

		{"scheme", pbkdf2, func(s *sealed) { s.Scheme = unheardOf }, keys.ErrScheme},
		{"cipher", pbkdf2, func(s *sealed) { s.Cipher = unheardOf }, keys.ErrScheme},
		{"derivation", pbkdf2, func(s *sealed) { s.KDF = unheardOf }, keys.ErrScheme},
		{"pseudorandom function", pbkdf2, func(s *sealed) { s.PRF = unheardOf }, keys.ErrScheme},
		{"bytes behind", pbkdf2, func(s *sealed) { s.Behind = []byte{5, 0} }, keys.ErrMalformed},
		{"parameters of the other derivation", pbkdf2, func(s *sealed) { s.KDF = oidScrypt }, keys.ErrMalformed},

		{"no iv", pbkdf2, func(s *sealed) { s.IV = nil }, keys.ErrMalformed},
		{"short iv", pbkdf2, func(s *sealed) { s.IV = s.IV[:15] }, keys.ErrMalformed},
		{"long iv", pbkdf2, func(s *sealed) { s.IV = append(s.IV, 0) }, keys.ErrMalformed},
		{"iv of two blocks", pbkdf2, func(s *sealed) { s.IV = append(s.IV, s.IV...) }, keys.ErrMalformed},
		{"no data", pbkdf2, func(s *sealed) { s.Data = nil }, keys.ErrMalformed},
		{"data of no whole blocks", pbkdf2, func(s *sealed) { s.Data = s.Data[1:] }, keys.ErrMalformed},
		{"data less than a block", pbkdf2, func(s *sealed) { s.Data = s.Data[:1] }, keys.ErrMalformed},
		{"a block less", pbkdf2, func(s *sealed) { s.Data = s.Data[:len(s.Data)-16] }, keys.ErrPassphrase},
		{"one block", pbkdf2, func(s *sealed) { s.Data = s.Data[:16] }, keys.ErrPassphrase},
		{"another salt", pbkdf2, func(s *sealed) { s.Salt = nil }, keys.ErrPassphrase},

		{"key length, short", pbkdf2, func(s *sealed) { s.KeyLength = 31 }, keys.ErrMalformed},
		{"key length, long", pbkdf2, func(s *sealed) { s.KeyLength = 33 }, keys.ErrMalformed},
		{"key length, huge", pbkdf2, func(s *sealed) { s.KeyLength = 1 << 40 }, keys.ErrMalformed},
		{"key length, negative", pbkdf2, func(s *sealed) { s.KeyLength = -32 }, keys.ErrMalformed},
		{"no iterations", pbkdf2, func(s *sealed) { s.Iterations = 0 }, keys.ErrMalformed},
		{"negative iterations", pbkdf2, func(s *sealed) { s.Iterations = -1 }, keys.ErrMalformed},
		{"one iteration", pbkdf2, func(s *sealed) { s.Iterations = 1 }, keys.ErrPassphrase},
		{"iterations in use", pbkdf2, func(s *sealed) { s.Iterations = 600_000 }, keys.ErrPassphrase},
		{"one iteration too many", pbkdf2, func(s *sealed) { s.Iterations = 20_000_001 }, keys.ErrMalformed},
		{"iterations without end", pbkdf2, func(s *sealed) { s.Iterations = 1 << 62 }, keys.ErrMalformed},

		{"scrypt, key length", scrypt, func(s *sealed) { s.KeyLength = 16 }, keys.ErrMalformed},
		{"scrypt, N none", scrypt, func(s *sealed) { s.N = 0 }, keys.ErrMalformed},
		{"scrypt, N negative", scrypt, func(s *sealed) { s.N = -1024 }, keys.ErrMalformed},
		{"scrypt, N one", scrypt, func(s *sealed) { s.N = 1 }, keys.ErrMalformed},
		{"scrypt, N no power of two", scrypt, func(s *sealed) { s.N = 1023 }, keys.ErrMalformed},
		{"scrypt, N huge", scrypt, func(s *sealed) { s.N = 1 << 62 }, keys.ErrMalformed},
		{"scrypt, R none", scrypt, func(s *sealed) { s.R = 0 }, keys.ErrMalformed},
		{"scrypt, R negative", scrypt, func(s *sealed) { s.R = -8 }, keys.ErrMalformed},
		{"scrypt, R huge", scrypt, func(s *sealed) { s.R = 1 << 62 }, keys.ErrMalformed},
		{"scrypt, P none", scrypt, func(s *sealed) { s.P = 0 }, keys.ErrMalformed},
		{"scrypt, P negative", scrypt, func(s *sealed) { s.P = -1 }, keys.ErrMalformed},
		{"scrypt, P huge", scrypt, func(s *sealed) { s.P = 1 << 62 }, keys.ErrMalformed},
		{"scrypt, in use", scrypt, func(s *sealed) { s.N = 1 << 15 }, keys.ErrPassphrase},
		{"scrypt, memory", scrypt, func(s *sealed) { s.N = 1 << 21 }, keys.ErrMalformed},          // 2 GiB
		{"scrypt, memory by R", scrypt, func(s *sealed) { s.R = 1<<13 + 1 }, keys.ErrMalformed},   // a little more than 1 GiB
		{"scrypt, work", scrypt, func(s *sealed) { s.P = 1<<12 + 1 }, keys.ErrMalformed},          // by 8 MiB more than the bound
		{"scrypt, work by N", scrypt, func(s *sealed) { s.N, s.P = 1<<20, 5 }, keys.ErrMalformed}, // each alone would do
	}
}

// oidScrypt names scrypt.
var oidScrypt = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11591, 4, 11}

// TestHostileKeys holds that no file makes the package panic, nor do work beyond its bounds: what asks for more is
// malformed, and no passphrase is tried on it.
func TestHostileKeys(t *testing.T) {
	for _, tt := range hostile() {
		t.Run(tt.name, func(t *testing.T) {
			s := takeApart(t, tt.from)
			s.IV, s.Data = slices.Clone(s.IV), slices.Clone(s.Data)
			tt.change(&s)
			data := pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: s.der(t)})
			open, err := keys.Decrypt(data, []byte(passphrase))
			if tt.want != nil {
				secretless(t, err, tt.want)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			parse(t, open)
		})
	}
}

// TestHostileLegacyKeys is the same for the first PEM, whose parameters are headers.
func TestHostileLegacyKeys(t *testing.T) {
	whole, _ := pem.Decode(read(t, "legacy-aes256.pem"))
	info := whole.Headers["DEK-Info"]
	for name, change := range map[string]func(b *pem.Block){
		"no parameters":           func(b *pem.Block) { delete(b.Headers, "DEK-Info") },
		"a cipher without iv":     func(b *pem.Block) { b.Headers["DEK-Info"] = "AES-256-CBC" },
		"unknown cipher":          func(b *pem.Block) { b.Headers["DEK-Info"] = "ROT-13,00" },
		"iv of no hex":            func(b *pem.Block) { b.Headers["DEK-Info"] = info[:len(info)-1] + "x" },
		"short iv":                func(b *pem.Block) { b.Headers["DEK-Info"] = info[:len(info)-2] },
		"no iv":                   func(b *pem.Block) { b.Headers["DEK-Info"] = "AES-256-CBC," },
		"data of no whole blocks": func(b *pem.Block) { b.Bytes = b.Bytes[1:] },
	} {
		t.Run(name, func(t *testing.T) {
			block, _ := pem.Decode(read(t, "legacy-aes256.pem"))
			change(block)
			_, err := keys.Decrypt(pem.EncodeToMemory(block), []byte(passphrase))
			secretless(t, err, keys.ErrMalformed)
		})
	}
}

// dear reports whether a file asks for much work within the bounds, which a fuzzer has no time for.
func dear(der []byte) bool {
	var key sealedKey
	var how sealedPBES2
	if _, err := asn1.Unmarshal(der, &key); err != nil {
		return false
	}
	if _, err := asn1.Unmarshal(key.Algorithm.Parameters.FullBytes, &how); err != nil {
		return false
	}
	var iterations sealedPBKDF2
	if _, err := asn1.Unmarshal(how.KDF.Parameters.FullBytes, &iterations); err == nil && iterations.Iterations > 1<<12 {
		return iterations.Iterations <= 20_000_000
	}
	var memory sealedScrypt
	_, err := asn1.Unmarshal(how.KDF.Parameters.FullBytes, &memory)
	return err == nil && (memory.N > 1<<10 || memory.R > 1<<3 || memory.P > 1<<3) &&
		memory.N <= 1<<20 && memory.R <= 1<<20 && memory.P <= 1<<20
}

// FuzzDecrypt holds that each file is opened or refused by one of the package's errors, and that what came out is one
// key in the clear.
func FuzzDecrypt(f *testing.F) {
	files, err := filepath.Glob("testdata/*.pem")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		block, _ := pem.Decode(read(f, filepath.Base(file)))
		f.Add(block.Type, block.Headers["DEK-Info"], block.Bytes)
	}
	for _, h := range hostile() {
		s := takeApart(f, h.from)
		h.change(&s)
		f.Add("ENCRYPTED PRIVATE KEY", "", s.der(f))
	}
	f.Fuzz(func(t *testing.T, kind, info string, der []byte) {
		block := &pem.Block{Type: kind, Bytes: der}
		if info != "" {
			block.Headers = map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": info}
		}
		data := pem.EncodeToMemory(block)
		if data == nil || dear(der) {
			return
		}
		open, err := keys.Decrypt(data, []byte(passphrase))
		if err != nil {
			if !errors.Is(err, keys.ErrPassphrase) && !errors.Is(err, keys.ErrMalformed) && !errors.Is(err, keys.ErrScheme) {
				t.Error(err)
			}
			return
		}
		clear, rest := pem.Decode(open)
		if clear == nil || len(rest) > 0 || clear.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(clear.Headers["Proc-Type"], "ENCRYPTED") {
			t.Fatalf("what was opened is %q", open)
		}
		again, err := keys.Decrypt(open, nil)
		if err != nil || !bytes.Equal(again, open) {
			t.Errorf("what was opened is encrypted: %v", err)
		}
	})
}
