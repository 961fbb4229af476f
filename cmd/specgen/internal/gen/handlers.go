package gen

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A published specification of Podman's is not what its server does: it names parameters that no handler reads, and
// lacks others. What each release's handlers read is kept as facts, which internal/oracle writes from the release's
// source. Where there are such facts, an operation has the parameters that its handler reads, and no others.

// handlersDir holds the facts, a file for each version.
const handlersDir = "testdata/handlers"

// handlers are what the handlers of a release read, by method and path: "GET /libpod/containers/{}/json".
type handlers map[string]*handler

type handler struct {
	Query   map[string]*handlerRead `json:"query"`
	Headers []string                `json:"headers"`
}

// handlerRead is one parameter of the query as a handler reads it.
type handlerRead struct {
	// Type is bool, integer, unsigned or string, with *, [] or map[] before it.
	Type string `json:"type"`
	// JSON is what is decoded from text.
	JSON string `json:"json"`
	// Default is what an absent one is taken for: a constant, or "computed".
	Default string `json:"default"`
	// Tested says that the handler asks whether it is there; Unused that it is decoded and that nothing looks at it.
	Tested bool `json:"tested"`
	Unused bool `json:"unused"`
}

// unsentEntry explains why operations leave out parameters that their handlers read.
type unsentEntry struct {
	// Operations are their ids; none means all.
	Operations []string `yaml:"operations"`
	Names      []string `yaml:"names"`
	Reason     string   `yaml:"reason"`
	span       `yaml:",inline"`
	used       bool
}

// loadHandlers reads the facts of a version; there are none where there is no file.
func loadHandlers(root string, in Input) (handlers, error) {
	name := path.Join(handlersDir, in.Engine, "v"+in.Version+".json")
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var facts struct{ Routes handlers }
	if err := json.Unmarshal(data, &facts); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return facts.Routes, nil
}

// of returns the handler of an operation, or nil. Below the engine's oldest version it may be another one.
func (h handlers) of(path, verb string, moved *moveEntry, v version) *handler {
	key := strings.ToUpper(verb) + " " + braces.ReplaceAllString(path, "{}")
	if moved != nil && moved.Base != "" && moved.holds(v) {
		key = "v3 " + key
	}
	return h[key]
}

// handlerParams works in place on the parameters of all operations: they become those that the handlers read.
func handlerParams(doc object, o *overlay, v version, h handlers) error {
	for path, item := range sub(doc, "paths") {
		for _, verb := range verbs {
			op := sub(asObject(item), verb)
			if op == nil {
				continue
			}
			id := str(op, "operationId")
			read := h.of(path, verb, o.operation(id).Moved, v)
			if read == nil {
				return fmt.Errorf("operation %s: the engine has no route %s %s", id, verb, path)
			}
			op["parameters"] = read.params(list(op, "parameters"), o, id, v)
		}
	}
	return nil
}

// params are the parameters of an operation as they are read.
func (h *handler) params(params []any, o *overlay, id string, v version) []any {
	var out []any
	sent := map[string]bool{}
	credentials := h.credentials(o.operation(id).Registries)
	if slices.Contains(h.Headers, contentType) {
		o.leavesOut(id, contentType, v) // the body's, which methods set
	}
	for _, p := range params {
		p := asObject(p)
		in, name := str(p, "in"), str(p, "name")
		switch in {
		case "query":
			wire, read := h.find(name)
			if read == nil || o.leavesOut(id, name, v) {
				continue
			}
			p["name"] = wire
			read.correct(p)
			sent["query "+strings.ToLower(wire)] = true
		case "header":
			if !slices.Contains(credentials, name) {
				continue
			}
			sent["header "+name] = true
		}
		out = append(out, p)
	}
	for _, wire := range keys(h.Query) {
		if read := h.Query[wire]; !sent["query "+strings.ToLower(wire)] && !read.Unused && !o.leavesOut(id, wire, v) {
			out = append(out, read.added(wire))
		}
	}
	for _, name := range credentials {
		if !sent["header "+name] {
			out = append(out, object{"name": name, "in": "header", "type": "string", extGoType: goSecret, extAdded: true})
		}
	}
	return out
}

// Headers of credentials: for one registry, or for several.
const (
	registryAuth   = "X-Registry-Auth"
	registryConfig = "X-Registry-Config"
	contentType    = "Content-Type"
)

// credentials are the headers that are sent. What reads one of the two reads the other: one of them is enough.
func (h *handler) credentials(several bool) []string {
	if !slices.Contains(h.Headers, registryAuth) {
		return nil
	}
	if several {
		return []string{registryConfig}
	}
	return []string{registryAuth}
}

// find returns what is read of a name and how it is spelled: the decoder does not care for capitals, but a handler that
// asks for a parameter by its name does.
func (h *handler) find(name string) (string, *handlerRead) {
	for _, wire := range keys(h.Query) {
		if read := h.Query[wire]; strings.EqualFold(wire, name) && !read.Unused {
			if read.Tested {
				return wire, read
			}
			return name, read
		}
	}
	return "", nil
}

// leavesOut reports whether the overlay leaves out what a handler reads.
func (o *overlay) leavesOut(id, name string, v version) bool {
	for _, e := range o.Unsent {
		if e.holds(v) && slices.Contains(e.Names, name) && (e.Operations == nil || slices.Contains(e.Operations, id)) {
			e.used = true
			return true
		}
	}
	return false
}

// correct works in place on a parameter that the specification has, too: what its absence means says the handler.
func (r *handlerRead) correct(p object) {
	r.retype(p)
	switch base := strings.TrimPrefix(r.Type, "*"); {
	case base == "bool" || str(p, "name") == "tlsVerify":
		said := truth(p, "default")
		delete(p, "default")
		delete(p, extPointer)
		if str(p, "name") == "tlsVerify" { // true is one answer, and the engine's settings have another
			p[extPointer], p[extWhy] = true, "the engine's registries.conf decides then"
		} else if r.Default == "true" || said && (r.Tested || base != r.Type) {
			p["default"], p[extPointer], p[extWhy] = true, true, "the engine takes an absent one for true"
		} else if base != r.Type {
			p[extPointer], p[extWhy] = true, "the engine tells an absent one from false"
		}
	case base != r.Type:
		p[extPointer], p[extWhy] = true, "the engine tells an absent one from 0"
		if base == "string" {
			p[extWhy] = "the engine tells an absent one from an empty one"
		}
	case r.Default == "" || r.Default == "computed":
	case str(p, "type") == "integer":
		if n, err := strconv.ParseInt(r.Default, 10, 64); err == nil {
			p["default"] = n
		}
	case str(p, "type") == "string":
		p["default"] = r.Default
	}
}

// retype gives a parameter the type of what its handler makes of it, where that is a list or a document.
func (r *handlerRead) retype(p object) {
	word := map[string]string{"[]string": "json-list", "map[]string": "json-map"}[r.JSON]
	if word == "" && strings.Contains(r.Type, "[]") {
		word = handlerTypes[r.Type]
	}
	if t, ok := paramTypes[word]; ok && str(p, "type") != "array" {
		delete(p, "enum")
		p[extGoType] = t.goType
		if t.send != "" {
			p[extSend] = t.send
		}
	}
}

// handlerTypes are the Go types of parameters that no specification has, by what their handlers read.
var handlerTypes = map[string]string{
	"bool": "bool", "integer": "int", "unsigned": "int", "string": "string",
	"[]string": "strings", "map[]string": "json-map", "map[][]string": "json-strings-map",
}

// added is a parameter that the specification lacks.
func (r *handlerRead) added(wire string) object {
	p := object{"name": wire, "in": "query", "type": "string", extAdded: true}
	base := strings.TrimPrefix(r.Type, "*")
	if base == "integer" || base == "unsigned" {
		p["type"] = "integer"
	}
	if wire == "tlsVerify" {
		p[extGoType] = "bool"
	} else if r.Type != "" { // else the overlay says it, or the name does
		p[extGoType] = paramTypes[handlerTypes[base]].goType
	}
	r.correct(p)
	return p
}
