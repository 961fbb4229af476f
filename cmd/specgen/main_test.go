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
