package gen

import "fmt"

// normalize turns a kept Swagger 2.0 document into one in which every schema that needs a name has one.
func normalize(doc object, o *overlay, v version, read handlers) (*document, error) {
	var err error
	if o.Engine == "podman" {
		if doc, err = libpod(doc); err != nil {
			return nil, err
		}
	}
	if doc, err = applyRenames(doc, o.Renames, v); err != nil {
		return nil, err
	}
	if doc, err = applyPatches(doc, o.Patches, v); err != nil {
		return nil, err
	}
	if doc, err = moveOperations(doc, o, v); err != nil {
		return nil, err
	}
	doc = strip(doc)
	if o.Engine == "podman" {
		libpodParams(doc)
	}
	if read != nil {
		if err := handlerParams(doc, o, v, read); err != nil {
			return nil, err
		}
	}
	if doc, err = retypeParams(doc, o, v, read != nil); err != nil {
		return nil, err
	}
	ops, err := place(doc, o)
	if err != nil {
		return nil, err
	}
	h, err := hoist(doc, ops, o)
	if err != nil {
		return nil, err
	}
	if err := sameCategory(h, ops); err != nil {
		return nil, err
	}
	return &document{
		Engine: o.Engine, Version: v, Base: str(doc, "basePath"),
		Tree: raise(doc, h.definitions, ops), Types: h.types, Ops: ops,
	}, nil
}

// sameCategory asserts that hoisting kept a category's schemas to itself; only the overlay could make it otherwise.
func sameCategory(h *hoister, ops []*placedOperation) error {
	categories := map[string]bool{}
	for _, op := range ops {
		categories[op.Package] = true
	}
	for key, t := range h.types {
		if t.Package != "" && !categories[t.Package] {
			return fmt.Errorf("%s (%s) is in no category", key, t.Source)
		}
	}
	return nil
}
