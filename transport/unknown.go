package transport

import (
	"encoding"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// WithUnknownMembers has report called for every member of an answer that the generated type has no field for, as an
// engine newer than the package sends. Decoding leaves such members out and is not an error. The member is named by
// its path, with [] for any element and {} for any key: "/NetworkSettings/Networks/{}/DriverOpts". What docker.Open and
// podman.Open ask, an operation of no version, is left out: they read a few members on purpose. report may be
// called from several goroutines at once. It costs a second pass over each answer; use it in tests and to plan an
// upgrade. A struct with a field for unknown members, tagged `json:",unknown"`, has them all.
func WithUnknownMembers(report func(op *Operation, member string)) Option {
	// The walk is behind a function value, so that a program which does not ask for it does not link it.
	return func(c *config) {
		c.unknown = func(op *Operation, doc []byte, v any) {
			if op.Version == "" {
				return // it has no generated type
			}
			found := map[string]bool{}
			walkUnknown(doc, reflect.TypeOf(v), "", found)
			for _, member := range slices.Sorted(maps.Keys(found)) {
				report(op, member)
			}
		}
	}
}

// reportUnknown tells of the members of a document that what it was decoded into has no field for.
func (r *Request) reportUnknown(doc []byte, v any) {
	if report := r.settings().unknown; report != nil {
		report(r.op, doc, v)
	}
}

var textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()

func walkUnknown(doc rawJSON, t reflect.Type, path string, found map[string]bool) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(textUnmarshaler) {
		return
	}
	switch {
	case doc.Kind() == '[' && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array):
		var elements []rawJSON
		if unmarshal(doc, &elements) == nil {
			for _, e := range elements {
				walkUnknown(e, t.Elem(), path+"/[]", found)
			}
		}
	case doc.Kind() == '{' && t.Kind() == reflect.Map:
		for _, e := range objectMembers(doc) {
			walkUnknown(e, t.Elem(), path+"/{}", found)
		}
	case doc.Kind() == '{' && t.Kind() == reflect.Struct && !keepsUnknown(t):
		for name, value := range objectMembers(doc) {
			if field, ok := fieldOf(t, name); ok {
				walkUnknown(value, field.Type, path+"/"+name, found)
			} else {
				found[path+"/"+name] = true
			}
		}
	}
}

// keepsUnknown reports whether a struct has a field for the members that it does not name.
func keepsUnknown(t reflect.Type) bool {
	for field := range t.Fields() {
		if _, options, _ := strings.Cut(field.Tag.Get("json"), ","); slices.Contains(strings.Split(options, ","), "unknown") {
			return true
		}
	}
	return false
}

func objectMembers(doc rawJSON) map[string]rawJSON {
	var members map[string]rawJSON
	_ = unmarshal(doc, &members) // it was decoded once already
	return members
}

// fieldOf returns the field that a member decodes into.
func fieldOf(t reflect.Type, name string) (reflect.StructField, bool) {
	for field := range t.Fields() {
		tag, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if tag == name || strings.Contains(options, "case:ignore") && strings.EqualFold(tag, name) {
			return field, true
		}
	}
	return reflect.StructField{}, false
}
