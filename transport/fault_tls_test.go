package transport_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gantry-go/gantry/internal/testcert"
	"github.com/gantry-go/gantry/transport"
)

// playTLS is play on TCP with TLS; it returns the configuration that trusts it.
func playTLS(t *testing.T, script func(c *wireConn)) (*wire, *tls.Config) {
	t.Helper()
	lender := httptest.NewTLSServer(http.NotFoundHandler()) // for its certificate
	config, trusted := lender.TLS.Clone(), x509.NewCertPool()
	config.NextProtos = nil
	trusted.AddCert(lender.Certificate())
	lender.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{host: "tcp://" + listener.Addr().String(), requests: make(chan *http.Request, 100)}
	w.serve(t, tls.NewListener(listener, config), script)
	return w, &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}
}

func TestRow57HalfCloseOverTCPAndTLS(t *testing.T) {
	script := func(c *wireConn) {
		c.request()
		c.write(switching + "behind the head ")
		in, _ := io.ReadAll(c.in)
		c.write("got " + string(in))
	}
	secure, config := playTLS(t, script)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	plain := &wire{host: "tcp://" + listener.Addr().String(), requests: make(chan *http.Request, 100)}
	plain.serve(t, listener, script)
	for name, c := range map[string]*transport.Client{
		"tls": secure.client(t, transport.WithTLS(config)), "tcp": plain.client(t),
	} {
		conn, err := c.Hijack(t.Context(), opAttach.Request("conny"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, "hello"); err != nil {
			t.Fatal(err)
		}
		if err := conn.CloseWrite(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		within(t, name, func() {
			if got, err := io.ReadAll(conn); string(got) != "behind the head got hello" || err != nil {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		})
		_ = conn.Close()
	}
}

func TestRow15CertificatesThatAreNotTrusted(t *testing.T) {
	w, config := playTLS(t, func(c *wireConn) {
		if c.request() != nil {
			t.Error("an HTTP byte was sent to an engine that was not trusted")
		}
	})
	wrongName := config.Clone()
	wrongName.ServerName = "other.example"
	for name, config := range map[string]*tls.Config{"nobody's": {RootCAs: x509.NewCertPool()}, "wrong name": wrongName} {
		c := w.client(t, transport.WithTLS(config))
		_, err := transport.Object[thing](t.Context(), c, opInspect.Request("conny"))
		isError(t, name, err, transport.ErrTLS, false)
		_, err = c.Hijack(t.Context(), opAttach.Request("conny"))
		isError(t, name, err, transport.ErrTLS, false)
	}
}

func TestRow16OldTLSIsRefused(t *testing.T) {
	authority := testcert.Authority(t, "authority")
	server := authority.Server(t, loopbackHost).TLS()
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11} {
		s := tlsServer{cause: "too old", server: &tls.Config{
			Certificates: []tls.Certificate{server}, MinVersion: version, MaxVersion: version,
		}}
		// What a caller asks for does not lower ours.
		config := &tls.Config{RootCAs: authority.Pool(), MinVersion: tls.VersionTLS10}
		err := transport.None(t.Context(), s.listen(t).client(t, transport.WithTLS(config)), opStart.Request("conny"))
		isError(t, tls.VersionName(version), err, transport.ErrTLS, false)
	}
}

// TestRow23PlainAndTLSMixed has a client without TLS at an engine that speaks it, which answers with an alert, hangs up or,
// as Go's servers do, says so in plain HTTP; and the reverse, where no HTTP byte may be sent.
func TestRow23PlainAndTLSMixed(t *testing.T) {
	calls := func(c *transport.Client) map[string]error {
		return map[string]error{
			"read":   transport.None(t.Context(), c, opInspect.Request("conny")),
			"change": transport.None(t.Context(), c, opStart.Request("conny")),
			"attach": hijacks(t, c),
			"events": streams(t, c),
		}
	}
	on := func(script func(c *wireConn)) *wire {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		w := &wire{host: "tcp://" + listener.Addr().String(), requests: make(chan *http.Request, 100)}
		w.serve(t, listener, script)
		return w
	}
	for name, c := range map[string]struct {
		answer string
		class  error
	}{
		"alert": {"\x15\x03\x01\x00\x02\x02\x46", transport.ErrProtocol},
		"plain": {"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n", transport.ErrBadRequest},
	} {
		client := on(func(conn *wireConn) {
			if conn.request() != nil {
				conn.write(c.answer)
			}
		}).client(t)
		within(t, name, func() {
			for what, err := range calls(client) {
				if !errors.Is(err, c.class) {
					t.Errorf("plain to TLS, %s, %s: %v, want %v", name, what, err, c.class)
				}
			}
		})
	}
	// crypto/tls hangs up as well as it can: what of its alert arrives depends on what it has not read.
	secure, config := playTLS(t, func(c *wireConn) { c.request() })
	for what, err := range calls(secure.client(t)) {
		if !errors.Is(err, transport.ErrProtocol) && !errors.Is(err, transport.ErrTransport) {
			t.Errorf("plain to TLS, %s: %v", what, err)
		}
	}
	plain := on(func(c *wireConn) {
		if c.head() != nil {
			t.Error("a request was sent without TLS")
		}
		c.write("HTTP/1.1 400 Bad Request\r\n\r\n")
	}).client(t, transport.WithTLS(config))
	within(t, "TLS to plain", func() {
		for what, err := range calls(plain) {
			isError(t, "TLS to plain, "+what, err, transport.ErrTLS, false)
		}
	})
}
