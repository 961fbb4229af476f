package transporttest_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/transport"
	tt "github.com/gantry-go/gantry/transport/transporttest"
)

func TestClientOnEveryConnection(t *testing.T) {
	ping := transport.Operation{Name: "SystemPing", Method: http.MethodGet, Path: "/_ping"}
	for _, c := range []struct {
		name, host string
		opts       []tt.Option
	}{
		{"unix", "unix:///", nil},
		{"tcp", "tcp://127.0.0.1:", []tt.Option{tt.TCP()}},
		{"tls", "https://127.0.0.1:", []tt.Option{tt.TLS(nil)}},
		{"memory", "tcp://in-memory:", []tt.Option{tt.InMemory()}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := tt.New(t, c.opts...)
			if !strings.HasPrefix(e.Host(), c.host) || len(strings.TrimPrefix(e.Host(), "unix://")) > 103 {
				t.Errorf("host %q", e.Host())
			}
			resp, err := e.Client(t).Do(t.Context(), ping.Request())
			must(t, err)
			body, err := io.ReadAll(resp.Body)
			must(t, errors.Join(err, resp.Body.Close()))
			if string(body) != "OK" {
				t.Errorf("ping answers %q", body)
			}
		})
	}
}

func TestLongTemporaryFolder(t *testing.T) {
	long := t.TempDir() + "/" + strings.Repeat("x", 100)
	t.Setenv("TMPDIR", long)
	if _, err := tt.Start(); err == nil {
		t.Error("started in a folder that is not there")
	}
	must(t, os.Mkdir(long, 0o700))
	get(t, httpClient(t, tt.New(t)), "/_ping")
}

func TestPlainClientOnTLSPort(t *testing.T) {
	e := tt.New(t, tt.TLS(nil))
	if got := talk(t, e, "GET / HTTP/1.1\r\nHost: engine\r\n\r\n"); !strings.Contains(got, "HTTP request to an HTTPS server") {
		t.Errorf("got %q", got)
	}
}

func TestTLSByAGivenConfiguration(t *testing.T) {
	e := tt.New(t, tt.TLS(&tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS13}))
	conn := tlsClient(t, e, dial(t, e))
	must(t, write(conn, ask))
	if _, err := io.ReadAll(conn); err == nil || !strings.Contains(err.Error(), "certificate required") {
		t.Errorf("the client reads %v", err)
	}
	block := e.CertPEM()
	if pool := x509.NewCertPool(); !pool.AppendCertsFromPEM(block) {
		t.Errorf("certificate %q", block)
	}
	if got := tt.New(t).CertPEM(); got != nil {
		t.Errorf("without TLS: %q", got)
	}
}

func TestRequestsAreRecorded(t *testing.T) {
	e := tt.New(t)
	e.Handle("POST /containers/create", tt.Empty(201))
	e.Handle("GET /", text())
	const head = "POST /v1.41/containers/create?name=a%2fb&name= HTTP/1.1\r\nhost: engine\r\nx-odd:  a\r\nTransfer-Encoding: chunked\r\n\r\n"
	c := dial(t, e)
	must(t, write(c, head+"3\r\nabc\r\n"))
	r, err := e.WaitRequests(1)
	must(t, err)
	if r[0].Complete() || string(r[0].Head) != head {
		t.Errorf("half way: %+v", r[0])
	}
	must(t, write(c, "2\r\nde\r\n0\r\n\r\n"+ask))
	r, err = e.WaitBodies(2)
	must(t, err)
	got := r[0]
	if got.Method != "POST" || got.Path != "/v1.41/containers/create" || got.RawQuery != "name=a%2fb&name=" ||
		got.Host != "engine" || got.Header.Get("X-Odd") != "a" || string(got.Body) != "abcde" || got.BodySize != 5 ||
		!got.Complete() || got.Pattern != "POST /containers/create" || got.Conn != 1 {
		t.Errorf("recorded %+v", got)
	}
	if string(r[1].Head) != ask || r[1].Conn != 1 || !r[1].Complete() {
		t.Errorf("recorded %+v", r[1])
	}
}

func TestBrokenBodyIsRecorded(t *testing.T) {
	e := tt.New(t)
	e.Handle("POST /", tt.Empty(201))
	c := dial(t, e)
	must(t, write(c, "POST / HTTP/1.1\r\nHost: engine\r\nContent-Length: 10\r\n\r\nhello"))
	must(t, c.Close())
	r, err := e.WaitBodies(1)
	must(t, err)
	if r[0].Complete() || !errors.Is(r[0].BodyEnd, io.ErrUnexpectedEOF) || string(r[0].Body) != "hello" {
		t.Errorf("recorded %q, %v", r[0].Body, r[0].BodyEnd)
	}
}
