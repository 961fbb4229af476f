package oracle

import (
	"bufio"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gorilla/mux"

	"github.com/gantry-go/gantry/catalog"
)

// TestRouters gives the routers of engines' releases, which have the routes that each registers in their order, requests of
// operations. Each that is not refused reaches the route of its own operation, whatever its arguments are, and the
// catalog knows by the path which one that is.
func TestRouters(t *testing.T) {
	files, err := filepath.Glob("testdata/routers/*.txt")
	if err != nil || len(files) != 24+12 {
		t.Fatalf("%d files of routes: %v", len(files), err)
	}
	for _, file := range files {
		engine, release, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".txt"), "-")
		t.Run(engine+" "+release, func(t *testing.T) {
			t.Parallel()
			r := readRouters(t, file, engine == "podman")
			oldest, newest := served(engine, release)
			r.probe(t, catalog.Find(engine).Version(oldest))
			r.probe(t, catalog.Find(engine).Version(newest))
			r.lookUp(t, catalog.Find(engine).Version(newest))
			if engine == "podman" {
				r.probe(t, catalog.Docker("1.41"))
			}
			if r.requests < 1000 {
				t.Errorf("%d requests are too few", r.requests)
			}
		})
	}
}

// served are the oldest and the newest version that a release serves.
func served(engine, release string) (oldest, newest string) {
	for _, number := range catalog.Find(engine).Versions() {
		// From its 4.0 on, Podman serves none of 3.
		if older(number, release) && (engine == "docker" || (number[0] == '3') == (release[0] == '3')) {
			if oldest == "" {
				oldest = number
			}
			newest = number
		}
	}
	return oldest, newest
}

func older(a, b string) bool {
	major, minor := numbers(a)
	than, and := numbers(b)
	return major < than || major == than && minor <= and
}

func numbers(version string) (major, minor int) {
	a, b, _ := strings.Cut(version, ".")
	major, _ = strconv.Atoi(a)
	minor, _ = strconv.Atoi(b)
	return major, minor
}

// oneSegment are operations of which some Podmans take no names with slashes: such a request reaches nothing there.
var oneSegment = []string{
	"DistributionInspect", "VolumeDelete", "VolumeInspect", "ManifestExistsLibpod", "ManifestPushLibpod", "ManifestPushV3Libpod",
}

// routers are the routes of a release. There is a router for each method and category, since no path of another one is of
// any of its routes.
type routers struct {
	encoded  bool
	routers  map[string]*mux.Router // by "GET /libpod/images"
	paths    map[string][]string    // by method, in order
	places   map[string]string      // of paths
	requests int
}

func (r *routers) router(method, path string) *mux.Router {
	if strings.HasPrefix(path, "/v{") {
		path = r.place(path)
	} else {
		path = ownVersion.ReplaceAllString(path, "")
	}
	key := method + " " + category(path)
	if r.routers[key] == nil {
		r.routers[key] = mux.NewRouter()
		if r.encoded {
			r.routers[key].UseEncodedPath()
		}
	}
	return r.routers[key]
}

// category is what a path without its version begins with: /images, /libpod/images.
func category(path string) string {
	n := 2
	if strings.HasPrefix(path, "/libpod/") {
		n = 3
	}
	segments := strings.SplitN(path, "/", n+1)
	return strings.Join(segments[:min(n, len(segments))], "/")
}

func readRouters(t *testing.T, file string, encoded bool) *routers {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it was read
	r := &routers{encoded: encoded, routers: map[string]*mux.Router{}, paths: map[string][]string{}, places: map[string]string{}}
	methods := []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		which, path, found := strings.Cut(lines.Text(), " ")
		if !found || which == "#" {
			continue
		}
		names := strings.Split(which, ",")
		if which == "*" {
			names = methods
		}
		for _, m := range names {
			r.router(m, path).Path(path)
			r.paths[m] = append(r.paths[m], path)
		}
	}
	return r
}

var variable = regexp.MustCompile(`\{[^}]*\}`)

// place is a path with nothing in its braces, without its version.
func (r *routers) place(path string) string {
	if r.places[path] == "" {
		r.places[path] = place(path)
	}
	return r.places[path]
}

func place(path string) string {
	path = variable.ReplaceAllString(path, "{}")
	if rest, found := strings.CutPrefix(path, "/v{}"); found {
		return rest
	}
	return path
}

var ownVersion = regexp.MustCompile(`^/v[0-9.]+`)

// rest is how routes for all that is below a path end.
const rest = "/{}"

func (r *routers) probe(t *testing.T, v *catalog.Version) {
	t.Helper()
	for _, c := range v.Categories() {
		for _, op := range c.Operations {
			// What the release has of another age or another engine has no route of its own.
			if slices.ContainsFunc(r.paths[op.Method], func(p string) bool { return r.place(p) == r.place(op.Path) }) {
				r.probeOperation(t, v, op)
			}
		}
	}
}

func (r *routers) probeOperation(t *testing.T, v *catalog.Version, op *catalog.Operation) {
	t.Helper()
	args := catalog.Args{}
	for _, p := range op.Params {
		switch {
		case p.Required && p.In != "path" && p.Type == "string", p.Required && p.Type == "[]string":
			args[p.Name] = "x"
		case p.Required && p.In != "path":
			args[p.Name] = "1"
		}
	}
	if op.Body != nil && op.Body.Required {
		args[catalog.BodyArg] = "{}"
	}
	for _, arg := range r.arguments(op) {
		for _, p := range op.Params {
			if p.In == "path" {
				args[p.Name] = arg
			}
		}
		req, err := op.Request(args)
		if err != nil {
			continue
		}
		r.requests++
		got := r.match(t, op.Method, req.Path())
		if got == "" && strings.Contains(arg, "/") && slices.Contains(oneSegment, op.ID) {
			continue
		}
		if got != r.place(op.Path) && (!strings.HasSuffix(got, rest) || !strings.HasPrefix(op.Path, strings.TrimSuffix(got, rest))) {
			t.Errorf("%s %s with %q: %s is taken for %q", v.Number(), op.ID, arg, req.Path(), got)
		}
		if found, _ := catalog.Find(op.Engine).Lookup(op.Method, req.Path()); found == nil || r.place(found.Path) != r.place(op.Path) {
			t.Errorf("%s %s with %q: the catalog takes %s for another operation", v.Number(), op.ID, arg, req.Path())
		}
	}
}

// lookUp holds the catalog to the router for paths that are no operation's requests: those of all routes, filled with words.
func (r *routers) lookUp(t *testing.T, v *catalog.Version) {
	t.Helper()
	found := 0
	for method, paths := range r.paths {
		for _, p := range paths {
			for _, fill := range []string{"x", "a/b", "json", "remove", "scp", "scp/x", "x/registry/y", "create", "x%2Fjson"} {
				path := "/v" + v.Number() + strings.ReplaceAll(r.place(p), "{}", fill)
				op, known := v.Lookup(method, path)
				if !known {
					continue
				}
				found++
				got := r.match(t, method, path) // or nothing, which is harmless
				if got != r.place(op.Path) && got != "" {
					t.Errorf("%s %s: the catalog takes it for %s, and the engine for %q", method, path, op.ID, got)
				}
			}
		}
	}
	if found < 500 {
		t.Errorf("%d paths are too few", found)
	}
}

// match is the place of the route that a path reaches, or nothing.
func (r *routers) match(t *testing.T, method, path string) string {
	t.Helper()
	h, err := http.NewRequestWithContext(t.Context(), method, "http://engine"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	var m mux.RouteMatch
	if !r.router(method, path).Match(h, &m) || m.Route == nil {
		return ""
	}
	template, err := m.Route.GetPathTemplate()
	if err != nil {
		t.Fatal(err)
	}
	return r.place(template)
}

// arguments are names, and what makes an operation's path that of each route of its method, or nearly.
func (r *routers) arguments(op *catalog.Operation) []string {
	if !strings.Contains(op.Path, "{") {
		return []string{""}
	}
	out := []string{"busybox", "localhost/json", "registry:5000/a/history:tag", "docker.io/scp/x", "remove:latest", "a%2Fb", "ünï"}
	head, _, _ := strings.Cut(op.Path, "{")
	tail := op.Path[strings.LastIndex(op.Path, "}")+1:]
	for _, p := range r.paths[op.Method] {
		for _, fill := range []string{"x", "a/b"} {
			if aimed, found := strings.CutPrefix(strings.ReplaceAll(r.place(p), "{}", fill), head); found && aimed != "" {
				out = append(out, aimed, strings.TrimSuffix(aimed, tail), strings.Split(aimed, "/")[0])
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
