package gen

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// A specification is handled as a plain tree until it is planned: object, []any, string, bool, int64, uint64,
// float64 or nil.
type object = map[string]any

// parseJSON reads one JSON document as a tree.
func parseJSON(data []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var doc any
	if err := dec.Decode(&doc); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("text after the document at byte %d", dec.InputOffset())
	}
	return canonical(doc)
}

// canonical gives every number of a tree the one form that it has whatever it was read from.
func canonical(node any) (any, error) {
	switch node := node.(type) {
	case object:
		for k, v := range node {
			c, err := canonical(v)
			if err != nil {
				return nil, err
			}
			node[k] = c
		}
	case []any:
		for i, v := range node {
			c, err := canonical(v)
			if err != nil {
				return nil, err
			}
			node[i] = c
		}
	case json.Number:
		return number(node.String())
	}
	return node, nil
}

// number reads a number as the smallest kind that holds it.
func number(text string) (any, error) {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return i, nil
	}
	if u, err := strconv.ParseUint(text, 10, 64); err == nil {
		return u, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, fmt.Errorf("%q is no number", text)
	}
	return f, nil
}

// encode writes a tree in the normal form: keys sorted, indented by one space, a newline at the end.
func encode(node any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(node); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// clone copies a tree, so that a pass may change what it was given a copy of.
func clone[T any](node T) T {
	c, _ := cloneAny(node).(T)
	return c
}

func cloneAny(node any) any {
	switch node := node.(type) {
	case object:
		out := make(object, len(node))
		for k, v := range node {
			out[k] = cloneAny(v)
		}
		return out
	case []any:
		out := make([]any, len(node))
		for i, v := range node {
			out[i] = cloneAny(v)
		}
		return out
	}
	return node
}

// equal compares two canonical trees.
func equal(a, b any) bool { return reflect.DeepEqual(a, b) }

// keys returns the keys of an object in order.
func keys[V any](o map[string]V) []string { return slices.Sorted(maps.Keys(o)) }

// sub returns the object that a member holds, or nil.
func sub(o object, name string) object {
	s, _ := o[name].(object)
	return s
}

// list returns the array that a member holds, or nil.
func list(o object, name string) []any {
	l, _ := o[name].([]any)
	return l
}

// str returns the string that a member holds, or "".
func str(o object, name string) string {
	s, _ := o[name].(string)
	return s
}

// truth returns the boolean that a member holds, or false.
func truth(o object, name string) bool {
	b, _ := o[name].(bool)
	return b
}

// pointer splits a JSON pointer into its unescaped parts.
func pointer(text string) ([]string, error) {
	if !strings.HasPrefix(text, "/") {
		return nil, fmt.Errorf("%q is no JSON pointer: it must begin with /", text)
	}
	parts := strings.Split(text[1:], "/")
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(strings.ReplaceAll(p, "~1", "/"), "~0", "~")
	}
	return parts, nil
}

// joinPointer is the other way round, for messages.
func joinPointer(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteByte('/')
		b.WriteString(strings.ReplaceAll(strings.ReplaceAll(p, "~", "~0"), "/", "~1"))
	}
	return b.String()
}
