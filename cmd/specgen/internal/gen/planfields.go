package gen

import (
	"fmt"
	"slices"
	"strings"
)

// planFields applies what the overlay says about fields. An entry about a schema holds for every schema that takes
// the field over from it, too; an entry about nothing is an error.
func (p *planner) planFields() error {
	sections := []struct {
		name    string
		entries []fieldEntry
		apply   func(f *plannedField, e fieldEntry) error
	}{
		{"types", p.overlay.Types, func(f *plannedField, e fieldEntry) error {
			if e.Go == "" {
				return fmt.Errorf("it doesn't say go")
			}
			f.goType = e.Go
			return nil
		}},
		{"presence", p.overlay.Presence, func(f *plannedField, e fieldEntry) error {
			f.presence, f.why = true, e.Reason
			if f.goType == "map[string]interface{}" {
				f.goType = "struct{}" // an object that says what it says by being there
			}
			return nil
		}},
		{"anyCase", p.overlay.AnyCase, func(f *plannedField, _ fieldEntry) error {
			f.anyCase = true
			return nil
		}},
	}
	for _, s := range sections {
		for _, e := range s.entries {
			if err := p.applyEntry(e, s.apply); err != nil {
				return fmt.Errorf("overlay: %s of %s.%s: %w", s.name, e.Type, e.Field, err)
			}
		}
	}
	return nil
}

func (p *planner) applyEntry(e fieldEntry, apply func(*plannedField, fieldEntry) error) error {
	if !e.holds(p.doc.Version) {
		return nil
	}
	found := false
	for _, key := range keys(p.types) {
		if !p.includes(key, e.Type) {
			continue
		}
		for _, f := range p.types[key].fields {
			if f.facts.Wire != e.Field {
				continue
			}
			found = true
			if err := apply(f, e); err != nil {
				return err
			}
		}
	}
	if !found {
		return fmt.Errorf("there is no such field; correct the entry or say since when or until when it is there")
	}
	return nil
}

// includes reports whether a schema is another or takes over its fields.
func (p *planner) includes(key, other string) bool {
	if key == other {
		return true
	}
	t := p.facts.Types[key]
	return t != nil && slices.ContainsFunc(t.Includes, func(k string) bool { return p.includes(k, other) })
}

// checkOverlay refuses names for fields that are not there.
func (p *planner) checkOverlay() error {
	for _, name := range keys(p.overlay.Names.Fields) {
		i := strings.LastIndex(name, ".")
		if i < 0 || p.types[name[:i]] == nil {
			continue // of a schema that other versions have
		}
		if !slices.ContainsFunc(p.types[name[:i]].fields, func(f *plannedField) bool { return f.facts.Wire == name[i+1:] }) {
			return fmt.Errorf("overlay: names.fields has %s, which is not there", name)
		}
	}
	return p.checkRoutes()
}

// ignored lists what our types leave out on purpose in this version.
func (p *planner) ignored() []Ignored {
	var out []Ignored
	for _, e := range p.overlay.Ignored {
		if e.holds(p.doc.Version) {
			out = append(out, Ignored{Operation: e.Operation, Path: e.Path, Reason: e.Reason})
		}
	}
	return out
}
