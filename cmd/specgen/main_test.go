package main

import (
	"bytes"
	"encoding/json"
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
