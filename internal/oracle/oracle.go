// Package oracle compares generated types with those that the engines themselves encode and decode, field by field.
// It is a module of its own, so that the engines' modules stay out of everybody else's.
package oracle

import (
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Pair is one of our types and the engine's for the same document.
type Pair struct{ Ours, Theirs any }

// comparison walks pairs of types and collects what differs.
type comparison struct {
	// asText are engine types that write themselves as text or as a plain value.
	kinds map[reflect.Type]string
	seen  map[[2]reflect.Type]bool
	diffs map[string]string
	// visited are the names of our types that were compared.
	visited map[string]bool
}

// Compare returns the differences of the pairs, by "Type.member", and the types of ours that were met.
func Compare(pairs []Pair, kinds map[reflect.Type]string) (diffs map[string]string, visited map[string]bool) {
	c := &comparison{
		kinds: kinds, seen: map[[2]reflect.Type]bool{}, diffs: map[string]string{}, visited: map[string]bool{},
	}
	for _, p := range pairs {
		c.value(typeName(reflect.TypeOf(p.Ours)), reflect.TypeOf(p.Ours), reflect.TypeOf(p.Theirs))
	}
	return c.diffs, c.visited
}

// value compares what stands in one place of a document; where says which place that is.
func (c *comparison) value(where string, ours, theirs reflect.Type) {
	ours, theirs = deref(ours), deref(theirs)
	a, b := c.kind(ours), c.kind(theirs)
	if a == "any" || b == "any" {
		if a != b {
			c.diffs[where] = fmt.Sprintf("%s here, %s there", a, b)
		}
		return
	}
	if a != b {
		c.diffs[where] = fmt.Sprintf("%s here, %s there", a, b)
		return
	}
	switch a {
	case "list", "map":
		if theirs.Kind() == reflect.Map || theirs.Kind() == reflect.Slice || theirs.Kind() == reflect.Array {
			c.value(where+"[]", ours.Elem(), theirs.Elem())
		}
	case "object":
		c.object(ours, theirs)
	}
}

func (c *comparison) object(ours, theirs reflect.Type) {
	key := [2]reflect.Type{ours, theirs}
	if c.seen[key] {
		return
	}
	c.seen[key] = true
	c.visited[typeName(ours)] = true
	mine, other := members(ours), members(theirs)
	for _, name := range slices.Sorted(maps.Keys(other)) {
		where := typeName(ours) + "." + name
		m, ok := mine[name]
		if !ok {
			c.diffs[where] = "missing here"
			continue
		}
		o := other[name]
		if p, q := m.Type.Kind() == reflect.Pointer, o.Type.Kind() == reflect.Pointer; p != q && c.scalar(m.Type, o.Type) {
			c.diffs[where] = map[bool]string{true: "a pointer here alone", false: "a pointer there alone"}[p]
		}
		c.value(where, m.Type, o.Type)
	}
	for _, name := range slices.Sorted(maps.Keys(mine)) {
		if _, ok := other[name]; !ok {
			c.diffs[typeName(ours)+"."+name] = "missing there"
		}
	}
}

// scalar reports whether a pointer can only be there to tell zero from absent.
func (c *comparison) scalar(types ...reflect.Type) bool {
	for _, t := range types {
		switch c.kind(deref(t)) {
		case "object", "list", "map", "any":
			return false
		}
	}
	return true
}

var (
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

// kind is what a type is in JSON; of numbers also whether they may be negative.
func (c *comparison) kind(t reflect.Type) string {
	if k, ok := c.kinds[t]; ok {
		return k
	}
	switch {
	case t == reflect.TypeFor[json.RawMessage](), t.Kind() == reflect.Interface:
		return "any"
	case t.String() == "time.Time":
		return "time"
	case t.Implements(textMarshaler), reflect.PointerTo(t).Implements(textMarshaler):
		return "string"
	case t.Implements(jsonMarshaler), reflect.PointerTo(t).Implements(jsonMarshaler):
		return "its own " + t.String()
	}
	switch t.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "integer"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "unsigned"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		return "list"
	case reflect.Map:
		return "map"
	case reflect.Struct:
		return "object"
	default:
		return t.Kind().String()
	}
}

// members are the fields of a struct by wire name, those of embedded structs among them.
func members(t reflect.Type) map[string]reflect.StructField {
	out := map[string]reflect.StructField{}
	embedded := map[string]reflect.StructField{}
	for f := range t.Fields() {
		tag, tagged := f.Tag.Lookup("json")
		name, _, _ := strings.Cut(tag, ",")
		switch {
		case name == "-" || !f.IsExported() && !f.Anonymous:
		case f.Anonymous && name == "" && deref(f.Type).Kind() == reflect.Struct:
			maps.Copy(embedded, members(deref(f.Type)))
		case tagged && name != "":
			out[name] = f
		default:
			out[f.Name] = f
		}
	}
	for name, f := range embedded {
		if _, ok := out[name]; !ok {
			out[name] = f
		}
	}
	return out
}

func deref(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// typeName is "HostConfig" for a type of the version package, and "containers.CreateRequest" for one of a category.
func typeName(t reflect.Type) string {
	pkg := t.PkgPath()
	at := strings.LastIndex(pkg, "/")
	if last := pkg[at+1:]; !strings.HasPrefix(last, "v") || strings.Contains(last, "volumes") {
		return last + "." + t.Name()
	}
	return t.Name()
}
