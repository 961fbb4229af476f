package gen

import (
	"bytes"
	"os"
	"path/filepath"
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

// dropped are the parameters that the overlay leaves out: an upload has its content type anyway.
var dropped = map[string]bool{"ImageBuild header Content-type": true}

// TestOperations compares, for every version, what is generated with what its specification has: each operation with
// its id, its method, its path and its parameters with their place. It reads the kept file itself.
func TestOperations(t *testing.T) {
	root := testRoot(t)
	e, err := docker()
	if err != nil {
		t.Fatal(err)
	}
	versions := e.Versions()
	if len(versions) != 32 {
		t.Errorf("there are %d versions: %v", len(versions), versions)
	}
	for i, ver := range versions {
		t.Run(ver, func(t *testing.T) {
			want := specOperations(t, root, ver)
			got := map[string][]string{}
			for _, c := range testModel(t, ver).Categories() {
				for _, op := range c.Operations {
					path := strings.ReplaceAll(strings.TrimPrefix(op.Path, "/v"+ver), "...}", "}")
					got[op.ID+" "+op.Method+" "+path] = modelParameters(op)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("operations (-specification +generated):\n%s", diff)
			}
			t.Logf("docker %s: %d operations", ver, len(got))
			if wantCount := wantOperations(25 + i); len(got) != wantCount {
				t.Errorf("%d operations, want %d", len(got), wantCount)
			}
		})
	}
}

func specOperations(t *testing.T, root, ver string) map[string][]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, specsDir, "docker", "v"+ver+".json"))
	if err != nil {
		t.Fatal(err)
	}
	tree, err := parseJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for path, item := range sub(asObject(tree), "paths") {
		for verb, node := range asObject(item) {
			op := asObject(node)
			params := []string{}
			for _, p := range list(op, "parameters") {
				p := asObject(p)
				text := str(p, "in") + " " + str(p, "name")
				if str(p, "in") == "body" {
					text = "body"
				}
				if !dropped[str(op, "operationId")+" "+text] {
					params = append(params, text)
				}
			}
			slices.Sort(params)
			out[str(op, "operationId")+" "+strings.ToUpper(verb)+" "+path] = params
		}
	}
	return out
}

func modelParameters(op *Operation) []string {
	params := []string{}
	for _, p := range op.Parameters {
		if !p.Added {
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
