package transport

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// needs are the members that an answer must have, in the words of [Object].
type needs []string

// The kinds of members, behind a comma. None means a text that is not empty.
const (
	kindText   = "text" // may be empty
	kindNumber = "number"
	kindBool   = "bool"
	kindObject = "object"
	kindMap    = "map"  // an object, or null: how Go writes a map that was never made
	kindList   = "list" // an array, or null
	kindNull   = "null"
)

// of returns what a document lacks, or nil. The document is called what in the error.
func (n needs) of(what string, doc []byte) error {
	for _, need := range n {
		if kind, whole := strings.CutPrefix(need, ","); whole {
			if err := holds(what, doc, kind); err != nil {
				return err
			}
			continue
		}
		problem := lacks(what, need)
		eachMember(doc, func(name string, value rawJSON) (more bool) {
			if kind, needed := kindIn(need, name); needed {
				problem = holds(what+"'s "+name, value, kind)
			}
			return problem != nil
		})
		if problem != nil {
			return problem
		}
	}
	return nil
}

// ofElements returns what an element of a list lacks, or nil. list is a slice that was decoded. A field of a struct is there
// unless it is zero; the document is not read a second time, so a number cannot be needed.
func (n needs) ofElements(list reflect.Value) error {
	element := list.Type().Elem()
	for _, need := range n {
		lacking := func(int) error { return nil }
		switch {
		case element.Kind() == reflect.Slice && element.Elem().Kind() == reflect.Uint8: // documents
			lacking = func(i int) error { return needs{need}.of(nth(i), list.Index(i).Bytes()) }
		case element.Kind() == reflect.Struct:
			fields := fieldsOf(element, need)
			lacking = func(i int) error {
				for _, field := range fields {
					if !list.Index(i).Field(field).IsZero() {
						return nil
					}
				}
				return lacks(nth(i), need)
			}
		}
		for i := range list.Len() {
			if err := lacking(i); err != nil {
				return err
			}
		}
	}
	return nil
}

// fieldsOf returns the indexes of the fields of a struct that the members of a need decode into.
func fieldsOf(t reflect.Type, need string) (fields []int) {
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if _, needed := kindIn(need, name); needed {
			fields = append(fields, i)
		}
	}
	return fields
}

func nth(i int) string { return fmt.Sprintf("element %d of the answer", i) }

// kindIn returns the kind of a member in a need that names it.
func kindIn(need, name string) (kind string, needed bool) {
	for one := range strings.SplitSeq(need, "|") {
		if member, kind, _ := strings.Cut(one, ","); member == name && name != "" {
			return kind, true
		}
	}
	return "", false
}

func lacks(what, need string) error {
	members := strings.Split(need, "|")
	for i := range members {
		members[i], _, _ = strings.Cut(members[i], ",")
	}
	return errors.New(what + " lacks " + strings.Join(members, " and "))
}

// holds returns why a value is not of a kind, or nil.
func holds(what string, value rawJSON, kind string) error {
	is := kindOf(value)
	switch {
	case kind == is, kind == kindMap && is == kindObject, (kind == kindMap || kind == kindList) && is == kindNull:
		return nil
	case kind == "" && is == kindText:
		if unquote(value) != "" {
			return nil
		}
		return errors.New(what + " is empty")
	case kind == "":
		kind = kindText
	}
	return fmt.Errorf("%s is a %s, not a %s", what, is, kind)
}
