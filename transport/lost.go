package transport

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// UnknownMembersError says that a document is not sent since an answer had members in it that its type lacks: the engine
// replaces what it has by what it is sent, and would reset them. It is the cause of an [Error] of class
// [ErrInvalidInput]. Documents of generated types that are read, changed and written back have a field Unknown, which names
// such members; a type of your own has it too by a field of type []string with the tag `json:"-" unknown:"members"`.
//
// Use the package that knows the members. To have them reset, empty the field, or give the client of the operations a
// caller that drops them:
//
//	services.New(transport.With(engine, (*transport.Request).DropUnknown))
type UnknownMembersError struct {
	// Members are the paths of the members in the document, sorted, with [] for any element and {} for any key:
	// "/TaskTemplate/ContainerSpec/Init".
	Members []string
	// Package is the generated package that is best for the engine, "docker/v141". It is empty where the caller is no
	// engine of package docker or podman, and where no package is newer.
	Package string
}

// maxNamed is how many members a message names.
const maxNamed = 8

// Error names the members, and what would do.
func (e *UnknownMembersError) Error() string {
	named := e.Members[:min(len(e.Members), maxNamed)]
	text := "the document came with members that the package lacks, and the engine would reset them: " + strings.Join(named, ", ")
	if more := len(e.Members) - len(named); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	if e.Package == "" {
		return text + ": use a newer package"
	}
	return text + ": use " + e.Package
}

// DropUnknown has the request sent though its body came with members that its type lacks. The engine then resets them. It
// may be called before the body is set or after.
func (r *Request) DropUnknown() { r.drop = true }

// noteUnknown fills the field that names unknown members, wherever v, which doc was decoded into, has it. A member that is
// null says nothing that could be lost.
func noteUnknown(doc rawJSON, v reflect.Value) {
	if !notesUnknown(v.Type()) {
		return
	}
	switch {
	case v.Kind() == reflect.Pointer && !v.IsNil():
		noteUnknown(doc, v.Elem())
	case v.Kind() == reflect.Slice && doc.Kind() == '[':
		var elements []rawJSON
		_ = unmarshal(doc, &elements) // it was decoded once already
		for i, element := range elements {
			noteUnknown(element, v.Index(i))
		}
	case v.Kind() == reflect.Struct && doc.Kind() == '{':
		if field, ok := unknownField(v.Type()); ok {
			found := map[string]bool{}
			walkUnknown(doc, v.Type(), "", func(member string, value rawJSON) {
				if value.Kind() != 'n' {
					found[member] = true
				}
			})
			v.FieldByIndex(field.Index).Set(reflect.ValueOf(slices.Sorted(maps.Keys(found))))
		}
		for name, value := range objectMembers(doc) {
			if field, ok := fieldOf(v.Type(), name); ok {
				noteUnknown(value, v.FieldByIndex(field.Index))
			}
		}
	}
}

// unknownIn returns the unknown members of a document, as its parts name them.
func unknownIn(v reflect.Value, path string) []string {
	if !v.IsValid() || !notesUnknown(v.Type()) {
		return nil
	}
	var members []string
	switch v.Kind() {
	case reflect.Pointer:
		return unknownIn(v.Elem(), path)
	case reflect.Slice:
		for i := range v.Len() {
			members = append(members, unknownIn(v.Index(i), path+"/[]")...)
		}
	case reflect.Struct:
		for field := range v.Type().Fields() {
			if isUnknownField(field) {
				for _, member := range v.FieldByIndex(field.Index).Interface().([]string) {
					members = append(members, path+member)
				}
			} else if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); field.IsExported() && name != "-" {
				members = append(members, unknownIn(v.FieldByIndex(field.Index), path+"/"+name)...)
			}
		}
	}
	slices.Sort(members)
	return slices.Compact(members)
}

// noting tells of the types that were asked for whether they note unknown members.
var noting sync.Map

// notesUnknown reports whether a value of a type may have the field that names unknown members, by pointers, slices and
// structs.
func notesUnknown(t reflect.Type) bool {
	if known, ok := noting.Load(t); ok {
		return known.(bool)
	}
	notes := leadsToUnknown(t, map[reflect.Type]bool{})
	noting.Store(t, notes)
	return notes
}

func leadsToUnknown(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return leadsToUnknown(t.Elem(), seen)
	case reflect.Struct:
		for field := range t.Fields() {
			if isUnknownField(field) || field.IsExported() && leadsToUnknown(field.Type, seen) {
				return true
			}
		}
	}
	return false
}

func unknownField(t reflect.Type) (reflect.StructField, bool) {
	for field := range t.Fields() {
		if isUnknownField(field) {
			return field, true
		}
	}
	return reflect.StructField{}, false
}

func isUnknownField(field reflect.StructField) bool {
	return field.Tag.Get("unknown") == "members" && field.Type == reflect.TypeFor[[]string]() && field.IsExported()
}
