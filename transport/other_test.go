package transport

import (
	"errors"
	"strings"
	"testing"
)

// overlapping are routes as Podman has them.
var overlapping = map[string]*Operation{
	"delete": {
		Name: "ImageDeleteLibpod", Method: "DELETE", Path: "/v5.8.2/libpod/images/{name...}",
		Others: []Other{{Name: "ImageDeleteAllLibpod", Path: "/libpod/images/remove"}},
	},
	"create": {
		Name: "ManifestCreateLibpod", Method: "POST", Path: "/v5.8.2/libpod/manifests/{name...}",
		Others: []Other{{Name: "ManifestPushLibpod", Path: "/libpod/manifests/{name...}/registry/{destination...}"}},
	},
	"tag": {
		Name: "ImageTagLibpod", Method: "POST", Path: "/v6.0.0-dev/libpod/images/{name...}/tag",
		Others: []Other{{Path: "/libpod/images/scp/{name...}"}},
	},
	"push": {Name: "ManifestPushLibpod", Method: "POST", Path: "/v5.8.2/libpod/manifests/{name...}/registry/{destination...}"},
	"byhand": {
		Method: "DELETE", Path: "/libpod/images/{name}",
		Others: []Other{{Name: "ImageDeleteAllLibpod", Path: "/libpod/images/remove"}},
	},
}

func TestOtherRoutesAreRefused(t *testing.T) {
	for _, c := range []struct {
		op   string
		args []string
	}{
		{"delete", []string{"remove"}},
		{"delete", []string{"remov%65"}}, // a proxy may decode it
		{"delete", []string{"%72%65move"}},
		{"byhand", []string{"remove"}},
		{"create", []string{"list/registry/localhost:5000/x"}},
		{"create", []string{"a/registry/b"}},
		{"create", []string{"a/registry/registry/b"}},
		{"create", []string{"registry/registry/registry"}},
		{"create", []string{"a%2Fregistry%2Fb"}},
		{"create", []string{"a/%72egistry/b"}},
		{"tag", []string{"scp"}},
		{"tag", []string{"scp/x"}},
		{"tag", []string{"scp/x/y"}},
	} {
		r := overlapping[c.op].Request(c.args...)
		refused(t, r)
		if len(overlapping[c.op].Others) > 0 && !strings.Contains(r.Err().Error(), overlapping[c.op].Others[0].Path) {
			t.Errorf("%s %q: %v does not name the other route", c.op, c.args, r.Err())
		}
	}
	err := overlapping["delete"].Request("remove").Err()
	if want := "ImageDeleteLibpod remove: invalid input: the path is that of another operation, ImageDeleteAllLibpod " +
		"(DELETE /libpod/images/remove), which the engine may run in its place: write the argument in another way, such as " +
		"with its registry, its tag or digest, or as an id"; err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestNamesBesideOtherRoutes(t *testing.T) {
	for _, c := range []struct {
		op   string
		args []string
		path string
	}{
		{"delete", []string{"remove:latest"}, "/v5.8.2/libpod/images/remove:latest"},
		{"delete", []string{"localhost/remove"}, "/v5.8.2/libpod/images/localhost/remove"},
		{"delete", []string{"remove/remove"}, "/v5.8.2/libpod/images/remove/remove"},
		{"delete", []string{"Remove"}, "/v5.8.2/libpod/images/Remove"},
		{"delete", []string{"removed"}, "/v5.8.2/libpod/images/removed"},
		{"delete", []string{"remov%65d"}, "/v5.8.2/libpod/images/remov%2565d"},
		{"delete", []string{"remove%"}, "/v5.8.2/libpod/images/remove%25"},
		{"byhand", []string{"removed"}, "/libpod/images/removed"},
		{"create", []string{"registry"}, "/v5.8.2/libpod/manifests/registry"},
		{"create", []string{"registry/x"}, "/v5.8.2/libpod/manifests/registry/x"},
		{"create", []string{"x/registry"}, "/v5.8.2/libpod/manifests/x/registry"},
		{"create", []string{"x/registry:1"}, "/v5.8.2/libpod/manifests/x/registry:1"},
		{"create", []string{"x/registry2/y"}, "/v5.8.2/libpod/manifests/x/registry2/y"},
		{"tag", []string{"docker.io/scp/x"}, "/v6.0.0-dev/libpod/images/docker.io/scp/x/tag"},
		{"push", []string{"a/registry/b", "c:5000/d"}, "/v5.8.2/libpod/manifests/a/registry/b/registry/c:5000/d"},
		{"push", []string{"a", "registry:5000/c"}, "/v5.8.2/libpod/manifests/a/registry/registry:5000/c"},
		{"push", []string{"a", "c/registry"}, "/v5.8.2/libpod/manifests/a/registry/c/registry"},
	} {
		r := overlapping[c.op].Request(c.args...)
		if r.Err() != nil || r.URL() != c.path {
			t.Errorf("%s %q: %s, %v; want %s", c.op, c.args, r.URL(), r.Err(), c.path)
		}
	}
}

// TestArgumentsStayApart is about two arguments that hold slashes: an engine reads the first as far as it can.
func TestArgumentsStayApart(t *testing.T) {
	for _, destination := range []string{"c/registry/d", "registry/d", "c/registry/registry/d", "c/d/registry/e/f"} {
		r := overlapping["push"].Request("a", destination)
		refused(t, r)
		const want = `path argument destination holds "/registry/", and the engine takes all that is before the last one for name`
		if r.Err() != nil && !strings.Contains(r.Err().Error(), want) {
			t.Errorf("%q: %v", destination, r.Err())
		}
	}
	engine := func(r *Request) (name, destination string) {
		rest := strings.TrimPrefix(r.URL(), "/v5.8.2/libpod/manifests/")
		i := strings.LastIndex(rest, "/registry/")
		return rest[:i], rest[i+len("/registry/"):]
	}
	words := []string{"a", "registry", "registry:1", "b"}
	sent := 0
	each := func(n int, use func(string)) {
		total := 1
		for range n {
			total *= len(words)
		}
		for k := range total {
			parts := make([]string, n)
			for i := range parts {
				parts[i], k = words[k%len(words)], k/len(words)
			}
			use(strings.Join(parts, "/"))
		}
	}
	for n := 1; n <= 3; n++ {
		for m := 1; m <= 3; m++ {
			each(n, func(name string) {
				each(m, func(destination string) {
					r := overlapping["push"].Request(name, destination)
					if errors.Is(r.Err(), ErrInvalidInput) {
						return
					}
					sent++
					if a, b := engine(r); a != name || b != destination {
						t.Errorf("%q to %q arrives as %q to %q", name, destination, a, b)
					}
				})
			})
		}
	}
	if sent < 1000 {
		t.Errorf("only %d were sent", sent)
	}
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		template, path string
		want           bool
	}{
		{"/info", "/info", true},
		{"/info", "/info/", false},
		{"/info", "/infos", false},
		{"/info", "/Info", false},
		{"/info", "", false},
		{"/a/{x}", "/a/b", true},
		{"/a/{x}", "/a/", false},
		{"/a/{x}", "/a/b/c", false},
		{"/a/{x...}", "/a/b/c", true},
		{"/a/{x...}", "/a", false},
		{"/a/{x...}", "/a//b", false},
		{"/a/{x...}/j", "/a/j", false},
		{"/a/{x...}/j", "/a/j/j", true},
		{"/a/{x...}/j", "/a/b/c/j", true},
		{"/a/{x...}/j", "/a/b/j/c", false},
		{"/a/{x...}/r/{y...}", "/a/r/r/r", true},
		{"/a/{x...}/r/{y...}", "/a/b/r", false},
		{"/a/{x...}/r/{y...}", "/a/r/b", false},
		{"/a/{x...}/r/{y}/j", "/a/b/c/r/d/e/r/f/j", true},
		{"", "", true},
	} {
		if got := matches(c.template, c.path); got != c.want {
			t.Errorf("%s of %s: %v", c.path, c.template, got)
		}
	}
}

// TestEscapesInTemplates holds that a template says what is sent: "attach%2Fws" would be "attach/ws" to Docker.
func TestEscapesInTemplates(t *testing.T) {
	for _, path := range []string{"/containers/x/attach%2Fws", "/containers/{id}/%61ttach/ws", "/a%"} {
		op := Operation{Method: "GET", Path: path}
		refused(t, op.Request("x"))
	}
}
