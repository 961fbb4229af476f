package transporttest

import (
	"context"
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
	"time"
)

// maxSocketPath is the longest path of a unix socket that every system takes, short of the final zero byte.
const maxSocketPath = 103

func listenUnix(e *Engine) (err error) {
	// A test's own temporary folder is named after the test, and may be too long for a socket.
	if e.dir, err = os.MkdirTemp("", "gantry"); err != nil {
		return err
	}
	path := filepath.Join(e.dir, "s")
	if len(path) > maxSocketPath {
		_ = os.Remove(e.dir)
		if e.dir, err = os.MkdirTemp("/tmp", "gantry"); err != nil {
			return err
		}
		path = filepath.Join(e.dir, "s")
	}
	e.host = "unix://" + path
	return listenOn(e, "unix", path)
}

func listenTCP(e *Engine) error {
	if err := listenOn(e, "tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	e.host = "tcp://" + e.listener.Addr().String()
	return nil
}

func listenTLS(e *Engine, given *tls.Config) error {
	settings := given.Clone()
	if settings == nil {
		settings = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if len(settings.Certificates) == 0 && settings.GetCertificate == nil && settings.GetConfigForClient == nil {
		cert, err := selfSigned()
		if err != nil {
			return err
		}
		settings.Certificates = []tls.Certificate{cert}
	}
	if len(settings.Certificates) > 0 {
		cert, err := x509.ParseCertificate(settings.Certificates[0].Certificate[0])
		if err != nil {
			return err
		}
		e.cert = cert
	}
	if err := listenOn(e, "tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	e.host = "https://" + e.listener.Addr().String()
	e.listener = tls.NewListener(e.listener, settings)
	return nil
}

func listenOn(e *Engine, network, address string) (err error) {
	if e.listener, err = net.Listen(network, address); err != nil {
		return err
	}
	address = e.listener.Addr().String()
	e.dial = func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, address)
	}
	return nil
}

// CertPEM returns the certificate that the engine presents, which is its own authority, or nil without [TLS].
func (e *Engine) CertPEM() []byte {
	if e.cert == nil {
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: e.cert.Raw})
}

// clientTLS is a configuration that trusts the engine alone.
func (e *Engine) clientTLS() *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(e.cert)
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "transporttest"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
