package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/hijack"
)

// success is an answer of status 200.
func success(contentType, body string) answering { return answering{answerOf(200, contentType, body)} }

// answeringLogs answers an inspect and a stream of logs.
type answeringLogs struct{ logs *http.Response }

func (a answeringLogs) Do(_ context.Context, r *Request) (*http.Response, error) {
	if strings.HasSuffix(r.Path(), "/logs") {
		return a.logs, nil
	}
	return answerOf(200, mediaJSON, `{"Id":"x","Config":{"Tty":false}}`), nil
}

func (a answeringLogs) Hijack(context.Context, *Request) (*hijack.Conn, error) {
	return nil, ErrUnsupported
}

var opExport = Operation{Engine: "docker", Version: "1.41", Name: "ContainerExport", Method: "GET", Path: "/v1.41/containers/conny/export"}

// each calls every kind of result with one answer.
var each = map[string]func(ctx context.Context, c Caller) error{
	"object": func(ctx context.Context, c Caller) error {
		_, err := Object[struct{}](ctx, c, opGet.Request())
		return err
	},
	"list": func(ctx context.Context, c Caller) error {
		_, err := List[struct{}](ctx, c, opGet.Request())
		return err
	},
	"value": func(ctx context.Context, c Caller) error {
		_, err := Value[rawJSON](ctx, c, opGet.Request())
		return err
	},
	"none": func(ctx context.Context, c Caller) error { return None(ctx, c, opGet.Request()) },
	"headers": func(ctx context.Context, c Caller) error {
		_, err := Headers[http.Header](ctx, c, opGet.Request())
		return err
	},
	"late": func(ctx context.Context, c Caller) error {
		p, err := Late[struct{}](ctx, c, opGet.Request())
		if err == nil {
			_, err = p.Result()
		}
		return err
	},
	"sequence": func(ctx context.Context, c Caller) error {
		m, err := Sequence[struct{}](ctx, c, opGet.Request())
		if err == nil {
			err = m.Wait()
		}
		return err
	},
	"bytes": func(ctx context.Context, c Caller) error {
		s, err := Bytes(ctx, c, opExport.Request())
		if err == nil {
			_, err = io.Copy(io.Discard, s)
		}
		return err
	},
	"logs": func(ctx context.Context, c Caller) error {
		l, err := Framed(ctx, c, opExport.Request(), Framing{TTY: new(false)})
		if err == nil {
			_, err = l.Demux(io.Discard, io.Discard)
		}
		return err
	},
	"logs of a TTY": func(ctx context.Context, c Caller) error {
		l, err := Framed(ctx, c, opExport.Request(), Framing{TTY: new(true)})
		if err == nil {
			_, err = l.Demux(io.Discard, io.Discard)
		}
		return err
	},
}

// TestFailuresInsideSuccesses gives error documents with status 200 to every kind of result.
func TestFailuresInsideSuccesses(t *testing.T) {
	for _, c := range []struct {
		doc, message, cause string
		class               error
		code                int
	}{
		{`{"message":"no such thing"}`, "no such thing", "", ErrStream, 0},
		{"\n { \"message\" : \"no such thing\" } \n", "no such thing", "", ErrStream, 0},
		{`{"cause":"gone","message":"no such thing","response":404}`, "no such thing", "gone", ErrNotFound, 0},
		{`{"response":409,"message":"no such thing"}`, "no such thing", "", ErrConflict, 0},
		{`{"cause":"stopped","message":"","response":500}`, "stopped", "stopped", ErrServer, 0},
		{`{"\u0063ause":"gone","m\u0065ssage":"no such thing","response":404}`, "no such thing", "gone", ErrNotFound, 0},
		{`{"message":"two\nlines","response":"404"}`, "two\nlines", "", ErrStream, 0},
		{`{"message":""}`, "", "", ErrStream, 0},
		{`{"Error":{}}`, "", "", ErrStream, 0},
		{`{"Error":{"message":"no such thing"}}`, "no such thing", "", ErrStream, 0},
		{`{"error":"no space left"}`, "no space left", "", ErrStream, 0},
		{`{"\u0065rror":"no space left"}`, "no space left", "", ErrStream, 0},
		{`{"errorDetail":{"code":9,"message":"returned 9"},"error":"returned 9"}`, "returned 9", "", ErrStream, 9},
		{`{"errorDetail":{"code":"500","message":"no space left"},"error":"no space left"}`, "no space left", "", ErrStream, 0},
		{`{"errorDetail":"no space left","error":""}`, "no space left", "", ErrStream, 0},
		{`{"error":{"code":500,"message":"no space left"}}`, "no space left", "", ErrStream, 0},
		{`{"error":["no","space"]}`, `["no","space"]`, "", ErrStream, 0},
	} {
		for kind, call := range each {
			if c.doc[0] != '{' && (kind == "bytes" || strings.HasPrefix(kind, "logs")) {
				continue // bytes are as they come
			}
			err := call(t.Context(), success(mediaJSON, c.doc))
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Message != c.message || e.Cause != c.cause || e.Code != c.code || e.Status != 200 || e.Class != c.class ||
				!errors.Is(err, ErrStream) || !errors.Is(err, c.class) || errors.Is(err, ErrUnavailable) || strings.TrimSpace(string(e.Body)) != strings.TrimSpace(c.doc) {
				t.Errorf("%s, %s: %v: %+v", kind, c.doc, err, e)
			}
			if strings.ContainsAny(fmt.Sprint(err), "\r\n") {
				t.Errorf("%s: more than one line: %v", kind, err)
			}
		}
	}
}

// TestFailuresInsideSequences puts failures at every place of a sequence, alone or among other members.
func TestFailuresInsideSequences(t *testing.T) {
	good := `{"status":"Pulling","progress":"[==\u003e   ]","progressDetail":{},"id":"1","aux":{"error":"of another","Error":1}}`
	for _, bad := range []string{
		`{"cause":"gone","message":"no such thing","response":404}`, `{"message":"no such thing"}`, `{"Error":{},"Stats":null}`,
		`{"stream":"x","error":"no space left"}`, `{"stream":"x","\u0065rror":"no space left"}`, `{"stream":"x","err\u006Fr":"no space left"}`,
		`{"id":"1","errorD\u0065tail":{"message":"no space left"}}`, `{"status":"x","error":null,"errorDetail":{}}`,
	} {
		for place := range 3 {
			docs := []string{good, good, good}
			docs[place] = bad
			m, err := Sequence[struct{}](t.Context(), success(mediaJSON, strings.Join(docs, "\r\n")), opGet.Request())
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, err = range m.All() {
				if err == nil {
					n++
				}
			}
			if !errors.Is(err, ErrStream) || n != place {
				t.Errorf("%s at place %d: %d messages, then %v", bad, place, n, err)
			}
		}
	}
}

// TestWhatIsNoFailure has documents that look like failures, and are what was asked for.
func TestWhatIsNoFailure(t *testing.T) {
	type report struct {
		Message string `json:"message"`
		Error   string `json:"Error"`
	}
	call := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := Object[report](t.Context(), success(mediaJSON, `{"message":"hello","Error":"none"}`), opGet.Request())
	call("a type with such members", err)
	_, err = Value[map[string]string](t.Context(), success(mediaJSON, `{"message":"[Unit]"}`), opGet.Request())
	call("a map with such a key", err)
	_, err = Object[struct{}](t.Context(), success(mediaJSON, `{"message":"hello","Id":"x"}`), opGet.Request())
	call("a message among other members", err)
	_, err = Object[struct{}](t.Context(), success(mediaJSON, `{"Error":{"Message":"oom"},"StatusCode":137}`), opGet.Request())
	call("a wait's error beside the status", err)
	for _, doc := range []string{
		`{"status":"x","error":"","errorDetail":null,"id":"1"}`, `{"error":null}`, `{"error":false,"id":"1"}`, `{"error":[],"id":"1"}`,
		`{"stats":{"rx_errors":3},"labels":{"error":"x","message":"y"}}`, `{"Error":null,"Stats":[]}`, `{"message":"x","id":"1"}`,
	} {
		m, err := Sequence[struct{}](t.Context(), success(mediaJSON, doc), opGet.Request())
		if err == nil {
			err = m.Wait()
		}
		call(doc, err)
	}
	for _, doc := range []string{
		"{", `{"`, `{"messag`, `{"message":"x`, `{"message":"an archive"}`, `{"a":1}`, "{}", `{"message":"x"} and more`, "{name", "",
		`{"message":"` + strings.Repeat("x", 2*maxErrorBody) + `"}`,
	} {
		for name, contentType := range map[string]string{"bytes": "application/x-tar", "logs of a TTY": "text/plain; charset=utf-8"} {
			got, err := readBytes(t, name, contentType, doc)
			call(name, err)
			if got != doc {
				t.Errorf("%s: %.40q became %.40q", name, doc, got)
			}
		}
	}
	hand := Operation{Name: "extension", Method: "GET", Path: "/extension"}
	s, err := Bytes(t.Context(), success(mediaJSON, `{"message":"hello"}`), hand.Request())
	if err == nil {
		_, err = io.Copy(io.Discard, s)
	}
	call("bytes of an endpoint of one's own", err)
}

// readBytes reads a stream one byte at a time.
func readBytes(t *testing.T, name, contentType, body string) (string, error) {
	t.Helper()
	var got strings.Builder
	if name == "bytes" {
		s, err := Bytes(t.Context(), success(contentType, body), opExport.Request())
		if err != nil {
			return "", err
		}
		_, err = io.CopyBuffer(struct{ io.Writer }{&got}, struct{ io.Reader }{s}, make([]byte, 1))
		return got.String(), err
	}
	l, err := Framed(t.Context(), success(contentType, body), opExport.Request(), Framing{TTY: new(true)})
	if err != nil {
		return "", err
	}
	_, err = l.Demux(&got, &got)
	return got.String(), err
}

// TestFailuresInPlaceOfBytes gives Podman's error document undeclared, in pieces of every size.
func TestFailuresInPlaceOfBytes(t *testing.T) {
	const doc = `{"cause":"gone","message":"no such thing","response":404}` + "\n"
	for size := 1; size <= len(doc); size++ {
		resp := answerOf(200, "application/x-tar", "")
		resp.Body = io.NopCloser(&pieces{doc, size})
		s, err := Bytes(t.Context(), answering{resp}, opExport.Request())
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(s)
		if len(got) != 0 || !errors.Is(err, ErrNotFound) {
			t.Fatalf("in pieces of %d: %q %v", size, got, err)
		}
		if _, again := s.Read(make([]byte, 1)); again == nil || again.Error() != err.Error() {
			t.Fatalf("read again: %v", again)
		}
	}
	_, err := Framed(t.Context(), answeringLogs{answerOf(200, "text/plain", doc)}, logsRequest(), Framing{Inspect: opGet.Request(), Member: "Config.Tty"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Framed(t.Context(), success(mediaJSON, doc), opExport.Request(), Framing{Inspect: opGet.Request(), Member: "Config.Tty"})
	if e, ok := errors.AsType[*Error](err); !ok || !errors.Is(err, ErrNotFound) || e.Operation != opExport.title() {
		t.Errorf("a failure in place of the inspect before logs: %v", err)
	}
}

func logsRequest() *Request {
	op := Operation{Engine: "docker", Version: "1.41", Name: "ContainerLogs", Method: "GET", Path: "/v1.41/containers/conny/logs"}
	return op.Request()
}

// pieces is a reader of a text in pieces of a size.
type pieces struct {
	rest string
	size int
}

func (p *pieces) Read(b []byte) (int, error) {
	if p.rest == "" {
		return 0, io.EOF
	}
	n := copy(b, p.rest[:min(p.size, len(p.rest))])
	p.rest = p.rest[n:]
	return n, nil
}

// TestAnswersThatAreNone gives what is no document of an engine's.
func TestAnswersThatAreNone(t *testing.T) {
	const page = "<html><head><title>Sign in</title></head></html>"
	for kind, call := range each {
		for _, c := range []struct{ contentType, body, word string }{
			{"text/html; charset=utf-8", page, "HTML"}, {mediaJSON, page, "HTML"}, {"text/plain", "OK, but no engine", "text"},
		} {
			switch kind {
			case "bytes", "logs", "logs of a TTY":
				continue
			case "none", "headers", "sequence":
				if c.contentType != "text/html; charset=utf-8" {
					continue
				}
			}
			err := call(t.Context(), success(c.contentType, c.body))
			if !errors.Is(err, ErrProtocol) || !strings.Contains(fmt.Sprint(err), "but "+c.word) {
				t.Errorf("%s, %s: %v", kind, c.contentType, err)
			}
			if c.word == "HTML" && !strings.Contains(fmt.Sprint(err), "Sign in") {
				t.Errorf("%s: the page's title is not said: %v", kind, err)
			}
		}
	}
}

// TestStatusesWithoutContent gives 204 and 304 to every kind of result.
func TestStatusesWithoutContent(t *testing.T) {
	for kind, call := range each {
		for _, status := range []int{204, 205, 304} {
			err := call(t.Context(), answering{&http.Response{StatusCode: status, Body: http.NoBody}})
			nothing := kind == "none" || kind == "headers"
			if (err == nil) != (nothing && status != 304) {
				t.Errorf("%s, %d: %v", kind, status, err)
			}
		}
	}
	same := opGet
	same.NotModified = true
	answer := func() answering { return answering{&http.Response{StatusCode: 304, Body: http.NoBody}} }
	if v, err := Object[struct{ A int }](t.Context(), answer(), same.Request(), "A,number"); err != nil || v == nil || v.A != 0 {
		t.Errorf("object: %v %v", v, err)
	}
	if v, err := List[int](t.Context(), answer(), same.Request()); err != nil || v != nil {
		t.Errorf("list: %v %v", v, err)
	}
	if err := None(t.Context(), answer(), same.Request()); err != nil {
		t.Errorf("none: %v", err)
	}
}
