package compat

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestSize builds the same program with both clients, stripped, and holds ours to be the smaller.
func TestSize(t *testing.T) {
	size := func(name string) int64 {
		out := filepath.Join(t.TempDir(), name)
		build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", out, "./programs/"+name)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if output, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		info, err := os.Stat(out)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	ours, theirs := size("gantry"), size("moby")
	t.Logf("gantry %d bytes, moby %d bytes, ratio %.2f", ours, theirs, float64(ours)/float64(theirs))
	if ours >= theirs {
		t.Errorf("gantry's program has %d bytes, moby's %d", ours, theirs)
	}
}
