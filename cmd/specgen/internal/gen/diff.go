package gen

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// What may have happened to a thing between two versions.
const (
	added   = "added"
	removed = "removed"
	changed = "changed"
)

// Change is one thing that two versions don't have alike.
type Change struct {
	Kind string `json:"kind"` // added, removed or changed
	Name string `json:"name"`
	// Was and Is say what it is in the one version and in the other.
	Was string `json:"was,omitempty"`
	Is  string `json:"is,omitempty"`
}

func (c Change) String() string {
	sign := map[string]string{added: "+", removed: "-", changed: "~"}[c.Kind]
	switch {
	case c.Was != "" && c.Is != "":
		return sign + " " + c.Name + ": " + c.Was + " -> " + c.Is
	default:
		return strings.TrimSpace(sign + " " + c.Name + " " + c.Was + c.Is)
	}
}

// Upgrade is what a step from one version to another means for a caller.
type Upgrade struct {
	Engine     string   `json:"engine"`
	From       string   `json:"from"`
	To         string   `json:"to"`
	Operations []Change `json:"operations"`
	Parameters []Change `json:"parameters"`
	Types      []Change `json:"types"`
	Fields     []Change `json:"fields"`
}

// WriteText writes an upgrade for reading.
func (u *Upgrade) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s -> %s\n", u.Engine, u.From, u.To)
	for _, section := range []struct {
		name    string
		changes []Change
	}{{"operations", u.Operations}, {"parameters", u.Parameters}, {"types", u.Types}, {"fields", u.Fields}} {
		if len(section.changes) > 0 {
			fmt.Fprintf(&b, "%s\n", section.name)
		}
		for _, c := range section.changes {
			fmt.Fprintf(&b, "  %s\n", c)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Diff compares two versions. Things are the same where they are in the same place on the wire, whatever they are
// called, or under the same name, wherever they are.
func (e *Edition) Diff(from, to string) (*Upgrade, error) {
	a, err := e.planner(from)
	if err != nil {
		return nil, err
	}
	b, err := e.planner(to)
	if err != nil {
		return nil, err
	}
	u := &Upgrade{Engine: e.overlay.Engine, From: from, To: to}
	u.Operations = compareThings(operationsOf(a), operationsOf(b))
	u.Parameters = compareThings(parametersOf(a, b), parametersOf(b, a))
	u.Types = compareThings(e.typesOf(a), e.typesOf(b))
	u.Fields = compareThings(e.fieldsOf(a, u.Types), e.fieldsOf(b, u.Types))
	return u, nil
}

// thing is something that a version has: in some places, under a name, with a description.
type thing struct {
	name, is string
	places   []string
}

func compareThings(a, b []thing) []Change {
	out := []Change{}
	find := func(in []thing) map[string]thing {
		m := map[string]thing{}
		for _, t := range in {
			for _, place := range t.places {
				m[place] = t
			}
		}
		return m
	}
	inA, inB := find(a), find(b)
	has := func(in map[string]thing, t thing) bool {
		return slices.ContainsFunc(t.places, func(place string) bool { _, ok := in[place]; return ok })
	}
	for _, t := range a {
		if !has(inB, t) {
			out = append(out, Change{Kind: removed, Name: t.name, Was: t.is})
		}
	}
	for _, t := range b {
		if !has(inA, t) {
			out = append(out, Change{Kind: added, Name: t.name, Is: t.is})
			continue
		}
		seen := map[string]bool{t.is: true}
		for _, place := range t.places {
			if was, ok := inA[place]; ok && !seen[was.is] {
				seen[was.is] = true
				out = append(out, Change{Kind: changed, Name: t.name, Was: was.is, Is: t.is})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Change) int { return strings.Compare(a.Name, b.Name) })
	return out
}

var versionPrefix = regexp.MustCompile(`\bv[0-9]+\.`)

func operationsOf(p *planner) []thing {
	var out []thing
	for _, op := range p.ops {
		out = append(out, thing{
			name:   op.placed.Package + "." + op.placed.Name,
			is:     versionPrefix.ReplaceAllString(op.model.ID+" "+op.model.Method+" "+op.placed.Path+" "+op.model.Result.Kind+" "+op.model.Result.Returns, ""),
			places: []string{operationPlace(op.placed)},
		})
	}
	return out
}

// parametersOf are the parameters of the operations that both versions have, but those of the path.
func parametersOf(p, other *planner) []thing {
	both := map[string]bool{}
	for _, op := range other.ops {
		both[operationPlace(op.placed)] = true
	}
	var out []thing
	for _, op := range p.ops {
		if !both[operationPlace(op.placed)] {
			continue
		}
		for _, f := range op.facts.Params {
			is := f.In + " " + f.Go
			if f.Required {
				is += ", required"
			}
			out = append(out, thing{op.placed.Package + "." + op.placed.Name + " " + f.Wire, is, []string{paramPlace(op.placed, f)}})
		}
	}
	return out
}

func (e *Edition) typesOf(p *planner) []thing {
	used, err := p.reachable()
	if err != nil {
		return nil // planning has succeeded before
	}
	var out []thing
	for _, key := range keys(p.types) {
		if used[key] || p.types[key].name.Package != "" {
			out = append(out, thing{name: key, places: e.history.types[p.doc.Version.text][key]})
		}
	}
	return out
}

// fieldsOf are the fields of a version, but those of the types that are new or gone.
func (e *Edition) fieldsOf(p *planner, types []Change) []thing {
	whole := map[string]bool{}
	for _, c := range types {
		whole[c.Name] = c.Kind != changed
	}
	var out []thing
	for _, key := range keys(p.types) {
		if whole[key] {
			continue
		}
		for _, f := range p.types[key].model.Fields {
			if isUnknown(f) {
				continue // no part of the API
			}
			out = append(out, thing{
				name: key + "." + f.Wire, is: versionPrefix.ReplaceAllString(f.Type, ""),
				places: e.history.fields[p.doc.Version.text][key+" "+f.Wire],
			})
		}
	}
	return out
}
