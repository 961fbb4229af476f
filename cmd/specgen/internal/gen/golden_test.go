package gen

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite the wanted files of the goldens")

// TestGolden runs the passes on fragments of specifications. An archive holds spec.yaml (definitions and paths),
// overlay.yaml and docs.yaml where it needs them, and what is wanted: the files that its line "want:" names, or the
// file error.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("goldens: %v %v", files, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) { testGolden(t, file) })
	}
}

func testGolden(t *testing.T, file string) {
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	in := map[string][]byte{}
	for _, f := range ar.Files {
		in[f.Name] = f.Data
	}
	got := map[string]string{}
	rendered, err := runGolden(in)
	if err != nil {
		got["error"] = err.Error() + "\n"
	}
	maps.Copy(got, rendered)

	inputs := []txtar.File{}
	want := map[string]string{}
	for _, f := range ar.Files {
		switch f.Name {
		case "spec.yaml", "overlay.yaml", "docs.yaml":
			inputs = append(inputs, f)
		default:
			want[f.Name] = string(f.Data)
		}
	}
	chosen := map[string]string{}
	for _, name := range wanted(t, string(ar.Comment)) {
		if text, ok := got[name]; ok {
			chosen[name] = text
		} else {
			t.Fatalf("%s is not generated; there are %v\n%s", name, keys(got), got["error"])
		}
	}
	if *update {
		ar.Files = inputs
		for _, name := range keys(chosen) {
			ar.Files = append(ar.Files, txtar.File{Name: name, Data: []byte(chosen[name])})
		}
		if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, chosen); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// wanted reads the line "want:" of an archive's comment.
func wanted(t *testing.T, comment string) []string {
	t.Helper()
	for line := range strings.Lines(comment) {
		if names, ok := strings.CutPrefix(line, "want: "); ok {
			return strings.Fields(names)
		}
	}
	t.Fatal("the archive's comment has no line want:")
	return nil
}

// runGolden runs the passes and returns the generated files by their path below the version's folder.
func runGolden(in map[string][]byte) (map[string]string, error) {
	doc, o, w, err := goldenInput(in)
	if err != nil {
		return nil, err
	}
	v, err := parseVersion("1.41")
	if err != nil {
		return nil, err
	}
	m, err := planDocument(doc, o, w, v)
	if err != nil {
		return nil, err
	}
	files, err := render(m)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for name, text := range files {
		out[strings.TrimPrefix(name, "docker/v141/")] = string(text)
	}
	return out, nil
}

func goldenInput(in map[string][]byte) (object, *overlay, *words, error) {
	tree, err := parseYAML(in["spec.yaml"])
	if err != nil {
		return nil, nil, nil, err
	}
	doc := tree.(object)
	doc["swagger"], doc["basePath"], doc["info"] = "2.0", "/v1.41", object{"version": "1.41"}
	doc["consumes"] = []any{"application/json", "text/plain"}
	o, w := &overlay{Engine: "docker"}, &words{}
	if err := decodeYAML(in["overlay.yaml"], o); err != nil {
		return nil, nil, nil, err
	}
	if err := decodeYAML(in["docs.yaml"], w); err != nil {
		return nil, nil, nil, err
	}
	return doc, o, w, o.check()
}
