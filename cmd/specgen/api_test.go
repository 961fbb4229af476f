package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/cmd/specgen/internal/gen"
)

// TestAPI adds a version that does not exist: the newest one with an operation, a parameter and a field more and a
// field less.
func TestAPI(t *testing.T) {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	from, err := gen.FindRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	newest, err := os.ReadFile(filepath.Join(from, "testdata/specs/docker/v1.56.json"))
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, data []byte) string {
		at := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return at
	}
	write("testdata/specs/docker/v1.56.json", newest)
	spec := write("swagger.json", madeUp(t, newest))

	var out bytes.Buffer
	args := []string{"api", "-root", root, "-engine", "docker", "-version", "9.99", spec}
	if err := run(t.Context(), args, &out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	for _, want := range []string{
		"kept: testdata/specs/docker/v9.99.json",
		"docker 1.56 -> 9.99",
		"  + containers.Polish ContainerPolish POST /containers/{id}/polish none error",
		"  + containers.Stop gently query bool",
		"  + HostConfig.Polish string",
		"  - SystemInfo.Warnings []string",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("api didn't say %q:\n%s", want, out.String())
		}
	}
	made, err := os.ReadFile(filepath.Join(root, "docker/v999/containers/polish.gen.go"))
	if err != nil || !bytes.Contains(made, []byte("Since API 9.99.")) {
		t.Errorf("the new operation: %v\n%s", err, made)
	}
	// What the new version lacks, the one before it says.
	info, err := os.ReadFile(filepath.Join(root, "docker/v156/system_info.gen.go"))
	if err != nil || !bytes.Contains(info, []byte("Until API 1.56.")) {
		t.Errorf("the version before: %v\n%s", err, info)
	}
	facts, err := os.ReadFile(filepath.Join(root, "catalog/docker.gen.json"))
	if err != nil || !bytes.Contains(facts, []byte(`{"versions":"9.99-","id":"ContainerPolish"`)) {
		t.Errorf("the catalog: %v\n%s", err, facts)
	}
	origin, err := os.ReadFile(filepath.Join(root, "testdata/specs/ORIGIN.json"))
	if err != nil || !bytes.Contains(origin, []byte(`"docker/v9.99.json"`)) {
		t.Errorf("the origin: %v\n%s", err, origin)
	}
}

// madeUp changes a specification as a new version might.
func madeUp(t *testing.T, data []byte) []byte {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	at := func(path ...string) map[string]any {
		node := doc
		for _, name := range path {
			next, ok := node[name].(map[string]any)
			if !ok {
				t.Fatalf("the specification has no %v", path)
			}
			node = next
		}
		return node
	}
	doc["basePath"] = "/v9.99"
	at("info")["version"] = "9.99"
	at("paths")["/containers/{id}/polish"] = map[string]any{"post": map[string]any{
		"operationId": "ContainerPolish", "tags": []any{"Container"},
		"parameters": []any{map[string]any{"name": "id", "in": "path", "required": true, "type": "string"}},
		"responses":  map[string]any{"204": map[string]any{}, "404": map[string]any{}},
	}}
	stop := at("paths", "/containers/{id}/stop", "post")
	params, _ := stop["parameters"].([]any)
	stop["parameters"] = append(params, map[string]any{"name": "gently", "in": "query", "type": "boolean"})
	host, _ := at("definitions", "HostConfig")["allOf"].([]any)
	own, _ := host[1].(map[string]any)
	props, _ := own["properties"].(map[string]any)
	props["Polish"] = map[string]any{"type": "string"}
	delete(at("definitions", "SystemInfo", "properties"), "Warnings")
	out, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
