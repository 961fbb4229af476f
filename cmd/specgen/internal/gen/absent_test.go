package gen

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// TestAbsentIsTried holds that what engines take an absent boolean for has been tried: each of which nil says something has
// a row in a table that runs against real engines, and what has one is a pointer if and only if some engine takes an absent
// one for something else than false. So have the booleans of Docker's API that the overlay adds or makes of a string; for the
// others there are the facts of the handlers.
func TestAbsentIsTried(t *testing.T) {
	root := testRoot(t)
	tried := map[string]map[string]bool{ // by operation and parameter, what absent means
		"docker": absentRows(t, filepath.Join(root, "docker", "absent_engine_test.go")),
		"podman": absentRows(t, filepath.Join(root, "podman", "absent_engine_test.go")),
	}
	for engine, open := range map[string]func() (*Edition, error){"docker": docker, "podman": podman} {
		e := must(open())(t)
		used, seen := map[string]bool{}, map[string]bool{}
		for _, ver := range e.Versions() {
			for _, c := range must(e.Model(ver))(t).Categories() {
				for _, op := range c.Operations {
					for _, p := range op.Parameters {
						at := op.ID + "." + p.Wire
						isPointer := func(f *Field) bool { return f.Wire == p.Wire && f.Type == "*bool" }
						pointer := op.Options != nil && slices.ContainsFunc(op.Options.Fields, isPointer)
						differs, found := tried[engine][at]
						used[at] = used[at] || found
						made := engine == "docker" && (p.Added || e.overlay.operation(op.ID).Params[p.Wire].isBool())
						if p.Type != "bool" || !pointer && !found && !made || seen[at] {
							continue
						}
						switch {
						case !found:
							t.Errorf("%s %s: %s has no row in absent_engine_test.go: what is an absent one taken for?", engine, ver, at)
						case pointer != differs:
							t.Errorf("%s %s: %s: pointer is %v, but that absent is not false is %v", engine, ver, at, pointer, differs)
						default:
							continue
						}
						seen[at] = true
					}
				}
			}
		}
		for at := range tried[engine] {
			if !used[at] {
				t.Errorf("%s: %s has a row, and no version has it", engine, at)
			}
		}
	}
}

// absentRows reads the rows of a table, which is in another module: at of each, and whether absent is ever not false.
func absentRows(t *testing.T, file string) map[string]bool {
	t.Helper()
	tree := must(parser.ParseFile(token.NewFileSet(), file, nil, 0))(t)
	rows := map[string]bool{}
	ast.Inspect(tree, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		row := map[string]string{}
		for _, e := range lit.Elts {
			pair, ok := e.(*ast.KeyValueExpr)
			if !ok {
				return true
			}
			key, isName := pair.Key.(*ast.Ident)
			value, isText := pair.Value.(*ast.BasicLit)
			if isName && isText {
				row[key.Name], _ = strconv.Unquote(value.Value)
			}
		}
		if at := row["at"]; at != "" {
			others := row["engine"] == "podman" // of Docker's API: its sentence says what another engine makes of it
			rows[at] = rows[at] || row["absent"] != "false" && !others
		}
		return true
	})
	if len(rows) == 0 {
		t.Fatalf("%s has no rows", file)
	}
	return rows
}

// isBool says whether the overlay makes a boolean of a parameter.
func (e *paramEntry) isBool() bool { return e != nil && e.Type == "bool" }
