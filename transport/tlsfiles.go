package transport

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// TLSFiles are the files, in PEM, by which a client and an engine prove who they are.
type TLSFiles struct {
	// CA holds the certificates that the engine's must come from. They alone are trusted; without the file, the
	// system's are.
	CA string
	// Cert and Key are the client's certificate and its key. Both or neither.
	Cert, Key string
	// SkipVerify turns off the verification of the engine's certificate: whoever answers is believed.
	SkipVerify bool
}

// WithTLSFiles makes tcp:// and https:// hosts speak TLS with these files. [New] reads them; one that is missing or
// holds something else is an [ErrInvalidInput] which names it.
func WithTLSFiles(files TLSFiles) Option {
	return func(o *config) { o.tlsFiles = &files }
}

// load makes a configuration of the files.
func (f *TLSFiles) load() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: f.SkipVerify} //nolint:gosec // what the caller asked for by name
	if f.CA != "" {
		ca, err := os.ReadFile(f.CA)
		if err != nil {
			return nil, invalidTLS(err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(ca) {
			return nil, invalidTLS(fmt.Errorf("%s holds no certificate", f.CA))
		}
	}
	if f.Cert != "" || f.Key != "" {
		pair, err := tls.LoadX509KeyPair(f.Cert, f.Key)
		if err != nil {
			return nil, invalidTLS(err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

func invalidTLS(err error) error {
	return &Error{Operation: "TLS files", Class: ErrInvalidInput, Err: err}
}
