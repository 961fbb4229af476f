package gen

import (
	"errors"
	"fmt"

	"gopkg.in/yaml.v3"
)

// parseYAML reads a YAML document as a tree. Keys become strings (status codes are numbers in YAML), and a date
// stays the text that it is.
func parseYAML(data []byte) (any, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, err
	}
	if doc.Kind != yaml.DocumentNode {
		return nil, errors.New("the document is empty")
	}
	return yamlNode(doc.Content[0])
}

func yamlNode(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.AliasNode:
		return yamlNode(n.Alias)
	case yaml.MappingNode:
		return yamlMapping(n)
	case yaml.SequenceNode:
		out := make([]any, len(n.Content))
		for i, item := range n.Content {
			v, err := yamlNode(item)
			if err != nil {
				return nil, err
			}
			out[i] = v
		}
		return out, nil
	case yaml.ScalarNode:
		return yamlScalar(n)
	default:
		return nil, fmt.Errorf("line %d: unexpected kind of YAML node", n.Line)
	}
}

func yamlMapping(n *yaml.Node) (any, error) {
	out := make(object, len(n.Content)/2)
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
			return nil, fmt.Errorf("line %d: only plain keys are understood", key.Line)
		}
		if _, ok := out[key.Value]; ok {
			return nil, fmt.Errorf("line %d: key %q is there twice", key.Line, key.Value)
		}
		v, err := yamlNode(value)
		if err != nil {
			return nil, err
		}
		out[key.Value] = v
	}
	return out, nil
}

func yamlScalar(n *yaml.Node) (any, error) {
	switch n.Tag {
	case "!!null":
		return nil, nil
	case "!!bool":
		var b bool
		err := n.Decode(&b)
		return b, err
	case "!!int", "!!float":
		v, err := number(n.Value)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n.Line, err)
		}
		return v, nil
	default:
		return n.Value, nil
	}
}
