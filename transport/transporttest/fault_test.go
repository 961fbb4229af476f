package transporttest_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	tt "github.com/gantry-go/gantry/transport/transporttest"
)

const (
	ask    = "GET / HTTP/1.1\r\nHost: engine\r\n\r\n"
	answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nab"
)

func text() tt.Answer { return tt.Text(200, "text/plain", "ab") }

func TestCutAtEveryByte(t *testing.T) {
	for n := range len(answer) + 1 {
		e := tt.New(t)
		e.Handle("GET /", text().Cut(n))
		if got := talk(t, e, ask); got != answer[:n] {
			t.Errorf("cut at %d sent %q", n, got)
		}
		e.Close()
	}
}

// TestFaultsBehindTheAnswer holds that a fault which the answer never comes to fails the test that is about it.
func TestFaultsBehindTheAnswer(t *testing.T) {
	for name, a := range map[string]tt.Answer{
		"Cut(10000)":     text().Cut(10_000),
		"Reset(10000)":   text().Reset(10_000),
		"Stall(10000)":   text().Stall(10_000),
		"CutBody(3)":     text().CutBody(3),
		"CutBody(0)":     tt.Empty(204).CutBody(0),
		"CutBody(10000)": tt.Lines(1, 2).CutBody(10_000),
	} {
		f := &fakeT{TB: t}
		e := tt.New(f)
		e.Handle("GET /", a)
		c := httpClient(t, e)
		get(t, c, "/")
		get(t, c, "/")
		must(t, e.WaitIdle(1))
		if len(f.failures) != 2 || !strings.Contains(f.failures[0], name+" of the answer to GET / did nothing") {
			t.Errorf("%s: %q", name, f.failures)
		}
		f.end()
	}
}

func TestCutBodyAtEveryByte(t *testing.T) {
	for n := range 3 {
		e := tt.New(t)
		e.Handle("GET /", text().CutBody(n))
		if got := talk(t, e, ask); got != strings.TrimSuffix(answer, "ab")+"ab"[:n] {
			t.Errorf("cut at %d sent %q", n, got)
		}
	}
	e := tt.New(t)
	e.Handle("GET /", tt.Lines("one", "two").CutBody(8))
	got := talk(t, e, ask)
	if _, body, _ := strings.Cut(got, "\r\n\r\n"); body != "6\r\n\"one\"\n\r\n6\r\n\"t" {
		t.Errorf("cut within the second document sent %q", got)
	}
}

func TestReset(t *testing.T) {
	for _, c := range []struct {
		name string
		opt  tt.Option
	}{{"tcp", tt.TCP()}, {"tls", tt.TLS(nil)}} {
		t.Run(c.name, func(t *testing.T) {
			e := tt.New(t, c.opt)
			e.Handle("GET /", text().Reset(len(answer)-1))
			conn := dial(t, e)
			if c.name == "tls" {
				conn = tlsClient(t, e, conn)
			}
			must(t, write(conn, ask))
			// A reset may overtake what was sent before it.
			if _, err := io.ReadAll(conn); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the client reads %v", err)
			}
		})
	}
}

func TestStallUntilReleased(t *testing.T) {
	for _, n := range []int{0, 20, len(answer)} {
		e := tt.New(t)
		e.Handle("GET /", text().Stall(n))
		c := dial(t, e)
		must(t, write(c, ask))
		before := make([]byte, n)
		_, err := io.ReadFull(c, before)
		must(t, err)
		must(t, e.WaitHeld(1))
		e.Release()
		after := make([]byte, len(answer)-n)
		if _, err := io.ReadFull(c, after); err != nil || string(before)+string(after) != answer {
			t.Errorf("stalled at %d: %q then %q, %v", n, before, after, err)
		}
		e.Close()
	}
}

func TestStallEndsWithTheClient(t *testing.T) {
	for _, opt := range []tt.Option{tt.TCP(), tt.InMemory()} {
		e := tt.New(t, opt)
		e.Handle("GET /", text().Stall(0))
		c := dial(t, e)
		must(t, write(c, ask))
		must(t, e.WaitHeld(1))
		must(t, c.Close())
		must(t, e.WaitOpen(0))
		must(t, e.WaitHeld(0))
	}
}

func TestStallEndsWithTheEngine(t *testing.T) {
	e := tt.New(t)
	e.Handle("GET /", text().Stall(5))
	c := dial(t, e)
	must(t, write(c, ask))
	must(t, e.WaitHeld(1))
	e.Close()
	if got, err := io.ReadAll(c); string(got) != answer[:5] || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

// In memory every write of the engine is a read of the client.
func TestSplits(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer tt.Answer
		first  []int // lengths of the first reads
	}{
		{"whole", text(), []int{len(answer)}},
		{"two writes", text().SplitAt(7), []int{7, len(answer) - 7}},
		{"single bytes", text().Split(1), []int{1, 1, 1}},
		{"pieces", text().Split(30), []int{30, 30}},
		{"pieces until a stall", text().Split(4).SplitAt(6), []int{4, 2, 2, 4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := tt.New(t, tt.InMemory())
			e.Handle("GET /", c.answer.ThenClose())
			conn := dial(t, e)
			must(t, write(conn, ask))
			var got []byte
			for i := 0; ; i++ {
				buf := make([]byte, 1000)
				n, err := conn.Read(buf)
				got = append(got, buf[:n]...)
				if errors.Is(err, io.EOF) {
					break
				}
				must(t, err)
				if i < len(c.first) && n != c.first[i] {
					t.Errorf("read %d had %d bytes, want %d", i, n, c.first[i])
				}
			}
			if string(got) != answer {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestSlowTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := tt.New(t, tt.InMemory())
		e.Handle("GET /", text().Slow(1, time.Second).ThenClose())
		start := time.Now()
		if got := talk(t, e, ask); got != answer {
			t.Errorf("got %q", got)
		}
		if took := time.Since(start); took != time.Duration(len(answer))*time.Second {
			t.Errorf("it took %s for %d bytes", took, len(answer))
		}
	})
}

func TestIdleTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := tt.New(t, tt.InMemory(), tt.IdleTimeout(5*time.Second))
		e.Handle("GET /", text())
		start := time.Now()
		if got := talk(t, e, ask); got != answer {
			t.Errorf("got %q", got)
		}
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("closed after %s", took)
		}
	})
}

func TestWaitGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := tt.New(t, tt.InMemory(), tt.Patience(3*time.Second))
		dial(t, e)
		for _, c := range []struct {
			err  error
			want string
		}{
			{e.WaitOpen(2), "transporttest: open connections: 1 after 3s, want 2"},
			{e.WaitHeld(1), "transporttest: answers held: 0 after 3s, want 1"},
			{e.WaitAccepted(2), "transporttest: accepted connections: 1 after 3s, want 2"},
			{e.WaitIdle(0), "transporttest: idle connections: 1 after 3s, want 0"},
		} {
			if c.err == nil || c.err.Error() != c.want {
				t.Errorf("got %v, want %s", c.err, c.want)
			}
		}
	})
}

func TestThenCloseLooksIdle(t *testing.T) {
	e := tt.New(t)
	e.Handle("GET /", text().ThenClose(), text())
	c := httpClient(t, e)
	get(t, c, "/")
	must(t, e.WaitOpen(0))
	get(t, c, "/")
	if e.Accepted() != 2 {
		t.Errorf("%d connections", e.Accepted())
	}
}

func TestCloseIdle(t *testing.T) {
	e := tt.New(t)
	e.Handle("GET /busy", text().Stall(0))
	busy := dial(t, e)
	must(t, write(busy, "GET /busy HTTP/1.1\r\nHost: engine\r\n\r\n"))
	must(t, e.WaitHeld(1))
	get(t, httpClient(t, e), "/_ping")
	must(t, e.WaitIdle(1))
	if n := e.CloseIdle(); n != 1 {
		t.Errorf("%d idle connections", n)
	}
	must(t, e.WaitOpen(1))
	e.Release()
	if got, err := io.ReadAll(io.LimitReader(busy, int64(len(answer)))); string(got) != answer || err != nil {
		t.Errorf("the busy one got %q, %v", got, err)
	}
}

func TestDieBeforeAndAfterTheBody(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer tt.Answer
		size   int64
	}{{"after", tt.Die(), 5}, {"before", tt.Die().BeforeBody(), 0}} {
		t.Run(c.name, func(t *testing.T) {
			e := tt.New(t)
			e.Handle("POST /", c.answer)
			conn := dial(t, e)
			must(t, write(conn, "POST / HTTP/1.1\r\nHost: engine\r\nContent-Length: 5\r\n\r\nhello"))
			must(t, e.WaitAccepted(1))
			must(t, e.WaitOpen(0))
			if got, err := io.ReadAll(conn); len(got) > 0 || err != nil && !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("got %q, %v", got, err)
			}
			if r := e.Requests()[0]; r.BodySize != c.size {
				t.Errorf("%d bytes of the body were read, want %d", r.BodySize, c.size)
			}
		})
	}
}

func TestRefusedBeforeTheBodyIsRead(t *testing.T) {
	const ask = "POST / HTTP/1.1\r\nHost: engine\r\nContent-Length: 5\r\n\r\n"
	newEngine := func(t *testing.T, a tt.Answer) (*tt.Engine, net.Conn) {
		t.Helper()
		e := tt.New(t)
		e.Handle("POST /", a)
		conn := dial(t, e)
		must(t, write(conn, ask))
		if head := readHead(t, bufio.NewReaderSize(&byteReader{conn}, 16)); !strings.HasPrefix(head, "HTTP/1.1 409 ") {
			t.Fatalf("got %q", head)
		}
		return e, conn
	}
	refusal := tt.Empty(409).BeforeBody()
	t.Run("read later", func(t *testing.T) {
		e, conn := newEngine(t, refusal)
		must(t, write(conn, "hello"))
		r, err := e.WaitBodies(1)
		must(t, err)
		if string(r[0].Body) != "hello" || !r[0].Complete() {
			t.Errorf("recorded %q, %v", r[0].Body, r[0].BodyEnd)
		}
		must(t, e.WaitIdle(1))
	})
	t.Run("closed", func(t *testing.T) {
		e, _ := newEngine(t, refusal.ThenClose())
		must(t, e.WaitOpen(0))
	})
	t.Run("held", func(t *testing.T) {
		e, conn := newEngine(t, refusal.ThenHold())
		must(t, e.WaitHeld(1))
		must(t, write(conn, "hello"))
		e.Release()
		must(t, e.WaitOpen(0))
		if r := e.Requests()[0]; r.BodySize != 0 || r.BodyEnd != nil {
			t.Errorf("read %d bytes of the body, end %v", r.BodySize, r.BodyEnd)
		}
	})
}

// byteReader reads so that a buffer in front of it never holds more than it was asked for.
type byteReader struct{ from io.Reader }

func (b *byteReader) Read(p []byte) (int, error) { return b.from.Read(p[:1]) }

func TestExpectContinue(t *testing.T) {
	expecting := func(t *testing.T, e *tt.Engine) (*http.Response, error) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://engine/", strings.NewReader("hello"))
		must(t, err)
		req.Header.Set("Expect", "100-continue")
		resp, err := httpClient(t, e).Do(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		return resp, err
	}
	t.Run("honoured", func(t *testing.T) {
		e := tt.New(t)
		e.Handle("PUT /", tt.Empty(200))
		resp, err := expecting(t, e)
		must(t, err)
		if r := e.Requests()[0]; resp.StatusCode != 200 || string(r.Body) != "hello" || !r.Complete() {
			t.Errorf("%s, body %q", resp.Status, r.Body)
		}
	})
	t.Run("refused", func(t *testing.T) {
		e := tt.New(t)
		e.Handle("PUT /", tt.Empty(404).BeforeBody())
		resp, err := expecting(t, e)
		must(t, err)
		must(t, e.WaitOpen(0))
		if r := e.Requests()[0]; resp.StatusCode != 404 || r.BodySize != 0 {
			t.Errorf("%s, %d bytes of the body", resp.Status, r.BodySize)
		}
	})
	t.Run("ignored", func(t *testing.T) {
		e := tt.New(t)
		e.Handle("PUT /", tt.Empty(200).IgnoreExpect())
		c := dial(t, e)
		must(t, write(c, "PUT / HTTP/1.1\r\nHost: engine\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"))
		_, err := e.WaitRequests(1)
		must(t, err)
		must(t, write(c, "hello"))
		if head := readHead(t, bufio.NewReader(c)); !strings.HasPrefix(head, "HTTP/1.1 200 ") {
			t.Errorf("got %q", head)
		}
	})
}

// TestAnswerThatBeginsBeforeTheBody has a handler that writes its head before it reads: a client that waits to be asked for
// its body is not asked any more, and one that sends it is heard.
func TestAnswerThatBeginsBeforeTheBody(t *testing.T) {
	e := tt.New(t)
	e.Handle("POST /", tt.Handler(func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		body, err := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, "%s, %v", body, err)
	}))
	for _, expect := range []string{"", "Expect: 100-continue\r\n"} {
		c := dial(t, e)
		must(t, write(c, "POST / HTTP/1.1\r\nHost: engine\r\n"+expect+"Content-Length: 5\r\n\r\n"))
		in := bufio.NewReader(c)
		if head := readHead(t, in); !strings.HasPrefix(head, "HTTP/1.1 200 ") {
			t.Errorf("%q: got %q", expect, head)
		}
		must(t, write(c, "hello"))
		if size, err := in.ReadString('\n'); size != "c\r\n" || err != nil {
			t.Fatalf("%q: a chunk of %q, %v", expect, size, err)
		}
		said := make([]byte, 12)
		if _, err := io.ReadFull(in, said); string(said) != "hello, <nil>" || err != nil {
			t.Errorf("%q: %q, %v", expect, said, err)
		}
	}
}

func TestEndlessThings(t *testing.T) {
	for name, a := range map[string]tt.Answer{
		"body":   tt.Endless(500, "text/plain", []byte("again and ")),
		"header": text().HugeHeader(-1),
		"1xx":    text().Preceded(100, -1),
	} {
		t.Run(name, func(t *testing.T) {
			e := tt.New(t)
			e.Handle("GET /", a)
			c := dial(t, e)
			must(t, write(c, ask))
			if n, err := io.CopyN(io.Discard, c, 4<<20); err != nil {
				t.Errorf("after %d bytes: %v", n, err)
			}
			must(t, c.Close())
			must(t, e.WaitOpen(0))
		})
	}
}

func TestConnectionsMeetTheirFate(t *testing.T) {
	e := tt.New(t, tt.TLS(nil))
	e.Connections(tt.DropConn, tt.IgnoreConn)
	if got, err := io.ReadAll(dial(t, e)); len(got) > 0 || err != nil {
		t.Errorf("the dropped one read %q, %v", got, err)
	}
	ignored := dial(t, e)
	must(t, write(ignored, "\x16\x03\x01")) // as a handshake begins
	must(t, e.WaitAccepted(2))
	must(t, e.WaitOpen(1))
	must(t, ignored.Close())
	must(t, e.WaitOpen(0))
	served := tlsClient(t, e, dial(t, e))
	must(t, write(served, "GET /_ping HTTP/1.1\r\nHost: engine\r\n\r\n"))
	if head := readHead(t, bufio.NewReader(served)); !strings.HasPrefix(head, "HTTP/1.1 200 ") {
		t.Errorf("the served one read %q", head)
	}
}
