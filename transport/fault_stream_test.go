package transport_test

import (
	"context"
	"crypto/sha1" //nolint:gosec // the handshake wants it
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"sync"
	"testing"

	"github.com/gantry-go/gantry/hijack"
	"github.com/gantry-go/gantry/transport"
)

const switching = "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"

// TestRow52PayloadBehindTheHead splits a 101 and the payload glued to it at every byte.
func TestRow52PayloadBehindTheHead(t *testing.T) {
	const whole = switching + "payload of the stream"
	for n := range len(whole) + 1 {
		w := play(t, func(c *wireConn) {
			if c.request() != nil {
				c.write(whole[:n])
				c.write(whole[n:])
			}
		})
		conn, err := w.client(t).Hijack(t.Context(), opAttach.Request("conny"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(conn)
		if string(got) != "payload of the stream" || err != nil {
			t.Errorf("split at %d: %q, %v", n, got, err)
		}
		_ = conn.Close()
	}
}

func TestRow53UnusualUpgrades(t *testing.T) {
	for _, before := range []string{"HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"} {
		w := raw(t, before+switching+"hi")
		conn, err := w.client(t).Hijack(t.Context(), opAttach.Request("conny"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(conn); string(got) != "hi" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		_ = conn.Close()
	}
	for _, head := range []string{
		"HTTP/1.1 101 x\r\n\r\n", "HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
	} {
		_, err := raw(t, head).client(t).Hijack(t.Context(), opAttach.Request("conny"))
		isError(t, head, err, transport.ErrProtocol, true)
	}
	w := raw(t, "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\noutput")
	conn, err := w.client(t).Hijack(t.Context(), opAttach.Request("conny"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // read to its end
	if _, err := conn.Write([]byte("x")); !errors.Is(err, transport.ErrUnsupported) {
		t.Errorf("a write to a stream that was not upgraded: %v", err)
	}
	if err := conn.CloseWrite(); !errors.Is(err, transport.ErrUnsupported) {
		t.Errorf("its CloseWrite: %v", err)
	}
	if got, err := io.ReadAll(conn); string(got) != "output" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestRow53UpgradesThatNobodyAskedFor(t *testing.T) {
	closed := make(chan struct{}, 2)
	w := play(t, func(c *wireConn) {
		if c.request() != nil {
			c.write(switching)
			c.gone()
			closed <- struct{}{}
		}
	})
	within(t, "the call", func() {
		_, err := transport.Object[thing](t.Context(), w.client(t), opInspect.Request("conny"))
		isError(t, "object", err, transport.ErrProtocol, false)
		<-closed
		_, err = w.client(t).Do(t.Context(), opStart.Request("conny"))
		isError(t, "raw", err, transport.ErrProtocol, true)
		<-closed
	})
}

func TestRow54RefusedUpgradesAreErrors(t *testing.T) {
	for status, class := range map[int]error{400: transport.ErrBadRequest, 404: transport.ErrNotFound, 409: transport.ErrConflict, 500: transport.ErrServer} {
		w := answers(t, status, `{"message":"no such container: conny"}`)
		_, err := w.client(t).Hijack(t.Context(), opAttach.Request("conny"))
		e := isError(t, "refused", err, class, status >= 500)
		if e.Status != status || e.Message != "no such container: conny" || len(e.Body) == 0 {
			t.Errorf("%+v", e)
		}
	}
}

func TestRow55SilenceAfterTheRequest(t *testing.T) {
	closed := make(chan struct{})
	w := play(t, func(c *wireConn) { c.request(); c.gone(); close(closed) })
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-w.requests; cancel() }()
	within(t, "the upgrade", func() {
		if _, err := w.client(t).Hijack(ctx, opAttach.Request("conny")); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		<-closed
	})
}

func TestRow56CancelAfterTheUpgrade(t *testing.T) {
	closed := make(chan struct{})
	w := play(t, func(c *wireConn) {
		c.request()
		c.write(switching)
		c.gone()
		close(closed)
	})
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	conn, err := w.client(t).Hijack(ctx, opAttach.Request("conny"))
	if err != nil {
		t.Fatal(err)
	}
	go cancel(why)
	within(t, "the read", func() {
		_, err := conn.Read(make([]byte, 1))
		e, ok := errors.AsType[*transport.Error](err)
		if !errors.Is(err, context.Canceled) || !errors.Is(err, why) || !ok || e.Operation != "docker 1.41 ContainerAttach" {
			t.Errorf("read: %v", err)
		}
		if _, err := conn.Write([]byte("x")); !errors.Is(err, context.Canceled) {
			t.Errorf("write: %v", err)
		}
		<-closed // without a Close of ours
	})
}

func TestRow57HalfClose(t *testing.T) {
	w := play(t, func(c *wireConn) {
		c.request()
		c.write(switching)
		in, _ := io.ReadAll(c.in) // ends with the client's CloseWrite
		_, _ = fmt.Fprintf(c, "got %s", in)
	})
	conn, err := w.client(t).Hijack(t.Context(), opAttach.Request("conny"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // read to its end
	if _, err := io.WriteString(conn, "hello"); err != nil {
		t.Fatal(err)
	}
	if err := conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	within(t, "the answer", func() {
		if got, err := io.ReadAll(conn); string(got) != "got hello" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
}

func TestRow61EngineGoneInMidStream(t *testing.T) {
	w := raw(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nd\r\n\x01\x00\x00\x00\x00\x00\x00\x0aabcde\r\n")
	r := opExport.Request("conny")
	logs, err := transport.Framed(t.Context(), w.client(t), r, transport.Framing{TTY: new(false)})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	n, err := logs.Demux(&out, nil)
	if out.String() != "abcde" || n != 5 || !errors.Is(err, transport.ErrTruncated) {
		t.Errorf("%q, %d, %v", out.String(), n, err)
	}
}

func TestRow77FailuresInsideAStream(t *testing.T) {
	for _, last := range []string{
		`{"error":"boom"}`, `{"errorDetail":{"code":1,"message":"boom"}}`, `{"errorDetail":{"message":"boom"},"error":"boom"}`,
	} {
		w := raw(t, "HTTP/1.1 200 OK\r\n\r\n"+`{"status":"Pulling"}`+"\r\n"+last+"\r\n")
		r := opPull.Request()
		m, err := transport.Sequence[struct{}](t.Context(), w.client(t), r)
		if err != nil {
			t.Fatal(err)
		}
		e := isError(t, last, m.Wait(), transport.ErrStream, true)
		if e.Message != "boom" || string(e.Body) != last {
			t.Errorf("%+v", e)
		}
	}
	harmless := raw(t, "HTTP/1.1 200 OK\r\n\r\n"+`{"Id":"no \"error\" here"}`+"\n")
	m, err := transport.Sequence[thing](t.Context(), harmless.client(t), opEvents.Request())
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Wait(); err != nil {
		t.Error(err)
	}
}

func TestRow79WaysToWriteASequence(t *testing.T) {
	for _, body := range []string{
		"{\"Id\":\"a\"}\n{\"Id\":\"b\"}\n", "{\"Id\":\"a\"}\r\n{\"Id\":\"b\"}\r\n", "\x1e{\"Id\":\"a\"}\n\x1e{\"Id\":\"b\"}\n", `{"Id":"a"}{"Id":"b"}`,
		"\x1e\x1e{\"Id\":\"a\"}\x1e\x1e\x1e\n{\"Id\":\"b\"}\x1e\x1e",
	} {
		m, err := transport.Sequence[thing](t.Context(), raw(t, "HTTP/1.1 200 OK\r\n\r\n"+body).client(t), opEvents.Request())
		if err != nil {
			t.Fatal(err)
		}
		var got string
		for v, err := range m.All() {
			if err != nil {
				t.Errorf("%q: %v", body, err)
			}
			got += v.ID
		}
		if got != "ab" {
			t.Errorf("%q: %q", body, got)
		}
	}
	for _, body := range []string{"null\n", "gateway timeout\n", "[]\n", "<html>"} {
		m, err := transport.Sequence[thing](t.Context(), raw(t, "HTTP/1.1 200 OK\r\n\r\n"+body).client(t), opEvents.Request())
		if err != nil {
			t.Fatal(err)
		}
		isError(t, body, m.Wait(), transport.ErrProtocol, false)
	}
}

// TestRow81LeavingALoop breaks out of loops over streams that never end.
func TestRow81LeavingALoop(t *testing.T) {
	w := play(t, func(c *wireConn) {
		if c.request() == nil {
			return
		}
		c.write("HTTP/1.1 200 OK\r\n\r\n")
		for {
			if _, err := io.WriteString(c, `{"Id":"x"}`+"\n"); err != nil {
				return
			}
		}
	})
	c := w.client(t)
	for range 1000 {
		m, err := transport.Sequence[thing](t.Context(), c, opEvents.Request())
		if err != nil {
			t.Fatal(err)
		}
		next, stop := iter.Pull2(m.All())
		if _, err, ok := next(); err != nil || !ok {
			t.Fatal(err)
		}
		stop()
	}
	m, err := transport.Sequence[thing](t.Context(), c, opEvents.Request())
	if err != nil {
		t.Fatal(err)
	}
	if v, err := m.One(); err != nil || v.ID != "x" {
		t.Errorf("%v, %v", v, err)
	}
	for _, err := range m.All() {
		if err == nil {
			t.Error("a closed sequence still gives")
		}
		break
	}
}

// TestCloseFromElsewhere closes what another goroutine reads: it fails with ErrClosed of streams, not of the wire.
func TestCloseFromElsewhere(t *testing.T) {
	w := play(t, func(c *wireConn) {
		if c.request() != nil {
			c.write("HTTP/1.1 200 OK\r\n\r\n")
			c.gone()
		}
	})
	c := w.client(t)
	s, err := transport.Bytes(t.Context(), c, opExport.Request("conny"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := transport.Sequence[thing](t.Context(), c, opEvents.Request())
	if err != nil {
		t.Fatal(err)
	}
	p, err := transport.Late[thing](t.Context(), c, opWait.Request("conny"))
	if err != nil {
		t.Fatal(err)
	}
	reads := map[string]func() error{
		"bytes":    func() error { _, err := s.Read(make([]byte, 1)); return err },
		"sequence": m.Wait,
		"late":     func() error { _, err := p.Result(); return err },
	}
	var all sync.WaitGroup
	for name, read := range reads {
		all.Go(func() {
			if err := read(); !errors.Is(err, hijack.ErrClosed) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	_, _, _ = s.Close(), m.Close(), p.Close()
	within(t, "what was closed", all.Wait)
}

// TestRow82WaitAbandoned leaves promised answers behind, ended by Close or by the context.
func TestRow82WaitAbandoned(t *testing.T) {
	w := play(t, func(c *wireConn) {
		if c.request() != nil {
			c.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
			c.gone()
		}
	})
	c := w.client(t)
	ctx, cancel := context.WithCancel(t.Context())
	for i := range 100 {
		p, err := transport.Late[thing](ctx, c, opWait.Request("conny"))
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			_ = p.Close()
		}
	}
	cancel() // TestMain's leak check tells whether any is left
}

func TestLateAnswer(t *testing.T) {
	release := make(chan struct{})
	w := play(t, func(c *wireConn) {
		if c.request() != nil {
			c.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
			<-release
			c.write(`{"Count":137}`)
		}
	})
	p, err := transport.Late[thing](t.Context(), w.client(t), opWait.Request("conny"))
	if err != nil {
		t.Fatal(err)
	}
	close(release)
	if v, err := p.Result(); err != nil || v.Count != 137 {
		t.Errorf("%v, %v", v, err)
	}
}

func TestFramingIsAskedForWhereNothingTells(t *testing.T) {
	for _, tty := range []bool{true, false} {
		w := play(t, func(c *wireConn) {
			for {
				r := c.request()
				switch {
				case r == nil:
					return
				case strings.HasSuffix(r.URL.Path, "/json"):
					c.answer(200, fmt.Sprintf(`{"Config":{"Tty":%v}}`, tty))
				case tty:
					c.answer(200, "raw\r\n")
				default:
					c.answer(200, "\x02\x00\x00\x00\x00\x00\x00\x04err\n")
				}
			}
		})
		logs, err := transport.Framed(t.Context(), w.client(t), opExport.Request("conny"),
			transport.Framing{Inspect: opInspect.Request("conny"), Member: "Config.Tty"})
		if err != nil {
			t.Fatal(err)
		}
		for line, err := range logs.Lines() {
			if err != nil {
				t.Fatal(err)
			}
			if want := (hijack.Line{Stream: hijack.Stderr, Text: "err"}); !tty && (line.Stream != want.Stream || line.Text != want.Text) {
				t.Errorf("%+v", line)
			}
			if tty && (line.Stream != hijack.Stdout || line.Text != "raw") {
				t.Errorf("%+v", line)
			}
		}
	}
	testDeclared(t)
	missing := answers(t, 404, `{"message":"no such container"}`)
	_, err := transport.Framed(t.Context(), missing.client(t), opExport.Request("conny"),
		transport.Framing{Inspect: opInspect.Request("conny"), Member: "Config.Tty"})
	isError(t, "missing", err, transport.ErrNotFound, false)
}

// testDeclared has the Content-Type tell, and an inspect where there is none.
func testDeclared(t *testing.T) {
	t.Helper()
	for media, inspects := range map[string]int{
		"application/vnd.docker.raw-stream": 0, "application/vnd.docker.multiplexed-stream": 0, "": 1, "text/plain": 1,
	} {
		asked := make(chan struct{}, 10)
		tty := media != "application/vnd.docker.multiplexed-stream"
		w := play(t, func(c *wireConn) {
			for {
				r := c.request()
				switch {
				case r == nil:
					return
				case strings.HasSuffix(r.URL.Path, "/json"):
					asked <- struct{}{}
					c.answer(200, fmt.Sprintf(`{"Config":{"Tty":%v}}`, tty))
				default:
					c.write("HTTP/1.1 200 OK\r\nContent-Type: " + media + "\r\nContent-Length: 0\r\n\r\n")
				}
			}
		})
		logs, err := transport.Framed(t.Context(), w.client(t), opExport.Request("conny"),
			transport.Framing{Declared: true, Inspect: opInspect.Request("conny"), Member: "Config.Tty"})
		if err != nil {
			t.Fatal(err)
		}
		if logs.TTY() != tty || len(asked) != inspects {
			t.Errorf("%q: TTY is %t after %d inspects, want %t after %d", media, logs.TTY(), len(asked), tty, inspects)
		}
		_ = logs.Close()
	}
}

// TestWebSocketUpgrade plays the engine's half of the handshake, right and wrong.
func TestWebSocketUpgrade(t *testing.T) {
	for _, right := range []bool{true, false} {
		w := play(t, func(c *wireConn) {
			r := c.request()
			if r == nil {
				return
			}
			sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
			if !right {
				sum[0]++
			}
			accept := base64.StdEncoding.EncodeToString(sum[:])
			c.write("HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " + accept + "\r\n\r\n\x82\x02hi\x88\x00")
			c.gone()
		})
		r := opAttach.Request("conny")
		r.UpgradeTo("websocket")
		conn, err := w.client(t).Hijack(t.Context(), r)
		if !right {
			isError(t, "a wrong answer", err, transport.ErrProtocol, true)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(conn); string(got) != "hi" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		if err := conn.CloseWrite(); !errors.Is(err, transport.ErrUnsupported) {
			t.Errorf("a WebSocket has no half-close: %v", err)
		}
		_ = conn.Close()
	}
}
