package gen

import (
	"fmt"
	"slices"
)

// The extensions by which the passes talk about a parameter or a field; no specification has them.
const (
	extGoType  = "x-go-type"        // the Go type, whatever the schema says
	extSend    = "x-gantry-send"    // how a parameter is sent: time, json, json-each
	extPointer = "x-gantry-ptr"     // zero differs from absent
	extUnset   = "x-gantry-unset"   // the number that is sent where the caller gives none
	extWhy     = "x-gantry-why"     // and why
	extName    = "x-gantry-name"    // the Go name
	extNull    = "x-gantry-null"    // a nullable reference
	extPrefix  = "x-gantry-prefix"  // what an enum's constants begin with
	extEnum    = "x-gantry-enum"    // what the enum of a parameter is called
	extRef     = "x-gantry-ref"     // the key of that enum, once it has one
	extSlashes = "x-gantry-slashes" // whether an argument of the path may hold slashes
	extWas     = "x-gantry-was"     // what the specification calls a renamed definition
	extAdded   = "x-gantry-added"   // no specification has it
)

// How a parameter is sent when not as it is.
const (
	sendTime = "time"
	sendJSON = "json"
	sendEach = "json-each"
)

// goSecret is the type of a header that holds credentials: made beforehand, or when the call is.
const goSecret = "transport.RegistryAuth"

// paramTypes are the Go types behind the words of the overlay.
var paramTypes = map[string]struct{ goType, send string }{
	"time":             {"time.Time", sendTime},
	"json-strings-map": {"map[string][]string", sendJSON},
	"json-map":         {"map[string]string", sendJSON},
	"json-list":        {"[]string", sendJSON},
	"json":             {"", sendJSON}, // the Go type is given beside it; of a declared list, that of its items
	"strings":          {"[]string", ""},
	"secret":           {goSecret, ""},
	"bool":             {"bool", ""},
	"string":           {"string", ""},
	"int":              {"int", ""},
	"int64":            {"int64", ""},
	"uint64":           {"uint64", ""},
	"float64":          {"float64", ""},
}

// retypeParams returns the document with the parameters of every operation as the overlay says they are.
// With facts of handlers, an entry may be about a parameter that only other versions have.
func retypeParams(doc object, o *overlay, v version, lenient bool) (object, error) {
	doc = clone(doc)
	for _, path := range keys(sub(doc, "paths")) {
		for _, verb := range verbs {
			op := sub(sub(sub(doc, "paths"), path), verb)
			if op == nil {
				continue
			}
			id := str(op, "operationId")
			if err := retypeOperation(op, o.operation(id), v, lenient); err != nil {
				return nil, fmt.Errorf("operation %s: %w", id, err)
			}
		}
	}
	return doc, nil
}

func retypeOperation(op object, e *operationEntry, v version, lenient bool) error {
	params := list(op, "parameters")
	for _, name := range e.DropParams {
		i := findParam(params, name)
		if i < 0 {
			return fmt.Errorf("the overlay drops parameter %s, which is not there", name)
		}
		params = slices.Delete(params, i, i+1)
	}
	for _, add := range e.AddParams {
		if !add.holds(v) {
			continue
		}
		if findParam(params, add.Name) >= 0 {
			return fmt.Errorf("the overlay adds parameter %s, which is there", add.Name)
		}
		p := object{"name": add.Name, "in": add.In, "type": "string", extAdded: true}
		if err := add.retype(p); err != nil {
			return fmt.Errorf("parameter %s: %w", add.Name, err)
		}
		params = append(params, p)
	}
	for _, name := range keys(e.Params) {
		holds := e.Params[name].holds(v)
		i := findParam(params, name)
		if i >= 0 {
			e.Params[name].used = true
			if said := e.Params[name].GoName; said != "" && !holds {
				params[i].(object)[extName] = said // a name holds for all versions
			}
		}
		if !holds || i < 0 && lenient { // with facts, another version's handler reads it
			continue
		}
		if i < 0 {
			return fmt.Errorf("the overlay has an entry for parameter %s, which is not there", name)
		}
		if err := e.Params[name].retype(params[i].(object)); err != nil {
			return fmt.Errorf("parameter %s: %w", name, err)
		}
	}
	for _, p := range params {
		defaultParam(p.(object))
	}
	op["parameters"] = params
	return nil
}

// defaultParam does what is the same for every parameter of a kind.
func defaultParam(p object) {
	_, typed := p[extGoType]
	switch {
	case typed || str(p, "in") == "body":
	case str(p, "name") == "filters" && str(p, "type") == "string":
		p[extGoType], p[extSend] = paramTypes["json-strings-map"].goType, sendJSON
	case str(p, "type") == "integer" && str(p, "format") == "":
		p[extGoType] = "int" // no size is given, so it is a small number such as seconds or rows
	}
}

func (e *paramEntry) retype(p object) error {
	if e.GoName != "" {
		p[extName] = e.GoName
	}
	if e.Pointer != nil {
		if e.Reason == "" {
			return fmt.Errorf("pointer without a reason")
		}
		p[extPointer], p[extWhy] = *e.Pointer, e.Reason
	}
	if e.Unset != 0 {
		if e.Pointer == nil || !*e.Pointer {
			return fmt.Errorf("unset without pointer: 0 would say %d", e.Unset)
		}
		p[extUnset] = e.Unset
	}
	if e.Required != nil {
		p["required"] = *e.Required
	}
	if e.Slashes != nil {
		p[extSlashes] = *e.Slashes
	}
	if e.Enum != nil {
		values := make([]any, len(e.Enum.Values))
		for i, v := range e.Enum.Values {
			values[i] = v
		}
		if len(values) > 0 {
			p["enum"] = values
		}
		p["type"] = "string"
		p[extEnum] = e.Enum.Name
		p[extPrefix] = e.Enum.Prefix
		return nil
	}
	if e.Type == "" {
		return nil
	}
	t, ok := paramTypes[e.Type]
	if !ok {
		return fmt.Errorf("type %q is none of %v", e.Type, keys(paramTypes))
	}
	if (t.goType == "") != (e.Go != "") {
		return fmt.Errorf("type %s: go must say the Go type of json, and of no other", e.Type)
	}
	delete(p, "enum")
	p[extGoType] = t.goType + e.Go
	if t.send != "" {
		p[extSend] = t.send
	}
	if e.Type == "json" && str(p, "type") == "array" {
		p[extGoType], p[extSend] = "[]"+e.Go, sendEach
	}
	return nil
}

func findParam(params []any, name string) int {
	return slices.IndexFunc(params, func(p any) bool {
		o := asObject(p)
		return str(o, "name") == name && str(o, "in") != "body"
	})
}
