package gen

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// wantOperations is how many operations each version of Docker's API has.
func wantOperations(minor int) int {
	switch {
	case minor == 25:
		return 94
	case minor <= 28:
		return 96
	case minor == 29:
		return 97
	case minor == 30:
		return 103
	case minor <= 39:
		return 105
	case minor <= 41:
		return 106
	case minor <= 54:
		return 107
	default:
		return 108
	}
}

// TestOperations compares, for every version, what is generated with what its specification has: each operation with
// its id, its method, its path and its parameters with their place. It reads the kept file itself. What differs is in
// the overlay, which says why; but for the parameters of Podman's query and headers, which TestHandlers compares with
// what its handlers read.
func TestOperations(t *testing.T) {
	root := testRoot(t)
	for engine, open := range map[string]func() (*Edition, error){"docker": docker, "podman": podman} {
		e := must(open())(t)
		added, dropped := 0, 0
		for i, ver := range e.Versions() {
			t.Run(engine+" "+ver, func(t *testing.T) {
				v := must(parseVersion(ver))(t)
				said := overlaid{overlay: e.overlay, version: v}
				want := said.operations(t, root)
				got := map[string][]string{}
				params := 0
				for _, c := range must(e.Model(ver))(t).Categories() {
					for _, op := range c.Operations {
						_, path, _ := strings.Cut(op.Path[1:], "/")
						got[op.ID+" "+op.Method+" /"+braces.ReplaceAllString(path, "{}")] = modelParameters(op)
						params += len(op.Parameters)
					}
				}
				if engine == "podman" {
					withoutHandlers(want)
					withoutHandlers(got)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("operations (-specification and overlay +generated):\n%s", diff)
				}
				t.Logf("%s %s: %d operations, %d parameters; the overlay adds %d and drops %d",
					engine, ver, len(got), params, said.added, said.dropped)
				if engine == "docker" && len(got) != wantOperations(25+i) {
					t.Errorf("%d operations, want %d", len(got), wantOperations(25+i))
				}
				added, dropped = added+said.added, dropped+said.dropped
			})
		}
		if wantVersions := map[string]int{"docker": 32, "podman": 24}[engine]; len(e.Versions()) != wantVersions {
			t.Errorf("there are %d versions of %s: %v", len(e.Versions()), engine, e.Versions())
		}
		if engine == "docker" && (added == 0 || dropped == 0) {
			t.Errorf("%s: the overlay adds %d parameters and drops %d: it is not read", engine, added, dropped)
		}
	}
}

// withoutHandlers leaves out the parameters that facts of handlers are about.
func withoutHandlers(operations map[string][]string) {
	for key, params := range operations {
		params = slices.DeleteFunc(params, func(p string) bool {
			return strings.HasPrefix(p, "query ") || strings.HasPrefix(p, "header ")
		})
		if len(params) == 0 {
			params = nil
		}
		operations[key] = params
	}
}

// overlaid reads operations with what an overlay says about their parameters in one version.
type overlaid struct {
	overlay        *overlay
	version        version
	added, dropped int
}

// operations are the operations of a kept file, with their parameters.
func (s *overlaid) operations(t *testing.T, root string) map[string][]string {
	t.Helper()
	doc, _, err := load(root, Input{s.overlay.Engine, s.version.text})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for path, item := range sub(doc, "paths") {
		if s.overlay.Engine == "podman" && !strings.HasPrefix(path, libpodRoot) {
			continue // Docker's packages have these
		}
		for verb, op := range asObject(item) {
			at, params := s.parameters(t, path, verb, asObject(op))
			out[str(asObject(op), "operationId")+" "+strings.ToUpper(verb)+" "+at] = params
		}
	}
	return out
}

// parameters are the parameters of one operation, those of the path by their order, and the path without their names.
func (s *overlaid) parameters(t *testing.T, path, verb string, op object) (at string, params []string) {
	t.Helper()
	entry := s.overlay.operation(str(op, "operationId"))
	at = path
	if moved := entry.Moved; moved != nil && moved.To != "" && moved.holds(s.version) {
		at = moved.To
	}
	segments := braces.FindAllStringSubmatch(plainPath(at), -1)
	for i, segment := range segments {
		place := fmt.Sprintf("path %d", i+1)
		declared := slices.ContainsFunc(list(op, "parameters"), func(p any) bool {
			return plainPath(str(asObject(p), "name")) == segment[1] && (at != path || str(asObject(p), "in") == "path")
		})
		if !declared {
			t.Errorf("%s %s: %s is not declared", verb, path, segment[1])
		}
		params = append(params, place)
	}
	for _, p := range list(op, "parameters") {
		in, name := str(asObject(p), "in"), str(asObject(p), "name")
		switch {
		case in == "body":
			params = append(params, "body")
		case in == "path", at != path && strings.Contains(at, "{"+name+"}"):
		case slices.Contains(entry.DropParams, name), s.overlay.Engine == "podman" && name == "Content-Type":
			s.dropped++ // the body's own
		default:
			params = append(params, in+" "+name)
		}
	}
	for _, p := range entry.AddParams {
		if p.holds(s.version) {
			params = append(params, p.In+" "+p.Name)
			s.added++
		}
	}
	here := braces.ReplaceAllString(plainPath(joinPointer("paths", path, verb, "parameters")), "{}")
	for _, p := range s.overlay.Patches {
		target, one := strings.CutSuffix(braces.ReplaceAllString(p.At, "{}"), "/-")
		if target != here || !p.holds(s.version) {
			continue
		}
		after := must(yamlNode(&p.After))(t)
		added, all := after.([]any) // of an operation that has none
		if !all && one {
			added = []any{after}
		}
		for _, param := range added {
			if str(asObject(param), "in") != "body" {
				t.Errorf("patch %s adds a parameter, which addParams is for", p.ID)
			}
			params = append(params, "body")
			s.added++
		}
	}
	slices.Sort(params)
	return braces.ReplaceAllString(plainPath(at), "{}"), params
}

func modelParameters(op *Operation) []string {
	var params []string
	for i := range braces.FindAllString(op.Path, -1) {
		params = append(params, fmt.Sprintf("path %d", i+1))
	}
	for _, p := range op.Parameters {
		if p.In != "path" {
			params = append(params, p.In+" "+p.Wire)
		}
	}
	if op.Body != nil {
		params = append(params, "body")
	}
	slices.Sort(params)
	return params
}

// TestRenamed checks that types which upstream renamed have one name in all versions.
func TestRenamed(t *testing.T) {
	for ver, names := range map[string][]string{
		"1.25": {"ContainerConfig", "GraphDriverData", "ImageDeleteResponseItem", "NetworkSettings", "ImageInspect"},
		"1.41": {"ContainerConfig", "GraphDriverData", "ImageDeleteResponseItem", "NetworkSettings", "ImageInspect", "Port", "VolumeCreateOptions", "NetworkContainer", "IDResponse"},
		"1.56": {"ContainerConfig", "GraphDriverData", "ImageDeleteResponseItem", "NetworkSettings", "ImageInspect", "Port", "VolumeCreateOptions", "NetworkContainer", "IDResponse"},
	} {
		m := testModel(t, ver)
		pkg := "v" + strings.ReplaceAll(ver, ".", "")
		for _, name := range names {
			if m.typeNamed(pkg, name) == nil {
				t.Errorf("%s has no type %s", ver, name)
			}
		}
	}
}

// TestLifetimes checks since and until: of an operation, of a parameter, of fields in a definition that was nameless
// once, and of one that moved.
func TestLifetimes(t *testing.T) {
	e, err := docker()
	if err != nil {
		t.Fatal(err)
	}
	field := func(ver, key, wire string) Lifetime {
		v, err := parseVersion(ver)
		if err != nil {
			t.Fatal(err)
		}
		return e.history.ofField(v, key, wire)
	}
	for _, tt := range []struct {
		name string
		got  Lifetime
		want Lifetime
	}{
		{"HostConfig.Annotations", field("1.44", "HostConfig", "Annotations"), Lifetime{Since: "1.43"}},
		{"ContainerInspectResponse.Id", field("1.56", "ContainerInspectResponse", "Id"), Lifetime{}},
		{"containers.InspectResponse.Node", field("1.25", "containers.InspectResponse", "Node"), Lifetime{Until: "1.38"}},
		{"EventMessage.status", field("1.41", "EventMessage", "status"), Lifetime{Until: "1.51"}},
		{"HostConfig.Umask", field("1.56", "HostConfig", "Umask"), Lifetime{Since: "1.56"}},
		{"BuildCache.Parent", field("1.41", "BuildCache", "Parent"), Lifetime{Since: "1.39", Until: "1.41"}},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, tt.got, tt.want)
		}
	}
}

// TestDiff reads what an upgrade means.
func TestDiff(t *testing.T) {
	e, err := docker()
	if err != nil {
		t.Fatal(err)
	}
	u, err := e.Diff("1.41", "1.44")
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := u.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"docker 1.41 -> 1.44",
		"  + volumes.Update VolumeUpdate PUT /volumes/{name} none error",
		"  + containers.Stop signal query string",
		"  + HostConfig.Annotations map[string]string",
		"  - SystemInfo.ClusterStore string",
		"  ~ TaskStatus.ContainerStatus: *TaskStatusContainerStatus -> *ContainerStatus",
	} {
		if !slices.Contains(strings.Split(text.String(), "\n"), want) {
			t.Errorf("the diff lacks %q", want)
		}
	}
	same, err := e.Diff("1.32", "1.33")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(same.Operations) + len(same.Parameters) + len(same.Types) + len(same.Fields); n != 0 {
		t.Errorf("1.32 and 1.33 are alike, and differ in %d things", n)
	}
	if _, err := e.Diff("1.41", "9.9"); err == nil {
		t.Error("compared with a version that isn't there")
	}
}
