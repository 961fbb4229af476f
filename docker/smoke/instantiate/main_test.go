package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestDrift compares the committed instances with those of the template.
func TestDrift(t *testing.T) {
	want, err := instances("..")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range want {
		got, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(got, content) {
			t.Errorf("%s is not what smoke.go.tmpl makes: go generate ./docker/smoke", name)
		}
	}
	found, err := filepath.Glob("../v*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range found {
		if want[filepath.Base(path)] == nil {
			t.Errorf("%s is not made of smoke.go.tmpl any more: remove it", path)
		}
	}
}
