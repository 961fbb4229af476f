package transport_test

import (
	"io"
	"testing"

	"github.com/gantry-go/gantry/internal/canary"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/transporttest"
)

// TestPlaceholders holds what stands in the place of what is not printed.
func TestPlaceholders(t *testing.T) {
	canary.Prints(t, transport.Secret(canarySecret), "[redacted]")
	canary.Prints(t, transport.Anonymous, "[redacted]")
	canary.Prints(t, transport.Secret(""), "") // so that an option that is not set looks like one

	canary.Prints(t, transport.TLSFiles{CA: "ca.pem", CertPEM: []byte(canarySecret), KeyPEM: canarySecret, ServerName: "engine"},
		"{CA:ca.pem Cert:[given] Key:[given] ServerName:engine SkipVerify:false}")
	canary.Prints(t, transport.TLSFiles{CAPEM: []byte(canarySecret), Cert: "cert.pem", Key: "key.pem", SkipVerify: true},
		"{CA:[given] Cert:cert.pem Key:key.pem ServerName: SkipVerify:true}")

	fake := transporttest.New(t)
	fake.Handle("POST /{id}/attach", transporttest.Upgrade(func(*transporttest.Conn) {}))
	fake.Handle("/{id}/{any...}", transporttest.JSON(200, thing{ID: "x"}))
	client := fake.Client(t)
	canary.Prints(t, client, fake.Host())
	request := func(method, path string) *transport.Request {
		r := (&transport.Operation{Method: method, Path: "/{id}" + path}).Request("conny")
		r.Query("token", canarySecret)
		return r
	}
	canary.Prints(t, request("GET", "/x"), "GET /conny/x")
	canary.Prints(t, *request("GET", "/x"), "GET /conny/x")
	opened := func(answer io.Closer, err error) io.Closer {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = answer.Close() })
		return answer
	}
	stream, err := transport.Bytes(t.Context(), client, request("GET", "/export"))
	canary.Prints(t, opened(stream, err), "GET /conny/export")
	messages, err := transport.Sequence[thing](t.Context(), client, request("POST", "/pull"))
	canary.Prints(t, opened(messages, err), "POST /conny/pull")
	pending, err := transport.Late[thing](t.Context(), client, request("POST", "/wait"))
	canary.Prints(t, opened(pending, err), "POST /conny/wait")
	logs, err := transport.Framed(t.Context(), client, request("GET", "/logs"), transport.Framing{TTY: new(true)})
	canary.Prints(t, opened(logs, err), "logs")
	conn, err := transport.Upgrade(t.Context(), client, request("POST", "/attach"))
	canary.Prints(t, opened(conn, err), "connection application/vnd.docker.raw-stream")
}

// TestSecretIsAHeader has a secret where a source of credentials is wanted: it is the header, whatever is asked for.
func TestSecretIsAHeader(t *testing.T) {
	for _, q := range []transport.RegistryQuery{{}, {Header: "X-Registry-Auth", Image: "r.example/a", Engine: "docker", Refused: "old"}} {
		if got, err := transport.Secret("c2Vj").RegistryHeader(t.Context(), q); err != nil || string(got) != "c2Vj" {
			t.Errorf("%+v: %q, %v", q, string(got), err)
		}
	}
}
