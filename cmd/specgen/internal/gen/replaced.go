package gen

import (
	"slices"
	"strings"
)

// planReplaced gives a field to the types of documents that are read, changed and written back: it names what the
// document came with and the type lacks, so that package transport can refuse to have the engine reset that. They are
// the bodies of operations called Update, which replace what there was, as far as answers consist of them.
func (p *planner) planReplaced() error {
	answered := p.answered()
	for _, op := range p.ops {
		body := op.facts.Body
		if op.placed.Name != "Update" || body == nil || !answered[body.Go] {
			continue
		}
		t := p.types[body.Go]
		if !t.facts.Struct || slices.ContainsFunc(t.model.Fields, isUnknown) {
			continue
		}
		t.model.Fields = append(t.model.Fields, &Field{
			Name: "Unknown", Type: "[]string", Tag: "`json:\"-\" unknown:\"members\"`",
			Doc: wrap("Unknown names the members that the answer had and this type lacks, by their paths: the engine would reset " +
				"them. While it names any, the document is refused by a transport.UnknownMembersError. It is sent nowhere."),
		})
		slices.SortStableFunc(t.model.Fields, func(a, b *Field) int { return strings.Compare(a.Name, b.Name) })
	}
	return nil
}

// isUnknown reports whether a field is the one that planReplaced adds.
func isUnknown(f *Field) bool { return f.Name == "Unknown" && f.Wire == "" }

// answered are the keys of the types that answers consist of.
func (p *planner) answered() map[string]bool {
	seen := map[string]bool{}
	var todo []string
	for _, op := range p.ops {
		todo = append(todo, strings.TrimPrefix(op.answer, "[]"))
	}
	for len(todo) > 0 {
		key := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[key] || p.types[key] == nil {
			continue
		}
		seen[key] = true
		todo = append(todo, keys(p.types[key].keys)...)
	}
	return seen
}
