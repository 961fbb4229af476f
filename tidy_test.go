package gantry_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestZip holds what a user downloads, which is less than this: all that is committed, with the nested modules.
func TestZip(t *testing.T) {
	const most = 15 << 20
	zip, err := exec.CommandContext(t.Context(), "git", "archive", "--format=zip", "HEAD").Output()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("this is no clone: %v", err)
	}
	t.Logf("%d bytes", len(zip))
	if len(zip) > most {
		t.Errorf("the zip has %d bytes, more than %d", len(zip), most)
	}
}

// TestModulesAreTidy holds go.mod and go.sum of every module of the project to what its code imports.
func TestModulesAreTidy(t *testing.T) {
	modules := 0
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() != "go.mod" {
			return err
		}
		modules++
		tidy := exec.CommandContext(t.Context(), "go", "mod", "tidy", "-diff")
		tidy.Dir = filepath.Dir(path)
		if out, err := tidy.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", path, err, out)
		}
		return nil
	})
	if err != nil || modules < 4 {
		t.Errorf("%d modules (%v)", modules, err)
	}
}
