package gen

import (
	"fmt"
	"regexp"
)

// moveEntry says where an operation really is: a specification may have a path that the engine does not serve, or
// serves below another version only.
type moveEntry struct {
	// From and To are the path in the specification and the one that the engine serves. A query parameter whose name
	// is in To's braces becomes a part of the path.
	From string `yaml:"from"`
	To   string `yaml:"to"`
	// Base is what precedes the path, where that isn't the specification's base path.
	Base   string `yaml:"base"`
	Reason string `yaml:"reason"`
	span   `yaml:",inline"`
}

func (e *moveEntry) check() error {
	if e == nil {
		return nil
	}
	if e.Reason == "" || e.From == "" || e.To == "" && e.Base == "" {
		return fmt.Errorf("moved needs from, a reason, and to or base")
	}
	return e.valid()
}

var braces = regexp.MustCompile(`\{([^}]+)\}`)

// moveOperations returns the document with the operations where the overlay says that they are.
func moveOperations(doc object, o *overlay, v version) (object, error) {
	doc = clone(doc)
	paths := sub(doc, "paths")
	for _, id := range keys(o.Operations) {
		e := o.Operations[id].Moved
		if e == nil || !e.holds(v) {
			continue
		}
		verb := verbOf(sub(paths, e.From), id)
		if verb == "" {
			return nil, fmt.Errorf("overlay: operations.%s.moved: it is not at %s", id, e.From)
		}
		if e.To == "" {
			continue
		}
		op := sub(sub(paths, e.From), verb)
		target := sub(paths, e.To)
		if target == nil {
			target = object{}
			paths[e.To] = target
		}
		if target[verb] != nil {
			return nil, fmt.Errorf("overlay: operations.%s.moved: %s has another operation", id, e.To)
		}
		params := list(op, "parameters")
		for _, found := range braces.FindAllStringSubmatch(e.To, -1) {
			i := findParam(params, found[1])
			if i < 0 {
				return nil, fmt.Errorf("overlay: operations.%s.moved: there is no parameter %s", id, found[1])
			}
			p := params[i].(object)
			p["in"], p["required"] = "path", true
		}
		delete(sub(paths, e.From), verb)
		target[verb] = op
	}
	return doc, nil
}

func verbOf(item object, id string) string {
	for _, verb := range verbs {
		if str(sub(item, verb), "operationId") == id {
			return verb
		}
	}
	return ""
}

// base is what precedes the path of an operation.
func (p *planner) base(op *placedOperation) string {
	if e := op.Entry.Moved; e != nil && e.Base != "" && e.holds(p.doc.Version) {
		return e.Base
	}
	return p.doc.Base
}
