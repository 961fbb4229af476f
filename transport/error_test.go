package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

var opStart = Operation{Engine: "docker", Version: "1.41", Name: "ContainerStart", Method: "POST", Path: "/v1.41/containers/{id}/start", NotModified: true}

func answerOf(status int, contentType, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(strings.NewReader(body)),
	}
}

func TestRow29EnginesFormsOfAnError(t *testing.T) {
	cases := []struct {
		name, contentType, body, message, cause string
	}{
		{"docker", "application/json", `{"message":"no such container: conny"}`, "no such container: conny", ""},
		{
			"podman", "application/json", `{"cause":"no such pod","message":"unable to find pod","response":404}`,
			"unable to find pod", "no such pod",
		},
		{"podman's pods", "application/json", `{"Errs":["a is gone","b is gone"],"Id":"x"}`, "a is gone; b is gone", ""},
		{"podman's manifests", "application/json", `{"Id":"x","errors":["no such image"]}`, "no such image", ""},
		{"a stream's", "application/json", `{"errorDetail":{"message":"boom"},"error":"boom"}`, "boom", ""},
		{"declared as text", "text/plain", `{"message":"page not found"}`, "page not found", ""},
	}
	for _, c := range cases {
		err := Check(opStart.Request("conny"), answerOf(404, c.contentType, c.body))
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Message != c.message || e.Cause != c.cause || !errors.Is(err, ErrNotFound) || string(e.Body) != c.body {
			t.Errorf("%s: %#v", c.name, e)
		}
	}
}

func TestRow30ErrorsThatAreNoJSON(t *testing.T) {
	cases := []struct{ name, contentType, body, message string }{
		{"text", "text/plain", "404 page not found\n", "404 page not found"},
		{"a proxy's page", "text/html", "<html><head><TITLE>502 Bad\nGateway</TITLE></head><body>x</body></html>", "502 Bad Gateway"},
		{"a page without a title", "text/html", "<html><body><h1>403 No</h1>\nrule <b>7</b></body></html>", "403 No rule 7"},
		{"nothing", "application/json", "", ""},
		{"invalid UTF-8", "text/plain", "a\xffb\x00c\x1b[31m", "a\uFFFDb c [31m"},
		{"gzip", "application/json", "\x1f\x8b\x08\x00", "\uFFFD"},
		{"long", "text/plain", strings.Repeat("é", 5000), strings.Repeat("é", 2048)},
	}
	for _, c := range cases {
		err := Check(opStart.Request("conny"), answerOf(502, c.contentType, c.body))
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Message != c.message || len(e.Message) > maxMessage {
			t.Errorf("%s: message %q, want %q", c.name, e.Message, c.message)
		}
		if strings.ContainsFunc(err.Error(), unicode.IsControl) {
			t.Errorf("%s: %q is not one printable line", c.name, err)
		}
	}
}

func FuzzRow30ErrorBody(f *testing.F) {
	f.Add("application/json", []byte(`{"message":"x"}`))
	f.Add("text/html", []byte("<title>x</title>"))
	f.Add("text/html", []byte("<TITLE İ>x</title>"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		message, cause := parseErrorBody(contentType, body)
		for _, s := range []string{message, cause} {
			if len(s) > maxMessage || !utf8.ValidString(s) || strings.ContainsAny(s, "\r\x00\x1b") {
				t.Errorf("%q", s)
			}
		}
	})
}

// TestStatusClasses holds both ways to ask for a class: the sentinel, and the marker method that containerd's errdefs
// looks for.
func TestStatusClasses(t *testing.T) {
	cases := []struct {
		status int
		class  error
		marked func(error) bool
	}{
		{400, ErrBadRequest, marked[interface{ InvalidParameter() }]},
		{401, ErrUnauthorized, marked[interface{ Unauthorized() }]},
		{403, ErrForbidden, marked[interface{ Forbidden() }]},
		{404, ErrNotFound, marked[interface{ NotFound() }]},
		{409, ErrConflict, marked[interface{ Conflict() }]},
		{418, ErrStatus, nil},
		{500, ErrServer, marked[interface{ System() }]},
		{501, ErrNotImplemented, marked[interface{ NotImplemented() }]},
		{502, ErrServer, marked[interface{ System() }]},
		{503, ErrUnavailable, marked[interface{ Unavailable() }]},
		{302, ErrRedirect, nil},
	}
	for _, c := range cases {
		err := fmt.Errorf("outer: %w", Check(opStart.Request("conny"), answerOf(c.status, "", "")))
		if !errors.Is(err, c.class) {
			t.Errorf("%d: %v is not %v", c.status, err, c.class)
		}
		if c.marked != nil && !c.marked(err) {
			t.Errorf("%d: no marker method", c.status)
		}
		if c.status != 404 && (errors.Is(err, ErrNotFound) || marked[interface{ NotFound() }](err)) {
			t.Errorf("%d: is taken for not found", c.status)
		}
		e, _ := errors.AsType[*Error](err)
		if e.MayHaveActed != (c.status >= 500) {
			t.Errorf("%d: MayHaveActed is %v", c.status, e.MayHaveActed)
		}
	}
	for _, status := range []int{200, 201, 204, 304} {
		if err := Check(opStart.Request("conny"), answerOf(status, "", "")); err != nil {
			t.Errorf("%d: %v", status, err)
		}
	}
	if err := Check(opGet.Request(), answerOf(304, "", "")); !errors.Is(err, ErrStatus) || !strings.HasSuffix(err.Error(), "304 not modified") {
		t.Errorf("304 of an operation that has none: %v", err)
	}
}

// marked walks an error's tree as errdefs does.
func marked[T any](err error) bool {
	switch e := err.(type) { //nolint:errorlint // the walk itself
	case nil:
		return false
	case T:
		return true
	case interface{ Unwrap() error }:
		return marked[T](e.Unwrap())
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(e.Unwrap(), marked[T])
	}
	return false
}

func TestErrorText(t *testing.T) {
	err := Check(opStart.Request("conny"), answerOf(404, "application/json", `{"message":"no such container: conny"}`))
	if want := "docker 1.41 ContainerStart conny: 404 no such container: conny"; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
	err = opStart.Request("a/b").Err()
	if want := `docker 1.41 ContainerStart a/b: invalid input: path argument id "a/b" holds a slash`; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
}

func TestErrorKeepsContextErrorAndCause(t *testing.T) {
	why := errors.New("the user pressed a key")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	err := opStart.Request("conny").bodyError(ctx, io.ErrUnexpectedEOF)
	if !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
	if want := "docker 1.41 ContainerStart conny: context canceled: the user pressed a key"; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
}

func TestRow31EndlessErrorBodyIsCut(t *testing.T) {
	endless := &counting{Reader: neverEnding('x')}
	resp := answerOf(500, "text/plain", "")
	resp.Body = endless
	e, _ := errors.AsType[*Error](Check(opStart.Request("conny"), resp))
	if len(e.Body) != maxErrorBody || endless.n > 2*maxErrorBody || !endless.closed {
		t.Errorf("kept %d, read %d, closed %v", len(e.Body), endless.n, endless.closed)
	}
}

type neverEnding byte

func (b neverEnding) Read(p []byte) (int, error) {
	copy(p, bytes.Repeat([]byte{byte(b)}, len(p)))
	return len(p), nil
}

type counting struct {
	io.Reader
	n      int
	closed bool
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += n
	return n, err
}

func (c *counting) Close() error { c.closed = true; return nil }
