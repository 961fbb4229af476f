package main

import (
	"fmt"
	"go/types"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/gantry-go/gantry/internal/oracle"
)

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// walker writes types down. What is in a place of a document is an expression: a word such as string, integer or time;
// []X, map[]X or *X; @package.Type for an object.
type walker struct {
	types map[string]map[string]string // members by their name in JSON
	of    map[string]string            // the path of the package that a name is of
	// qualify is how a package is called.
	qualify types.Qualifier
}

func newWalker(qualify types.Qualifier) *walker {
	return &walker{types: map[string]map[string]string{}, of: map[string]string{}, qualify: qualify}
}

// root writes down the type that a pair names, under that name, and reports whether the release has it.
func (w *walker) root(p loaded, pair string) bool {
	names := strings.Split(pair, "+")
	t := p.lookup(names[0])
	if t == nil {
		return false
	}
	name := oracle.Name(pair)
	w.add(name, t)
	for _, more := range names[1:] {
		if t := p.lookup(more); t != nil {
			w.types[name][more[strings.LastIndex(more, ".")+1:]] = "*" + w.value(t)
		}
	}
	return true
}

// add writes down a type under a name, which may be an alias of its own.
func (w *walker) add(name string, t types.Type) {
	if w.value(t) == "@"+name {
		return
	}
	members := map[string]string{}
	if s, ok := t.Underlying().(*types.Struct); ok {
		w.members(s, members)
	} else {
		members[""] = w.value(t)
	}
	w.types[name] = members
}

// plain are types that write themselves as their members; they do so for what older versions had, or for an error.
// Releases differ in the beginning of their paths.
var plain = []string{
	"/docker/api/types/registry.ServiceConfig",
	"/libpod/define.InspectContainerConfig",
	"/pkg/domain/entities/reports.PruneReport",
}

// written are types that write themselves, and as what; a type that writes itself as text is a string.
var written = map[string]string{
	"encoding/json.RawMessage": "any",
	"time.Time":                "time",
	"net.IP":                   "string",
	"net/netip.Addr":           "string",
	"net/netip.Prefix":         "string",
	"error":                    "string",
	// Docker's
	"github.com/docker/docker/api/types.PluginInterfaceType": "string",
	"github.com/docker/docker/api/types/registry.NetIPNet":   "string",
	"github.com/moby/moby/api/types/plugin.CapabilityID":     "string",
}

func (w *walker) value(t types.Type) string {
	t = types.Unalias(t)
	if named, ok := t.(*types.Named); ok {
		full := types.TypeString(named, nil)
		known := slices.ContainsFunc(plain, func(end string) bool { return strings.HasSuffix(full, end) })
		switch {
		case written[full] != "":
			return written[full]
		case has(t, "MarshalText"):
			return "string"
		case has(t, "MarshalJSON") && !known:
			return "own " + types.TypeString(named, w.qualify)
		}
		if s, ok := named.Underlying().(*types.Struct); ok {
			return "@" + w.object(named, s)
		}
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		return "*" + w.value(u.Elem())
	case *types.Interface:
		return "any"
	case *types.Map:
		return "map[]" + w.value(u.Elem())
	case *types.Slice:
		return w.list(u.Elem())
	case *types.Array:
		return w.list(u.Elem())
	case *types.Struct:
		if u.NumFields() == 0 {
			return "object"
		}
		members := map[string]string{}
		w.members(u, members)
		name := fmt.Sprintf("nameless.%d", len(w.types))
		w.types[name] = members
		return "@" + name
	case *types.Basic:
		return basic(u)
	}
	return "other " + t.String()
}

func (w *walker) list(elem types.Type) string {
	if b, ok := elem.Underlying().(*types.Basic); ok && b.Kind() == types.Uint8 {
		return "bytes"
	}
	return "[]" + w.value(elem)
}

func basic(b *types.Basic) string {
	switch info := b.Info(); {
	case info&types.IsString != 0:
		return "string"
	case info&types.IsBoolean != 0:
		return "bool"
	case info&types.IsUnsigned != 0:
		return "unsigned"
	case info&types.IsInteger != 0:
		return "integer"
	case info&types.IsFloat != 0:
		return "number"
	}
	return "other " + b.String()
}

// has reports whether a type, or a pointer to it, has a method.
func has(t types.Type, method string) bool {
	if _, ok := t.Underlying().(*types.Interface); ok {
		return false
	}
	return types.NewMethodSet(types.NewPointer(t)).Lookup(nil, method) != nil
}

// object writes down a struct and returns its name.
func (w *walker) object(named *types.Named, s *types.Struct) string {
	name := types.TypeString(named, w.qualify)
	full := types.TypeString(named, nil)
	if was := w.of[name]; was != "" && was != full {
		name = strings.ReplaceAll(full, "/", "_") // another package of that name
	}
	w.of[name] = full
	if w.types[name] == nil {
		w.types[name] = map[string]string{}
		w.members(s, w.types[name])
	}
	return name
}

// members writes down the fields of a struct, those of embedded ones where no outer one has their name.
func (w *walker) members(s *types.Struct, out map[string]string) {
	embedded := map[string]string{}
	for i := range s.NumFields() {
		f := s.Field(i)
		tag := reflect.StructTag(s.Tag(i)).Get("json")
		name, _, _ := strings.Cut(tag, ",")
		if tag == "-" || !f.Exported() && !f.Embedded() {
			continue
		}
		if f.Embedded() && name == "" {
			t := types.Unalias(f.Type())
			if p, ok := t.(*types.Pointer); ok {
				t = types.Unalias(p.Elem())
			}
			if inner, ok := t.Underlying().(*types.Struct); ok {
				found := map[string]string{}
				w.members(inner, found)
				maps.Copy(embedded, found)
				continue
			}
		}
		if !f.Exported() {
			continue
		}
		if name == "" {
			name = f.Name()
		}
		out[name] = w.value(f.Type())
	}
	for name, text := range embedded {
		if _, ok := out[name]; !ok {
			out[name] = text
		}
	}
}
