package gen

import "fmt"

// rename gives a definition the name that it has in other versions, so that a type keeps its name where upstream
// renamed it and nothing else.
type rename struct {
	From   string `yaml:"from"`
	To     string `yaml:"to"`
	Reason string `yaml:"reason"`
	// Unneeded says that To is there, and that no operation needs it: it goes.
	Unneeded bool `yaml:"unneeded"`
	span     `yaml:",inline"`
}

// applyRenames returns the document with the definitions of its version renamed, and the references to them.
func applyRenames(doc object, renames []rename, v version) (object, error) {
	doc = clone(doc)
	to := map[string]string{}
	needed := neededDefinitions(doc)
	for _, r := range renames {
		if !r.holds(v) {
			continue
		}
		defs := sub(doc, "definitions")
		def := sub(defs, r.From)
		if def == nil {
			return nil, fmt.Errorf("overlay: rename: there is no definition %s; say since when or until when it is there", r.From)
		}
		switch {
		case defs[r.To] == nil && r.Unneeded:
			return nil, fmt.Errorf("overlay: rename of %s: there is no definition %s that it takes the place of", r.From, r.To)
		case defs[r.To] != nil && !r.Unneeded:
			return nil, fmt.Errorf("overlay: rename of %s: there is a definition %s already", r.From, r.To)
		case defs[r.To] != nil && needed[r.To]:
			return nil, fmt.Errorf("overlay: rename of %s: an operation needs the definition %s that is there already", r.From, r.To)
		}
		def[extWas] = r.From
		delete(defs, r.From)
		defs[r.To] = def
		to[definitionRef(r.From)] = definitionRef(r.To)
	}
	redirect(doc, to)
	return doc, nil
}

// redirect changes references in place.
func redirect(node any, to map[string]string) {
	switch node := node.(type) {
	case object:
		if ref, ok := to[str(node, "$ref")]; ok {
			node["$ref"] = ref
		}
		for _, v := range node {
			redirect(v, to)
		}
	case []any:
		for _, v := range node {
			redirect(v, to)
		}
	}
}
