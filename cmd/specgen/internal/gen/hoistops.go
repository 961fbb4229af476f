package gen

import (
	"fmt"
	"strings"
)

// operation hoists the schemas of an operation's parameters, body and answer into its category.
func (h *hoister) operation(op *placedOperation) error {
	for _, p := range list(op.Node, "parameters") {
		p := asObject(p)
		if str(p, "in") == "body" {
			if err := h.body(op, p); err != nil {
				return err
			}
		} else if err := h.param(op, p); err != nil {
			return err
		}
	}
	for _, code := range op.Succeeds {
		r := sub(sub(op.Node, "responses"), code)
		if s := sub(r, "schema"); s != nil && strings.HasPrefix(code, "2") {
			v, err := h.visit(op.owner("responses "+code), s, answerName(op, s), op.source("responses "+code))
			if err != nil {
				return err
			}
			r["schema"] = v
		}
	}
	return nil
}

// answerName is the name of a nameless answer, or of the nameless items of one that is an array.
func answerName(op *placedOperation, s object) string {
	if str(s, "type") == "array" {
		return op.Name + "Item"
	}
	return op.Name + "Response"
}

func (op *placedOperation) source(what string) string { return op.ID + " " + what }

// owner stands for the operation as the parent of a nameless schema.
func (op *placedOperation) owner(what string) *typeName {
	return &typeName{Package: op.Package, Operation: op.ID, Source: op.source(what)}
}

func (h *hoister) body(op *placedOperation, p object) error {
	s := sub(p, "schema")
	if s == nil {
		return fmt.Errorf("the body %s has no schema", str(p, "name"))
	}
	v, err := h.visit(op.owner("body"), s, op.Name+"Request", op.source("body"))
	p["schema"] = v
	return err
}

// param hoists the values of a parameter as an enum of the category.
func (h *hoister) param(op *placedOperation, p object) error {
	wire, from := str(p, "name"), p
	if items := sub(p, "items"); list(items, "enum") != nil {
		from = items
	} else if list(p, "enum") == nil {
		return nil
	}
	name := str(p, extEnum)
	if name == "" {
		if name = op.Name + goName(wire); str(p, "type") == "array" {
			name = singular(name)
		}
	}
	enum := object{"type": from["type"], "enum": from["enum"]}
	if prefix := str(p, extPrefix); prefix != "" {
		enum[extPrefix] = prefix
	}
	if names := from["x-enum-varnames"]; names != nil {
		enum["x-enum-varnames"] = names
	}
	t := op.owner("parameter " + wire)
	t.Name = name
	t.Name = h.rename(name, t.key())
	if was := h.types[t.key()]; was == nil || !equal(h.definitions[t.key()], enum) {
		// Two operations of a category may share a parameter, but not its name for another one.
		if err := h.register(t); err != nil {
			return err
		}
		h.definitions[t.key()] = enum
	}
	ref := definitionRef(t.key())
	if str(p, "type") == "array" {
		p["items"] = object{"$ref": ref}
	} else {
		p[extRef] = ref
	}
	return nil
}
