package transport_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/internal/testcert"
	"github.com/gantry-go/gantry/transport"
)

// quiet plays an engine whose streams say one thing and then nothing.
func quiet(t *testing.T) *wire {
	return play(t, func(c *wireConn) {
		r := c.request()
		switch {
		case r == nil:
			return
		case r.Header.Get("Upgrade") != "":
			c.write(switching + "hello")
		case strings.HasSuffix(r.URL.Path, "/wait"):
			c.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
		default:
			c.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"Id\":\"x\"}\n")
		}
		c.gone()
	})
}

const shortSilence = 30 * time.Millisecond

// silent checks the error of a stream that was given up.
func silent(t *testing.T, what string, err error, mayHaveActed bool) {
	t.Helper()
	isError(t, what, err, transport.ErrTimeout, mayHaveActed)
	if err != nil && (!strings.Contains(err.Error(), shortSilence.String()) || errors.Is(err, io.EOF) || strings.Contains(err.Error(), "canceled")) {
		t.Errorf("%s: %v", what, err)
	}
}

func TestStreamIdleTimeout(t *testing.T) {
	c := quiet(t).client(t, transport.WithStreamIdleTimeout(shortSilence))
	within(t, "events", func() {
		events, err := transport.Sequence[thing](t.Context(), c, opEvents.Request())
		if err != nil {
			t.Fatal(err)
		}
		silent(t, "events", events.Wait(), false)
	})
	within(t, "bytes", func() {
		stream, err := transport.Bytes(t.Context(), c, opExport.Request("conny"))
		if err != nil {
			t.Fatal(err)
		}
		defer stream.Close() //nolint:errcheck // the test has what it wants
		got, err := io.ReadAll(stream)
		if !strings.Contains(string(got), "x") {
			t.Errorf("bytes: %q", got)
		}
		silent(t, "bytes", err, false)
	})
	within(t, "an answer cut in two", func() {
		_, err := transport.Object[thing](t.Context(), c, opInspect.Request("conny"))
		silent(t, "an answer cut in two", err, false)
	})
	within(t, "attach", func() {
		conn, err := c.Hijack(t.Context(), opAttach.Request("conny"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close() //nolint:errcheck // the test has what it wants
		got, err := io.ReadAll(conn)
		if string(got) != "hello" {
			t.Errorf("attach: %q", got)
		}
		silent(t, "attach", err, true)
	})
}

// TestStreamIdleTimeoutOfARequest holds that a request's own bound comes first, and that none is set by default.
func TestStreamIdleTimeoutOfARequest(t *testing.T) {
	w := quiet(t)
	off := transport.With(w.client(t, transport.WithStreamIdleTimeout(shortSilence)), func(r *transport.Request) { r.StreamIdleTimeout(0) })
	on := transport.With(w.client(t), func(r *transport.Request) { r.StreamIdleTimeout(shortSilence) })
	events, err := transport.Sequence[thing](t.Context(), on, opEvents.Request())
	if err != nil {
		t.Fatal(err)
	}
	within(t, "on", func() { silent(t, "on", events.Wait(), false) })
	for name, caller := range map[string]transport.Caller{"off": off, "default": w.client(t)} {
		events, err := transport.Sequence[thing](t.Context(), caller, opEvents.Request())
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- events.Wait() }()
		select {
		case err := <-ended:
			t.Errorf("%s: %v", name, err)
		case <-time.After(5 * shortSilence):
		}
		_ = events.Close()
		within(t, name, func() { drop(<-ended) })
	}
}

// TestStreamIdleTimeoutSparesWhatWaits holds that neither waiting for a container nor a slow reader is silence.
func TestStreamIdleTimeoutSparesWhatWaits(t *testing.T) {
	c := quiet(t).client(t, transport.WithStreamIdleTimeout(shortSilence))
	pending, err := transport.Late[thing](t.Context(), c, opWait.Request("conny"))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := pending.Result()
		ended <- err
	}()
	stream, err := transport.Bytes(t.Context(), c, opExport.Request("conny"))
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close() //nolint:errcheck // the test has what it wants
	select {
	case err := <-ended:
		t.Errorf("wait: %v", err)
	case <-time.After(5 * shortSilence):
	}
	if n, err := io.ReadFull(stream, make([]byte, 5)); err != nil {
		t.Errorf("a slow reader: %d bytes, %v", n, err)
	}
	_ = pending.Close()
	within(t, "wait", func() { drop(<-ended) })
}

// TestStreamIdleTimeoutKeepsHalfClose holds that a connection can do all that it could, on a socket and over TLS.
func TestStreamIdleTimeoutKeepsHalfClose(t *testing.T) {
	authority := testcert.Authority(t, "authority")
	long := transport.WithStreamIdleTimeout(time.Hour)
	files := transport.WithTLSFiles(transport.TLSFiles{CAPEM: authority.CertPEM()})
	callAll(t, "unix", play(t, echo).client(t, long))
	callAll(t, "tls", tcpEngine(t, authority.Server(t, loopbackHost)).client(t, long, files))
}

// drop is for an error that the test has no use for.
func drop(error) {}
