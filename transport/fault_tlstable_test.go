package transport_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/internal/testcert"
	"github.com/gantry-go/gantry/transport"
)

// tlsServer is an engine of the table, and how a client goes to it.
type tlsServer struct {
	name   string
	server *tls.Config
	raw    func(net.Conn) // in place of TLS
	files  func(*transport.TLSFiles)
	cause  string // part of the message of the failure; empty where all is well
}

// loopbackHost is what the client dials, so what a certificate must be valid for.
var loopbackHost = []string{"127.0.0.1"}

// tlsServers are all kinds of engines that speak TLS, or should. The client trusts the authority alone.
func tlsServers(t *testing.T, authority *testcert.Pair) []tlsServer {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	with := func(p *testcert.Pair, edits ...func(*tls.Config)) *tls.Config {
		c := &tls.Config{Certificates: []tls.Certificate{p.TLS()}, MinVersion: tls.VersionTLS12}
		for _, edit := range edits {
			edit(c)
		}
		return c
	}
	version := func(v uint16) func(*tls.Config) { return func(c *tls.Config) { c.MinVersion, c.MaxVersion = v, v } }
	mutual := func(c *tls.Config) { c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, authority.Pool() }
	named := func(name string) func(*transport.TLSFiles) {
		return func(f *transport.TLSFiles) { f.ServerName = name }
	}
	as := func(p *testcert.Pair) func(*transport.TLSFiles) {
		return func(f *transport.TLSFiles) { f.CertPEM, f.KeyPEM = p.CertPEM(), transport.Secret(p.KeyPEM(t)) }
	}
	good := authority.Server(t, loopbackHost)
	client := authority.Client(t)
	between := authority.Authority(t, "between")
	other := testcert.Authority(t, "other")
	namesake := testcert.Authority(t, "authority")
	forged := good.TLS()
	forged.PrivateKey = other.Key
	chainless := between.Server(t, loopbackHost)
	chainless.Chain = nil
	narrow := authority.Authority(t, "narrow", func(c *x509.Certificate) { c.MaxPathLenZero, c.MaxPathLen = true, 0 })
	elsewhere := authority.Authority(t, "elsewhere", func(c *x509.Certificate) {
		c.PermittedDNSDomainsCritical, c.PermittedDNSDomains = true, []string{"elsewhere.test"}
		c.PermittedIPRanges = []*net.IPNet{{IP: net.IPv4(10, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)}}
	})
	withheld := "the certificate was not sent: it is of another authority"
	return []tlsServer{
		{name: "an address", server: with(good)},
		{name: "a name", server: with(authority.Server(t, []string{"engine.test"})), files: named("engine.test")},
		{name: "a wildcard", server: with(authority.Server(t, []string{"*.engine.test"})), files: named("a.engine.test")},
		{name: "an authority between", server: with(between.Server(t, loopbackHost))},
		{name: "RSA", server: with(authority.ServerOf(t, rsaKey, loopbackHost))},
		{name: "Ed25519", server: with(authority.ServerOf(t, crypto.Signer(edKey), loopbackHost))},
		{name: "TLS 1.2", server: with(good, version(tls.VersionTLS12))},
		{name: "TLS 1.3", server: with(good, version(tls.VersionTLS13))},
		{name: "mutual, TLS 1.2", server: with(good, mutual, version(tls.VersionTLS12)), files: as(client)},
		{name: "mutual, TLS 1.3", server: with(good, mutual, version(tls.VersionTLS13)), files: as(client)},
		{name: "not verified, as asked", server: with(testcert.SelfSigned(t, "nowhere")), files: func(f *transport.TLSFiles) { f.SkipVerify = true }},

		{name: "another authority", server: with(other.Server(t, loopbackHost)), cause: "unknown authority"},
		{name: "an authority of the same name", server: with(namesake.Server(t, loopbackHost)), cause: "unknown authority"},
		{name: "self-signed", server: with(testcert.SelfSigned(t, loopbackHost...)), cause: "unknown authority"},
		{name: "expired", server: with(authority.Server(t, loopbackHost, testcert.Expired)), cause: "expired"},
		{name: "not yet valid", server: with(authority.Server(t, loopbackHost, testcert.Future)), cause: "not yet valid"},
		{name: "a common name alone", server: with(authority.Server(t, nil, func(c *x509.Certificate) { c.Subject.CommonName = "engine.test" })), files: named("engine.test"), cause: "legacy Common Name"},
		{name: "an address without an address in it", server: with(authority.Server(t, []string{"localhost"})), cause: "IP SANs"},
		{name: "an address as a name", server: with(authority.Server(t, nil, func(c *x509.Certificate) { c.DNSNames = []string{"127.0.0.1"} })), cause: "IP SANs"},
		{name: "another address", server: with(authority.Server(t, []string{"127.0.0.2"})), cause: "not 127.0.0.1"},
		{name: "another name", server: with(authority.Server(t, []string{"engine.test"})), files: named("other.test"), cause: "not other.test"},
		{name: "a wildcard that does not reach", server: with(authority.Server(t, []string{"*.test"})), files: named("a.engine.test"), cause: "not a.engine.test"},
		{name: "a client's certificate", server: with(authority.Server(t, loopbackHost, testcert.For(x509.ExtKeyUsageClientAuth))), cause: "incompatible key usage"},
		{name: "the one between is missing", server: with(chainless), cause: "unknown authority"},
		{name: "signed by no authority", server: with(good.Server(t, loopbackHost)), cause: "unknown authority"},
		{name: "the one between has expired", server: with(authority.Authority(t, "old", testcert.Expired).Server(t, loopbackHost)), cause: "expired"},
		{name: "too many between", server: with(narrow.Authority(t, "wide").Server(t, loopbackHost)), cause: "too many intermediates"},
		{name: "an authority for elsewhere", server: with(elsewhere.Server(t, loopbackHost)), cause: "not permitted"},
		{name: "the key of another", server: &tls.Config{Certificates: []tls.Certificate{forged}, MinVersion: tls.VersionTLS12}, cause: "invalid signature"},
		{name: "TLS 1.1", server: with(good, version(tls.VersionTLS11)), cause: "protocol version"},
		{name: "TLS 1.0", server: with(good, version(tls.VersionTLS10)), cause: "protocol version"},
		{name: "no certificate, TLS 1.2", server: with(good, mutual, version(tls.VersionTLS12)), cause: "there is none"},
		{name: "no certificate, TLS 1.3", server: with(good, mutual, version(tls.VersionTLS13)), cause: "certificate required (the engine wants a certificate, and there is none)"},
		{name: "another's certificate, TLS 1.2", server: with(good, mutual, version(tls.VersionTLS12)), files: as(other.Client(t)), cause: withheld},
		{name: "another's certificate, TLS 1.3", server: with(good, mutual, version(tls.VersionTLS13)), files: as(other.Client(t)), cause: withheld},
		{name: "a namesake's certificate", server: with(good, mutual, version(tls.VersionTLS13)), files: as(namesake.Client(t)), cause: "remote error"},
		{name: "an expired certificate, TLS 1.2", server: with(good, mutual, version(tls.VersionTLS12)), files: as(authority.Client(t, testcert.Expired)), cause: "expired on 2020-01-02"},
		{name: "an expired certificate, TLS 1.3", server: with(good, mutual, version(tls.VersionTLS13)), files: as(authority.Client(t, testcert.Expired)), cause: "expired on 2020-01-02"},
		{name: "a server's certificate", server: with(good, mutual, version(tls.VersionTLS13)), files: as(authority.Server(t, nil)), cause: "bad certificate"},
		{name: "no TLS", raw: func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") }, cause: "without TLS"},
		{name: "noise", raw: func(c net.Conn) { _, _ = io.WriteString(c, strings.Repeat("\xff", 100)) }, cause: "TLS"},
		{name: "gone", raw: func(net.Conn) {}, cause: "EOF"},
	}
}

// TestRow15to21TLSTable sends a read, a call that changes something, an upgrade and a stream to each engine.
func TestRow15to21TLSTable(t *testing.T) {
	authority := testcert.Authority(t, "authority")
	servers := tlsServers(t, authority)
	if len(servers) < 24 {
		t.Errorf("%d servers", len(servers))
	}
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			w := s.listen(t)
			files := transport.TLSFiles{CAPEM: authority.CertPEM()}
			if s.files != nil {
				s.files(&files)
			}
			c := w.client(t, transport.WithTLSFiles(files))
			for name, err := range map[string]error{
				"read":   transport.None(t.Context(), c, opInspect.Request("conny")),
				"change": transport.None(t.Context(), c, opStart.Request("conny")),
				"attach": hijacks(t, c),
				"events": streams(t, c),
			} {
				switch {
				case s.cause == "" && err != nil:
					t.Errorf("%s: %v", name, err)
				case s.cause == "":
				default:
					isError(t, name, err, transport.ErrTLS, false)
					if err != nil && !strings.Contains(err.Error(), s.cause) {
						t.Errorf("%s: %v, want %q", name, err, s.cause)
					}
				}
			}
		})
	}
}

func hijacks(t *testing.T, c *transport.Client) error {
	conn, err := c.Hijack(t.Context(), opAttach.Request("conny"))
	if err == nil {
		_ = conn.Close()
	}
	return err
}

func streams(t *testing.T, c *transport.Client) error {
	events, err := transport.Sequence[thing](t.Context(), c, opEvents.Request())
	if err == nil {
		_ = events.Close()
	}
	return err
}

// listen plays the engine. Where the handshake should fail, no request may come.
func (s tlsServer) listen(t *testing.T) *wire {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{host: "tcp://" + listener.Addr().String(), requests: make(chan *http.Request, 100)}
	if s.raw != nil {
		w.serve(t, listener, func(c *wireConn) {
			if _, err := c.in.Peek(1); err == nil {
				s.raw(c)
			}
		})
		return w
	}
	w.serve(t, tls.NewListener(listener, s.server), func(c *wireConn) {
		for {
			r := c.request()
			if r == nil {
				return
			}
			if s.cause != "" {
				t.Errorf("%s %s was sent to an engine that was not trusted, or trusted nobody", r.Method, r.URL)
			}
			if r.Header.Get("Upgrade") != "" {
				c.write(switching)
				return
			}
			c.answer(200, "{}")
		}
	})
	return w
}

// TestRow21VerdictAfterTheHandshake has an engine that asks for a certificate: with TLS 1.3 its refusal comes when
// the request may be on its way already, and must be told from an engine that went away whatever came first.
func TestRow21VerdictAfterTheHandshake(t *testing.T) {
	authority := testcert.Authority(t, "authority")
	mutual := &tls.Config{
		Certificates: []tls.Certificate{authority.Server(t, loopbackHost).TLS()}, MinVersion: tls.VersionTLS13,
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: authority.Pool(),
	}
	for name, option := range map[string]transport.Option{
		"files":  transport.WithTLSFiles(transport.TLSFiles{CAPEM: authority.CertPEM()}),
		"config": transport.WithTLS(&tls.Config{RootCAs: authority.Pool(), MinVersion: tls.VersionTLS12}),
	} {
		c := tlsServer{server: mutual, cause: "refused"}.listen(t).client(t, option)
		for range 25 {
			isError(t, name, transport.None(t.Context(), c, opStart.Request("conny")), transport.ErrTLS, false)
			isError(t, name, hijacks(t, c), transport.ErrTLS, false)
			upload := opArchive.Request("conny")
			upload.Upload(io.LimitReader(zeros{}, 1<<20), "application/x-tar")
			isError(t, name, transport.None(t.Context(), c, upload), transport.ErrTLS, false)
			document := opCreate.Request()
			document.JSON(map[string]string{"Image": strings.Repeat("x", 1<<20)})
			isError(t, name, transport.None(t.Context(), c, document), transport.ErrTLS, false)
			if t.Failed() {
				break
			}
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
