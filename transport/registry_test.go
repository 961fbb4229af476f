package transport_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/transporttest"
)

// source is a RegistryAuth made of a function.
type source func(ctx context.Context, q transport.RegistryQuery) (transport.Secret, error)

func (s source) RegistryHeader(ctx context.Context, q transport.RegistryQuery) (transport.Secret, error) {
	return s(ctx, q)
}

const auth = "X-Registry-Auth"

var (
	opImageCreate = transport.Operation{Engine: "docker", Version: "1.41", Name: "ImageCreate", Method: "POST", Path: "/v1.41/images/create", Slow: true}
	opImagePush   = transport.Operation{Engine: "docker", Version: "1.41", Name: "ImagePush", Method: "POST", Path: "/v1.41/images/{name...}/push", Slow: true}
	errNo         = errors.New("no")
)

// pulling is a request to pull an image with credentials.
func pulling(from any) *transport.Request {
	r := opImageCreate.Request()
	r.Query("fromImage", "registry.example/app")
	r.Header(auth, from)
	return r
}

func TestRegistryAuthIsAskedBeforeSending(t *testing.T) {
	engine := transporttest.New(t)
	client := engine.Client(t)
	r := pulling(source(func(_ context.Context, q transport.RegistryQuery) (transport.Secret, error) {
		if q != (transport.RegistryQuery{Header: auth, Image: "registry.example/app", Engine: "docker"}) {
			t.Errorf("asked for %+v", q)
		}
		return "", errNo
	}))
	err := transport.None(t.Context(), client, r)
	failure, ok := errors.AsType[*transport.Error](err)
	if !ok || !errors.Is(err, transport.ErrCredentials) || !errors.Is(err, errNo) || failure.MayHaveActed {
		t.Errorf("%v", err)
	}
	if want := "docker 1.41 ImageCreate: registry credentials: no"; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
	if n := len(engine.Requests()); n != 0 {
		t.Errorf("%d requests reached the engine", n)
	}
}

func TestRegistryAuthEndsWithItsCall(t *testing.T) {
	engine := transporttest.New(t)
	client := engine.Client(t)
	for _, c := range []struct {
		name string
		end  func(cancel context.CancelFunc)
		want error
	}{
		{"context", func(cancel context.CancelFunc) { cancel() }, context.Canceled},
		{"client", func(context.CancelFunc) { _ = client.Close() }, transport.ErrClosed},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		err := transport.None(ctx, client, pulling(source(func(ctx context.Context, _ transport.RegistryQuery) (transport.Secret, error) {
			c.end(cancel)
			<-ctx.Done()
			return "", ctx.Err()
		})))
		if !errors.Is(err, c.want) || errors.Is(err, transport.ErrCredentials) {
			t.Errorf("%s: %v", c.name, err)
		}
		cancel()
	}
}

// TestRegistryAuthOfASearch holds which registry a search is of: that before the first slash, if it looks like one. A dot or a
// colon alone makes none, for names of repositories have dots.
func TestRegistryAuthOfASearch(t *testing.T) {
	client, err := transport.New("unix:///nowhere")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close() //nolint:errcheck // it never dialed
	for term, want := range map[string]string{
		"busybox": "search", "me/app": "search", "registry.example": "search", "node.js": "search", "a:b": "search", "localhost": "search",
		"registry.example/app": "registry.example/search", "registry.example/": "registry.example/search", "r:5000/a/b": "r:5000/search",
		"localhost/app": "localhost/search", "local/app": "search", "Anything/At all.": "search",
	} {
		r := (&transport.Operation{Method: "GET", Path: "/images/search"}).Request()
		r.Query("term", term)
		got := "never asked"
		r.Header(auth, source(func(_ context.Context, q transport.RegistryQuery) (transport.Secret, error) {
			got = q.Image
			return "", errNo
		}))
		if err := transport.None(t.Context(), client, r); !errors.Is(err, errNo) || got != want {
			t.Errorf("%q: asked for %q, want %q (%v)", term, got, want, err)
		}
	}
}

// TestRegistryAuthNamesTheImage has the request of each kind of operation say what it is about.
func TestRegistryAuthNamesTheImage(t *testing.T) {
	request := func(path string, args ...string) *transport.Request {
		return (&transport.Operation{Method: "POST", Path: path}).Request(args...)
	}
	query := func(r *transport.Request, pairs ...string) *transport.Request {
		for i := 0; i < len(pairs); i += 2 {
			r.Query(pairs[i], pairs[i+1])
		}
		return r
	}
	body := func(r *transport.Request, v any) *transport.Request {
		r.JSON(v)
		return r
	}
	type m = map[string]any
	spec := m{"Name": "web", "TaskTemplate": m{"ContainerSpec": m{"Image": "r.example/web"}}}
	for want, r := range map[string]*transport.Request{
		"r.example/a":      query(request("/images/create"), "fromImage", "r.example/a", "tag", "v1"),
		"r.example/b":      query(request("/libpod/images/pull"), "reference", "r.example/b"),
		"r.example/ns/c":   request("/images/{name...}/push", "r.example/ns/c"),
		"r.example/d":      query(request("/libpod/images/{name...}/push", "localhost/d"), "destination", "r.example/d"),
		"r.example/e":      request("/libpod/manifests/{name...}/registry/{destination...}", "localhost/e", "r.example/e"),
		"r.example/f":      query(request("/plugins/{name...}/upgrade", "local"), "remote", "r.example/f"),
		"r.example/g":      query(request("/libpod/artifacts/pull"), "name", "r.example/g"),
		"r.example/web":    body(query(request("/services/{id}/update", "docker.io"), "version", "3"), spec),
		"r.example/plugin": body(request("/services/create"), m{"TaskTemplate": m{"PluginSpec": m{"Remote": "r.example/plugin"}}}),
		"r.example/search": query(request("/images/search"), "term", "r.example/No Reference"),
		"search":           query(request("/images/search"), "term", "Anything At All"),
		"":                 query(request("/images/create"), "fromSrc", "-"),
	} {
		got := "never asked"
		r.Header(auth, source(func(_ context.Context, q transport.RegistryQuery) (transport.Secret, error) {
			got = q.Image
			return "", errNo
		}))
		client, err := transport.New("unix:///nowhere")
		if err != nil {
			t.Fatal(err)
		}
		if err := transport.None(t.Context(), client, r); !errors.Is(err, errNo) || got != want {
			t.Errorf("%v is about %q, want %q (%v)", r, got, want, err)
		}
		_ = client.Close()
	}
}

func TestRegistryAuthNamesNoImageOfABuild(t *testing.T) {
	engine := transporttest.New(t)
	r := (&transport.Operation{Method: "POST", Path: "/build"}).Request()
	r.Query("remote", "https://example.org/repository.git")
	r.Header("x-registry-config", source(func(_ context.Context, q transport.RegistryQuery) (transport.Secret, error) {
		if q.Image != "" || q.Header != "X-Registry-Config" {
			t.Errorf("asked for %+v", q)
		}
		return "", errNo
	}))
	if err := transport.None(t.Context(), engine.Client(t), r); !errors.Is(err, errNo) {
		t.Error(err)
	}
}

// tokens gives out one after the other, and counts how often it was asked.
type tokens struct {
	list  []transport.Secret
	asked []transport.Secret // what had been refused
}

func (s *tokens) RegistryHeader(_ context.Context, q transport.RegistryQuery) (transport.Secret, error) {
	s.asked = append(s.asked, q.Refused)
	token := s.list[0]
	if token == "fail" {
		return "", errNo
	}
	if len(s.list) > 1 {
		s.list = s.list[1:]
	}
	return token, nil
}

// TestRegistryAuthIsRenewedOnce has an engine that takes one token alone.
func TestRegistryAuthIsRenewedOnce(t *testing.T) {
	for _, c := range []struct {
		name   string
		tokens []transport.Secret
		sent   int
		asked  int
		class  error
	}{
		{"first", []transport.Secret{"good"}, 1, 1, nil},
		{"second", []transport.Secret{"old", "good"}, 2, 2, nil},
		{"third is never tried", []transport.Secret{"old", "older", "good"}, 2, 2, transport.ErrUnauthorized},
		{"the same again", []transport.Secret{"old"}, 1, 2, transport.ErrUnauthorized},
		{"none the second time", []transport.Secret{"old", ""}, 1, 2, transport.ErrUnauthorized},
		{"none at all", []transport.Secret{""}, 1, 2, transport.ErrUnauthorized},
		{"the source fails", []transport.Secret{"old", "fail"}, 1, 2, errNo},
	} {
		t.Run(c.name, func(t *testing.T) {
			engine := transporttest.New(t)
			w := newWatched()
			client := engine.Client(t, transport.WithObserver(w.observe))
			engine.Handle("POST /v1.41/images/create", transporttest.Handler(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get(auth) != "good" {
					w.WriteHeader(http.StatusUnauthorized)
					_, _ = w.Write([]byte(`{"message":"unauthorized: authentication required"}`))
				}
			}))
			s := &tokens{list: c.tokens}
			err := transport.None(t.Context(), client, pulling(s))
			if !errors.Is(err, c.class) {
				t.Error(err)
			}
			if c.class != nil {
				failure, _ := errors.AsType[*transport.Error](err)
				if failure == nil || failure.Status != 401 || !errors.Is(err, transport.ErrUnauthorized) || failure.MayHaveActed {
					t.Errorf("%+v", failure)
				}
			}
			if n := len(engine.Requests()); n != c.sent || len(s.asked) != c.asked {
				t.Errorf("sent %d times, asked %d times, want %d and %d", n, len(s.asked), c.sent, c.asked)
			}
			if len(s.asked) > 1 && s.asked[1] != c.tokens[0] {
				t.Error("the source does not learn what was refused")
			}
			seen := w.one(t)
			if status := map[bool]int{true: 200, false: 401}[c.class == nil]; !errors.Is(seen.Err, c.class) || seen.Status != status || seen.Attempts != c.sent {
				t.Errorf("observed: %d after %d attempts, %v", seen.Status, seen.Attempts, seen.Err)
			}
		})
	}
}

// TestRegistryAuthIsNotRenewed where the request cannot be sent again, or the header was fixed.
func TestRegistryAuthIsNotRenewed(t *testing.T) {
	engine := transporttest.New(t)
	client := engine.Client(t)
	engine.Handle("POST /v1.41/images/create", transporttest.Error(401, "unauthorized"))
	s := &tokens{list: []transport.Secret{"one", "two"}}
	upload := pulling(s)
	upload.Upload(strings.NewReader("body"), "application/x-tar")
	for _, r := range []*transport.Request{upload, pulling(transport.Secret("fixed"))} {
		if err := transport.None(t.Context(), client, r); !errors.Is(err, transport.ErrUnauthorized) {
			t.Error(err)
		}
	}
	if n := len(engine.Requests()); n != 2 || len(s.asked) != 1 {
		t.Errorf("sent %d times, asked %d times", n, len(s.asked))
	}
}

// TestRegistryAuthWithABody sends a body that is in memory again.
func TestRegistryAuthWithABody(t *testing.T) {
	engine := transporttest.New(t)
	client := engine.Client(t)
	engine.Handle("POST /v1.41/images/create", transporttest.Error(401, "unauthorized"), transporttest.Empty(200))
	r := pulling(&tokens{list: []transport.Secret{"one", "two"}})
	r.JSON([]string{"a"})
	if err := transport.None(t.Context(), client, r); err != nil {
		t.Fatal(err)
	}
	for i, got := range engine.Requests() {
		if want := []string{"one", "two"}[i]; string(got.Body) != `["a"]` || got.Header.Get(auth) != want {
			t.Errorf("request %d has %q", i, got.Body)
		}
	}
}

func TestRegistryHeaderOfSeveralKinds(t *testing.T) {
	engine := transporttest.New(t)
	client := engine.Client(t)
	engine.Handle("POST /v1.41/images/{name...}/push", transporttest.Empty(200))
	give := func(s transport.Secret) source {
		return func(context.Context, transport.RegistryQuery) (transport.Secret, error) { return s, nil }
	}
	var none *tokens
	for _, c := range []struct {
		name string
		set  []any
		want string
	}{
		{"a source", []any{transport.Anonymous, give("one")}, "one"},
		{"a source of nothing", []any{transport.Anonymous, give("")}, "e30="},
		{"the last source", []any{give("one"), give("two")}, "two"},
		{"a source without fields", []any{transport.Anonymous, constant{}}, "constant"},
		{"a source that is text", []any{transport.Anonymous, named("one")}, "by name: one"},
		{"a fixed one after a source", []any{give("one"), transport.Secret("two")}, "two"},
		{"a nil source", []any{transport.Anonymous, none}, "e30="},
		{"nil", []any{transport.Anonymous, transport.RegistryAuth(nil)}, "e30="},
		{"no secret", []any{transport.Anonymous, transport.RegistryAuth(transport.Secret(""))}, "e30="},
	} {
		r := opImagePush.Request("app")
		for _, v := range c.set {
			r.Header(auth, v)
		}
		if err := transport.None(t.Context(), client, r); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		all := engine.Requests()
		if got := all[len(all)-1].Header[auth]; len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	r := opImagePush.Request("app")
	r.Header(auth, give("secret\r\nX-Other: 1"))
	if err := transport.None(t.Context(), client, r); !errors.Is(err, transport.ErrCredentials) || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}

// constant is a source whose value is its type's zero value, as of every type without fields.
type constant struct{}

func (constant) RegistryHeader(context.Context, transport.RegistryQuery) (transport.Secret, error) {
	return "constant", nil
}

// named is a source that is text and no header.
type named string

func (n named) RegistryHeader(context.Context, transport.RegistryQuery) (transport.Secret, error) {
	return transport.Secret("by name: " + string(n)), nil
}
