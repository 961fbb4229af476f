package gen

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// plannedOperation is a method of the model with what planning needs to know about it.
type plannedOperation struct {
	placed *placedOperation
	facts  *operationFacts
	entry  *operationEntry
	model  *Operation
	types  []*Type // of the method's own making: options, headers
	answer string  // the Go type of what is answered, in terms of keys
	uses   map[string]bool
	keys   map[string]bool
}

// planOperations makes a method of every operation.
func (p *planner) planOperations() error {
	routes, err := p.served()
	if err != nil {
		return err
	}
	all := routes
	if p.history != nil {
		all = p.history.routes
	}
	for i, placed := range p.doc.Ops {
		facts := p.facts.Ops[placed.ID]
		if facts == nil {
			return fmt.Errorf("operation %s: oapi-codegen made nothing of it", placed.ID)
		}
		op := &plannedOperation{
			placed: placed, facts: facts, entry: placed.Entry,
			uses: map[string]bool{"context": true, "transport": true}, keys: map[string]bool{},
			model: &Operation{
				ID: placed.ID, Name: placed.Name, Var: "op" + placed.Name,
				Engine: p.doc.Engine, Version: p.doc.Version.text,
				Method: strings.ToUpper(placed.Verb), Path: p.base(placed) + placed.path(),
				Others:  p.overlay.others(routes[i], all),
				Upgrade: placed.Entry.Upgrade, Tag: placed.Tag,
				Lifetime: p.history.of(p.doc.Version, operationPlace(placed)),
			},
		}
		for _, step := range []func(*plannedOperation) error{p.planParams, p.planBody, p.planOptions, p.planResult, p.planFraming} {
			if err := step(op); err != nil {
				return fmt.Errorf("operation %s: %w", placed.ID, err)
			}
		}
		op.model.Params = signature(op.model.Args)
		op.model.Doc = p.operationDoc(op)
		p.ops = append(p.ops, op)
	}
	return nil
}

// path is the operation's path with {name...} for arguments that may hold slashes: those called name are references
// of images, names of plugins and names of volumes.
func (op *placedOperation) path() string {
	path := op.Path
	for _, p := range list(op.Node, "parameters") {
		p := asObject(p)
		if str(p, "in") != "path" {
			continue
		}
		name := str(p, "name")
		slashes, said := p[extSlashes].(bool)
		if slashes || !said && name == "name" {
			path = strings.ReplaceAll(path, "{"+name+"}", "{"+name+"...}")
		}
	}
	return path
}

// param returns what the passes wrote about a parameter.
func (op *plannedOperation) param(wire string) object {
	params := list(op.placed.Node, "parameters")
	if i := findParam(params, wire); i >= 0 {
		return asObject(params[i])
	}
	return object{}
}

// expr writes a type as the operation's package does and notes what it needs.
func (op *plannedOperation) expr(p *planner, goType string) (string, error) {
	e, err := p.exprIn(goType, op.placed.Package)
	if err != nil {
		return "", err
	}
	maps.Copy(op.uses, e.uses)
	maps.Copy(op.keys, e.keys)
	return e.text, nil
}

// planParams makes arguments of the path's parameters and of the required ones.
func (p *planner) planParams(op *plannedOperation) error {
	for _, f := range slices.Concat(op.facts.PathParams, op.facts.Params) {
		op.model.Parameters = append(op.model.Parameters, &Parameter{
			Wire: f.Wire, In: f.In, Type: f.Go, Required: f.Required || f.In == "path",
			Send: str(op.param(f.Wire), extSend), Anonymous: anonymous(f),
			Unset:    op.unset(f),
			Added:    truth(op.param(f.Wire), extAdded),
			Lifetime: p.history.of(p.doc.Version, paramPlace(op.placed, f)),
		})
	}
	arg := func(f paramFacts) (string, error) {
		name := argName(f.Wire)
		if said := str(op.param(f.Wire), extName); said != "" {
			name = argName(said)
		}
		if slices.ContainsFunc(op.model.Args, func(a Arg) bool { return a.Name == name }) {
			return "", fmt.Errorf("two parameters are the argument %s: give %s another name in the overlay, operations.%s.params",
				name, f.Wire, op.placed.ID)
		}
		text, err := op.expr(p, f.Go)
		op.model.Args = append(op.model.Args, Arg{name, text})
		return name, err
	}
	for _, f := range op.facts.PathParams {
		f.Go = "string" // a segment is text, whatever it counts
		name, err := arg(f)
		if err != nil {
			return err
		}
		op.model.PathArgs = append(op.model.PathArgs, name)
	}
	for _, f := range op.facts.Params {
		if !f.Required {
			continue
		}
		if anonymous(f) {
			op.model.Sends = append(op.model.Sends, Send{Call: "Header", Wire: f.Wire, From: "transport.Anonymous"})
			continue
		}
		name, err := arg(f)
		if err != nil {
			return err
		}
		op.model.Sends = append(op.model.Sends, op.send(f, name))
	}
	return nil
}

// unset is what is sent where the caller gives nothing, or empty.
func (op *plannedOperation) unset(f paramFacts) string {
	if n, ok := op.param(f.Wire)[extUnset].(int); ok {
		return strconv.Itoa(n)
	}
	return ""
}

// anonymous reports whether a parameter is a credential that the engine insists on. It stays an option: the request
// carries an empty one until the option replaces it.
func anonymous(f paramFacts) bool {
	return f.Required && f.In == "header" && f.Go == goSecret
}

// send is the call that puts a parameter into the request.
func (op *plannedOperation) send(f paramFacts, from string) Send {
	s := Send{Wire: f.Wire, From: from}
	switch how := str(op.param(f.Wire), extSend); {
	case f.In == "header":
		s.Call = "Header"
	case how == sendTime:
		s.Call = "QueryTime"
	case how == sendJSON:
		s.Call = "QueryJSON"
	case how == sendEach:
		s.Call = "QueryJSONEach"
	case f.Required:
		s.Call = "QueryRequired"
	default:
		s.Call = "Query"
	}
	return s
}

func (p *planner) planBody(op *plannedOperation) error {
	b := op.facts.Body
	if b == nil {
		return nil
	}
	required, media := b.Required, ""
	if e := op.entry.Body; e != nil {
		if e.Required != nil {
			required = *e.Required
		}
		media = e.ContentType
	}
	if b.Go == "" {
		if media == "" {
			media = op.placed.Consumes[0]
		}
		op.uses["io"] = true
		op.model.Args = append(op.model.Args, Arg{"body", "io.Reader"})
		op.model.Body = &Body{Upload: true, ContentType: media, Optional: !required}
		return nil
	}
	text, err := op.expr(p, b.Go)
	if err != nil {
		return err
	}
	if t := p.types[b.Go]; !required && t != nil && t.facts.Struct {
		text = "*" + text
	}
	op.model.Args = append(op.model.Args, Arg{"body", text})
	op.model.Body = &Body{Optional: !required}
	return nil
}

// planOptions makes a struct of what is optional.
func (p *planner) planOptions(op *plannedOperation) error {
	o := &Options{Name: op.placed.Name + "Options"}
	o.Doc = []string{o.Name + " are the optional parameters of [Client." + op.placed.Name + "]; nil means none of them."}
	for _, f := range op.facts.Params {
		if f.Required && !anonymous(f) {
			continue
		}
		field, err := p.planOption(op, f)
		if err != nil {
			return fmt.Errorf("parameter %s: %w", f.Wire, err)
		}
		o.Fields = append(o.Fields, field)
		from := "o." + field.Name
		if unset := op.unset(f); unset != "" {
			from, o.Always, op.uses["cmp"] = "cmp.Or("+from+", new("+unset+"))", true, true
		}
		o.Sends = append(o.Sends, op.send(f, from))
	}
	if tty := op.entry.TTY; op.entry.Kind == "framed" && tty != nil {
		doc := []string{
			"TTY says whether the output comes from a TTY and is one raw stream. Nil asks the engine first, by",
			tty.Inspect + ". It is sent nowhere.",
		}
		if !tty.holds(p.doc.Version) {
			doc = []string{
				"TTY says whether the output comes from a TTY and is one raw stream. Nil believes the Content-Type of the",
				"answer, and asks the engine by " + tty.Inspect + " where it has none. It is sent nowhere.",
			}
		}
		o.Fields = append(o.Fields, &Field{Name: "TTY", Type: "*bool", Doc: doc})
	}
	if len(o.Fields) == 0 {
		return nil
	}
	op.model.Options = o
	op.model.Args = append(op.model.Args, Arg{"opts", "*" + o.Name})
	return nil
}

func (p *planner) planOption(op *plannedOperation, f paramFacts) (*Field, error) {
	said := op.param(f.Wire)
	text, err := op.expr(p, f.Go)
	if err != nil {
		return nil, err
	}
	field := &Field{
		Name: str(said, extName), Type: text, Wire: f.Wire, Pointer: truth(said, extPointer),
		Lifetime: p.history.of(p.doc.Version, paramPlace(op.placed, f)).within(op.model.Lifetime),
	}
	if field.Name == "" {
		field.Name = goName(strings.TrimPrefix(f.Wire, "X-"))
	}
	if field.Pointer {
		field.Type = "*" + field.Type
	}
	field.Doc = p.paramDoc(op, f, field)
	return field, nil
}

// signature writes a method's parameters behind ctx, neighbours of one type together.
func signature(args []Arg) string {
	var b strings.Builder
	for i, a := range args {
		b.WriteString(", " + a.Name)
		if i+1 == len(args) || args[i+1].Type != a.Type {
			b.WriteString(" " + a.Type)
		}
	}
	return b.String()
}
