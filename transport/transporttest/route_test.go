package transporttest_test

import (
	"net/http"
	"strings"
	"testing"

	tt "github.com/gantry-go/gantry/transport/transporttest"
)

func TestPatterns(t *testing.T) {
	e := tt.New(t, tt.AllowUnexpected())
	for _, pattern := range []string{
		"GET /containers/{id}/json",
		"POST /containers/{id}/json",
		"GET /containers/json",
		"/containers/{id}/json",
		"HEAD /containers/{id}/json",
		"GET /v1.41/containers/{id}/json",
		"GET /images/{name...}/json",
		"GET /images/{rest...}",
		"DELETE /images/{name...}",
		"/v1.41/_ping",
	} {
		e.Handle(pattern, tt.Handler(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Pattern", pattern)
			w.Header().Set("Value", r.PathValue("id")+r.PathValue("name")+r.PathValue("rest"))
		}))
	}
	c := httpClient(t, e)
	for _, row := range []struct{ method, path, pattern, value string }{
		{"GET", "/containers/a/json", "GET /containers/{id}/json", "a"},
		{"GET", "/v1.40/containers/a/json", "GET /containers/{id}/json", "a"},
		{"GET", "/v1.41/containers/a/json", "GET /v1.41/containers/{id}/json", "a"},
		{"GET", "/v4.3.1/containers/a/json", "GET /containers/{id}/json", "a"},
		{"POST", "/containers/a/json", "POST /containers/{id}/json", "a"},
		{"PUT", "/containers/a/json", "/containers/{id}/json", "a"},
		{"HEAD", "/containers/a/json", "HEAD /containers/{id}/json", "a"},
		{"HEAD", "/containers/json", "GET /containers/json", ""},
		{"GET", "/containers/a%2Fb/json", "GET /containers/{id}/json", "a/b"},
		{"GET", "/containers/..%2Fimages%2Fb/json", "GET /containers/{id}/json", "../images/b"},
		{"GET", "/containers/../json", "GET /containers/{id}/json", ".."},
		{"GET", "/containers/a/b/json", "", ""},
		{"GET", "/containers//json", "", ""},
		{"GET", "/containers/a/json/", "", ""},
		{"GET", "/images/a/b/c/json", "GET /images/{name...}/json", "a/b/c"},
		{"GET", "/v1.41/images/json/json", "GET /images/{name...}/json", "json"},
		{"GET", "/images/a/b", "GET /images/{rest...}", "a/b"},
		{"DELETE", "/images/a/b", "DELETE /images/{name...}", "a/b"},
		{"GET", "/v1.41/_ping", "/v1.41/_ping", ""},
		{"GET", "/vfs/containers/json", "", ""},
	} {
		resp, _ := do(t, c, row.method, row.path, nil)
		if got := resp.Header.Get("Pattern"); got != row.pattern || resp.Header.Get("Value") != row.value {
			t.Errorf("%s %s met %q with %q, want %q with %q", row.method, row.path, got, resp.Header.Get("Value"), row.pattern, row.value)
		}
		if missed := resp.StatusCode == 404; missed != (row.pattern == "") {
			t.Errorf("%s %s: %s", row.method, row.path, resp.Status)
		}
	}
}

func TestAnswersInOrderTheLastAgain(t *testing.T) {
	e := tt.New(t)
	e.Handle("GET /a", tt.Empty(500), tt.Empty(503), tt.Empty(204))
	c := httpClient(t, e)
	for i, want := range []int{500, 503, 204, 204} {
		if resp, _ := get(t, c, "/a"); resp.StatusCode != want {
			t.Errorf("answer %d: %s, want %d", i, resp.Status, want)
		}
	}
	e.Handle("GET /a", tt.Empty(409))
	if resp, _ := get(t, c, "/a"); resp.StatusCode != 409 {
		t.Errorf("after a new script: %s", resp.Status)
	}
}

func TestMalformedPatternsPanic(t *testing.T) {
	e := tt.New(t)
	for _, pattern := range []string{"", "GET", "GET a", "GET /{id", "GET /{}", "GET /{...}", "GET /{a}/{a}", "GET /a{b}", "GET /a b"} {
		if !panics(func() { e.Handle(pattern, tt.Empty(204)) }) {
			t.Errorf("pattern %q was taken", pattern)
		}
	}
	if !panics(func() { e.Handle("GET /a") }) {
		t.Error("a pattern without an answer was taken")
	}
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}

func TestUnexpectedRequestFailsTheTest(t *testing.T) {
	fake := &fakeT{TB: t}
	e := tt.New(fake)
	e.Handle("GET /a", tt.Empty(204))
	resp, body := get(t, httpClient(t, e), "/v1.41/b?c=d")
	if resp.StatusCode != 404 || body != "{\"message\":\"page not found\"}\n" {
		t.Errorf("%s %q", resp.Status, body)
	}
	if got := talk(t, e, "no HTTP\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 400 ") {
		t.Errorf("not HTTP: %q", got)
	}
	fake.end()
	if len(fake.failures) != 2 ||
		!strings.Contains(fake.failures[0], "unexpected request GET /v1.41/b?c=d; expected are GET /") ||
		!strings.Contains(fake.failures[1], "malformed request") {
		t.Errorf("told the test %q", fake.failures)
	}
	if r := e.Requests(); len(r) != 1 || r[0].Pattern != "" {
		t.Errorf("recorded %+v", r)
	}
}

func TestVersionAnswers(t *testing.T) {
	for _, c := range []struct {
		name    string
		options []tt.Option
		path    string
		header  string
		want    string
	}{
		{"docker", nil, "/_ping", "Api-Version", "1.41"},
		{"versioned", nil, "/v1.41/_ping", "Api-Version", "1.41"},
		{"set", []tt.Option{tt.Version("1.52", "1.44")}, "/_ping", "Api-Version", "1.52"},
		{"not podman", nil, "/_ping", "Libpod-Api-Version", ""},
		{"podman", []tt.Option{tt.Libpod("4.3.1")}, "/v4.3.1/libpod/_ping", "Libpod-Api-Version", "4.3.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			resp, body := get(t, httpClient(t, tt.New(t, c.options...)), c.path)
			if got := resp.Header.Get(c.header); got != c.want || body != "OK" {
				t.Errorf("%s is %q, want %q; body %q", c.header, got, c.want, body)
			}
		})
	}
	_, body := get(t, httpClient(t, tt.New(t, tt.Version("1.52", "1.44"))), "/version")
	if !strings.Contains(body, `"ApiVersion":"1.52"`) || !strings.Contains(body, `"MinAPIVersion":"1.44"`) {
		t.Errorf("/version: %s", body)
	}
	_, body = get(t, httpClient(t, tt.New(t, tt.Libpod("4.3.1"))), "/libpod/version")
	if !strings.Contains(body, `"APIVersion":"4.3.1"`) || !strings.Contains(body, "Podman Engine") {
		t.Errorf("/libpod/version: %s", body)
	}
}
