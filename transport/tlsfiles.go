package transport

import (
	"crypto/tls"
	"errors"
	"fmt"
)

// TLSFiles are the files, in PEM, by which a client and an engine prove who they are; or what such files hold, for
// those who keep it elsewhere. For each of the three it is one or the other.
type TLSFiles struct {
	// CA holds the certificates that the engine's must come from. They alone are trusted; without, the system's are.
	CA    string
	CAPEM []byte
	// Cert is the client's certificate, followed by those between it and its authority, if any. It needs a key.
	Cert    string
	CertPEM []byte
	// Key is the certificate's key.
	Key    string
	KeyPEM Secret
	// DecryptKey decrypts the key if it is encrypted: given the file's content, it returns the key in PEM. Package
	// transport/keys makes one of a passphrase. [New] calls it, and a later connection after the key has changed, never
	// two at once. Without it, an encrypted key is an [ErrKeyEncrypted], unless [WithDecryptKey] brings one.
	DecryptKey func(pem []byte) ([]byte, error)
	// ServerName is the name that the engine's certificate must be valid for, if it is not the one in the host.
	ServerName string
	// SkipVerify turns off the verification of the engine's certificate: whoever answers is believed.
	SkipVerify bool
}

// Format writes which files they are and what else was said, whatever the verb, and nothing of what they hold.
func (f TLSFiles) Format(s fmt.State, _ rune) {
	place := func(file string, given bool) string {
		if given {
			return "[given]"
		}
		return file
	}
	_, _ = fmt.Fprintf(s, "{CA:%s Cert:%s Key:%s ServerName:%s SkipVerify:%t}", place(f.CA, f.CAPEM != nil),
		place(f.Cert, f.CertPEM != nil), place(f.Key, f.KeyPEM != ""), f.ServerName, f.SkipVerify)
}

// ErrKeyEncrypted is the cause of the error about a key that is encrypted while there is nothing to decrypt it. Its
// class is [ErrInvalidInput].
var ErrKeyEncrypted = errors.New("it is encrypted, and no DecryptKey was given; package transport/keys makes one")

// WithTLSFiles makes tcp:// and https:// hosts speak TLS by these files. Of several options about TLS the last counts.
//
// [New] reads the files. One that is missing, holds something else, or does not go with the others is an
// [ErrInvalidInput] that names it. They are read again for every new connection, so that what is renewed takes effect
// with no restart; open connections stay as they are. Files that have changed into something that cannot be used,
// such as a certificate written before its key, leave the last good ones in force, and [WithWarning] tells why; the
// next connection tries again. What is no regular file, such as a pipe, is read once.
func WithTLSFiles(files TLSFiles) Option {
	return func(o *config) { o.tls, o.tlsFiles = nil, func() TLSFiles { return files } }
}

// WithDecryptKey decrypts the keys of [TLSFiles] that have no DecryptKey, such as those found by docker.Open.
func WithDecryptKey(decrypt func(pem []byte) ([]byte, error)) Option {
	return func(o *config) { o.decryptKey = decrypt }
}

// WithWarning has warn told of what works but should not stay so: a key file that others than its owner may read, and
// files of [TLSFiles] that have changed into something that cannot be used. Each is told once. It may be called by
// several goroutines at once, and must not block. Without it, warnings go nowhere.
func WithWarning(warn func(error)) Option { return func(o *config) { o.warn = warn } }

// WithStrictKeyFiles makes a key file that its group or others may read an [ErrInvalidInput]. Windows has no such
// modes, so there it changes nothing.
func WithStrictKeyFiles() Option { return func(o *config) { o.strictKeys = true } }

// secure reports whether TLS was asked for.
func (o *config) secure() bool { return o.tls != nil || o.tlsFiles != nil }

// tlsSource returns what the configuration of each handshake comes from.
func (o *config) tlsSource(e endpoint) (tlsSource, error) {
	if o.tlsFiles == nil {
		var given *tls.Config
		if o.tls != nil {
			given = o.tls()
		}
		fixed := clientTLS(given, e)
		return func() (*tls.Config, error) { return fixed, nil }, nil
	}
	m := newMaterial(o, e)
	if _, err := m.load(); err != nil {
		return nil, err
	}
	return m.load, nil
}

// tlsSource returns the configuration for a handshake. With a configuration, an error is what keeps it from being a
// newer one.
type tlsSource func() (*tls.Config, error)
