package catalog_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/catalog"
	"github.com/gantry-go/gantry/transport"
)

// dropped are the parameters that the generated packages leave out.
var dropped = map[string]bool{"ImageBuild header Content-type": true}

// overlaid are those that a version's specification lacks, and which the overlay adds since engines have them.
var overlaid = []string{
	"ContainerLogs query details",
	"ContainerPutArchive query copyUIDGID",
	"ContainerStart query checkpoint",
	"ContainerStart query checkpoint-dir",
	"DistributionInspect header X-Registry-Auth",
	"GetPluginPrivileges header X-Registry-Auth",
	"ImageBuild query buildid",
	"ImageBuild query cgroupparent",
	"ImageBuild query cpusetmems",
	"ImageBuild query isolation",
	"ImageBuild query securityopt",
	"ImageBuild query session",
	"ImageBuild query ulimits",
	"ImageSearch header X-Registry-Auth",
	"PluginPush header X-Registry-Auth",
	"Session header X-Docker-Expose-Session-Grpc-Method",
	"Session header X-Docker-Expose-Session-Name",
	"Session header X-Docker-Expose-Session-Sharedkey",
	"Session header X-Docker-Expose-Session-Uuid",
}

// TestFacts compares the operations of every version, with their methods, paths and parameters, with its specification.
func TestFacts(t *testing.T) {
	added := map[string]bool{}
	for _, engine := range []*catalog.Engine{catalog.Find("docker")} {
		files, err := filepath.Glob(filepath.Join("../testdata/specs", engine.Name(), "v*.json"))
		if err != nil {
			t.Fatal(err)
		}
		if got := len(engine.Versions()); got != len(files) || got < 32 {
			t.Errorf("the catalog has %d versions of %s, there are %d specifications", got, engine.Name(), len(files))
		}
		for _, number := range engine.Versions() {
			t.Run(engine.Name()+" "+number, func(t *testing.T) {
				want := specification(t, engine.Name(), number)
				got := 0
				for _, c := range engine.Version(number).Categories() {
					for _, op := range c.Operations {
						got++
						key := op.ID + " " + op.Method + " " + op.Path
						params, found := want[key]
						if !found {
							t.Errorf("the specification has no %s", key)
						}
						if have := parameters(op, params, added); !slices.Equal(have, params) {
							t.Errorf("%s has the parameters %v, the specification %v", key, have, params)
						}
						described(t, op)
					}
				}
				if got != len(want) || got < 94 {
					t.Errorf("the catalog has %d operations, the specification %d", got, len(want))
				}
				t.Logf("%s %s: %d operations", engine.Name(), number, got)
			})
		}
	}
	if got := slices.Sorted(maps.Keys(added)); !slices.Equal(got, overlaid) {
		t.Errorf("in no specification are %q, want %q", got, overlaid)
	}
}

// TestPodmanFacts counts; the generator's tests compare libpod's operations with their specifications.
func TestPodmanFacts(t *testing.T) {
	engine := catalog.Find("podman")
	files, err := filepath.Glob("../testdata/specs/podman/v*.json")
	if err != nil {
		t.Fatal(err)
	}
	if got := len(engine.Versions()); got != len(files) || got < 24 {
		t.Errorf("the catalog has %d versions of podman, there are %d specifications", got, len(files))
	}
	for _, number := range engine.Versions() {
		got := 0
		for _, c := range engine.Version(number).Categories() {
			for _, op := range c.Operations {
				got++
				described(t, op)
				found, ok := engine.Version(number).Lookup(op.Method, op.Path)
				if number == "4.0" && op.ID == "ManifestPushLibpod" { // Podman 4.0 never runs it: see specgen's overlay
					ok = ok && found.ID == "ManifestCreateLibpod"
				} else {
					ok = ok && found == op
				}
				if !ok {
					t.Errorf("%s %s %s is not found by its path", number, op.Method, op.Path)
				}
			}
		}
		if got < 100 {
			t.Errorf("libpod %s has %d operations", number, got)
		}
	}
	op, ok := engine.Lookup("POST", "/v4.3.1/libpod/pods/web/start")
	if !ok || op.ID != "PodStartLibpod" || op.Version != "4.3" {
		t.Errorf("%+v, %v", op, ok)
	}
	r, err := catalog.Podman("4.3").Operation("pods.Start").Request(catalog.Args{"name": "web"})
	if err != nil || r.URL() != "/v4.3.1/libpod/pods/web/start" {
		t.Errorf("%v, %v", r, err)
	}
}

// described checks what no specification says.
func described(t *testing.T, op *catalog.Operation) {
	t.Helper()
	if op.Err() != nil || op.Summary == "" || !strings.Contains(op.URL, op.Version) || op.Kind == "" || op.Category == "" || op.Name == "" {
		t.Errorf("%s is not described: %+v", op.ID, op)
	}
	for _, p := range op.Params {
		if p.Type == "" || p.In == "path" && !p.Required {
			t.Errorf("%s: parameter %+v", op.ID, p)
		}
	}
}

// parameters are those of the catalog but for what the overlay adds, which it notes.
func parameters(op *catalog.Operation, want []string, added map[string]bool) []string {
	out := []string{}
	for _, p := range op.Params {
		if text := p.In + " " + p.Name; slices.Contains(want, text) {
			out = append(out, text)
		} else {
			added[op.ID+" "+text] = true
		}
	}
	if op.Body != nil {
		out = append(out, "body")
	}
	slices.Sort(out)
	return out
}

// specification reads a kept file: the parameters of each "ID METHOD path".
func specification(t *testing.T, engine, number string) map[string][]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../testdata/specs", engine, "v"+number+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			ID     string `json:"operationId"`
			Params []struct {
				Name string `json:"name"`
				In   string `json:"in"`
			} `json:"parameters"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for path, item := range doc.Paths {
		for verb, op := range item {
			params := []string{}
			for _, p := range op.Params {
				text := p.In + " " + p.Name
				if p.In == "body" {
					text = "body"
				}
				if !dropped[op.ID+" "+text] {
					params = append(params, text)
				}
			}
			slices.Sort(params)
			out[op.ID+" "+strings.ToUpper(verb)+" "+path] = params
		}
	}
	return out
}

// TestRequired compares what the catalog wants with what generated methods do: a call with all that is required, and
// nothing else, has a request, and one that lacks any of it has none.
func TestRequired(t *testing.T) {
	for op := range all() {
		args := catalog.Args{}
		for _, p := range op.Params {
			if p.Required {
				args[p.Name] = example(p)
			}
		}
		if op.Body != nil && op.Body.Required {
			args[catalog.BodyArg] = "{}"
		}
		if _, err := op.Request(args); err != nil {
			t.Errorf("%s %s with %v: %v", op.Version, op.ID, args, err)
		}
		for name, value := range args {
			delete(args, name)
			if _, err := op.Request(args); !invalid(err) {
				t.Errorf("%s %s without %s: %v", op.Version, op.ID, name, err)
			}
			args[name] = value
		}
	}
}

// TestEveryParameter sends an example of each.
func TestEveryParameter(t *testing.T) {
	for op := range all() {
		args := catalog.Args{}
		for _, p := range op.Params {
			args[p.Name] = example(p)
		}
		if op.Body != nil {
			args[catalog.BodyArg] = "{}"
		}
		req, err := op.Request(args)
		if err != nil {
			t.Errorf("%s %s: %v", op.Version, op.ID, err)
			continue
		}
		for _, p := range op.Params {
			if p.In == "query" && !strings.Contains(req.URL(), p.Name+"=") {
				t.Errorf("%s %s: no %s in %s", op.Version, op.ID, p.Name, req.URL())
			}
		}
	}
}

func example(p catalog.Param) any {
	switch {
	case p.JSON, p.Each:
		return `{"a":["b"]}`
	case p.Time:
		return "1.5"
	case p.Type == "bool":
		return false
	case p.Type == "string", p.Type == "secret", p.Type == "[]string":
		return "text"
	}
	return 7
}

// all are the operations of all versions of all engines.
func all() func(yield func(*catalog.Operation) bool) {
	return func(yield func(*catalog.Operation) bool) {
		for _, engine := range []*catalog.Engine{catalog.Find("docker")} {
			for _, number := range engine.Versions() {
				for _, c := range engine.Version(number).Categories() {
					for _, op := range c.Operations {
						if !yield(op) {
							return
						}
					}
				}
			}
		}
	}
}

// TestLookup finds every operation of every version by its template, and by paths that were made of it.
func TestLookup(t *testing.T) {
	arguments := []string{"conny", "0123456789ab", "json", "create", "get", "a.b-c_d", "sha256:12", "busybox:musl", "a%2Fb", "v1.41", "ünï"}
	many := append([]string{"library/busybox", "host:5000/a/b:c", "a/json", "json/a", "a/get/b"}, arguments...)
	n := 0
	for op := range all() {
		version := catalog.Find(op.Engine).Version(op.Version)
		try := func(path string) {
			t.Helper()
			n++
			for _, form := range []string{path, "/v" + op.Version + path, path + "?all=1&path=/x"} {
				if got, found := version.Lookup(op.Method, form); !found || got != op {
					t.Errorf("%s %s: %s is %v, want %s", op.Version, op.Method, form, got, op.ID)
				}
			}
			if got, found := catalog.Find(op.Engine).Lookup(op.Method, "/v"+op.Version+path); !found || got != op {
				t.Errorf("%s is %v, want %s", path, got, op.ID)
			}
		}
		try(op.Path)
		for i := range many {
			path := op.Path
			for _, p := range op.Params {
				if p.In != "path" {
					continue
				}
				arg := arguments[i%len(arguments)]
				if p.Name == "name" && op.Category != "networks" { // see specgen: those may hold slashes
					arg = many[i]
				}
				filled := strings.Replace(path, "{"+p.Name+"}", arg, 1)
				if other := literal(version, op, filled); other != "" {
					continue // the path of another operation, word for word
				}
				path = filled
			}
			if !strings.Contains(path, "{") {
				try(path)
			}
		}
	}
	t.Logf("%d paths", n)
}

// literal names another operation of the version that has the path without an argument.
func literal(v *catalog.Version, op *catalog.Operation, path string) string {
	for _, c := range v.Categories() {
		for _, other := range c.Operations {
			if other != op && other.Method == op.Method && other.Path == path {
				return other.ID
			}
		}
	}
	return ""
}

func TestLookupMisses(t *testing.T) {
	for _, tt := range []struct{ method, path string }{
		{"GET", ""},
		{"GET", "/"},
		{"GET", "info"},
		{"PUT", "/info"},
		{"GET", "/info/"},
		{"GET", "/v1.41"},
		{"GET", "/v1.42/info"},
		{"GET", "/containers//json"},
		{"GET", "/containers/a/b/json"},
		{"GET", "/images//json"},
		{"DELETE", "/images/a/"},
		{"GET", "/containers"},
	} {
		if op, found := catalog.Docker("1.41").Lookup(tt.method, tt.path); found {
			t.Errorf("%s %s is %s", tt.method, tt.path, op.ID)
		}
	}
	if _, found := catalog.Find("docker").Lookup("GET", "/v9.9/info"); found {
		t.Error("found an operation of a version that there is not")
	}
	if op, found := catalog.Find("docker").Lookup("GET", "/info"); !found || op.Version == "1.41" {
		t.Errorf("without a version: %v", op)
	}
}

func TestLookupAllocates(t *testing.T) {
	engine := catalog.Find("docker")
	paths := []string{"/v1.41/containers/conny/json", "/v1.41/images/host:5000/a/b/json?x=1", "/v1.41/no/such/path"}
	if n := testing.AllocsPerRun(100, func() {
		for _, p := range paths {
			engine.Lookup("GET", p)
		}
	}); n != 0 {
		t.Errorf("it allocates %v times", n)
	}
}

// TestAbsent asks for what is not there.
func TestAbsent(t *testing.T) {
	if catalog.Find("rkt") != nil {
		t.Error("found an engine that there is not")
	}
	for _, tt := range []struct {
		version, operation, want string
	}{
		{"9.9", "ContainerCreate", `has no version "9.9" of docker, only 1.25 to `},
		{"1.41", "ContainerPolish", `docker 1.41 has no operation "ContainerPolish"`},
	} {
		op := catalog.Docker(tt.version).Operation(tt.operation)
		if op.Err() == nil || !strings.Contains(op.Err().Error(), tt.want) {
			t.Errorf("%s %s: %v", tt.version, tt.operation, op.Err())
		}
		_, err := op.Call(t.Context(), nil, catalog.Args{"id": "conny"})
		if !invalid(err) || !strings.HasPrefix(err.Error(), "docker "+tt.version+" "+tt.operation+": ") {
			t.Errorf("called: %v", err)
		}
	}
	v := catalog.Docker("9.9")
	if v.Err() == nil || v.Engine() != "docker" || v.Number() != "9.9" || len(v.Categories()) != 0 {
		t.Errorf("version 9.9: %+v", v)
	}
	if catalog.Docker("1.41").Err() != nil {
		t.Error("1.41 is there")
	}
}

// TestNames finds an operation by either name.
func TestNames(t *testing.T) {
	v := catalog.Docker("1.41")
	if a, b := v.Operation("ContainerCreate"), v.Operation("containers.Create"); a != b || a.Err() != nil {
		t.Errorf("%v is not %v", a, b)
	}
	p := v.Operation("ContainerCreate").Param("platform")
	if p == nil || p.Since != "1.41" || p.In != "query" {
		t.Errorf("platform: %+v", p)
	}
	if op := catalog.Docker("1.44").Operation("VolumeUpdate"); op.Since != "1.42" {
		t.Errorf("VolumeUpdate is since %s", op.Since)
	}
}

// TestSize holds what the catalog adds to a program.
func TestSize(t *testing.T) {
	files, err := filepath.Glob("*.gen.json")
	if err != nil || len(files) != len(catalog.Engines()) {
		t.Fatalf("facts in %v: %v", files, err)
	}
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > 512<<10 {
			t.Errorf("%s has %d bytes", name, info.Size())
		}
	}
}

func BenchmarkLookup(b *testing.B) {
	v := catalog.Docker("1.41")
	b.ReportAllocs()
	for b.Loop() {
		v.Lookup("GET", "/v1.41/images/host:5000/a/b:c/json")
	}
}

var _ transport.Caller = (*transport.Client)(nil)
