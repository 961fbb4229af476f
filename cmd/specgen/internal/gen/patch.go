package gen

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// patch corrects one place of a specification. It asserts what it expects to find there, so that it fails on the day
// when upstream has corrected the place.
type patch struct {
	ID     string    `yaml:"id"`
	Reason string    `yaml:"reason"`
	At     string    `yaml:"at"`
	Before yaml.Node `yaml:"before"`
	After  yaml.Node `yaml:"after"`
	span   `yaml:",inline"`
}

// applyPatches returns the document with the patches of its version applied.
func applyPatches(doc object, patches []patch, v version) (object, error) {
	doc = clone(doc)
	for _, p := range patches {
		if !p.holds(v) {
			continue
		}
		if err := p.apply(doc); err != nil {
			return nil, fmt.Errorf("patch %s: %w", p.ID, err)
		}
	}
	return doc, nil
}

func (p *patch) apply(doc object) error {
	parts, err := pointer(p.At)
	if err != nil {
		return err
	}
	if p.Before.IsZero() {
		return fmt.Errorf("%s: before is missing; write what is expected there, or absent", p.At)
	}
	last := len(parts) - 1
	parent, err := descend(doc, parts[:last])
	if err != nil {
		return fmt.Errorf("%s: %w", p.At, err)
	}
	switch parent := parent.(type) {
	case object:
		return p.applyMember(parent, parts[last])
	case []any:
		return p.applyItem(doc, parent, parts)
	default:
		return fmt.Errorf("%s: its parent is no object", p.At)
	}
}

func (p *patch) applyMember(parent object, name string) error {
	found, ok := parent[name]
	if err := p.assert(found, ok); err != nil {
		return err
	}
	if p.After.IsZero() {
		delete(parent, name)
		return nil
	}
	after, err := p.result(found)
	if err != nil {
		return fmt.Errorf("%s: %w", p.At, err)
	}
	parent[name] = after
	return nil
}

// item finds an item of an array: by its number, or by its name, as parameters have one. Where there is none, it is
// the length of the array.
func item(items []any, part string) int {
	if at, err := strconv.Atoi(part); err == nil && at >= 0 {
		return min(at, len(items))
	}
	at := slices.IndexFunc(items, func(v any) bool {
		name, named := asObject(v)["name"]
		return named && name == part
	})
	if at < 0 {
		return len(items)
	}
	return at
}

// applyItem changes an array; "-" stands for the place behind its end.
func (p *patch) applyItem(doc object, parent []any, parts []string) error {
	last := len(parts) - 1
	i := item(parent, parts[last])
	if _, err := strconv.Atoi(parts[last]); i == len(parent) && err != nil && parts[last] != "-" {
		return fmt.Errorf("%s: no such item", p.At)
	}
	var found any
	if i < len(parent) {
		found = parent[i]
	}
	if err := p.assert(found, i < len(parent)); err != nil {
		return err
	}
	tail := parent[min(i+1, len(parent)):]
	changed := append([]any{}, parent[:i]...)
	if !p.After.IsZero() {
		after, err := p.result(found)
		if err != nil {
			return fmt.Errorf("%s: %w", p.At, err)
		}
		changed = append(changed, after)
	}
	return replace(doc, parts[:last], append(changed, tail...))
}

// result is what the patch puts in the place of what it found: its own tree, or with !take a part of that.
func (p *patch) result(found any) (any, error) {
	if p.After.Tag != "!take" {
		return yamlNode(&p.After)
	}
	parts, err := pointer(p.After.Value)
	if err != nil {
		return nil, err
	}
	return descend(found, parts)
}

// matches compares a tree with what is expected of it, in which !any stands for anything.
func matches(want *yaml.Node, found any) (bool, error) {
	if want.Tag == "!any" {
		return true, nil
	}
	if o, ok := found.(object); ok && want.Kind == yaml.MappingNode && len(want.Content) == 2*len(o) {
		for i := 0; i < len(want.Content); i += 2 {
			v, there := o[want.Content[i].Value]
			if !there {
				return false, nil
			}
			if same, err := matches(want.Content[i+1], v); err != nil || !same {
				return false, err
			}
		}
		return true, nil
	}
	tree, err := yamlNode(want)
	return err == nil && equal(tree, found), err
}

// assert compares what is there with what the patch expects.
func (p *patch) assert(found any, ok bool) error {
	absent := p.Before.Kind == yaml.ScalarNode && p.Before.Value == "absent"
	if absent {
		if ok {
			return fmt.Errorf("%s: expected nothing there, found %s", p.At, brief(found))
		}
		return nil
	}
	want, err := yamlNode(&p.Before)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("%s: expected %s, found nothing", p.At, brief(want))
	}
	same, err := matches(&p.Before, found)
	if err != nil {
		return err
	}
	if !same {
		return fmt.Errorf("%s: expected %s, found %s", p.At, brief(want), brief(found))
	}
	return nil
}

// descend returns what is at the end of a path.
func descend(node any, parts []string) (any, error) {
	for i, part := range parts {
		var ok bool
		switch n := node.(type) {
		case object:
			node, ok = n[part]
		case []any:
			at := item(n, part)
			if ok = at < len(n); ok {
				node = n[at]
			}
		}
		if !ok {
			return nil, fmt.Errorf("there is no %s", joinPointer(parts[:i+1]...))
		}
	}
	return node, nil
}

// replace puts a value at the end of a path that exists.
func replace(doc object, parts []string, value any) error {
	last := len(parts) - 1
	parent, err := descend(doc, parts[:last])
	if err != nil {
		return err
	}
	switch parent := parent.(type) {
	case object:
		parent[parts[last]] = value
	case []any:
		parent[item(parent, parts[last])] = value
	}
	return nil
}

// brief shows a tree in one line of a message.
func brief(node any) string {
	data, err := encode(node)
	if err != nil {
		return err.Error()
	}
	text := strings.Join(strings.Fields(string(bytes.TrimSpace(data))), " ")
	if len(text) > 300 {
		text = text[:300] + "..."
	}
	return text
}
