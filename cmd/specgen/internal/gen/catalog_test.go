package gen

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"
)

func TestRanges(t *testing.T) {
	versions := []string{"1", "2", "3", "4", "5"}
	for _, tt := range []struct{ holds, want string }{
		{"xxxxx", "1-"},
		{"....x", "5-"},
		{"xx.x.", "1-2 4"},
		{"x.x.x", "1 3 5-"},
		{".....", ""},
	} {
		holds := make([]bool, len(versions))
		for i, c := range tt.holds {
			holds[i] = c == 'x'
		}
		if got := ranges(versions, holds); got != tt.want {
			t.Errorf("%s is %q, want %q", tt.holds, got, tt.want)
		}
	}
}

// TestCatalog renders the catalog of two versions, which share what is alike.
func TestCatalog(t *testing.T) {
	models := []*Model{testModel(t, "1.41"), testModel(t, "1.42")}
	first, err := renderCatalog(models)
	if err != nil {
		t.Fatal(err)
	}
	second, err := renderCatalog(models)
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("two runs differ: %v", err)
	}
	var facts struct {
		Engine     string
		Versions   []string
		Operations []catalogRecord
	}
	if err := json.Unmarshal(first, &facts); err != nil {
		t.Fatal(err)
	}
	if facts.Engine != "docker" || len(facts.Versions) != 2 || len(facts.Operations) > 150 {
		t.Errorf("%d records of %s %v", len(facts.Operations), facts.Engine, facts.Versions)
	}
	found := map[string]string{}
	for _, r := range facts.Operations {
		found[r.ID] += r.Versions + ";"
	}
	for id, want := range map[string]string{"ContainerList": "1.41-;", "ContainerStop": "1.41;1.42-;", "VolumeUpdate": "1.42-;"} {
		if found[id] != want {
			t.Errorf("%s is of %q, want %q", id, found[id], want)
		}
	}
}

// TestCatalogOwned holds which catalogs specgen may remove: those of engines without a specification.
func TestCatalogOwned(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"catalog/catalog.go", "catalog/docker.gen.json", "catalog/rkt.gen.json", "catalog/podman.gen.json", specsDir + "/podman/v4.3.json"} {
		if err := writeFile(root, name, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	owned, err := ownedFolders(root, []Input{{"docker", "1.41"}}, false)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"catalog/docker.gen.json": []byte("x")}
	diffs, err := apply(root, files, owned)
	if err != nil || len(diffs) != 1 || diffs[0] != (Difference{"catalog/rkt.gen.json", "stale"}) {
		t.Errorf("%v: %v", diffs, err)
	}
	left, err := filepath.Glob(filepath.Join(root, "catalog", "*"))
	if err != nil || len(left) != 3 {
		t.Errorf("%v %v", left, err)
	}
}
