package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestDrift compares the committed instances with those of the templates.
func TestDrift(t *testing.T) {
	for engine := range versions {
		dir := filepath.Join("../../../..", engine, "smoke")
		want, err := instances(engine, dir)
		if err != nil {
			t.Fatal(err)
		}
		for name, content := range want {
			got, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Error(err)
			} else if !bytes.Equal(got, content) {
				t.Errorf("%s/smoke/%s is not what smoke.go.tmpl makes: go generate ./%s/smoke", engine, name, engine)
			}
		}
		found, err := filepath.Glob(filepath.Join(dir, "v*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			if want[filepath.Base(path)] == nil {
				t.Errorf("%s is not made of smoke.go.tmpl any more: remove it", path)
			}
		}
	}
}
