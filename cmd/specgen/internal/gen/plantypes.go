package gen

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// plannedType is a type of the model with what planning needs to know about it.
type plannedType struct {
	key    string
	name   *typeName
	facts  *schemaFacts
	model  *Type
	fields []*plannedField
	uses   map[string]bool
	keys   map[string]bool
}

// plannedField is a field of a struct before its type is written down.
type plannedField struct {
	facts    fieldFacts
	goType   string // in terms of keys
	presence bool   // the overlay says that zero and absent differ
	why      string // and why
	cycle    bool   // by value, the struct would contain itself
	anyCase  bool
}

// planTypes makes a type of every schema; the fields of structs come later, when the overlay is applied.
func (p *planner) planTypes() error {
	p.types = map[string]*plannedType{}
	for _, key := range keys(p.facts.Types) {
		name, facts := p.doc.Types[key], p.facts.Types[key]
		t := &plannedType{
			key: key, name: name, facts: facts,
			model: &Type{Name: name.Name, Source: name.Source},
			uses:  map[string]bool{}, keys: map[string]bool{},
		}
		p.types[key] = t
		t.model.Lifetime = p.history.ofType(p.doc.Version, key)
		switch {
		case facts.Struct:
			t.model.Kind = kindStruct
			for _, f := range facts.Fields {
				t.fields = append(t.fields, &plannedField{facts: f, goType: f.Go})
			}
		case facts.Enum != nil:
			t.model.Kind, t.model.Type = kindEnum, facts.Go
			t.model.Values = p.values(t)
		default:
			t.model.Kind = kindNamed
			e, err := p.exprIn(facts.Go, name.Package)
			if err != nil {
				return fmt.Errorf("%s (%s): %w", key, name.Source, err)
			}
			t.add(e)
			t.model.Type = e.text
		}
		t.model.Doc = p.typeDoc(t)
	}
	return nil
}

func (t *plannedType) add(e typeExpr) {
	maps.Copy(t.uses, e.uses)
	maps.Copy(t.keys, e.keys)
}

// values are the constants of an enum. They begin with the type's name, or with what the overlay says.
func (p *planner) values(t *plannedType) []Value {
	prefix := t.name.Name
	if s := sub(sub(sub(p.doc.Tree, "components"), "schemas"), t.key); str(s, extPrefix) != "" {
		prefix = str(s, extPrefix)
	}
	out := make([]Value, len(t.facts.Enum))
	for i, v := range t.facts.Enum {
		literal := fmt.Sprint(v.Value)
		if s, ok := v.Value.(string); ok {
			literal = strconv.Quote(s)
		}
		out[i] = Value{Name: prefix + v.Name, Value: literal}
	}
	return out
}

// breakCycles makes a pointer of every field by which a struct would contain itself.
func (p *planner) breakCycles() error {
	const (
		open = 1
		done = 2
	)
	state := map[string]int{}
	var visit func(key string)
	visit = func(key string) {
		state[key] = open
		for _, f := range p.types[key].fields {
			to := p.types[f.goType]
			if to == nil || f.pointer(p) {
				continue
			}
			switch state[to.key] {
			case open:
				f.cycle = true
			case 0:
				visit(to.key)
			}
		}
		state[key] = done
	}
	for _, key := range keys(p.types) {
		if state[key] == 0 {
			visit(key)
		}
	}
	return p.writeFields()
}

// pointer reports whether a field is a pointer: where the overlay says that its presence means something, and where
// an object may be null.
func (f *plannedField) pointer(p *planner) bool {
	if f.presence || f.cycle {
		return true
	}
	t := p.types[f.goType]
	return t != nil && t.facts.Struct && f.facts.Nullable
}

// writeFields writes the fields of every struct into the model.
func (p *planner) writeFields() error {
	for _, key := range keys(p.types) {
		t := p.types[key]
		for _, f := range t.fields {
			if err := p.writeField(t, f); err != nil {
				return fmt.Errorf("%s.%s (%s): %w", key, f.facts.Wire, t.name.Source, err)
			}
		}
		slices.SortStableFunc(t.model.Fields, func(a, b *Field) int { return strings.Compare(a.Name, b.Name) })
	}
	return nil
}

func (p *planner) writeField(t *plannedType, f *plannedField) error {
	e, err := p.exprIn(f.goType, t.name.Package)
	if err != nil {
		return err
	}
	t.add(e)
	m := &Field{
		Name: p.fieldName(t, f), Type: e.text, Wire: f.facts.Wire, Pointer: f.pointer(p),
		Lifetime: p.history.ofField(p.doc.Version, t.key, f.facts.Wire).within(t.model.Lifetime),
	}
	if m.Pointer && !strings.HasPrefix(m.Type, "*") {
		if strings.HasPrefix(m.Type, "[]") || strings.HasPrefix(m.Type, "map[") {
			return fmt.Errorf("the overlay has a presence entry for a %s, of which nil and empty differ anyway", m.Type)
		}
		m.Type = "*" + m.Type
	}
	tag := f.facts.Wire
	if !f.facts.Required || strings.HasPrefix(m.Type, "*") {
		tag += ",omitzero"
	}
	if f.anyCase {
		tag += ",case:ignore"
	}
	m.Tag = "`json:" + strconv.Quote(tag) + "`"
	m.Doc = p.fieldDoc(t, f, m.Lifetime)
	t.model.Fields = append(t.model.Fields, m)
	return nil
}

func (p *planner) fieldName(t *plannedType, f *plannedField) string {
	for _, key := range []string{t.key + "." + f.facts.Wire, f.facts.Wire} {
		if name, ok := p.overlay.Names.Fields[key]; ok {
			return name
		}
	}
	return f.facts.Name
}
