package gen

import (
	"fmt"
	"strings"
)

// hoister gives every schema without a name one, and puts it among the definitions under its key.
type hoister struct {
	names       map[string]string // the overlay's, by the name that the rule gives
	used        map[string]bool   // those of them that were asked for
	types       map[string]*typeName
	definitions object            // the result, by key
	keys        map[string]string // definition in the specification -> key
}

// hoist returns the definitions of a document, named ones under their Go names and nameless ones under the names
// that the rules give them, with the document's operations referring to them.
func hoist(doc object, ops []*placedOperation, o *overlay) (*hoister, error) {
	h := &hoister{
		names: o.Names.Definitions, used: map[string]bool{},
		types: map[string]*typeName{}, definitions: object{}, keys: map[string]string{},
	}
	defs := sub(doc, "definitions")
	for _, name := range keys(defs) {
		t := &typeName{Name: h.rename(goName(name), name), Source: joinPointer("definitions", name), Definition: name}
		t.Root = t.Name
		if was := str(asObject(defs[name]), extWas); was != "" {
			t.Was = was
		}
		if err := h.register(t); err != nil {
			return nil, err
		}
		h.keys[name] = t.key()
	}
	for _, name := range keys(defs) {
		t := h.types[h.keys[name]]
		if err := h.define(t, asObject(defs[name])); err != nil {
			return nil, err
		}
	}
	for _, op := range ops {
		if err := h.operation(op); err != nil {
			return nil, fmt.Errorf("operation %s: %w", op.ID, err)
		}
	}
	return h, nil
}

// rename applies the overlay to a name that the rule gives, asked for by any of the keys.
func (h *hoister) rename(rule string, asked ...string) string {
	for _, key := range append(asked, rule) {
		if name, ok := h.names[key]; ok {
			h.used[key] = true
			return name
		}
	}
	return rule
}

func (h *hoister) register(t *typeName) error {
	if was := h.types[t.key()]; was != nil {
		return fmt.Errorf("%s is the name of two schemas, %s and %s: give one another in the overlay, names.definitions",
			t.key(), was.Source, t.Source)
	}
	h.types[t.key()] = t
	return nil
}

// define puts a named schema among the definitions, with what is in it hoisted.
func (h *hoister) define(t *typeName, s object) error {
	inner, err := h.inside(t, s)
	if err != nil {
		return err
	}
	h.definitions[t.key()] = inner
	return nil
}

// inside hoists what a named schema contains and returns the schema with references to it.
func (h *hoister) inside(t *typeName, s object) (object, error) {
	s = clone(s)
	if ref := str(s, "$ref"); ref != "" {
		return s, h.ref(s)
	}
	if members := list(s, "allOf"); members != nil {
		for i, m := range members {
			m, err := h.inside(t, asObject(m))
			if err != nil {
				return nil, err
			}
			members[i] = m
		}
	}
	props := sub(s, "properties")
	for _, wire := range keys(props) {
		p, err := h.visit(t, asObject(props[wire]), t.Name+goName(wire), t.Source+joinPointer("properties", wire))
		if err != nil {
			return nil, err
		}
		props[wire] = p
	}
	item := singular(t.Name)
	if item == t.Name {
		item += "Item"
	}
	return s, h.elements(t, s, item, t.Source)
}

// elements hoists the schemas of an array's items and a map's values.
func (h *hoister) elements(parent *typeName, s object, name, source string) error {
	for _, member := range []string{"items", "additionalProperties"} {
		inner := sub(s, member)
		if inner == nil {
			continue
		}
		v, err := h.visit(parent, inner, name, source+"/"+member)
		if err != nil {
			return err
		}
		s[member] = v
	}
	return nil
}

// visit hoists a nameless schema, if it needs a name, and returns what stands in its place.
func (h *hoister) visit(parent *typeName, s object, name, source string) (object, error) {
	s, err := collapse(s)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	switch {
	case str(s, "$ref") != "":
		return s, h.ref(s)
	case s[extGoType] != nil:
		return s, nil
	case !needsName(s):
		return s, h.elements(parent, s, singular(name), source)
	}
	t := &typeName{Package: parent.Package, Root: parent.Root, Operation: parent.Operation, Source: source}
	t.Name = name
	t.Name = h.rename(name, t.key())
	if err := h.register(t); err != nil {
		return nil, err
	}
	ref := object{"$ref": definitionRef(t.key())}
	return ref, h.define(t, s)
}

func definitionRef(key string) string { return "#/definitions/" + key }

// ref points a reference of the specification at the key of what it refers to.
func (h *hoister) ref(s object) error {
	name := strings.TrimPrefix(str(s, "$ref"), "#/definitions/")
	key, ok := h.keys[name]
	if !ok {
		return fmt.Errorf("there is no definition for the reference %s: add one by a patch in the overlay", str(s, "$ref"))
	}
	null, isNull := s["x-nullable"]
	clear(s)
	s["$ref"] = definitionRef(key)
	if isNull {
		s[extNull] = null
	}
	return nil
}

// collapse replaces an allOf of one meaningful member by that member: some have a second that held an example only.
func collapse(s object) (object, error) {
	members := list(s, "allOf")
	if members == nil {
		return clone(s), nil
	}
	if len(members) == 0 {
		return nil, fmt.Errorf("allOf has no member")
	}
	var meant []object
	for _, m := range members {
		if m := asObject(m); hasContent(m) {
			meant = append(meant, m)
		}
	}
	if len(meant) != 1 || sub(s, "properties") != nil {
		return clone(s), nil
	}
	out := clone(meant[0])
	if null, ok := s["x-nullable"]; ok {
		out["x-nullable"] = null
	}
	return out, nil
}

// hasContent reports whether a schema says more than that it is an object.
func hasContent(s object) bool {
	for k := range s {
		if k != "type" {
			return true
		}
	}
	return str(s, "type") != "object"
}

// needsName reports whether a schema becomes a Go type of its own.
func needsName(s object) bool {
	return len(sub(s, "properties")) > 0 || list(s, "allOf") != nil || list(s, "enum") != nil
}
