package gantry_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	block  = regexp.MustCompile("(?ms)^```(go)?\n(.*?)^```$")
	nolint = regexp.MustCompile(` //nolint.*`)
)

// read returns a file without the remarks for the linter.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return nolint.ReplaceAllString(string(text), "")
}

// TestReadme holds that README.md shows code that runs: its program is the first example of package docker, and every
// other piece, and every line of its table of ways in, is part of another.
func TestReadme(t *testing.T) {
	readme, example := read(t, "README.md"), read(t, "docker/example_test.go")
	var code, plain []string
	for _, found := range block.FindAllStringSubmatch(readme, -1) {
		if found[1] == "go" {
			code = append(code, found[2])
		} else {
			plain = append(plain, found[2])
		}
	}
	if len(code) < 2 || len(plain) < 1 {
		t.Fatalf("README.md has %d pieces of Go and %d others", len(code), len(plain))
	}
	shown, tested := function(t, code[0], "run"), function(t, example, "run")
	if shown != tested {
		t.Errorf("README.md has\n%s\nand docker/example_test.go\n%s", shown, tested)
	}
	_, output, _ := strings.Cut(function(t, example, "Example"), "// Output:\n")
	if output = strings.TrimSuffix(strings.ReplaceAll(output, "\t// ", ""), "}"); plain[0] != output {
		t.Errorf("README.md has the output\n%s\nand docker/example_test.go\n%s", plain[0], output)
	}
	examples := read(t, "docker/readme_example_test.go") + read(t, "docker/connect_example_test.go")
	unindented := regexp.MustCompile(`(?m)^\t`).ReplaceAllString(examples, "")
	for _, piece := range code[1:] {
		if !strings.Contains(examples, piece) && !strings.Contains(unindented, piece) {
			t.Errorf("docker/readme_example_test.go does not have\n%s", piece)
		}
	}
	compile(t, code[0])

	ways := squeeze(read(t, "docker/connect_example_test.go"))
	calls := regexp.MustCompile("(?m)^\\|.*\\| `([a-z]+\\.Open.*)` \\|$").FindAllStringSubmatch(readme, -1)
	if len(calls) < 15 {
		t.Errorf("README.md has %d ways in", len(calls))
	}
	for _, call := range calls {
		if !strings.Contains(ways, "("+squeeze(call[1])+")") {
			t.Errorf("docker/connect_example_test.go does not have\n%s", call[1])
		}
	}
}

// squeeze takes away where lines are broken.
func squeeze(code string) string {
	return strings.Join(strings.Fields(code), " ")
}

// function returns the text of a function.
func function(t *testing.T, source, name string) string {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", source, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == name {
			return source[fset.Position(f.Pos()).Offset:fset.Position(f.End()).Offset]
		}
	}
	t.Fatalf("no function %s", name)
	return ""
}

// compile builds a program as if it were one of the examples.
func compile(t *testing.T, program string) {
	t.Helper()
	dir := t.TempDir()
	source, overlay := filepath.Join(dir, "main.go"), filepath.Join(dir, "overlay.json")
	place, err := filepath.Abs("examples/readme/main.go")
	if err != nil {
		t.Fatal(err)
	}
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{place: source}})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{source: []byte(program), overlay: replace} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-overlay", overlay, "-o", filepath.Join(dir, "program"), "./examples/readme")
	if out, err := build.CombinedOutput(); err != nil {
		t.Errorf("the program of README.md: %v\n%s", err, out)
	}
}
