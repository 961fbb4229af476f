package gen

import (
	"fmt"
	"io"
	"path"
	"strings"
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

// find returns an operation by its id, or by its package and method, whatever the case, and the file that it is in.
func (m *Model) find(name string) *File {
	for _, f := range m.Files {
		if op := f.Operation; op != nil && (strings.EqualFold(op.ID, name) || strings.EqualFold(f.Package+"."+op.Name, name)) {
			return f
		}
	}
	return nil
}

// FindOperation returns an operation by its id, or by its package and method, whatever the case; nil where there is none.
func (m *Model) FindOperation(name string) *Operation {
	if f := m.find(name); f != nil {
		return f.Operation
	}
	return nil
}

// FindType returns a type by its name, with its package before it or without, whatever the case, and the package; a
// schema of the version goes before one of a category. It is nil where there is none.
func (m *Model) FindType(name string) (t *Type, pkg string) {
	version := strings.ReplaceAll("v"+m.Version, ".", "")
	for _, f := range m.Files {
		at := path.Base(path.Dir(f.Path))
		for _, found := range f.Types {
			if strings.EqualFold(found.Name, name) && (t == nil || at == version) || strings.EqualFold(at+"."+found.Name, name) {
				t, pkg = found, at
			}
		}
	}
	return t, pkg
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

// WriteDoc writes what there is to say about an operation or a type.
func (m *Model) WriteDoc(w io.Writer, name string) error {
	var b strings.Builder
	if f := m.find(name); f != nil {
		m.writeOperation(&b, f)
	} else if t, pkg := m.FindType(name); t != nil {
		m.writeTypeDoc(&b, pkg, t)
	} else {
		return fmt.Errorf("%s %s has no operation and no type %s; specgen list %s %s names the operations", m.Engine, m.Version, name, m.Engine, m.Version)
	}
	_, err := io.WriteString(w, strings.ReplaceAll(trimLines(b.String()), "\n\n\n", "\n\n"))
	return err
}

// writeOperation writes how an operation is called, our text and upstream's address, its parameters, its body and its
// answer, each with the versions that have it.
func (m *Model) writeOperation(b *strings.Builder, f *File) {
	op := f.Operation
	fmt.Fprintf(b, "%s %s %s\n\n", m.Engine, m.Version, op.ID)
	fmt.Fprintf(b, "%s.Client.%s(ctx%s) %s\n\n", f.Package, op.Name, op.Params, op.Result.Returns)
	for _, line := range op.Doc {
		fmt.Fprintf(b, "%s\n", line)
	}
	if len(op.Parameters) > 0 {
		b.WriteString("\nparameters\n")
		var rows []row
		for _, p := range op.Parameters {
			notes := p.text()
			if p.Required {
				notes = also("required", notes)
			}
			if p.Added {
				notes = also(notes, "in no specification")
			}
			rows = append(rows, row{[]string{p.In, p.Wire, p.Type, notes}, op.sentences(p)})
		}
		writeRows(b, rows)
	}
	for _, arg := range op.Args {
		if arg.Name == "body" {
			m.writeType(b, "body", f.Package, arg.Type)
		}
	}
	if _, element, ok := strings.Cut(op.Result.Call, "["); ok {
		m.writeType(b, "answer ("+op.Result.Kind+")", f.Package, strings.TrimSuffix(element, "]"))
	} else {
		fmt.Fprintf(b, "\nanswer (%s)\n", op.Result.Kind)
	}
}

// sentences are what the options say about a parameter.
func (op *Operation) sentences(p *Parameter) []string {
	if op.Options == nil {
		return nil
	}
	for _, s := range op.Options.Sends {
		if s.Wire != p.Wire {
			continue
		}
		for _, f := range op.Options.Fields {
			if strings.HasSuffix(s.From, "."+f.Name) {
				return f.Doc
			}
		}
	}
	return nil
}

// writeTypeDoc writes a type with its text, its fields and its values.
func (m *Model) writeTypeDoc(b *strings.Builder, pkg string, t *Type) {
	fmt.Fprintf(b, "%s %s %s.%s\n\n", m.Engine, m.Version, pkg, t.Name)
	for _, line := range t.Doc {
		fmt.Fprintf(b, "%s\n", line)
	}
	if t.Type != "" {
		fmt.Fprintf(b, "\nits type is %s\n", t.Type)
	}
	if len(t.Fields) > 0 {
		b.WriteString("\nfields\n")
		writeRows(b, fieldRows(t))
	}
	if len(t.Values) > 0 {
		b.WriteString("\nvalues\n")
		for _, v := range t.Values {
			fmt.Fprintf(b, "  %s = %s\n", v.Name, v.Value)
		}
	}
}

// row is a line in columns, with sentences below it.
type row struct {
	cells     []string
	sentences []string
}

func fieldRows(t *Type) []row {
	rows := make([]row, 0, len(t.Fields))
	for _, f := range t.Fields {
		name := f.Wire
		if name == "" {
			name = f.Name // what is embedded
		}
		rows = append(rows, row{[]string{name, f.Type, f.text()}, f.Doc})
	}
	return rows
}

// writeRows writes rows in columns that are as wide as their widest cell.
func writeRows(b *strings.Builder, rows []row) {
	var widths []int
	for _, r := range rows {
		for i, cell := range r.cells {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len(cell))
		}
	}
	for _, r := range rows {
		for i, cell := range r.cells {
			fmt.Fprintf(b, "  %-*s", widths[i], cell)
		}
		b.WriteByte('\n')
		for _, line := range r.sentences {
			fmt.Fprintf(b, "      %s\n", line)
		}
	}
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
	writeRows(b, fieldRows(t))
}
