package transport_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/internal/testcert"
	"github.com/gantry-go/gantry/transport"
)

// mutualEngine plays an engine that tells, by the answer's Id, whom it takes the client for. Each connection serves
// one request.
func mutualEngine(t *testing.T, config *tls.Config) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{host: "tcp://" + listener.Addr().String(), requests: make(chan *http.Request, 1000)}
	w.serve(t, tls.NewListener(listener, config), func(c *wireConn) {
		if c.request() == nil {
			return
		}
		name := "nobody"
		if peers := c.Conn.(*tls.Conn).ConnectionState().PeerCertificates; len(peers) > 0 {
			name = peers[0].SerialNumber.String()
		}
		c.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{\"Id\":\"" + name + "\"}")
	})
	return w
}

func TestRow20KeysAndCertificatesThatCannotBeUsed(t *testing.T) {
	authority, dir := testcert.Authority(t, "authority"), t.TempDir()
	cert, key := authority.Client(t).Files(t, dir, "client")
	_, otherKey := authority.Client(t).Files(t, dir, "other")
	ca, _ := authority.Files(t, dir, "ca")
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		testcert.Write(t, path, []byte(content))
		return path
	}
	empty := write("empty.pem", "")
	noise := write("noise.pem", "canary")
	broken := write("broken.pem", "-----BEGIN CERTIFICATE-----\nY2FuYXJ5\n-----END CERTIFICATE-----\n")
	brokenKey := write("broken-key.pem", "-----BEGIN PRIVATE KEY-----\nY2FuYXJ5\n-----END PRIVATE KEY-----\n")
	whole := string(authority.CertPEM())
	short := write("short.pem", whole+whole[:len(whole)/2])
	encrypted := write("encrypted.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nY2FuYXJ5\n-----END ENCRYPTED PRIVATE KEY-----\n")
	legacy := write("legacy.pem", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nY2FuYXJ5\n-----END RSA PRIVATE KEY-----\n")
	none := filepath.Join(dir, "none.pem")
	locked := errors.New("the keyring is locked")
	for name, c := range map[string]struct {
		files transport.TLSFiles
		words []string
		cause error
	}{
		"no CA":               {transport.TLSFiles{CA: none}, []string{"the CA " + none}, fs.ErrNotExist},
		"no certificate":      {transport.TLSFiles{Cert: none, Key: key}, []string{"the certificate " + none}, fs.ErrNotExist},
		"no key":              {transport.TLSFiles{Cert: cert, Key: none}, []string{"the key " + none}, fs.ErrNotExist},
		"a folder":            {transport.TLSFiles{CA: dir}, []string{dir, "cannot be read"}, nil},
		"an empty CA":         {transport.TLSFiles{CA: empty}, []string{empty, "holds no certificate"}, nil},
		"noise for a CA":      {transport.TLSFiles{CA: noise}, []string{noise, "holds no certificate"}, nil},
		"a broken CA":         {transport.TLSFiles{CA: broken}, []string{broken, "cannot be parsed"}, nil},
		"a CA cut short":      {transport.TLSFiles{CA: short}, []string{short, "cut short"}, nil},
		"a key for a CA":      {transport.TLSFiles{CA: key}, []string{key, "holds no certificate"}, nil},
		"a broken cert":       {transport.TLSFiles{Cert: broken, Key: key}, []string{broken, "cannot be parsed"}, nil},
		"an empty key":        {transport.TLSFiles{Cert: cert, Key: empty}, []string{empty, "holds no key"}, nil},
		"a cert for a key":    {transport.TLSFiles{Cert: cert, Key: cert}, []string{"the key " + cert, "holds no key"}, nil},
		"a broken key":        {transport.TLSFiles{Cert: cert, Key: brokenKey}, []string{brokenKey}, nil},
		"another's key":       {transport.TLSFiles{Cert: cert, Key: otherKey}, []string{otherKey, cert, "does not match"}, nil},
		"a key alone":         {transport.TLSFiles{Key: key}, []string{key, "no certificate"}, nil},
		"a certificate alone": {transport.TLSFiles{Cert: cert}, []string{cert, "no key"}, nil},
		"both forms":          {transport.TLSFiles{CA: ca, CAPEM: authority.CertPEM()}, []string{ca, "content"}, nil},
		"encrypted":           {transport.TLSFiles{Cert: cert, Key: encrypted}, []string{encrypted, "encrypted"}, transport.ErrKeyEncrypted},
		"encrypted of old":    {transport.TLSFiles{Cert: cert, Key: legacy}, []string{legacy, "encrypted"}, transport.ErrKeyEncrypted},
		"no passphrase": {
			transport.TLSFiles{Cert: cert, Key: legacy, DecryptKey: func([]byte) ([]byte, error) { return nil, locked }},
			[]string{legacy, "cannot be decrypted", "keyring"},
			locked,
		},
		"a bad hook": {
			transport.TLSFiles{Cert: cert, Key: legacy, DecryptKey: func([]byte) ([]byte, error) { return []byte("canary"), nil }},
			[]string{legacy},
			nil,
		},
		"bytes": {transport.TLSFiles{CAPEM: []byte("canary")}, []string{"the CA holds no certificate"}, nil},
	} {
		_, err := transport.New("tcp://engine", transport.WithTLSFiles(c.files))
		isError(t, name, err, transport.ErrInvalidInput, false)
		if c.cause != nil && !errors.Is(err, c.cause) {
			t.Errorf("%s: %v, want %v", name, err, c.cause)
		}
		for _, word := range c.words {
			if err != nil && !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %v, want %q", name, err, word)
			}
		}
		for _, text := range []string{fmt.Sprint(err), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
			if strings.Contains(text, "canary") || strings.Contains(text, "Y2FuYXJ5") {
				t.Errorf("%s: content in %q", name, text)
			}
		}
	}
}

// TestRow90NoKeyIsPrinted holds that a key given as bytes is not shown by what has it.
func TestRow90NoKeyIsPrinted(t *testing.T) {
	authority := testcert.Authority(t, "authority")
	pair := authority.Client(t)
	secret := string(pair.KeyPEM(t))
	files := transport.TLSFiles{CertPEM: pair.CertPEM(), KeyPEM: transport.Secret(secret)}
	option := transport.WithTLSFiles(files)
	c, err := transport.New("tcp://engine", option)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Split(secret, "\n")[1]
	numbers := strings.Trim(fmt.Sprintf("%d", []byte(line[:16])), "[]") // as %v has bytes
	config, err := transport.New("tcp://engine", transport.WithTLS(&tls.Config{Certificates: []tls.Certificate{pair.TLS()}, MinVersion: tls.VersionTLS12}))
	if err != nil {
		t.Fatal(err)
	}
	number := pair.Key.(*ecdsa.PrivateKey).D.String() //nolint:staticcheck // the very number is meant
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, struct{ engine *transport.Client }{config}); strings.Contains(text, number) {
			t.Errorf("%s shows the key of a configuration", verb)
		}
	}
	for _, v := range []any{files, &files, map[string]any{"in": &files}, option, c, struct{ engine *transport.Client }{c}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, line) || strings.Contains(text, numbers) {
				t.Errorf("%s of %T shows the key", verb, v)
			}
		}
	}
}

// TestTLSFilesPrint holds what is printed of them, which is no content.
func TestTLSFilesPrint(t *testing.T) {
	files := transport.TLSFiles{CA: "ca.pem", CertPEM: []byte("x"), KeyPEM: "x", ServerName: "engine.test"}
	const want = "{CA:ca.pem Cert:[given] Key:[given] ServerName:engine.test SkipVerify:false}"
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if got := fmt.Sprintf(verb, &files); got != want {
			t.Errorf("%s prints %s, want %s", verb, got, want)
		}
	}
	if got := fmt.Sprint((*transport.TLSFiles)(nil)); got != "<nil>" {
		t.Error(got)
	}
}

func TestRow20KeyOpenToOthers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	authority, dir := testcert.Authority(t, "authority"), t.TempDir()
	cert, key := authority.Client(t).Files(t, dir, "client")
	ca, _ := authority.Files(t, dir, "ca")
	w := mutualEngine(t, &tls.Config{
		Certificates: []tls.Certificate{authority.Server(t, loopbackHost).TLS()}, MinVersion: tls.VersionTLS12,
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: authority.Pool(),
	})
	files := transport.WithTLSFiles(transport.TLSFiles{CA: ca, Cert: cert, Key: key})
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o660, 0o644} {
		if err := os.Chmod(key, mode); err != nil {
			t.Fatal(err)
		}
		var warnings []string
		c := w.client(t, files, transport.WithWarning(func(err error) { warnings = append(warnings, err.Error()) }))
		for range 3 {
			if err := transport.None(t.Context(), c, opStart.Request("conny")); err != nil {
				t.Fatal(err)
			}
		}
		if len(warnings) != 1 || !strings.Contains(warnings[0], key) || !strings.Contains(warnings[0], fmt.Sprintf("%04o", mode)) {
			t.Errorf("%o: %q, want one warning", mode, warnings)
		}
		_, err := transport.New(w.host, files, transport.WithStrictKeyFiles())
		isError(t, mode.String(), err, transport.ErrInvalidInput, false)
	}
	if err := os.Chmod(key, 0o400); err != nil {
		t.Fatal(err)
	}
	c := w.client(t, files, transport.WithStrictKeyFiles(), transport.WithWarning(func(err error) { t.Error(err) }))
	if err := transport.None(t.Context(), c, opStart.Request("conny")); err != nil {
		t.Error(err)
	}
}

// TestTLSFilesAreReadAgain renews, breaks and repairs the files of a client in use.
func TestTLSFilesAreReadAgain(t *testing.T) {
	first, second, dir := testcert.Authority(t, "first"), testcert.Authority(t, "second"), t.TempDir()
	trusted := first.Pool()
	trusted.AddCert(second.Cert)
	engine := first.Server(t, loopbackHost)
	w := mutualEngine(t, &tls.Config{
		MinVersion: tls.VersionTLS12, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: trusted,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { c := engine.TLS(); return &c, nil },
	})
	one := first.Client(t)
	cert, key := one.Files(t, dir, "client")
	ca, _ := first.Files(t, dir, "ca")
	var warnings []string
	c := w.client(t, transport.WithTLSFiles(transport.TLSFiles{CA: ca, Cert: cert, Key: key}),
		transport.WithWarning(func(err error) { warnings = append(warnings, err.Error()) }))
	as := func(what string, want *testcert.Pair) {
		t.Helper()
		got, err := transport.Object[thing](t.Context(), c, opInspect.Request("conny"))
		if err != nil || got.ID != want.Cert.SerialNumber.String() {
			t.Errorf("%s: %v, %v, want %v", what, got, err, want.Cert.SerialNumber)
		}
	}
	warned := func(what string, n int) {
		t.Helper()
		if len(warnings) != n {
			t.Errorf("%s: %d warnings, want %d: %q", what, len(warnings), n, warnings)
		}
	}
	as("the first", one)
	two := first.Client(t)
	testcert.Write(t, cert, two.CertPEM())
	as("a certificate before its key", one)
	as("and again", one)
	warned("a certificate before its key", 1)
	testcert.Write(t, key, two.KeyPEM(t))
	as("its key", two)
	warned("its key", 1)
	testcert.Write(t, key, two.KeyPEM(t)[:100])
	as("half a key", two)
	warned("half a key", 2)
	if err := os.Remove(ca); err != nil {
		t.Fatal(err)
	}
	as("no CA", two)
	warned("no CA", 3)
	testcert.Write(t, key, two.KeyPEM(t))
	testcert.Write(t, ca, append(first.CertPEM(), second.CertPEM()[:100]...))
	as("a CA cut short", two)
	warned("a CA cut short", 4)

	// An engine of another authority is not trusted before the file says so; then the first is not any more.
	engine = second.Server(t, loopbackHost)
	err := transport.None(t.Context(), c, opStart.Request("conny"))
	isError(t, "another authority", err, transport.ErrTLS, false)
	if !strings.Contains(err.Error(), "cut short") {
		t.Errorf("%v does not tell that the files have changed", err)
	}
	testcert.Write(t, ca, second.CertPEM())
	as("another authority", two)
	engine = first.Server(t, loopbackHost)
	isError(t, "the former authority", transport.None(t.Context(), c, opStart.Request("conny")), transport.ErrTLS, false)
	warned("in the end", 4)
}

// TestRow17PublicAuthorityIsNotTrustedBesideACA has an engine with a certificate of an authority of the system's. The
// system's are read once in a process, so it takes another one.
func TestRow17PublicAuthorityIsNotTrustedBesideACA(t *testing.T) {
	if os.Getenv("GANTRY_TEST_ROW17") == "" {
		dir := t.TempDir()
		public := testcert.Authority(t, "public")
		ca, key := public.Files(t, dir, "public")
		again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		again.Env = append(os.Environ(), "GANTRY_TEST_ROW17="+key, "SSL_CERT_FILE="+ca, "SSL_CERT_DIR="+dir)
		if out, err := again.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	if runtime.GOOS != "linux" {
		t.Skip("the variable is that of Linux")
	}
	pair, err := tls.LoadX509KeyPair(os.Getenv("SSL_CERT_FILE"), os.Getenv("GANTRY_TEST_ROW17"))
	if err != nil {
		t.Fatal(err)
	}
	public := &testcert.Pair{Cert: pair.Leaf, Key: pair.PrivateKey.(crypto.Signer)}
	s := tlsServer{server: &tls.Config{Certificates: []tls.Certificate{public.Server(t, loopbackHost).TLS()}, MinVersion: tls.VersionTLS12}}
	if err := transport.None(t.Context(), s.listen(t).client(t, transport.WithTLSFiles(transport.TLSFiles{})), opStart.Request("conny")); err != nil {
		t.Errorf("without a CA: %v", err)
	}
	s.cause = "unknown authority"
	own := transport.TLSFiles{CAPEM: testcert.Authority(t, "own").CertPEM()}
	err = transport.None(t.Context(), s.listen(t).client(t, transport.WithTLSFiles(own)), opStart.Request("conny"))
	isError(t, "beside a CA", err, transport.ErrTLS, false)
}

// TestRow19VerificationEndsByNameAlone has an engine that nobody vouches for, and every way to ask for TLS but the one.
func TestRow19VerificationEndsByNameAlone(t *testing.T) {
	authority := testcert.Authority(t, "authority")
	pair := authority.Client(t)
	s := tlsServer{server: &tls.Config{Certificates: []tls.Certificate{testcert.SelfSigned(t, loopbackHost...).TLS()}, MinVersion: tls.VersionTLS12}}
	refused := s
	refused.cause = "not trusted"
	files := transport.TLSFiles{CertPEM: pair.CertPEM(), KeyPEM: transport.Secret(pair.KeyPEM(t))}
	https := refused.listen(t)
	https.host = strings.Replace(https.host, "tcp", "https", 1)
	for name, c := range map[string]*transport.Client{
		"a certificate alone": refused.listen(t).client(t, transport.WithTLSFiles(files)),
		"nothing":             refused.listen(t).client(t, transport.WithTLSFiles(transport.TLSFiles{})),
		"a configuration":     refused.listen(t).client(t, transport.WithTLS(new(tls.Config))),
		"https":               https.client(t),
	} {
		isError(t, name, transport.None(t.Context(), c, opStart.Request("conny")), transport.ErrTLS, false)
	}
	files.SkipVerify = true
	if err := transport.None(t.Context(), s.listen(t).client(t, transport.WithTLSFiles(files)), opStart.Request("conny")); err != nil {
		t.Error(err)
	}
	_, err := transport.New("http://engine:2376", transport.WithTLSFiles(files))
	isError(t, "http", err, transport.ErrInvalidInput, false)
}
