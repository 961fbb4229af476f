package transport_test

import (
	"crypto/tls"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/internal/testcert"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/transporttest"
)

// TestTheLastOptionAboutTLSCounts gives two of them, one of which trusts the engine and one that does not.
func TestTheLastOptionAboutTLSCounts(t *testing.T) {
	authority, other := testcert.Authority(t, "authority"), testcert.Authority(t, "other")
	w := tcpEngine(t, authority.Server(t, loopbackHost))
	good := map[string]transport.Option{
		"WithTLS":      transport.WithTLS(&tls.Config{RootCAs: authority.Pool(), MinVersion: tls.VersionTLS12}),
		"WithTLSFiles": transport.WithTLSFiles(transport.TLSFiles{CAPEM: authority.CertPEM()}),
	}
	bad := map[string]transport.Option{
		"WithTLS":      transport.WithTLS(&tls.Config{RootCAs: other.Pool(), MinVersion: tls.VersionTLS12}),
		"WithTLSFiles": transport.WithTLSFiles(transport.TLSFiles{CAPEM: other.CertPEM()}),
	}
	for first := range good {
		for last := range good {
			call := func(options ...transport.Option) error {
				return transport.None(t.Context(), w.client(t, options...), opInspect.Request("conny"))
			}
			if err := call(bad[first], good[last]); err != nil {
				t.Errorf("a good %s behind %s: %v", last, first, err)
			}
			if err := call(good[first], bad[last]); !errors.Is(err, transport.ErrTLS) {
				t.Errorf("a bad %s behind %s: %v", last, first, err)
			}
		}
	}
}

// TestUserAgent reads what engines are told of who asks.
func TestUserAgent(t *testing.T) {
	w := answers(t, 200, `{"Id":"x"}`)
	for want, options := range map[string][]transport.Option{"gantry": nil, "mine/1.0": {transport.WithUserAgent("mine/1.0")}} {
		if err := transport.None(t.Context(), w.client(t, options...), opInspect.Request("conny")); err != nil {
			t.Fatal(err)
		}
		if got := (<-w.requests).UserAgent(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestUploadsFromFiles sends a file of a known length, the rest of one, and a pipe, whose length nothing tells.
func TestUploadsFromFiles(t *testing.T) {
	text := strings.Repeat("0123456789", 20_000)
	file := func(t *testing.T) *os.File {
		f, err := os.CreateTemp(t.TempDir(), "upload")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(text); err != nil {
			t.Fatal(err)
		}
		return f
	}
	for name, c := range map[string]struct {
		open   func(t *testing.T) io.Reader
		want   string
		length string
	}{
		"a file": {func(t *testing.T) io.Reader {
			f := file(t)
			_, _ = f.Seek(0, io.SeekStart)
			return f
		}, text, "200000"},
		"the rest of a file": {func(t *testing.T) io.Reader {
			f := file(t)
			_, _ = f.Seek(199_990, io.SeekStart)
			return f
		}, "0123456789", "10"},
		"nothing left of a file": {func(t *testing.T) io.Reader { return file(t) }, "", "0"},
		"a pipe": {func(t *testing.T) io.Reader {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				_, _ = io.WriteString(w, text)
				_ = w.Close()
			}()
			return r
		}, text, ""},
	} {
		t.Run(name, func(t *testing.T) {
			fake := transporttest.New(t)
			fake.Handle("PUT /v1.41/containers/{id}/archive", transporttest.Empty(200))
			r := opArchive.Request("conny")
			r.Upload(c.open(t), "application/x-tar")
			if err := transport.None(t.Context(), fake.Client(t), r); err != nil {
				t.Fatal(err)
			}
			got := fake.Requests()[0]
			if string(got.Body) != c.want || got.Header.Get("Content-Length") != c.length {
				t.Errorf("%d bytes came, Content-Length %q, want %d and %q", len(got.Body), got.Header.Get("Content-Length"), len(c.want), c.length)
			}
		})
	}
}

// TestUploadThatCannotBeRead holds that what is wrong with the caller's own file is told as such, and not as a failure of
// the connection, whatever kind of reader it is.
func TestUploadThatCannotBeRead(t *testing.T) {
	for name, wrap := range map[string]func(f *os.File) io.Reader{
		"a pipe":   func(f *os.File) io.Reader { return f },
		"a reader": func(f *os.File) io.Reader { return struct{ io.Reader }{f} },
	} {
		fake := transporttest.New(t)
		fake.Handle("PUT /v1.41/containers/{id}/archive", transporttest.Empty(200))
		in, out, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := in.SetReadDeadline(time.Unix(1, 0)); err != nil {
			t.Fatal(err)
		}
		r := opArchive.Request("conny")
		r.Upload(wrap(in), "application/x-tar")
		err = transport.None(t.Context(), fake.Client(t), r)
		if !errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, transport.ErrTransport) || errors.Is(err, transport.ErrTimeout) {
			t.Errorf("%s: %v", name, err)
		}
		_ = in.Close()
		_ = out.Close()
	}
}

// TestFramingIsNotBelievedTooEarly holds that before API 1.42 a Content-Type of raw streams says nothing, and that a failed
// inspect is told in the name of what the caller asked for.
func TestFramingIsNotBelievedTooEarly(t *testing.T) {
	fake := transporttest.New(t)
	fake.Handle("GET /v1.41/containers/{id}/export",
		transporttest.Frames(transporttest.Frame(1, "out\n")).Header("Content-Type", "application/vnd.docker.raw-stream"))
	fake.Handle("GET /v1.41/containers/{id}/json", transporttest.Text(200, "application/json", `{"Config":{"Tty":false}}`), transporttest.Error(404, "no such container"))
	client := fake.Client(t)
	framing := transport.Framing{Inspect: opInspect.Request("conny"), Member: "Config.Tty"}
	logs, err := transport.Framed(t.Context(), client, opExport.Request("conny"), framing)
	if err != nil {
		t.Fatal(err)
	}
	var stdout strings.Builder
	if _, err := logs.Demux(&stdout, io.Discard); err != nil || stdout.String() != "out\n" || logs.TTY() {
		t.Errorf("%q, %v, a TTY: %v", &stdout, err, logs.TTY())
	}
	for _, declared := range []bool{false, true} {
		framing := transport.Framing{Inspect: opInspect.Request("conny"), Member: "Config.Tty", Declared: declared}
		if declared { // the answer then has to leave it open
			fake.Handle("GET /v1.41/containers/{id}/export", transporttest.Text(200, "text/plain", ""))
		}
		_, err := transport.Framed(t.Context(), client, opExport.Request("conny"), framing)
		failure, ok := errors.AsType[*transport.Error](err)
		if !ok || !errors.Is(err, transport.ErrNotFound) || failure.Operation != "docker 1.41 ContainerExport" || failure.Target != "conny" ||
			failure.Path != "/v1.41/containers/conny/json" {
			t.Errorf("declared %v: %+v", declared, err)
		}
	}
}
