package gen

import (
	"fmt"
	"strconv"
	"strings"
)

// width is where the lines of generated comments end, the slashes not counted.
const width = 110

// wrap breaks a paragraph into lines.
func wrap(text string) []string {
	var out []string
	var line strings.Builder
	for word := range strings.FieldsSeq(text) {
		if line.Len() > 0 && line.Len()+1+len(word) > width {
			out = append(out, line.String())
			line.Reset()
		}
		if line.Len() > 0 {
			line.WriteByte(' ')
		}
		line.WriteString(word)
	}
	if line.Len() > 0 {
		out = append(out, line.String())
	}
	return out
}

// sentence ends a text with a full stop.
func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" || strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

// title is how comments call the API: "Docker API 1.41".
func (p *planner) title() string {
	engine := p.doc.Engine
	return strings.ToUpper(engine[:1]) + engine[1:] + " API " + p.doc.Version.text
}

func (p *planner) versionDoc() []string {
	pkg := p.doc.Version.packageName()
	text := p.words.say("packages", pkg, "version")
	if text == "" {
		text = "holds the schemas of " + p.title() + ". Its operations are in the packages below it, one for each category."
	}
	return wrap("Package " + pkg + " " + sentence(strings.ReplaceAll(text, "{version}", p.doc.Version.text)))
}

func (p *planner) packageDoc(op *placedOperation) []string {
	text := p.words.say("packages", op.Package)
	if text == "" {
		text = "calls the " + op.Tag + " operations of " + p.title() + "."
	}
	return wrap("Package " + op.Package + " " + sentence(text))
}

// operationDoc says in our words what a method does, then the facts, then where upstream's words are.
func (p *planner) operationDoc(op *plannedOperation) []string {
	said := p.words.say("operations", op.placed.ID)
	if said == "" {
		said = "calls " + op.placed.ID + "."
	}
	op.model.Summary = sentence(said)
	out := append(wrap(op.placed.Name+" "+op.model.Summary), "")
	fact := fmt.Sprintf("%s %s (%s).", op.model.Method, op.placed.Path, op.placed.ID)
	if life := op.model.text(); life != "" {
		fact += " " + capital(life) + "."
	}
	if codes := op.placed.Succeeds; len(codes) > 0 {
		fact += " Succeeds with " + strings.Join(codes, ", ")
		if codes := op.placed.Fails; len(codes) > 0 {
			fact += "; fails with " + strings.Join(codes, ", ")
		}
		fact += "."
	}
	out = append(out, wrap(fact)...)
	out = append(out, wrap(p.othersDoc(op))...)
	if url := p.overlay.DocURL; url != "" {
		url = strings.NewReplacer("{version}", p.doc.Version.text, "{tag}", op.placed.Tag, "{operation}", op.placed.ID).Replace(url)
		op.model.URL = url
		out = append(out, "See "+url)
	}
	return out
}

func (p *planner) headerDoc(op *plannedOperation) []string {
	name := op.placed.Name + "Response"
	if said := p.words.say("types", op.placed.Package+"."+name); said != "" {
		return wrap(name + " " + sentence(said))
	}
	return wrap(name + " is what the headers of the answer to [Client." + op.placed.Name + "] say.")
}

// typeDoc says what a type is. How long there has been one that is an operation's own is said of that.
func (p *planner) typeDoc(t *plannedType) []string {
	said := p.typeWords(t)
	if life := t.model.text(); life != "" && t.name.Operation == "" {
		said += " " + capital(life) + "."
	}
	return wrap(said)
}

func (p *planner) typeWords(t *plannedType) string {
	name := t.name.Name
	if said := p.words.say("types", t.key); said != "" {
		return name + " " + sentence(said)
	}
	switch {
	case t.facts.Enum != nil && t.name.Package != "" && strings.Contains(t.name.Source, " parameter "):
		_, wire, _ := strings.Cut(t.name.Source, " parameter ")
		return name + " is a value of the parameter " + wire + " of " + t.name.Operation + "."
	case t.name.Was != "":
		return name + " is the definition " + t.name.Was + ", which other versions call " + t.name.Definition + "."
	case t.name.Definition != "":
		return name + " is the definition " + t.name.Definition + "."
	case t.name.Operation != "":
		return name + " is " + operationPart(t.name.Source) + " of " + t.name.Operation + "."
	default:
		return name + " is " + partOf(t.name.Source) + "."
	}
}

// operationPart reads "ContainerCreate body/properties/X" for a comment.
func operationPart(source string) string {
	_, part, _ := strings.Cut(source, " ")
	what, inner, nested := strings.Cut(part, "/")
	if code, ok := strings.CutPrefix(what, "responses "); ok {
		what = "answer " + code
	}
	if !nested {
		return "the " + what
	}
	return "the member " + members(inner) + " of the " + what
}

// partOf reads "/definitions/HostConfig/properties/LogConfig" for a comment.
func partOf(source string) string {
	parts, err := pointer(source)
	if err != nil || len(parts) < 3 {
		return source
	}
	return "the member " + members(strings.Join(parts[2:], "/")) + " of the definition " + parts[1]
}

// members is the path of a schema as the names of members: "Mode.Replicated", "Ports[]".
func members(path string) string {
	var b strings.Builder
	parts := strings.Split(path, "/")
	for i := 0; i < len(parts); i++ {
		switch parts[i] {
		case "properties":
			if i++; i < len(parts) {
				if b.Len() > 0 {
					b.WriteByte('.')
				}
				b.WriteString(parts[i])
			}
		case "items", "additionalProperties":
			b.WriteString("[]")
		}
	}
	return b.String()
}

// fieldWords returns our words for a field of a type, or of one whose fields it takes over.
func (p *planner) fieldWords(key, wire, name string) string {
	if said := p.words.say("fields", key+"."+wire, key+"."+name); said != "" {
		return said
	}
	if t := p.facts.Types[key]; t != nil {
		for _, included := range t.Includes {
			if said := p.fieldWords(included, wire, name); said != "" {
				return said
			}
		}
	}
	return ""
}

// fieldDoc says what a field's type doesn't: our words, then default, bounds and versions.
func (p *planner) fieldDoc(t *plannedType, f *plannedField, life Lifetime) []string {
	name := p.fieldName(t, f)
	var text []string
	ours := p.fieldWords(t.key, f.facts.Wire, name)
	if ours != "" {
		text = append(text, name+" "+sentence(ours))
	}
	if facts := also(factText(f.facts.Default, f.facts.Min, f.facts.Max), life.text()); facts != "" {
		if text == nil {
			text = append(text, name+":", facts+".")
		} else {
			text = append(text, capital(facts)+".")
		}
	}
	switch {
	case !f.presence || strings.Contains(ours, "nil"): // or our sentence says what nil means
	case text == nil:
		text = append(text, name, "is nil where absent:", sentence(f.why))
	default:
		text = append(text, "Nil is absent:", sentence(f.why))
	}
	return wrap(strings.Join(text, " "))
}

// paramDoc says where a parameter goes, what we have to say of it, and its default, bounds and versions.
func (p *planner) paramDoc(op *plannedOperation, f paramFacts, field *Field) []string {
	said := op.param(f.Wire)
	text := field.Name + " is the " + f.In + " parameter " + f.Wire
	switch str(said, extSend) {
	case sendJSON:
		text += ", sent as JSON"
	case sendEach:
		text += ", each sent as JSON"
	case sendTime:
		text += ", sent as seconds since 1970"
	}
	ours := p.words.say("params", op.placed.ID+"."+f.Wire, op.entry.Like+"."+f.Wire, f.Wire)
	if ours != "" {
		text += ": " + ours
	}
	text = sentence(text)
	low, high := bound(said["minimum"]), bound(said["maximum"])
	if facts := also(factText(said["default"], low, high), field.text()); facts != "" {
		text += " " + capital(facts) + "."
	}
	switch unset := op.unset(f); {
	case !field.Pointer || strings.Contains(ours, "nil"):
	case unset != "":
		text += " Nil sends " + unset + ": " + sentence(str(said, extWhy))
	default:
		text += " Nil leaves it out: " + sentence(str(said, extWhy))
	}
	return wrap(text)
}

// also lists two parts of which either may be empty.
func also(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + ", " + b
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

func bound(v any) *float64 {
	switch v := v.(type) {
	case int64:
		f := float64(v)
		return &f
	case float64:
		return &v
	}
	return nil
}

// factText lists what a specification says about a value. A default that is Go's zero goes without saying.
func factText(def any, low, high *float64) string {
	var out []string
	switch def := def.(type) {
	case string:
		if def != "" {
			out = append(out, "default "+def)
		}
	case bool:
		if def {
			out = append(out, "default true")
		}
	case int64:
		if def != 0 {
			out = append(out, fmt.Sprintf("default %d", def))
		}
	case float64:
		if def != 0 {
			out = append(out, "default "+plain(def))
		}
	}
	if low != nil {
		out = append(out, "at least "+plain(*low))
	}
	if high != nil {
		out = append(out, "at most "+plain(*high))
	}
	return strings.Join(out, ", ")
}

func plain(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
