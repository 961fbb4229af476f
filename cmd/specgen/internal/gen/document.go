package gen

import (
	"fmt"
	"slices"
	"strings"
)

// document is a normalised specification: every schema that needs a name has one, every operation a place.
type document struct {
	Engine  string
	Version version
	Base    string // what precedes every path: "/v1.41"
	// Tree is an OpenAPI 3 document whose schemas are named by the keys of Types.
	Tree  object
	Types map[string]*typeName
	Ops   []*placedOperation
}

// typeName is the place of a schema in Go. Its key is "HostConfig" in the version package and
// "containers.CreateRequest" in a category.
type typeName struct {
	Package string // "" for the version package
	Name    string
	// Root is the key of the schema in whose file it is declared; an operation's schemas have none.
	Root string
	// Operation is the id of the operation that owns it, if one does.
	Operation string
	// Source is where the specification has it, as a JSON pointer or an operation's parameter.
	Source string
	// Definition is what the specification calls it, where it has a name there.
	Definition string
	// Was is what the specification itself calls it, where the overlay renames it.
	Was string
}

func (t *typeName) key() string {
	if t.Package == "" {
		return t.Name
	}
	return t.Package + "." + t.Name
}

// placedOperation is an operation with its category and its method name.
type placedOperation struct {
	ID      string
	Tag     string
	Package string
	Name    string
	Entry   *operationEntry
	// Verb and Path are where the specification has it.
	Verb, Path string
	// Node is the operation in the Swagger tree.
	Node object
	// Succeeds and Fails are the statuses that the specification names.
	Succeeds, Fails []string
	// Consumes are the media types of its request body.
	Consumes []string
}

// operation returns the operation of an id, or nil.
func (d *document) operation(id string) *placedOperation {
	if i := slices.IndexFunc(d.Ops, func(op *placedOperation) bool { return op.ID == id }); i >= 0 {
		return d.Ops[i]
	}
	return nil
}

// verbs are the members of a path that are operations.
var verbs = []string{"delete", "get", "head", "options", "patch", "post", "put"}

// place finds every operation of a Swagger 2.0 tree and gives it a category and a method name.
func place(doc object, o *overlay) ([]*placedOperation, error) {
	var out []*placedOperation
	seen := map[string]*placedOperation{}
	for _, path := range keys(sub(doc, "paths")) {
		item := sub(sub(doc, "paths"), path)
		for _, verb := range verbs {
			node := sub(item, verb)
			if node == nil {
				continue
			}
			op, err := placeOne(doc, o, verb, path, node)
			if err != nil {
				return nil, err
			}
			if was := seen[op.Package+"."+op.Name]; was != nil {
				return nil, fmt.Errorf("%s.%s is the name of two operations, %s and %s: give one another in the overlay, operations.%s.name",
					op.Package, op.Name, was.ID, op.ID, op.ID)
			}
			seen[op.Package+"."+op.Name] = op
			out = append(out, op)
		}
	}
	return out, unusedOperations(out, o)
}

func placeOne(doc object, o *overlay, verb, path string, node object) (*placedOperation, error) {
	id := str(node, "operationId")
	if id == "" {
		return nil, fmt.Errorf("%s %s has no operation id: add one by a patch in the overlay", verb, path)
	}
	op := &placedOperation{ID: id, Entry: o.operation(id), Verb: verb, Path: path, Node: node}
	if tags := list(node, "tags"); len(tags) > 0 {
		op.Tag, _ = tags[0].(string)
	}
	if op.Package = op.Entry.Package; op.Package == "" {
		if op.Tag == "" {
			return nil, fmt.Errorf("operation %s has no tag: the overlay must say operations.%s.package", id, id)
		}
		op.Package = categoryName(op.Tag)
	}
	if op.Name = op.Entry.Name; op.Name == "" {
		op.Name = methodName(strings.TrimSuffix(id, "Libpod"), op.Tag)
	}
	if op.Name == "" {
		return nil, fmt.Errorf("operation %s: no name is left without its category: the overlay must say operations.%s.name", id, id)
	}
	for _, code := range keys(sub(node, "responses")) {
		if strings.HasPrefix(code, "4") || strings.HasPrefix(code, "5") || code == "default" {
			op.Fails = append(op.Fails, code)
		} else {
			op.Succeeds = append(op.Succeeds, code)
		}
	}
	for _, media := range list(node, "consumes") {
		if m, ok := media.(string); ok {
			op.Consumes = append(op.Consumes, m)
		}
	}
	if len(op.Consumes) == 0 {
		for _, media := range list(doc, "consumes") {
			if m, ok := media.(string); ok {
				op.Consumes = append(op.Consumes, m)
			}
		}
	}
	return op, nil
}

// unusedOperations asks for the removal of entries that are about nothing. An operation that only other versions
// have is known by its entry in those.
func unusedOperations(ops []*placedOperation, o *overlay) error {
	have := map[string]bool{}
	for _, op := range ops {
		have[op.ID] = true
	}
	for _, id := range keys(o.Operations) {
		if e := o.Operations[id]; !have[id] && e.Since == "" && e.Until == "" {
			return fmt.Errorf("overlay: operations.%s is about an operation that this version lacks; say since when or until when it is there", id)
		}
	}
	return nil
}
