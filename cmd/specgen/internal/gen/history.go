package gen

import (
	"regexp"
	"slices"
	"strings"
)

// history knows which versions of an engine's API have what. Things are known by their place on the wire, an
// operation and what is in it, as well as by the names of Go types: definitions are renamed, nameless ones get names,
// and others move.
type history struct {
	oldest, newest version
	// lives are the first and the last version that has a place.
	lives map[string]life
	// fields and types are the places of each field and each type, by version.
	fields, types map[string]map[string][]string
	// routes are those of all versions.
	routes []servedRoute
}

type life struct{ first, last version }

// newHistory puts together what the planners of all versions, the oldest first, decided.
func newHistory(planners []*planner) (*history, error) {
	h := &history{
		lives: map[string]life{}, fields: map[string]map[string][]string{}, types: map[string]map[string][]string{},
	}
	for i, p := range planners {
		v := p.doc.Version
		if i == 0 {
			h.oldest = v
		}
		h.newest = v
		s := &survey{p: p, fields: map[string][]string{}, types: map[string][]string{}, saw: map[string]bool{}}
		if err := s.run(); err != nil {
			return nil, err
		}
		h.fields[v.text], h.types[v.text] = s.fields, s.types
		routes, err := p.served()
		if err != nil {
			return nil, err
		}
		h.routes = append(h.routes, routes...)
		for place := range s.saw {
			l, known := h.lives[place]
			if !known {
				l.first = v
			}
			l.last = v
			h.lives[place] = l
		}
	}
	return h, nil
}

// survey notes every place of one version.
type survey struct {
	p *planner
	// fields are the places of each field, under "HostConfig Init"; types those of each type.
	fields, types map[string][]string
	saw           map[string]bool
}

func (s *survey) run() error {
	// A type which moves but keeps its name lives on.
	for key, t := range s.p.types {
		s.note(s.types, key, "type "+key)
		for _, f := range t.fields {
			name := key + " " + f.facts.Wire
			s.note(s.fields, name, "field "+name)
		}
	}
	for _, op := range s.p.ops {
		place := operationPlace(op.placed)
		s.saw[place] = true
		for _, f := range op.facts.Params {
			s.saw[paramPlace(op.placed, f)] = true
			if err := s.walk(f.Go, paramPlace(op.placed, f), nil); err != nil {
				return err
			}
		}
		if b := op.facts.Body; b != nil && b.Go != "" {
			if err := s.walk(b.Go, place+" body", nil); err != nil {
				return err
			}
		}
		if err := s.walk(op.answer, place+" answer", nil); err != nil {
			return err
		}
	}
	return nil
}

// walk notes what is in a Go type that stands in a place; above are the types that it stands in.
func (s *survey) walk(goType, place string, above []string) error {
	if goType == "" {
		return nil
	}
	e, err := s.p.exprKeys(goType)
	if err != nil {
		return err
	}
	for _, key := range keys(e) {
		t := s.p.types[key]
		if t == nil || slices.Contains(above, key) {
			continue
		}
		s.note(s.types, key, place)
		within := append(slices.Clip(above), key)
		if !t.facts.Struct && t.facts.Enum == nil {
			if err := s.walk(t.facts.Go, place, within); err != nil {
				return err
			}
		}
		for _, f := range t.fields {
			at := place + "." + f.facts.Wire
			name := key + " " + f.facts.Wire
			s.note(s.fields, name, at)
			if err := s.walk(f.goType, at, within); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *survey) note(of map[string][]string, name, place string) {
	s.saw[place] = true
	of[name] = append(of[name], place)
}

var pathParameter = regexp.MustCompile(`\{[^}]*\}`)

// operationPlace is the same for all versions, which may call an operation and the arguments of its path otherwise.
func operationPlace(op *placedOperation) string {
	return strings.ToUpper(op.Verb) + " " + pathParameter.ReplaceAllString(op.Path, "{}")
}

func paramPlace(op *placedOperation, f paramFacts) string {
	if f.In == "path" {
		return operationPlace(op)
	}
	return operationPlace(op) + " " + f.In + " " + f.Wire
}

// of returns the lifetime of what is in the places, as the kept versions know it.
func (h *history) of(v version, places ...string) Lifetime {
	var out Lifetime
	if h == nil || len(places) == 0 {
		return out
	}
	first, last := v, v
	for _, place := range places {
		l, known := h.lives[place]
		if !known {
			continue
		}
		if l.first.compare(first) < 0 {
			first = l.first
		}
		if l.last.compare(last) > 0 {
			last = l.last
		}
	}
	if first.compare(h.oldest) > 0 {
		out.Since = first.text
	}
	if last.compare(h.newest) < 0 {
		out.Until = last.text
	}
	return out
}

func (h *history) ofField(v version, key, wire string) Lifetime {
	if h == nil {
		return Lifetime{}
	}
	return h.of(v, h.fields[v.text][key+" "+wire]...)
}

func (h *history) ofType(v version, key string) Lifetime {
	if h == nil {
		return Lifetime{}
	}
	return h.of(v, h.types[v.text][key]...)
}

// within leaves out of a part's lifetime what the whole's says already.
func (l Lifetime) within(whole Lifetime) Lifetime {
	if l.Since == whole.Since {
		l.Since = ""
	}
	if l.Until == whole.Until {
		l.Until = ""
	}
	return l
}

// text is a lifetime in words: "since API 1.44, until API 1.51".
func (l Lifetime) text() string {
	var since, until string
	if l.Since != "" {
		since = "since API " + l.Since
	}
	if l.Until != "" {
		until = "until API " + l.Until
	}
	return also(since, until)
}
