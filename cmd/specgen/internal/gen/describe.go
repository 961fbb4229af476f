package gen

import (
	"fmt"
	"io"
	"path"
	"strings"
	"text/tabwriter"
)

// Versions are the kept versions of an engine, the oldest first.
func (e *Edition) Versions() []string {
	out := make([]string, len(e.planners))
	for i, p := range e.planners {
		out[i] = p.doc.Version.text
	}
	return out
}

// Category is one package of operations.
type Category struct {
	Name       string       `json:"name"`
	Operations []*Operation `json:"operations"`
}

// Categories are the packages of a version with their operations.
func (m *Model) Categories() []Category {
	var out []Category
	for _, f := range m.Files {
		if f.Operation == nil {
			continue
		}
		if n := len(out); n == 0 || out[n-1].Name != f.Package {
			out = append(out, Category{Name: f.Package})
		}
		last := &out[len(out)-1]
		last.Operations = append(last.Operations, f.Operation)
	}
	return out
}

// find returns an operation by its id, or by its package and method, and the file that it is in.
func (m *Model) find(name string) (*File, error) {
	for _, f := range m.Files {
		if op := f.Operation; op != nil && (op.ID == name || f.Package+"."+op.Name == name) {
			return f, nil
		}
	}
	return nil, fmt.Errorf("%s %s has no operation %s; specgen list %s %s names them", m.Engine, m.Version, name, m.Engine, m.Version)
}

// typeNamed returns a type by its name as a package writes it.
func (m *Model) typeNamed(pkg, name string) *Type {
	name = strings.Trim(name, "*[]")
	for _, f := range m.Files {
		at := path.Base(path.Dir(f.Path))
		for _, t := range f.Types {
			if at == pkg && t.Name == name || at+"."+t.Name == name {
				return t
			}
		}
	}
	return nil
}

// WriteDoc writes what there is to say about one operation: how it is called, our text and upstream's address, its
// parameters, its body and its answer, each with the versions that have it.
func (m *Model) WriteDoc(w io.Writer, name string) error {
	f, err := m.find(name)
	if err != nil {
		return err
	}
	op := f.Operation
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s\n\n", m.Engine, m.Version, op.ID)
	fmt.Fprintf(&b, "%s.Client.%s(ctx%s) %s\n\n", f.Package, op.Name, op.Params, op.Result.Returns)
	for _, line := range op.Doc {
		fmt.Fprintf(&b, "%s\n", line)
	}
	if len(op.Parameters) > 0 {
		b.WriteString("\nparameters\n")
		t := tabwriter.NewWriter(&b, 0, 1, 2, ' ', 0)
		for _, p := range op.Parameters {
			notes := p.text()
			if p.Required {
				notes = also("required", notes)
			}
			if p.Added {
				notes = also(notes, "in no specification")
			}
			_, _ = fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", p.In, p.Wire, p.Type, notes)
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	for _, arg := range op.Args {
		if arg.Name == "body" {
			m.writeType(&b, "body", f.Package, arg.Type)
		}
	}
	if _, element, ok := strings.Cut(op.Result.Call, "["); ok {
		m.writeType(&b, "answer ("+op.Result.Kind+")", f.Package, strings.TrimSuffix(element, "]"))
	} else {
		fmt.Fprintf(&b, "\nanswer (%s)\n", op.Result.Kind)
	}
	_, err = io.WriteString(w, strings.ReplaceAll(trimLines(b.String()), "\n\n\n", "\n\n"))
	return err
}

// trimLines removes the spaces that columns leave behind.
func trimLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}

func (m *Model) writeType(b *strings.Builder, what, pkg, name string) {
	fmt.Fprintf(b, "\n%s %s\n", what, name)
	t := m.typeNamed(pkg, name)
	if t == nil {
		return
	}
	tab := tabwriter.NewWriter(b, 0, 1, 2, ' ', 0)
	for _, f := range t.Fields {
		_, _ = fmt.Fprintf(tab, "  %s\t%s\t%s\n", f.Wire, f.Type, f.text())
	}
	tab.Flush() //nolint:errcheck,gosec // a strings.Builder takes everything
}
