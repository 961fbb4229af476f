package gen

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const publishedLibpod = `{"swagger": "2.0", "info": {"version": "4.0.0", "title": "Sentences."}, "paths": {},
 "definitions": {
  "Mount": {"type": "object", "x-go-name": "Mount"},
  "Other": {"type": "object"},
  "Spec": {"type": "object", "properties": {"mounts": {"$ref": "#/definitions/Mount"}}}}}`

const mountFix = `[
 {"op": "add", "path": "/definitions/SpecsMount", "value": {"type": "object", "x-go-name": "Mount"}},
 {"op": "replace", "path": "/definitions/Spec/properties/mounts/$ref", "value": "#/definitions/SpecsMount"}]`

func TestImportLibpod(t *testing.T) {
	dir := t.TempDir()
	spec, fixes := filepath.Join(dir, "swagger-v4.3.1.json"), filepath.Join(dir, "fixes.json")
	for name, text := range map[string]string{spec: publishedLibpod, fixes: mountFix} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	root := t.TempDir()
	name, err := Import(t.Context(), root, Source{Engine: "podman", Version: "4.3", Spec: spec, Fixes: fixes})
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"version": "4.3.1"`, `"$ref": "#/definitions/SpecsMount"`} {
		if !strings.Contains(string(kept), want) {
			t.Errorf("%s is not in what is kept:\n%s", want, kept)
		}
	}
	origins, err := readOrigins(root)
	if err != nil {
		t.Fatal(err)
	}
	if o := origins["podman/v4.3.json"]; o.Release != "4.3.1" || o.Fixes != sum([]byte(mountFix)) || o.Path != "swagger-v4.3.1.json" {
		t.Errorf("origin: %+v", o)
	}
}

func TestImportLibpodRefuses(t *testing.T) {
	replace := func(at, value string) string {
		return `[{"op": "replace", "path": "` + at + `", "value": "` + value + `"}]`
	}
	for _, tt := range []struct{ name, release, fixes, want string }{
		{"release", "", "[]", "say -release"},
		{"other release", "5.0.0", "[]", `of release "5.0.0", not of a "4.3"`},
		{"longer minor", "4.31.0", "[]", `of release "4.31.0", not of a "4.3"`},
		{"there", "4.3.1", `[{"op": "add", "path": "/definitions/Mount", "value": {}}]`, "there already"},
		{"elsewhere", "4.3.1", `[{"op": "remove", "path": "/definitions/Mount"}]`, "add definitions and replace references only"},
		{"same", "4.3.1", replace("/definitions/Spec/properties/mounts/$ref", "#/definitions/Mount"), "expected a reference to another"},
		{"no such", "4.3.1", replace("/definitions/Spec/properties/none/$ref", "#/definitions/Other"), "there is no"},
		{"unlike", "4.3.1", replace("/definitions/Spec/properties/mounts/$ref", "#/definitions/Other"), "share no name"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fixes := filepath.Join(t.TempDir(), "fixes.json")
			if err := os.WriteFile(fixes, []byte(tt.fixes), 0o644); err != nil {
				t.Fatal(err)
			}
			src := Source{Engine: "podman", Version: "4.3", Spec: "swagger.json", Release: tt.release, Fixes: fixes}
			_, err := normalForm([]byte(publishedLibpod), src, &origin{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}
