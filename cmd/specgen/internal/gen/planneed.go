package gen

import (
	"fmt"
	"slices"
	"strings"
)

// answersEntry says of the operations that answer documents what those are for.
type answersEntry struct {
	// Need are the members that a document must have, Optional the reason why there are none. Both are by operation.
	Need     map[string][]string `yaml:"need"`
	Optional map[string]string   `yaml:"optional"`
}

// documents are the kinds of results that are made of documents.
var documents = map[string]bool{"object": true, "list": true, "sequence": true, "late": true, "value": true}

// planNeed decides what the documents of an answer must have, in the words of package transport.
func (p *planner) planNeed(op *plannedOperation) error {
	id, r := op.placed.ID, &op.model.Result
	said, optional := p.overlay.Answers.Need[id], p.overlay.Answers.Optional[id]
	if !documents[r.Kind] {
		return nil
	}
	if said != nil && optional != "" {
		return fmt.Errorf("overlay: answers has it twice, as need and as optional")
	}
	t := p.underlying(op.answer)
	isStruct := t != nil && t.facts.Struct
	if r.Kind == "list" && !isStruct {
		said = nil // its elements are texts
	}
	for _, need := range said {
		text, err := p.need(op, t, need)
		if err != nil {
			return fmt.Errorf("overlay: answers.need: %w", err)
		}
		r.Need = append(r.Need, text)
	}
	switch {
	case r.Kind == "value", r.Kind == "list" && !isStruct:
		// The type says what a value must be, or an element. Who calls by name knows no type.
		if r.Whole = wholeKind(op.answer, t); r.Whole == "" && len(r.Need) == 0 {
			return fmt.Errorf("it is a %s, of no kind that package transport knows", op.answer)
		}
	case isStruct && said == nil && optional == "" && p.overlay.Answers.given():
		return fmt.Errorf("the overlay must say answers.need.%s, the members that its answer is for, or answers.optional.%s, why there are none", id, id)
	}
	return nil
}

// given reports whether the overlay has answers at all, as those of tests have not.
func (a answersEntry) given() bool { return len(a.Need) > 0 }

// need adds the kind to a member that is needed, and drops the names that a version does not have.
func (p *planner) need(op *plannedOperation, t *plannedType, need string) (string, error) {
	if t == nil || !t.facts.Struct {
		return need, nil // a map: its members are in no specification
	}
	var have []string
	for one := range strings.SplitSeq(need, "|") {
		name, kind, said := strings.Cut(one, ",")
		i := slices.IndexFunc(t.fields, func(f *plannedField) bool {
			return f.facts.Wire == name || f.anyCase && strings.EqualFold(f.facts.Wire, name)
		})
		if i < 0 {
			continue
		}
		if !said {
			kind = p.kindOf(t.fields[i])
		}
		if op.model.Result.Kind == "list" && (kind == "number" || kind == "bool") {
			return "", fmt.Errorf("%s is a %s, of which zero and absent do not differ in the elements of a list", name, kind)
		}
		have = append(have, strings.TrimSuffix(name+","+kind, ","))
	}
	if len(have) == 0 {
		return "", fmt.Errorf("%s has no member %s", op.answer, need)
	}
	return strings.Join(have, "|"), nil
}

// underlying is a type, or the one that it is another name of.
func (p *planner) underlying(key string) *plannedType {
	t := p.types[strings.TrimPrefix(key, "*")]
	for t != nil && !t.facts.Struct && p.types[t.facts.Go] != nil {
		t = p.types[t.facts.Go]
	}
	return t
}

// kindOf is the kind of a field, as package transport calls it; nothing is a text that is not empty.
func (p *planner) kindOf(f *plannedField) string {
	t := p.underlying(f.goType)
	switch {
	case t == nil:
		return goKind(f.goType)
	case t.facts.Struct:
		return "object"
	}
	return goKind(t.facts.Go)
}

// goKind is the kind of JSON that a type of Go is.
func goKind(goType string) string {
	goType = strings.TrimPrefix(goType, "*")
	switch {
	case strings.HasPrefix(goType, "[]"):
		return "list"
	case strings.HasPrefix(goType, "map["):
		return "map"
	case strings.HasPrefix(goType, "int"), strings.HasPrefix(goType, "uint"), strings.HasPrefix(goType, "float"):
		return "number"
	case goType == "bool":
		return "bool"
	case goType == "time.Time":
		return "text" // an empty one is the zero time
	}
	return ""
}

// wholeKind is the kind of a whole answer, behind the comma of a need without a name.
func wholeKind(goType string, t *plannedType) string {
	if t != nil {
		goType = t.facts.Go
	}
	kind := goKind(goType)
	switch {
	case kind == "" && strings.TrimPrefix(goType, "*") != "string":
		return ""
	case kind == "":
		return "," // a text that is not empty
	case kind == "map":
		kind = "object" // null is no answer
	}
	return "," + kind
}
