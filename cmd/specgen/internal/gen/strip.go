package gen

import (
	"maps"
	"strings"
)

// kept are the extensions that say something about the wire or about names that are ours to give.
var kept = map[string]bool{"x-nullable": true, "x-enum-varnames": true, extName: true, extWas: true}

// strip returns the document without what it says about one implementation in Go, with the formats and types that
// the specifications spell in ways of their own spelled as everybody does.
func strip(doc object) object {
	doc = clone(doc)
	for _, def := range sub(doc, "definitions") {
		stripSchema(def)
	}
	for _, item := range sub(doc, "paths") {
		for _, op := range asObject(item) {
			stripOperation(asObject(op))
		}
	}
	return doc
}

func asObject(node any) object {
	o, _ := node.(object)
	return o
}

func stripOperation(op object) {
	dropExtensions(op)
	for _, p := range list(op, "parameters") {
		stripSchema(p)
	}
	for code, r := range sub(op, "responses") {
		if code >= "4" {
			continue // an error has one form, and transport knows it
		}
		r := asObject(r)
		stripSchema(r["schema"])
		for _, h := range sub(r, "headers") {
			stripSchema(h)
		}
	}
}

// stripSchema works in place on a schema, or on a parameter or header, which has the members of one.
func stripSchema(node any) {
	s := asObject(node)
	if s == nil {
		return
	}
	dropExtensions(s)
	normalFormat(s)
	if isSetValue(s) {
		clear(s)
		s["type"] = "object"
		s["x-go-type"] = "struct{}"
		return
	}
	if !scalarEnum(s) {
		delete(s, "enum")
	}
	for _, name := range []string{"items", "schema", "additionalProperties"} {
		stripSchema(s[name])
	}
	for _, member := range list(s, "allOf") {
		stripSchema(member)
	}
	for _, p := range sub(s, "properties") {
		stripSchema(p)
	}
}

func dropExtensions(o object) {
	maps.DeleteFunc(o, func(k string, _ any) bool { return strings.HasPrefix(k, "x-") && !kept[k] })
}

// normalFormat leaves the formats that choose a Go type.
func normalFormat(s object) {
	format := strings.ToLower(str(s, "format"))
	switch {
	case format == "datetime" || format == "date-time":
		s["format"] = "date-time"
	case format == "binary" && str(s, "type") == "string":
		s["format"] = "binary"
	case str(s, "type") == "integer" && format != "":
		s["format"] = format
	default:
		delete(s, "format")
	}
}

// isSetValue reports whether a schema is the value of a map that is really a set: the one value is {}.
func isSetValue(s object) bool {
	values := list(s, "enum")
	if str(s, "type") != "object" || len(values) != 1 {
		return false
	}
	value, ok := values[0].(object)
	return ok && len(value) == 0
}

func scalarEnum(s object) bool {
	values := list(s, "enum")
	if str(s, "type") != "string" && str(s, "type") != "integer" {
		return false
	}
	for _, v := range values {
		switch v.(type) {
		case object, []any, nil, bool:
			return false
		}
	}
	return len(values) > 0
}
