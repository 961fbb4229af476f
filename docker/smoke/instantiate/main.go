// Command instantiate writes the smoke of docker/smoke once for each API version that has one: their packages have
// other types, and sometimes other parameters.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

// versions are the minor versions of the API that have an instance: that of each engine in the matrix, and the oldest.
var versions = []int{25, 40, 41, 44, 45, 51, 56}

// instance is what the template sees of a version.
type instance struct{ minor int }

// Package is the name of the version's package: v141.
func (i instance) Package() string { return fmt.Sprintf("v1%d", i.minor) }

// Version is the version itself: 1.41.
func (i instance) Version() string { return fmt.Sprintf("1.%d", i.minor) }

// Minor is its second number.
func (i instance) Minor() int { return i.minor }

// Since reports whether the version is 1.minor or newer.
func (i instance) Since(minor int) bool { return i.minor >= minor }

func main() {
	dir := flag.String("dir", ".", "the folder of smoke.go.tmpl")
	flag.Parse()
	files, err := instances(*dir)
	for name, content := range files {
		if err == nil {
			err = os.WriteFile(filepath.Join(*dir, name), content, 0o600)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "instantiate:", err)
		os.Exit(1)
	}
}

// instances returns the files that are made of the template in a folder, by name.
func instances(dir string) (map[string][]byte, error) {
	source, err := template.ParseFiles(filepath.Join(dir, "smoke.go.tmpl"))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, minor := range versions {
		i := instance{minor}
		var out bytes.Buffer
		out.WriteString("// Code generated from smoke.go.tmpl by go generate. DO NOT EDIT.\n\n")
		if err := source.Execute(&out, i); err != nil {
			return nil, err
		}
		name := i.Package() + "_test.go"
		// Spaces keep Go's braces of composite literals from being taken for the template's.
		text := strings.NewReplacer("{ {", "{{", "} }", "}}").Replace(out.String())
		if files[name], err = format.Source([]byte(text)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return files, nil
}
