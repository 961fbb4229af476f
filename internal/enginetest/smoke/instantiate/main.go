// Command instantiate writes the smoke of an engine once for each API version that has one: their packages have other
// types, and sometimes other parameters. Its argument is docker or podman, its folder that of smoke.go.tmpl.
package main

import (
	"bytes"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

// versions are those of the API that have an instance, major and minor: that of each engine in the matrix, and the
// oldest that each accepts.
var versions = map[string][][2]int{
	"docker": {{1, 25}, {1, 40}, {1, 41}, {1, 44}, {1, 45}, {1, 51}, {1, 56}},
	"podman": {{4, 0}, {4, 3}, {5, 4}, {5, 8}, {6, 0}},
}

// instance is what the template sees of a version.
type instance struct{ major, minor int }

// Package is the name of the version's package: v141.
func (i instance) Package() string { return fmt.Sprintf("v%d%d", i.major, i.minor) }

// Version is the version itself: 1.41.
func (i instance) Version() string { return fmt.Sprintf("%d.%d", i.major, i.minor) }

// Minor is its second number.
func (i instance) Minor() int { return i.minor }

// Since reports whether the version is that one or newer.
func (i instance) Since(major, minor int) bool {
	return i.major > major || i.major == major && i.minor >= minor
}

func main() {
	if err := write(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "instantiate:", err)
		os.Exit(1)
	}
}

func write(args []string) error {
	if len(args) != 1 || versions[args[0]] == nil {
		return fmt.Errorf("%q: want docker or podman", args)
	}
	files, err := instances(args[0], ".")
	for name, content := range files {
		if err == nil {
			err = os.WriteFile(name, content, 0o600)
		}
	}
	return err
}

// instances returns the files that are made of the template in a folder, by name.
func instances(engine, dir string) (map[string][]byte, error) {
	source, err := template.ParseFiles(filepath.Join(dir, "smoke.go.tmpl"))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, version := range versions[engine] {
		i := instance{version[0], version[1]}
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
