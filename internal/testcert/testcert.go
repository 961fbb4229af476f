// Package testcert makes certificates for tests: authorities, and what they issue, good and bad, as values and as
// files.
package testcert

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Pair is a certificate with its key. An authority is one whose certificate is an authority's.
type Pair struct {
	Cert *x509.Certificate
	Key  crypto.Signer
	// Chain are the certificates between this one and the root, to be sent along.
	Chain []*x509.Certificate
}

// Edit changes a certificate before it is signed.
type Edit func(*x509.Certificate)

// Authority makes a root. It signs itself.
func Authority(t testing.TB, name string, edits ...Edit) *Pair {
	t.Helper()
	return issue(t, nil, name, nil, append([]Edit{authority}, edits...))
}

// Authority makes an authority below another.
func (p *Pair) Authority(t testing.TB, name string, edits ...Edit) *Pair {
	t.Helper()
	return issue(t, p, name, nil, append([]Edit{authority}, edits...))
}

// Server issues a certificate for an engine at these names and addresses.
func (p *Pair) Server(t testing.TB, hosts []string, edits ...Edit) *Pair {
	t.Helper()
	return issue(t, p, "engine", nil, append([]Edit{use(x509.ExtKeyUsageServerAuth), At(hosts...)}, edits...))
}

// Client issues a certificate for a client.
func (p *Pair) Client(t testing.TB, edits ...Edit) *Pair {
	t.Helper()
	return issue(t, p, "client", nil, append([]Edit{use(x509.ExtKeyUsageClientAuth)}, edits...))
}

// ServerOf is [Pair.Server] with a key of the caller's.
func (p *Pair) ServerOf(t testing.TB, key crypto.Signer, hosts []string, edits ...Edit) *Pair {
	t.Helper()
	return issue(t, p, "engine", key, append([]Edit{use(x509.ExtKeyUsageServerAuth), At(hosts...)}, edits...))
}

// SelfSigned makes a server's certificate that no authority stands behind.
func SelfSigned(t testing.TB, hosts ...string) *Pair {
	t.Helper()
	return issue(t, nil, "engine", nil, []Edit{use(x509.ExtKeyUsageServerAuth), At(hosts...)})
}

func authority(c *x509.Certificate) {
	c.IsCA, c.BasicConstraintsValid = true, true
	c.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	c.ExtKeyUsage = nil
}

func use(usages ...x509.ExtKeyUsage) Edit {
	return func(c *x509.Certificate) { c.ExtKeyUsage = usages }
}

// For sets what a certificate may be used for.
func For(usages ...x509.ExtKeyUsage) Edit { return use(usages...) }

// At sets the names and addresses that a certificate is valid for.
func At(hosts ...string) Edit {
	return func(c *x509.Certificate) {
		c.DNSNames, c.IPAddresses = nil, nil
		for _, host := range hosts {
			if ip := net.ParseIP(host); ip != nil {
				c.IPAddresses = append(c.IPAddresses, ip)
			} else {
				c.DNSNames = append(c.DNSNames, host)
			}
		}
	}
}

// Expired ends the validity in the past.
func Expired(c *x509.Certificate) {
	c.NotBefore = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	c.NotAfter = time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC)
}

// Future begins the validity in the future.
func Future(c *x509.Certificate) {
	c.NotBefore = time.Now().Add(24 * time.Hour)
	c.NotAfter = time.Now().Add(48 * time.Hour)
}

// issue makes a certificate, signed by an authority or, with none, by itself.
func issue(t testing.TB, by *Pair, name string, key crypto.Signer, edits []Edit) *Pair {
	t.Helper()
	if key == nil {
		made, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		key = made
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
	for _, edit := range edits {
		edit(template)
	}
	parent, signer := template, key
	var chain []*x509.Certificate
	if by != nil {
		parent, signer = by.Cert, by.Key
		if by.Cert.Issuer.CommonName != by.Cert.Subject.CommonName { // not a root
			chain = append([]*x509.Certificate{by.Cert}, by.Chain...)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &Pair{Cert: cert, Key: key, Chain: chain}
}

// TLS returns the pair, with its chain, as package tls wants it.
func (p *Pair) TLS() tls.Certificate {
	c := tls.Certificate{Certificate: [][]byte{p.Cert.Raw}, PrivateKey: p.Key}
	for _, up := range p.Chain {
		c.Certificate = append(c.Certificate, up.Raw)
	}
	return c
}

// Pool returns a pool of this certificate alone.
func (p *Pair) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(p.Cert)
	return pool
}

// CertPEM returns the certificate and its chain.
func (p *Pair) CertPEM() []byte {
	out := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Cert.Raw})
	for _, up := range p.Chain {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: up.Raw})...)
	}
	return out
}

// KeyPEM returns the key, not encrypted.
func (p *Pair) KeyPEM(t testing.TB) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(p.Key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// Files writes NAME.pem and NAME-key.pem and returns their paths.
func (p *Pair) Files(t testing.TB, dir, name string) (cert, key string) {
	t.Helper()
	cert, key = filepath.Join(dir, name+".pem"), filepath.Join(dir, name+"-key.pem")
	Write(t, cert, p.CertPEM())
	Write(t, key, p.KeyPEM(t))
	return cert, key
}

// Write replaces a file, for its owner alone, at once: a reader sees the old or the new.
func Write(t testing.TB, path string, data []byte) {
	t.Helper()
	next := path + ".next"
	if err := os.WriteFile(next, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, path); err != nil {
		t.Fatal(err)
	}
}
