package transport

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
)

// material is what TLSFiles name, made into a configuration anew whenever it changes. Contents are compared and not the
// files' times, whose steps are coarse: to read three small files costs little beside a handshake.
type material struct {
	files    TLSFiles
	endpoint endpoint
	strict   bool
	warn     func(error)
	ca, cert pemFile
	key      pemFile

	mu      sync.Mutex
	sum     [sha256.Size]byte // of what current was made of
	current *tls.Config
	told    map[string]bool // the warnings since then
}

// maxPEM bounds a file. The authorities of a whole system are a quarter of a megabyte.
const maxPEM = 8 << 20

func newMaterial(o *config, e endpoint) *material {
	f := o.tlsFiles()
	if f.DecryptKey == nil {
		f.DecryptKey = o.decryptKey
	}
	return &material{
		files: f, endpoint: e, strict: o.strictKeys, warn: o.warn,
		ca:   pemFile{what: "the CA", path: f.CA, pem: f.CAPEM},
		cert: pemFile{what: "the certificate", path: f.Cert, pem: f.CertPEM},
		key:  pemFile{what: "the key", path: f.Key, pem: []byte(f.KeyPEM)},
	}
}

// load returns the configuration that the files make. When they no longer make one, it is the last that they made,
// with the reason.
func (m *material) load() (*tls.Config, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	err := m.refresh()
	if err != nil && m.current != nil {
		m.tell(err)
	}
	return m.current, err
}

// tell passes a warning on, once for what the files hold now.
func (m *material) tell(warning error) {
	if text := warning.Error(); m.warn != nil && !m.told[text] {
		m.told[text] = true
		m.warn(warning)
	}
}

// refresh makes current of what the files hold now.
func (m *material) refresh() error {
	for _, f := range []*pemFile{&m.ca, &m.cert, &m.key} {
		if f.path != "" && len(f.pem) > 0 {
			return f.invalid("is given as a file and as its content", nil)
		}
	}
	if m.cert.given() && !m.key.given() {
		return m.cert.invalid("has no key: give both or neither", nil)
	}
	if m.key.given() && !m.cert.given() {
		return m.key.invalid("has no certificate: give both or neither", nil)
	}
	ca, err := m.ca.read()
	if err != nil {
		return err
	}
	cert, err := m.cert.read()
	if err != nil {
		return err
	}
	key, err := m.key.read()
	if err != nil {
		return err
	}
	defer clear(key)
	exposed := m.key.exposed()
	if exposed != nil && m.strict {
		return exposed
	}
	sums := [3][sha256.Size]byte{sha256.Sum256(ca), sha256.Sum256(cert), sha256.Sum256(key)}
	if sum := sha256.Sum256(bytes.Join([][]byte{sums[0][:], sums[1][:], sums[2][:]}, nil)); m.current == nil || sum != m.sum {
		c, err := m.build(ca, cert, key)
		if err != nil {
			return err
		}
		m.current, m.sum, m.told = c, sum, map[string]bool{}
	}
	if exposed != nil {
		m.tell(exposed)
	}
	return nil
}

// build makes a configuration.
func (m *material) build(ca, cert, key []byte) (*tls.Config, error) {
	c := &tls.Config{
		MinVersion: tls.VersionTLS12, ServerName: m.files.ServerName,
		InsecureSkipVerify: m.files.SkipVerify, //nolint:gosec // what the caller asked for by name
	}
	if m.ca.given() {
		authorities, err := m.ca.certificates(ca)
		if err != nil {
			return nil, err
		}
		c.RootCAs = x509.NewCertPool()
		for _, authority := range authorities {
			c.RootCAs.AddCert(authority)
		}
	}
	var own *tls.Certificate
	if m.cert.given() {
		pair, err := m.pair(cert, key)
		if err != nil {
			return nil, err
		}
		own = pair
	}
	c.GetClientCertificate = presenter(own)
	return clientTLS(c, m.endpoint), nil
}

// pair reads the client's certificate and its key.
func (m *material) pair(cert, key []byte) (*tls.Certificate, error) {
	if _, err := m.cert.certificates(cert); err != nil {
		return nil, err
	}
	block := keyBlock(key)
	switch {
	case block == nil:
		return nil, m.key.invalid("holds no key", nil)
	case !encrypted(block):
	case m.files.DecryptKey == nil:
		return nil, m.key.invalid("cannot be used", ErrKeyEncrypted)
	default:
		open, err := m.files.DecryptKey(bytes.Clone(key))
		if err != nil {
			return nil, m.key.invalid("cannot be decrypted", err)
		}
		defer clear(open)
		key = open
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, m.key.invalid("does not go with "+m.cert.String(), err)
	}
	return &pair, nil
}

// keyBlock returns the first key of a file.
func keyBlock(data []byte) *pem.Block {
	for {
		block, rest := pem.Decode(data)
		if block == nil || block.Type == "PRIVATE KEY" || strings.HasSuffix(block.Type, " PRIVATE KEY") {
			return block
		}
		data = rest
	}
}

// encrypted reports whether a key is encrypted, in the manner of PKCS #8 or in that of the first PEM (RFC 1421).
func encrypted(block *pem.Block) bool {
	return block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED")
}

// pemFile is one of the files, or what it would hold.
type pemFile struct {
	what string // "the key"
	path string
	pem  []byte
	once []byte      // the content of what can be read only once
	mode os.FileMode // as it was when it was read
}

func (f *pemFile) given() bool { return f.path != "" || len(f.pem) > 0 }

// String names the file in messages.
func (f *pemFile) String() string {
	if f.path == "" {
		return f.what
	}
	return f.what + " " + f.path
}

// invalid makes an error of the file; its content is never part of it.
func (f *pemFile) invalid(problem string, cause error) error {
	return &Error{Operation: "TLS files", Class: ErrInvalidInput, Message: printable(f.String()+" "+problem, maxMessage), Err: cause}
}

// read returns a copy of the content.
func (f *pemFile) read() ([]byte, error) {
	if f.path == "" {
		return bytes.Clone(f.pem), nil
	}
	if f.once != nil {
		return bytes.Clone(f.once), nil
	}
	file, err := os.Open(f.path)
	if err != nil {
		return nil, f.invalid("cannot be read", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	info, err := file.Stat()
	if err != nil {
		return nil, f.invalid("cannot be read", err)
	}
	data, err := io.ReadAll(io.LimitReader(file, maxPEM+1))
	if err != nil {
		return nil, f.invalid("cannot be read", err)
	}
	if len(data) > maxPEM {
		return nil, f.invalid(fmt.Sprintf("is larger than %d MiB", maxPEM>>20), nil)
	}
	f.mode = info.Mode()
	if !f.mode.IsRegular() {
		f.once = bytes.Clone(data)
	}
	return data, nil
}

// exposed is the error of a file that others than its owner may read, or nil.
func (f *pemFile) exposed() error {
	const others = 0o077
	if f.path == "" || !f.mode.IsRegular() || f.mode.Perm()&others == 0 || runtime.GOOS == "windows" {
		return nil
	}
	return f.invalid(fmt.Sprintf("is open to others than its owner (mode %04o)", f.mode.Perm()), nil)
}

// certificates parses all certificates of a file. One that is broken or cut short is an error and not left out, for a
// file may be read while it is being written.
func (f *pemFile) certificates(data []byte) ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	want := bytes.Count(data, []byte("-----BEGIN CERTIFICATE-----"))
	for {
		block, rest := pem.Decode(data)
		if block == nil {
			break
		}
		data = rest
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, f.invalid(fmt.Sprintf("holds a certificate, number %d, that cannot be parsed", len(all)+1), err)
		}
		all = append(all, cert)
	}
	switch {
	case len(all) < want:
		return nil, f.invalid(fmt.Sprintf("is broken or cut short: it begins %d certificates and ends %d", want, len(all)), nil)
	case want == 0:
		return nil, f.invalid("holds no certificate", nil)
	}
	return all, nil
}
