package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/cmd/specgen/internal/gen"
)

func TestRun(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"", "usage: specgen"},
		{"paint", `there is no verb "paint"`},
		{"import", "import needs -engine, -version and one SPEC"},
		{"api -engine docker", "api needs -engine, -version and one SPEC"},
		{"doc docker 1.41", "doc needs an engine, a version and an operation"},
		{"diff docker", "diff needs an engine and two versions"},
		{"list docker 1.9", `there is no specification for engine "docker", version "1.9"`},
		{"check -engine docker -version 9.9", `there is no specification for engine "docker", version "9.9"`},
	} {
		err := run(t.Context(), strings.Fields(tt.args), &bytes.Buffer{})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("specgen %s: %v, want %s", tt.args, err, tt.want)
		}
	}
}

// TestModelVerb reads what the verb prints.
func TestModelVerb(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), []string{"model", "-engine", "docker", "-version", "1.41"}, &out); err != nil {
		t.Fatal(err)
	}
	var m gen.Model
	if err := json.Unmarshal(out.Bytes(), &m); err != nil {
		t.Fatal(err)
	}
	if m.Engine != "docker" || m.Version != "1.41" || len(m.Files) == 0 {
		t.Errorf("the model is of %s %s with %d files", m.Engine, m.Version, len(m.Files))
	}
}

// TestReadingVerbs reads what the verbs for readers print.
func TestReadingVerbs(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"list docker 1.41", "containers    25 operations\n"},
		{"list docker 1.41 exec", "Create   ContainerExec  POST  /v1.41/containers/{id}/exec\n"},
		{"list", "docker  1.41  15 categories  106 operations\n"},
		{"list docker", "docker  1.25  12 categories  94 operations\n"},
		{"doc docker 1.44 ContainerStop", "  query  signal  string  since API 1.42\n"},
		{"diff docker 1.55 1.56", "  + HostConfig.Umask *uint32\n"},
		{"diff -json docker 1.55 1.56", `"name": "HostConfig.Umask"`},
	} {
		var out bytes.Buffer
		if err := run(t.Context(), strings.Fields(tt.args), &out); err != nil {
			t.Errorf("specgen %s: %v", tt.args, err)
		} else if !strings.Contains(out.String(), tt.want) {
			t.Errorf("specgen %s printed\n%swithout %s", tt.args, out.String(), tt.want)
		}
	}
}

// rootOf is the root of the project.
func rootOf(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	root, err := gen.FindRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// TestDocOpens holds what doc describes, whatever the case: operations and types, with the sentences that parameters and
// fields have.
func TestDocOpens(t *testing.T) {
	root := rootOf(t)
	e, err := gen.OpenEdition(root, "docker", "1.44")
	if err != nil {
		t.Fatal(err)
	}
	m, err := e.Model("1.44")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"containerSTOP":            "      Signal is ",
		"Containers.stop":          "docker 1.44 ContainerStop\n",
		"HostConfig":               "docker 1.44 v144.HostConfig\n",
		"hostconfig":               "      CPUPeriod is in microseconds.\n",
		"containers.createrequest": "docker 1.44 containers.CreateRequest\n",
	} {
		var out bytes.Buffer
		if err := m.WriteDoc(&out, name); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("doc %s: %v\n%swithout %s", name, err, out.String(), want)
		}
	}
	if err := m.WriteDoc(&bytes.Buffer{}, "Polish"); err == nil || !strings.Contains(err.Error(), "docker 1.44 has no operation and no type Polish") {
		t.Error(err)
	}
}

// TestCounts holds the quick list, which reads the facts of the catalog, to what planning a version finds.
func TestCounts(t *testing.T) {
	root := rootOf(t)
	for engine, version := range map[string]string{"docker": "1.41", "podman": "4.3"} {
		counts, err := gen.Counts(root, engine)
		if err != nil {
			t.Fatal(err)
		}
		e, err := gen.OpenEdition(root, engine, version)
		if err != nil {
			t.Fatal(err)
		}
		m, err := e.Model(version)
		if err != nil {
			t.Fatal(err)
		}
		var want gen.Count
		for _, c := range m.Categories() {
			want.Categories++
			want.Operations += len(c.Operations)
		}
		inputs, err := gen.Inputs(root, engine, "")
		if err != nil || counts[version] != want || len(counts) != len(inputs) {
			t.Errorf("%s %s: %+v, want %+v; %d versions of %d (%v)", engine, version, counts[version], want, len(counts), len(inputs), err)
		}
	}
}
