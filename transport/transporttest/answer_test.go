package transporttest_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	tt "github.com/gantry-go/gantry/transport/transporttest"
)

func TestAnswersOnTheWire(t *testing.T) {
	const closing = "Connection: close\r\n"
	for _, c := range []struct {
		name   string
		answer tt.Answer
		want   string
	}{
		{
			"json", tt.JSON(201, map[string]string{"Id": "c1"}),
			"HTTP/1.1 201 Created\r\nContent-Length: 12\r\nContent-Type: application/json\r\n\r\n{\"Id\":\"c1\"}\n",
		},
		{
			"text", tt.Text(502, "text/html", "<h1>no</h1>"),
			"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 11\r\nContent-Type: text/html\r\n\r\n<h1>no</h1>",
		},
		{"empty 204", tt.Empty(204), "HTTP/1.1 204 No Content\r\n\r\n"},
		{"empty 200", tt.Empty(200), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
		{
			"error", tt.Error(404, "no such container: c1"),
			"HTTP/1.1 404 Not Found\r\nContent-Length: 36\r\nContent-Type: application/json\r\n\r\n" +
				"{\"message\":\"no such container: c1\"}\n",
		},
		{
			"podman error", tt.PodmanError(409, "in use", "c1: in use"),
			"HTTP/1.1 409 Conflict\r\nContent-Length: 57\r\nContent-Type: application/json\r\n\r\n" +
				"{\"cause\":\"in use\",\"message\":\"c1: in use\",\"response\":409}\n",
		},
		{
			"lines", tt.Lines(1, json.RawMessage(`{"a": 2}`)),
			"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" +
				"2\r\n1\n\r\n9\r\n{\"a\": 2}\n\r\n0\r\n\r\n",
		},
		{
			"frames", tt.Frames(tt.Frame(2, "hi"), []byte("\x01\x00")),
			"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\nTransfer-Encoding: chunked\r\n\r\n" +
				"a\r\n\x02\x00\x00\x00\x00\x00\x00\x02hi\r\n2\r\n\x01\x00\r\n0\r\n\r\n",
		},
		{"raw", tt.Raw([]byte("not HTTP")), "not HTTP"},
		{"die", tt.Die(), ""},
		{
			"header", tt.Empty(204).Header("X-A", "1").Header("X-B", "2").Header("X-A", ""),
			"HTTP/1.1 204 No Content\r\nX-B: 2\r\n\r\n",
		},
		{
			"a length that lies", tt.Text(200, "text/plain", "abc").Header("Content-Length", "2"),
			"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nabc",
		},
		{
			"preceded", tt.Empty(204).Preceded(103, 2),
			"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
		},
		{
			"huge header", tt.Empty(204).HugeHeader(13),
			"HTTP/1.1 204 No Content\r\nX-Fill: xxx\r\n\r\n",
		},
		{
			"unfinished", tt.Lines(1).Unfinished(),
			"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n1\n\r\n",
		},
		{
			"handler", tt.Handler(func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusEarlyHints)
				w.Header().Set("X-Name", r.PathValue("name"))
				_, _ = io.WriteString(w, "a")
				w.WriteHeader(http.StatusTeapot) // too late
			}),
			"HTTP/1.1 103 Early Hints\r\n\r\n" +
				"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Name: a/b\r\n\r\n1\r\na\r\n0\r\n\r\n",
		},
		{"handler that says nothing", tt.Handler(func(http.ResponseWriter, *http.Request) {}), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
		{"handler that aborts", tt.Handler(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := tt.New(t)
			e.Handle("GET /{name}", c.answer)
			if got := talk(t, e, "GET /a%2Fb HTTP/1.1\r\nHost: engine\r\n"+closing+"\r\n"); got != c.want {
				t.Errorf("the engine sent\n%q, want\n%q", got, c.want)
			}
		})
	}
}

func TestHeadAnswersHaveNoBody(t *testing.T) {
	e := tt.New(t)
	e.Handle("/a", tt.JSON(200, 1))
	e.Handle("/b", tt.Lines(1))
	c := httpClient(t, e)
	for _, path := range []string{"/a", "/b"} {
		if resp, body := do(t, c, http.MethodHead, path, nil); resp.StatusCode != 200 || body != "" {
			t.Errorf("HEAD %s: %s %q", path, resp.Status, body)
		}
	}
	if e.Accepted() != 1 {
		t.Errorf("%d connections, want the first to be used again", e.Accepted())
	}
}

// Each line of a stream reaches the client while the stream is held up behind it.
func TestLinesAreSentAtOnce(t *testing.T) {
	e := tt.New(t)
	first := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n1\n\r\n"
	e.Handle("GET /events", tt.Lines(1, 2).Stall(len(first)))
	resp, err := send(t, httpClient(t, e), http.MethodGet, "/events", nil)
	must(t, err)
	defer resp.Body.Close() //nolint:errcheck // what it held is checked
	in := bufio.NewReader(resp.Body)
	line, err := in.ReadString('\n')
	if line != "1\n" || err != nil {
		t.Fatalf("read %q, %v", line, err)
	}
	must(t, e.WaitHeld(1))
	e.Release()
	if rest, err := io.ReadAll(in); string(rest) != "2\n" || err != nil {
		t.Errorf("then %q, %v", rest, err)
	}
}

func TestHandlerReadsItsBody(t *testing.T) {
	e := tt.New(t)
	e.Handle("POST /echo", tt.Handler(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }))
	c := httpClient(t, e)
	big := strings.Repeat("0123456789", 300_000)
	if _, body := do(t, c, http.MethodPost, "/echo", struct{ io.Reader }{strings.NewReader(big)}); body != big {
		t.Errorf("%d bytes came back, want %d", len(body), len(big))
	}
	if r := e.Requests()[0]; r.BodySize != int64(len(big)) || string(r.Body) != big[:1<<20] || !r.Complete() {
		t.Errorf("recorded %d bytes of %d, end %v", len(r.Body), r.BodySize, r.BodyEnd)
	}
}

func TestHandlerContextEndsWithTheClient(t *testing.T) {
	e := tt.New(t)
	ended := make(chan struct{})
	e.Handle("GET /", tt.Handler(func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		close(ended)
	}))
	c := dial(t, e)
	must(t, write(c, "GET / HTTP/1.1\r\nHost: engine\r\n\r\n"))
	_, err := e.WaitRequests(1)
	must(t, err)
	must(t, c.Close())
	<-ended
	must(t, e.WaitOpen(0))
}

func TestHandlerHijacks(t *testing.T) {
	e := tt.New(t)
	e.Handle("GET /", tt.Handler(func(w http.ResponseWriter, _ *http.Request) {
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		line, _ := rw.ReadString('\n')
		_, _ = rw.WriteString(strings.ToUpper(line))
		_ = rw.Flush()
		_ = c.Close()
	}))
	if got := talk(t, e, "GET / HTTP/1.1\r\nHost: engine\r\n\r\nhello\n"); got != "HELLO\n" {
		t.Errorf("got %q", got)
	}
}
