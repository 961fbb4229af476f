package oracle

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	generatedRoute  = regexp.MustCompile(`Method: "(\w+)", Path: "/v([0-9.]+)([^"]*)"`)
	generatedAnswer = regexp.MustCompile(`transport\.(?:Object|List|Sequence)\[([\w.]+)\]\(`)
	braces          = regexp.MustCompile(`\{[^}]*\}`)
)

// answers pairs what the methods of a version decode with what the handlers write.
func answers(t *testing.T, dir string, number int, handlers *Handlers) (out []Pair) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.gen.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		route, answer := generatedRoute.FindStringSubmatch(string(data)), generatedAnswer.FindStringSubmatch(string(data))
		if route == nil || answer == nil {
			continue
		}
		key := route[1] + " " + braces.ReplaceAllString(route[3], "{}")
		if strings.HasPrefix(route[2], "3.") && number >= 40 {
			key = "v3 " + key
		}
		ours := strings.TrimPrefix(answer[1], filepath.Base(dir)+".")
		if ours == answer[1] {
			ours = filepath.Base(filepath.Dir(name)) + "." + ours
		}
		var theirs []string
		for _, w := range handlers.Routes[key].Writes {
			if expr := document(w); expr != "" {
				theirs = append(theirs, expr)
			}
		}
		if len(theirs) > 0 {
			out = append(out, Pair{[]string{ours}, theirs})
		}
	}
	return out
}

// document is the type that an answer is of, or what its list or sequence holds; empty if it is no document of libpod's.
func document(write string) string {
	_, expr, _ := strings.Cut(write, " ")
	expr = strings.TrimLeft(expr, "[]*")
	name, is := strings.CutPrefix(expr, "@")
	for _, compat := range []string{"Compat", "JSON", "jsonstream", "handlers.ContainersPruneReport", "handlers/compat.Stats"} {
		if strings.Contains(name, compat) {
			return ""
		}
	}
	if !is {
		return ""
	}
	return name
}
