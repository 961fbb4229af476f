package oracle

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// explanation is why one difference is as it should be.
type explanation struct{ what, why string }

// unmet marks types of ours that are compared with nothing.
const unmet = "unmet"

// report compares what was found with what is explained; either way round is a failure. Without
// a version, types that were not met are left alone.
func report(t *testing.T, version string, diffs map[string]string, explained map[string]explanation, visited map[string]bool) {
	t.Helper()
	for _, where := range slices.Sorted(maps.Keys(diffs)) {
		e, ok := explained[where]
		if !ok {
			t.Errorf("%s: %s", where, diffs[where])
		} else if e.what != diffs[where] {
			t.Errorf("%s: %s; explained is %s", where, diffs[where], e.what)
		}
	}
	for where, e := range explained {
		if diffs[where] == "" && e.what != unmet {
			t.Errorf("%s: explained, but there is no difference: %s", where, e.what)
		}
	}
	if version == "" {
		return
	}
	for _, name := range structs(t, version) {
		e, ok := explained[name]
		if !visited[name] && (!ok || e.what != unmet) {
			t.Errorf("%s: compared with nothing", name)
		}
	}
}

// structs are the struct types of a version, by the names that differences have.
func structs(t *testing.T, version string) []string {
	t.Helper()
	dir := filepath.Join("..", "..", "docker", "v"+version)
	var out []string
	for _, pattern := range []string{"*.gen.go", "*/*.gen.go"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, name := range files {
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				spec, ok := n.(*ast.TypeSpec)
				if !ok {
					return true
				}
				if _, ok := spec.Type.(*ast.StructType); !ok || spec.Name.Name == "Client" || strings.HasSuffix(spec.Name.Name, "Options") && f.Name.Name != "v"+version {
					return true
				}
				key := spec.Name.Name
				if f.Name.Name != "v"+version {
					key = f.Name.Name + "." + key
				}
				out = append(out, key)
				return true
			})
		}
	}
	return out
}
