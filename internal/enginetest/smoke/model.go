package smoke

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Model is what specgen generates for one version, as far as it says which members are known.
type Model struct {
	ignored map[string]bool              // "Operation /member" that is left out on purpose
	results map[string]string            // type of an operation's answer
	fields  map[string]map[string]string // types of a type's fields, by their names on the wire
	named   map[string]string            // types that another one stands behind
}

// document is specgen's own.
type document struct {
	Files []struct {
		Package   string
		Operation *struct {
			ID     string
			Result struct{ Call string }
		}
		Types []struct {
			Name, Kind, Type string
			Fields           []struct{ Type, Wire string }
		}
	}
	Ignored []struct{ Operation, Path, Reason string }
}

// Models are those of an engine that were loaded. The zero value has none.
type Models struct {
	Engine  string // docker or podman
	Specgen string // folder of the generator
	loaded  map[string]*Model
}

// Load returns the model of a version, 1.41.
func (s *Models) Load(t *testing.T, version string) *Model {
	t.Helper()
	if m := s.loaded[version]; m != nil {
		return m
	}
	command := exec.CommandContext(t.Context(), "go", "run", ".", "model", "-engine", s.Engine, "-version", version)
	command.Dir, command.Stderr = s.Specgen, os.Stderr
	var d document
	OK(t, json.Unmarshal(Must(command.Output())(t), &d))
	m := &Model{
		ignored: map[string]bool{}, results: map[string]string{}, fields: map[string]map[string]string{}, named: map[string]string{},
	}
	for _, i := range d.Ignored {
		if strings.TrimSpace(i.Reason) == "" {
			t.Errorf("the overlay gives no reason for %s %s", i.Operation, i.Path)
		}
		m.ignored[i.Operation+" "+i.Path] = true
	}
	for _, f := range d.Files {
		if f.Operation != nil {
			kind, argument, _ := strings.Cut(strings.TrimSuffix(f.Operation.Result.Call, "]"), "[")
			if kind == "transport.List" {
				argument = "[]" + argument
			}
			m.results[f.Operation.ID] = qualify(f.Package, argument)
		}
		for _, declared := range f.Types {
			name := f.Package + "." + declared.Name
			m.named[name] = qualify(f.Package, declared.Type)
			m.fields[name] = map[string]string{}
			for _, field := range declared.Fields {
				m.fields[name][field.Wire] = qualify(f.Package, field.Type)
			}
		}
	}
	if s.loaded == nil {
		s.loaded = map[string]*Model{}
	}
	s.loaded[version] = m
	return m
}

// qualify writes a type with its package: []*Name in v141 is []v141.Name.
func qualify(pkg, name string) string {
	name = strings.ReplaceAll(name, "*", "")
	i := strings.LastIndex(name, "]") + 1
	if strings.Contains(name[i:], ".") {
		return name
	}
	return name[:i] + pkg + "." + name[i:]
}

// Ignores reports whether a member, "Operation /a/[]/b", is left out of the types on purpose.
func (m *Model) Ignores(member string) bool { return m.ignored[member] }

// Knows reports whether the answer of an operation has a member, "Operation /a/[]/b".
func (m *Model) Knows(member string) bool {
	operation, path, _ := strings.Cut(member, " ")
	at := m.results[operation]
	for _, step := range strings.Split(path, "/")[1:] {
		for m.named[at] != "" && len(m.fields[at]) == 0 {
			if next := m.named[at]; next != at && !strings.HasSuffix(next, ".") {
				at = next
				continue
			}
			break
		}
		switch step {
		case "[]":
			at = strings.TrimPrefix(at, "[]")
		case "{}":
			_, at, _ = strings.Cut(at, "]")
		default:
			next, has := m.fields[at][step]
			if !has {
				return false
			}
			at = next
		}
	}
	return true
}
