package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/transport"
)

// TestRow28RedirectsAreNotFollowed has every method redirected to another host, to the same one, and to nowhere: no
// location is asked, and no body taken for an answer.
func TestRow28RedirectsAreNotFollowed(t *testing.T) {
	other := answers(t, 200, `{"Id":"elsewhere"}`)
	target, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	other.serve(t, target, func(c *wireConn) { c.gone() })
	asked := 0
	for _, location := range []string{"http://" + target.Addr().String() + "/", "/v1.41/elsewhere", "//" + target.Addr().String() + "/", "unix:///x", "", "::"} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			w := play(t, func(c *wireConn) {
				for r := c.request(); r != nil; r = c.request() {
					c.write(fmt.Sprintf("HTTP/1.1 %d x\r\nLocation: %s\r\nContent-Length: 16\r\n\r\n", status, location))
					if r.Method != http.MethodHead {
						c.write(`{"Id":"redirect"`)
					}
				}
			})
			client := w.client(t)
			for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE"} {
				what := fmt.Sprint(status, " ", method, " ", location)
				op := transport.Operation{Name: "X", Method: method, Path: "/v1.41/x/{id}"}
				request := func() *transport.Request {
					asked++
					r := op.Request("conny")
					r.Header("X-Registry-Auth", transport.Secret("token"))
					return r
				}
				_, err := transport.Object[thing](t.Context(), client, request())
				isError(t, what, err, transport.ErrRedirect, false)
				_, err = transport.Sequence[thing](t.Context(), client, request())
				isError(t, what, err, transport.ErrRedirect, false)
				_, err = client.Hijack(t.Context(), request())
				isError(t, what, err, transport.ErrRedirect, false)
			}
			_ = client.Close()
			asked -= len(w.requests)
		}
	}
	if n := other.accepted.Load(); n != 0 {
		t.Errorf("the redirect's target was contacted %d times", n)
	}
	if asked != 0 {
		t.Errorf("%d more requests than calls", -asked)
	}
}

func TestRow31EndlessErrorBody(t *testing.T) {
	w := play(t, func(c *wireConn) {
		if c.request() == nil {
			return
		}
		c.write("HTTP/1.1 500 x\r\nContent-Type: text/plain\r\n\r\n")
		junk := []byte(strings.Repeat("x", 64<<10))
		for {
			if _, err := c.Write(junk); err != nil {
				return
			}
		}
	})
	c := w.client(t)
	within(t, "the call", func() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := transport.Object[thing](t.Context(), c, opInspect.Request("conny"))
		runtime.ReadMemStats(&after)
		e := isError(t, "endless", err, transport.ErrServer, false)
		if len(e.Body) > 64<<10 {
			t.Errorf("%d bytes of body kept", len(e.Body))
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 2<<20 {
			t.Errorf("%d bytes allocated", grown)
		}
	})
}

func TestRow32EndlessHeaders(t *testing.T) {
	w := play(t, func(c *wireConn) {
		if c.request() == nil {
			return
		}
		c.write("HTTP/1.1 200 OK\r\n")
		for {
			if _, err := io.WriteString(c, "X-Filler: "+strings.Repeat("x", 1000)+"\r\n"); err != nil {
				return
			}
		}
	})
	within(t, "the call", func() {
		_, err := transport.Object[thing](t.Context(), w.client(t), opInspect.Request("conny"))
		isError(t, "call", err, transport.ErrTooLarge, false)
		_, err = w.client(t).Hijack(t.Context(), opAttach.Request("conny"))
		isError(t, "hijack", err, transport.ErrTooLarge, true)
	})
}

func TestRow33AnswersThatAreNotWhatWasAskedFor(t *testing.T) {
	for _, body := range []string{
		"null", "[]", "", " ", `""`, "7", "<html></html>", `{"Id":"x"} trailing`, `{"Id":"x"}{"Id":"y"}`, `{"Id":7}`, `{"Id":`, "{",
	} {
		w := answers(t, 200, body)
		_, err := transport.Object[thing](t.Context(), w.client(t), opInspect.Request("conny"))
		if !errors.Is(err, transport.ErrProtocol) && !errors.Is(err, transport.ErrTruncated) {
			t.Errorf("object from %q: %v", body, err)
		}
	}
	for _, body := range []string{"{}", "", "7", `[{"Id":"x"}]]`, `[{"Id":"x"}`, "<html>"} {
		w := answers(t, 200, body)
		_, err := transport.List[thing](t.Context(), w.client(t), opList.Request())
		if !errors.Is(err, transport.ErrProtocol) && !errors.Is(err, transport.ErrTruncated) {
			t.Errorf("list from %q: %v", body, err)
		}
	}
	if list, err := transport.List[thing](t.Context(), answers(t, 200, "null").client(t), opList.Request()); err != nil || len(list) != 0 {
		t.Errorf("a null list: %v, %v", list, err)
	}
	for _, body := range []string{"{}", `{"Id":""}`, `{"Id":null}`, `{"id":"x"}`, `{"Id":{}}`} {
		_, err := transport.Object[thing](t.Context(), answers(t, 201, body).client(t), opCreate.Request(), "Id")
		isError(t, body, err, transport.ErrProtocol, true)
	}
	if v, err := transport.Object[thing](t.Context(), answers(t, 201, `{"Id":"x"}`).client(t), opCreate.Request(), "Id"); err != nil || v.ID != "x" {
		t.Errorf("%v, %v", v, err)
	}
}

func TestRow34NamesMatchByCaseAndOnce(t *testing.T) {
	v, err := transport.Object[thing](t.Context(), answers(t, 200, `{"id":"other","ID":"another","Id":"x"}`).client(t), opInspect.Request("conny"))
	if err != nil || v.ID != "x" {
		t.Errorf("%v, %v", v, err)
	}
	_, err = transport.Object[thing](t.Context(), answers(t, 200, `{"Id":"x","Id":"y"}`).client(t), opInspect.Request("conny"))
	isError(t, "duplicate", err, transport.ErrProtocol, false)
}

func TestRow35NumbersOutOfRange(t *testing.T) {
	for _, n := range []string{"18446744073709551615", "1e400", "1.5", `"7"`} {
		_, err := transport.Object[thing](t.Context(), answers(t, 200, `{"Count":`+n+`}`).client(t), opInspect.Request("conny"))
		isError(t, n, err, transport.ErrProtocol, false)
		if !strings.Contains(err.Error(), "Count") {
			t.Errorf("%v does not name the field", err)
		}
	}
	type counter struct {
		Count uint64 `json:"Count"`
	}
	v, err := transport.Object[counter](t.Context(), answers(t, 200, `{"Count":18446744073709551615}`).client(t), opInspect.Request("conny"))
	if err != nil || v.Count != 1<<64-1 {
		t.Errorf("%v, %v", v, err)
	}
}

func TestRow36TextThatIsNoUTF8(t *testing.T) {
	for _, id := range []string{"\xff", "a\xc3"} {
		v, err := transport.Object[thing](t.Context(), answers(t, 200, `{"Id":"`+id+`"}`).client(t), opInspect.Request("conny"))
		if err != nil || v.ID != id {
			t.Errorf("a value %q: %+v %v", id, v, err)
		}
		_, err = transport.Object[thing](t.Context(), answers(t, 200, `{"Id":"x","`+id+`":1}`).client(t), opInspect.Request("conny"))
		isError(t, "a name "+id, err, transport.ErrProtocol, false)
	}
	_, err := transport.Object[thing](t.Context(), answers(t, 200, `{"Id":"\ud800"}`).client(t), opInspect.Request("conny"))
	isError(t, "half a character", err, transport.ErrProtocol, false)
	v, err := transport.Object[thing](t.Context(), answers(t, 200, `{"Id":"a\u0000b"}`).client(t), opInspect.Request("conny"))
	if err != nil || v.ID != "a\x00b" {
		t.Errorf("an escaped NUL: %v, %v", v, err)
	}
}

func TestRow37AnswersTooLarge(t *testing.T) {
	c := answers(t, 200, `{"Id":"`+strings.Repeat("x", 2000)+`"}`).client(t, transport.WithMaxAnswer(1000))
	_, err := transport.Object[thing](t.Context(), c, opInspect.Request("conny"))
	isError(t, "declared", err, transport.ErrTooLarge, false)
	chunked := raw(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n"+strings.Repeat(" ", 2000)+"\r\n0\r\n\r\n")
	_, err = transport.Object[thing](t.Context(), chunked.client(t, transport.WithMaxAnswer(1000)), opInspect.Request("conny"))
	isError(t, "chunked", err, transport.ErrTooLarge, false)
	deep := answers(t, 200, `{"x":`+strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000)+"}")
	_, err = transport.Object[thing](t.Context(), deep.client(t), opInspect.Request("conny"))
	isError(t, "deep", err, transport.ErrProtocol, false)
	record := raw(t, "HTTP/1.1 200 OK\r\n\r\n"+`{"Id":"`+strings.Repeat("x", 200_000)+`"}`)
	m, err := transport.Sequence[thing](t.Context(), record.client(t, transport.WithMaxAnswer(1000)), opEvents.Request())
	if err != nil {
		t.Fatal(err)
	}
	isError(t, "record", m.Wait(), transport.ErrTooLarge, false)
}

func TestRow38UnknownMembersAreNoError(t *testing.T) {
	var unknown []string
	w := answers(t, 200, `{"Id":"x","New":{"a":[1]},"Count":1}`)
	c := w.client(t, transport.WithUnknownMembers(func(op *transport.Operation, member string) {
		unknown = append(unknown, op.Name+" "+member)
	}))
	v, err := transport.Object[thing](t.Context(), c, opInspect.Request("conny"))
	if err != nil || v.ID != "x" || v.Count != 1 {
		t.Errorf("%v, %v", v, err)
	}
	if len(unknown) != 1 || unknown[0] != "ContainerInspect /New" {
		t.Errorf("reported %q", unknown)
	}
}

// TestRow39CutAnywhere cuts an answer at every byte, with each way to say how long it is.
func TestRow39CutAnywhere(t *testing.T) {
	const body = `{"Id":"x","Count":1234567890}`
	for form, whole := range map[string]string{
		"length":  fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body),
		"chunked": fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", body[:5], len(body)-5, body[5:]),
		"to EOF":  "HTTP/1.1 200 OK\r\n\r\n" + body,
	} {
		for n := range len(whole) {
			w := raw(t, whole[:n])
			v, err := transport.Object[thing](t.Context(), w.client(t), opInspect.Request("conny"))
			if err == nil {
				t.Errorf("%s cut at %d of %d: success with %+v", form, n, len(whole), v)
			}
			if n > strings.Index(whole, "\r\n\r\n")+4 && !errors.Is(err, transport.ErrTruncated) {
				t.Errorf("%s cut at %d: %v", form, n, err)
			}
		}
		if v, err := transport.Object[thing](t.Context(), raw(t, whole).client(t), opInspect.Request("conny")); err != nil || v.Count != 1234567890 {
			t.Errorf("%s: %v, %v", form, v, err)
		}
	}
	short := raw(t, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body)-3, body))
	if _, err := transport.Object[thing](t.Context(), short.client(t), opInspect.Request("conny")); err == nil {
		t.Error("a length that is too short: success")
	}
}

func TestRow39StreamsCut(t *testing.T) {
	for n, want := range map[int]bool{5: false, 10: true, 15: false, 20: true} {
		w := raw(t, fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", n, `{"Id":"x"}{"Id":"y"}`[:n]))
		m, err := transport.Sequence[thing](t.Context(), w.client(t), opEvents.Request())
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Wait(); (err == nil) != want || err != nil && !errors.Is(err, transport.ErrTruncated) {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
	w := raw(t, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
	s, err := transport.Bytes(t.Context(), w.client(t), opExport.Request("conny"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // read to its end
	data, err := io.ReadAll(s)
	if string(data) != "abc" || !errors.Is(err, transport.ErrTruncated) {
		t.Errorf("%q, %v", data, err)
	}
}

func TestRow40BodiesWhereNoneIsDue(t *testing.T) {
	w := raw(t, "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\njunk!")
	c := w.client(t)
	for range 3 {
		if err := transport.None(t.Context(), c, opStart.Request("conny")); err != nil {
			t.Error(err)
		}
	}
}

// TestRow51SlowEngine has an engine that gives a byte now and then, in the head, in the body, or nothing at all.
func TestRow51SlowEngine(t *testing.T) {
	const whole = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"
	for name, sent := range map[string]string{"silent": "", "head": whole[:20], "body": whole} {
		w := play(t, func(c *wireConn) {
			if c.request() != nil {
				c.write(sent)
				c.gone()
			}
		})
		ctx, cancel := context.WithCancel(t.Context())
		within(t, name, func() {
			go func() { <-w.requests; cancel() }()
			if _, err := transport.Object[thing](ctx, w.client(t), opInspect.Request("conny")); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", name, err)
			}
		})
		cancel()
	}
	silent := play(t, func(c *wireConn) { c.request(); c.gone() })
	within(t, "the header timeout", func() {
		c := silent.client(t, transport.WithHeaderTimeout(20*time.Millisecond))
		_, err := transport.Object[thing](t.Context(), c, opInspect.Request("conny"))
		isError(t, "silent", err, transport.ErrTimeout, false)
	})
}

// TestRow51StreamsHaveNoHeaderTimeout has a stream whose head comes long after the timeout of plain reads.
func TestRow51StreamsHaveNoHeaderTimeout(t *testing.T) {
	release := make(chan struct{})
	w := play(t, func(c *wireConn) {
		if c.request() != nil {
			<-release
			c.write("HTTP/1.1 200 OK\r\n\r\n" + `{"Id":"x"}`)
		}
	})
	c := w.client(t, transport.WithHeaderTimeout(time.Millisecond))
	time.AfterFunc(30*time.Millisecond, func() { close(release) })
	m, err := transport.Sequence[thing](t.Context(), c, opEvents.Request())
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Wait(); err != nil {
		t.Error(err)
	}
}

// TestProtocolWords holds the words by which answers that net/http refuses are told from broken connections.
func TestProtocolWords(t *testing.T) {
	for _, answer := range []string{
		"SSH-2.0-OpenSSH\r\n", "HTTP/1.1 abc x\r\n\r\n", "HTTP/x 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", strings.Repeat("HTTP/1.1 103 Early\r\n\r\n", 20000),
	} {
		_, err := transport.Object[thing](t.Context(), raw(t, answer).client(t), opInspect.Request("conny"))
		if !errors.Is(err, transport.ErrProtocol) && !errors.Is(err, transport.ErrTooLarge) {
			t.Errorf("%.40q: %v", answer, err)
		}
	}
}
