package docker_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// versions are the folders of the generated versions.
func versions(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob("v*")
	all = slices.DeleteFunc(all, func(name string) bool { return strings.HasSuffix(name, ".go") })
	if err != nil || len(all) < 32 {
		t.Fatalf("%d versions (%v)", len(all), err)
	}
	return all
}

// generatedFiles parses every generated file of a version.
func generatedFiles(t *testing.T, version string, visit func(fset *token.FileSet, path string, file *ast.File)) {
	t.Helper()
	fset := token.NewFileSet()
	found := 0
	err := filepath.WalkDir(version, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if !strings.HasSuffix(path, ".gen.go") {
			t.Errorf("%s is not generated", path)
			return nil
		}
		found++
		file, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		visit(fset, path, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found == 0 {
		t.Fatal("no generated files")
	}
}

// TestMethodsAreThin holds the mean length of a generated method; thinness is what makes them readable.
func TestMethodsAreThin(t *testing.T) {
	for _, version := range versions(t) {
		methods, lines := 0, 0
		generatedFiles(t, version, func(fset *token.FileSet, _ string, file *ast.File) {
			for _, decl := range file.Decls {
				f, ok := decl.(*ast.FuncDecl)
				if !ok || f.Recv == nil || !f.Name.IsExported() || receiver(f) != "Client" {
					continue
				}
				methods++
				lines += fset.Position(f.End()).Line - fset.Position(f.Pos()).Line + 1
			}
		})
		mean := float64(lines) / float64(methods)
		t.Logf("%s: %d methods of %.1f lines on average", version, methods, mean)
		if methods < 94 || mean > 9 {
			t.Errorf("%s: %d methods of %.1f lines on average, want 94 or more of at most 9", version, methods, mean)
		}
	}
}

func receiver(f *ast.FuncDecl) string {
	t := f.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if name, ok := t.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

// initialisms are golint's, and those of the project's own table.
var initialisms = strings.Fields(`ACL API ASCII CPU CSS DNS EOF GUID HTML HTTP HTTPS ID IP JSON LHS QPS RAM RHS RPC SLA
	SMTP SQL SSH TCP TLS TTL UDP UI UID UUID URI URL UTF8 VM XML XMPP XSRF XSS
	IPAM IPC MAC CA GID OOM OS TTY IO RW UTS OCI VIP`)

// TestInitialisms holds the names of the generated packages to Go's spelling: an initialism is one case throughout.
func TestInitialisms(t *testing.T) {
	upper := map[string]bool{}
	for _, i := range initialisms {
		upper[i] = true
	}
	for _, version := range versions(t) {
		generatedFiles(t, version, func(fset *token.FileSet, _ string, file *ast.File) {
			ast.Inspect(file, func(n ast.Node) bool {
				name, ok := n.(*ast.Ident)
				if !ok || !name.IsExported() {
					return true
				}
				for _, word := range words(name.Name) {
					if u := strings.ToUpper(word); upper[u] && word != u {
						t.Errorf("%s: %s should spell %s", fset.Position(name.Pos()), name.Name, u)
					}
				}
				return true
			})
		})
	}
}

// words splits a name before each upper-case letter that follows a lower-case one, as golint does.
func words(name string) []string {
	var all []string
	start := 0
	runes := []rune(name)
	for i := 1; i < len(runes); i++ {
		if unicode.IsUpper(runes[i]) && unicode.IsLower(runes[i-1]) {
			all = append(all, string(runes[start:i]))
			start = i
		}
	}
	return append(all, string(runes[start:]))
}

// TestExportedWordsAreExplained holds that every exported declaration has a comment that begins with its name.
func TestExportedWordsAreExplained(t *testing.T) {
	for _, version := range versions(t) {
		generatedFiles(t, version, func(fset *token.FileSet, _ string, file *ast.File) {
			for _, decl := range file.Decls {
				checkExplained(t, fset, decl)
			}
		})
	}
}

func checkExplained(t *testing.T, fset *token.FileSet, decl ast.Decl) {
	t.Helper()
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && !strings.HasPrefix(d.Doc.Text(), d.Name.Name+" ") {
			t.Errorf("%s: %s has no comment", fset.Position(d.Pos()), d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			if s, ok := spec.(*ast.TypeSpec); ok && s.Name.IsExported() && !strings.HasPrefix(d.Doc.Text(), s.Name.Name+" ") {
				t.Errorf("%s: %s has no comment", fset.Position(s.Pos()), s.Name.Name)
			}
		}
	}
}
