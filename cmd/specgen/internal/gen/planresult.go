package gen

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// resultKind is what package transport makes of an answer.
type resultKind struct {
	generic string // the function of package transport
	returns string // what the method returns; %s is the element type
	element bool   // whether there is an element type
	slow    bool   // whether the engine may take long before its first byte
}

var resultKinds = map[string]resultKind{
	"object":   {"Object", "(*%s, error)", true, false},
	"list":     {"List", "([]%s, error)", true, false},
	"value":    {"Value", "(%s, error)", true, false},
	"none":     {"None", "error", false, false},
	"bytes":    {"Bytes", "(*transport.Stream, error)", false, false},
	"sequence": {"Sequence", "(*transport.Messages[%s], error)", true, true},
	"late":     {"Late", "(*transport.Pending[%s], error)", true, true},
	"headers":  {"Headers", "(*%s, error)", true, false},
	"upgrade":  {"Upgrade", "(*hijack.Conn, error)", false, false},
	"framed":   {"Framed", "(*hijack.Logs, error)", false, true},
}

// plainHeaders are HTTP's own and no answer of an engine.
var plainHeaders = map[string]bool{"Cache-Control": true, "Pragma": true, "Content-Type": true}

// planResult decides how the method answers.
func (p *planner) planResult(op *plannedOperation) error {
	name := op.entry.Kind
	if name == "" {
		derived, err := p.deriveKind(op)
		if err != nil {
			return err
		}
		name = derived
	}
	kind, ok := resultKinds[name]
	if !ok {
		return fmt.Errorf("overlay: kind %q is none of %v", name, keys(resultKinds))
	}
	r := Result{Kind: name, Call: "transport." + kind.generic, Returns: kind.returns}
	if strings.Contains(r.Returns, "hijack.") {
		op.uses["hijack"] = true
	}
	if kind.element {
		text, err := p.element(op, name)
		if err != nil {
			return err
		}
		r.Call += "[" + text + "]"
		r.Returns = fmt.Sprintf(kind.returns, text)
	}
	op.model.Result, op.model.Slow = r, kind.slow || op.entry.Slow
	op.model.NotModified = slices.Contains(op.placed.Succeeds, "304")
	return p.planNeed(op)
}

// deriveKind reads the kind from the specification, or asks for it where that doesn't say.
func (p *planner) deriveKind(op *plannedOperation) (string, error) {
	ask := func(why string) (string, error) {
		return "", fmt.Errorf("%s: the overlay must say operations.%s.kind, one of %v", why, op.placed.ID, keys(resultKinds))
	}
	answer := op.facts.Answer
	if op.placed.Verb == "head" {
		if len(op.facts.Headers) > 0 {
			return "headers", nil
		}
		return "none", nil
	}
	switch {
	case slices.Contains(op.placed.Succeeds, "101"):
		return ask("it switches protocols")
	case op.binaryAnswer():
		return ask("it answers bytes")
	case op.entry.Item != "" && answer == "":
		return ask("its item is given")
	case answer == "":
		return "none", nil
	case answer == "map[string]interface{}" || answer == "interface{}":
		return ask("it answers an object of no known type")
	case len(op.facts.Headers) > 0:
		return ask("it answers in the body and in headers")
	case strings.HasPrefix(answer, "[]"):
		return "list", nil
	}
	if t := p.types[answer]; t != nil && t.facts.Struct {
		return "object", nil
	}
	return "value", nil
}

// binaryAnswer reports whether the specification says that the answer is neither JSON nor text.
func (op *plannedOperation) binaryAnswer() bool {
	for _, code := range op.placed.Succeeds {
		if isBinary(sub(sub(sub(op.placed.Node, "responses"), code), "schema")) {
			return true
		}
	}
	produces := list(op.placed.Node, "produces")
	return op.facts.Answer == "" && slices.ContainsFunc(produces, func(m any) bool {
		media, _ := m.(string)
		return media != "application/json" && media != "text/plain"
	})
}

// element is the type argument of the generic: the item that the overlay names, or what the answer's schema says.
func (p *planner) element(op *plannedOperation, kind string) (string, error) {
	if kind == "headers" {
		return p.headerType(op)
	}
	goType := op.facts.Answer
	if op.entry.Item != "" {
		key, err := p.lookup(op.entry.Item, op.placed.Package)
		if err != nil {
			return "", err
		}
		goType = key
	} else if kind == "list" || kind == "sequence" {
		goType = strings.TrimPrefix(goType, "[]")
	}
	op.answer = goType
	if goType == "" {
		return "", fmt.Errorf("its answer has no schema: the overlay must say operations.%s.item", op.placed.ID)
	}
	return op.expr(p, goType)
}

// lookup finds a schema by its key, by what the specification calls it, or by its name in the category.
func (p *planner) lookup(name, category string) (string, error) {
	for _, key := range []string{name, category + "." + name} {
		if p.types[key] != nil {
			return key, nil
		}
	}
	for _, key := range keys(p.doc.Types) {
		if p.doc.Types[key].Definition == name {
			return key, nil
		}
	}
	return "", fmt.Errorf("overlay: there is no schema %s", name)
}

// headerType makes a struct of the headers of an answer.
func (p *planner) headerType(op *plannedOperation) (string, error) {
	t := &Type{
		Name: op.placed.Name + "Response", Kind: kindStruct, Source: op.placed.source("headers"),
		Doc: p.headerDoc(op),
	}
	known := map[string]bool{}
	for _, h := range op.facts.Headers {
		known[h.Wire] = true
		if plainHeaders[h.Wire] {
			continue
		}
		e := op.entry.Headers[h.Wire]
		f := &Field{Name: goName(strings.TrimPrefix(h.Wire, "X-")), Type: h.Go, Wire: h.Wire}
		tag := h.Wire
		if e.Name != "" {
			f.Name = e.Name
		}
		if e.Type != "" {
			key, err := p.lookup(e.Type, op.placed.Package)
			if err != nil {
				key = e.Type
			}
			if f.Type, err = op.expr(p, key); err != nil {
				return "", fmt.Errorf("header %s: %w", h.Wire, err)
			}
		}
		if e.Encoding != "" {
			tag += "," + e.Encoding
		}
		f.Tag = "`header:" + strconv.Quote(tag) + "`"
		f.Doc = wrap(f.Name + " is the header " + h.Wire + ".")
		t.Fields = append(t.Fields, f)
	}
	for _, wire := range keys(op.entry.Headers) {
		if !known[wire] {
			return "", fmt.Errorf("overlay: there is no header %s", wire)
		}
	}
	op.types = append(op.types, t)
	return t.Name, nil
}

// planFraming decides how a log stream is found to be framed or raw.
func (p *planner) planFraming(op *plannedOperation) error {
	if op.model.Result.Kind != "framed" {
		return nil
	}
	f := &Framing{}
	if tty := op.entry.TTY; tty != nil {
		f.Declared = !tty.holds(p.doc.Version)
		at := slices.IndexFunc(p.doc.Ops, func(o *placedOperation) bool {
			return o.ID == tty.Inspect && o.Package == op.placed.Package
		})
		if at < 0 {
			return fmt.Errorf("overlay: tty.inspect: category %s has no operation %s", op.placed.Package, tty.Inspect)
		}
		f.Inspect, f.Member = "op"+p.doc.Ops[at].Name, tty.Member
	}
	if op.model.Options != nil {
		for _, name := range []string{"TTY", "Timestamps", "Details"} {
			if slices.ContainsFunc(op.model.Options.Fields, func(field *Field) bool { return field.Name == name }) {
				f.Fields = append(f.Fields, name)
			}
		}
	}
	op.model.Framing = f
	return nil
}
