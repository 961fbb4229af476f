package gen

import (
	"bytes"
	"fmt"
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
	after, err := yamlNode(&p.After)
	parent[name] = after
	return err
}

// applyItem changes an array; "-" stands for the place behind its end.
func (p *patch) applyItem(doc object, parent []any, parts []string) error {
	last := len(parts) - 1
	i := len(parent)
	if parts[last] != "-" {
		n, err := strconv.Atoi(parts[last])
		if err != nil || n < 0 || n > len(parent) {
			return fmt.Errorf("%s: no such item", p.At)
		}
		i = n
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
		after, err := yamlNode(&p.After)
		if err != nil {
			return err
		}
		changed = append(changed, after)
	}
	return replace(doc, parts[:last], append(changed, tail...))
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
	if !equal(want, found) {
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
			at, err := strconv.Atoi(part)
			if ok = err == nil && at >= 0 && at < len(n); ok {
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
		at, err := strconv.Atoi(parts[last])
		if err != nil {
			return err
		}
		parent[at] = value
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
