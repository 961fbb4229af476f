package gantry_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestClassesComeFirst holds, for each error that is made of a request, that what stands in the place of its class is one of
// the package's sentinels. Class and cause are errors both: exchanged they compile, and errors.Is finds either.
func TestClassesComeFirst(t *testing.T) {
	made := 0
	for _, dir := range []string{"transport", "docker", "podman", "catalog"} {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() && strings.HasPrefix(entry.Name(), "v") {
				if err == nil {
					err = fs.SkipDir // generated
				}
				return err
			}
			if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || len(call.Args) != 2 {
					return true
				}
				method, ok := call.Fun.(*ast.SelectorExpr)
				if !ok || method.Sel.Name != "Refuse" && (method.Sel.Name != "fail" || filepath.Dir(path) != "transport") {
					return true
				}
				made++
				if !isClass(call.Args[0]) {
					t.Errorf("%s: the first argument is the class of the error", files.Position(call.Pos()))
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if made < 25 {
		t.Errorf("%d errors, want 25 or more", made)
	}
}

// isClass reports whether an expression is a class by its name: a sentinel, a variable that holds one, or that of a status.
func isClass(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return strings.HasPrefix(e.Name, "Err") || e.Name == "class" || e.Name == "nil"
	case *ast.SelectorExpr:
		from, ok := e.X.(*ast.Ident)
		return ok && from.Name == "transport" && strings.HasPrefix(e.Sel.Name, "Err")
	case *ast.CallExpr:
		of, ok := e.Fun.(*ast.Ident)
		return ok && of.Name == "statusClass"
	}
	return false
}
