package oracle

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// Definition is a schema of a specification that was made from an engine's types, and the type that it is of.
type Definition struct {
	Schema        string // what the specification calls it
	Package, Name string
}

// Theirs is how facts call the type.
func (d Definition) Theirs() string { return Qualify(d.Package) + "." + d.Name }

// Qualify is what is left of the path of a package: its last two elements, as the last one alone is of several.
func Qualify(path string) string {
	parts := strings.Split(path, "/")
	return strings.Join(parts[max(0, len(parts)-2):], "/")
}

// ReadDefinitions reads the definitions of a specification that paths below a prefix refer to, by their names.
func ReadDefinitions(spec, prefix string) ([]Definition, error) {
	data, err := os.ReadFile(spec) //nolint:gosec // the test's own file
	if err != nil {
		return nil, err
	}
	var doc map[string]map[string]any
	if err := json.Unmarshal(only(data, "paths", "definitions", "responses"), &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", spec, err)
	}
	needed := map[string]bool{}
	for path, item := range doc["paths"] {
		if strings.HasPrefix(path, prefix) {
			refer(doc, item, needed)
		}
	}
	var out []Definition
	for _, schema := range slices.Sorted(maps.Keys(needed)) {
		d := Definition{Schema: schema, Name: schema}
		members, _ := doc["definitions"][schema].(map[string]any)
		if d.Package, _ = members["x-go-package"].(string); d.Package == "" {
			continue
		}
		if name, said := members["x-go-name"].(string); said {
			d.Name = name
		}
		out = append(out, d)
	}
	return out, nil
}

// only leaves the named members of a document.
func only(data []byte, names ...string) []byte {
	var doc map[string]json.RawMessage
	if json.Unmarshal(data, &doc) != nil {
		return data // who decodes it says what is wrong
	}
	maps.DeleteFunc(doc, func(name string, _ json.RawMessage) bool { return !slices.Contains(names, name) })
	data, _ = json.Marshal(doc)
	return data
}

// refer notes the definitions that a part of a document refers to.
func refer(doc map[string]map[string]any, node any, needed map[string]bool) {
	switch node := node.(type) {
	case []any:
		for _, item := range node {
			refer(doc, item, needed)
		}
	case map[string]any:
		for _, member := range node {
			refer(doc, member, needed)
		}
		ref, _ := node["$ref"].(string)
		if name, ok := strings.CutPrefix(ref, "#/responses/"); ok {
			refer(doc, doc["responses"][name], needed)
		}
		if name, ok := strings.CutPrefix(ref, "#/definitions/"); ok && !needed[name] {
			needed[name] = true
			refer(doc, doc["definitions"][name], needed)
		}
	}
}
