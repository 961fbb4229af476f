package gen

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// modulePath is the main module, whose packages the generated code imports.
const modulePath = "github.com/gantry-go/gantry"

// planner makes a model out of a document, what oapi-codegen found in it, and the overlay.
type planner struct {
	doc     *document
	facts   *specFacts
	overlay *overlay
	words   *words

	types map[string]*plannedType
	ops   []*plannedOperation
	// history says since when there is what; nil knows nothing.
	history *history
}

// plan decides everything that is generated for a version.
func plan(d *document, facts *specFacts, o *overlay, w *words, h *history) (*Model, error) {
	p := &planner{doc: d, facts: facts, overlay: o, words: w, history: h}
	if err := p.decide(); err != nil {
		return nil, fmt.Errorf("%s %s: %w", d.Engine, d.Version.text, err)
	}
	return p.model()
}

// decide takes the steps of planning, each of which builds on those before it.
func (p *planner) decide() error {
	for _, step := range []func() error{p.planTypes, p.planFields, p.breakCycles, p.planOperations, p.planReplaced, p.checkOverlay} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// model is what was decided, in files.
func (p *planner) model() (*Model, error) {
	d := p.doc
	m := &Model{Engine: d.Engine, Version: d.Version.text, Ignored: p.ignored()}
	files, err := p.files()
	if err != nil {
		return nil, err
	}
	m.Files = files
	if err := checkClashes(m); err != nil {
		return nil, fmt.Errorf("%s %s: %w", d.Engine, d.Version.text, err)
	}
	return m, nil
}

// files puts what was planned into files.
func (p *planner) files() ([]*File, error) {
	used, err := p.reachable()
	if err != nil {
		return nil, err
	}
	pkg := p.doc.Version.packageName()
	dir := path.Join(p.doc.Engine, pkg)
	source := p.doc.Engine + " v" + p.doc.Version.text
	byPath := map[string]*File{}
	file := func(name, template, pkgName string) *File {
		at := path.Join(dir, name+".gen.go")
		if byPath[at] == nil {
			byPath[at] = &File{Path: at, Template: template, Package: pkgName, Source: source}
		}
		return byPath[at]
	}
	uses := map[*File]map[string]bool{}
	use := func(f *File, names map[string]bool) {
		if uses[f] == nil {
			uses[f] = map[string]bool{}
		}
		maps.Copy(uses[f], names)
	}

	v := file("version", "version", pkg)
	v.Version, v.Doc = p.doc.Version.text, p.versionDoc()
	for _, op := range p.ops {
		c := file(path.Join(op.placed.Package, "client"), "client", op.placed.Package)
		c.Doc = p.packageDoc(op.placed)
		use(c, map[string]bool{"transport": true})
		f := file(path.Join(op.placed.Package, snakeName(op.placed.Name)), "operation", op.placed.Package)
		if f.Operation != nil || f.Template != "operation" {
			return nil, fmt.Errorf("operations %s and another one share the file %s: give one another name in the overlay, operations.%s.name",
				op.placed.ID, f.Path, op.placed.ID)
		}
		f.Operation = op.model
		f.Types = append(f.Types, op.types...)
		use(f, op.uses)
	}
	for _, key := range keys(p.types) {
		if !used[key] {
			continue
		}
		t := p.types[key]
		f := file(p.fileOf(t), "types", pkg)
		f.Types = append(f.Types, t.model)
		use(f, t.uses)
	}
	for f, names := range uses {
		f.Imports = p.imports(names)
	}
	out := slices.Collect(maps.Values(byPath))
	slices.SortFunc(out, func(a, b *File) int { return strings.Compare(a.Path, b.Path) })
	for _, f := range out {
		sortTypes(f)
	}
	return out, nil
}

// fileOf is the file of a type below the version's folder: with the schema that it is part of, or with its operation.
func (p *planner) fileOf(t *plannedType) string {
	if t.name.Package == "" {
		name := snakeName(t.name.Root)
		if name == "version" {
			name += "_type"
		}
		return name
	}
	for _, op := range p.ops {
		if op.placed.ID == t.name.Operation {
			return path.Join(op.placed.Package, snakeName(op.placed.Name))
		}
	}
	return path.Join(t.name.Package, "types")
}

// sortTypes orders a file's types by name, the one that the file is called after first.
func sortTypes(f *File) {
	root := strings.TrimSuffix(path.Base(f.Path), ".gen.go")
	slices.SortFunc(f.Types, func(a, b *Type) int {
		if ra, rb := snakeName(a.Name) == root, snakeName(b.Name) == root; ra != rb {
			if ra {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
}

// imports are the import paths for the names of packages: the standard library's, then ours.
func (p *planner) imports(names map[string]bool) [][]string {
	var std, ours []string
	for _, name := range keys(names) {
		switch at := stdImports[name]; {
		case at != "":
			std = append(std, at)
		case name == p.doc.Version.packageName():
			ours = append(ours, path.Join(modulePath, p.doc.Engine, name))
		default:
			ours = append(ours, path.Join(modulePath, name))
		}
	}
	slices.Sort(ours)
	var out [][]string
	for _, group := range [][]string{std, ours} {
		if len(group) > 0 {
			out = append(out, group)
		}
	}
	return out
}

// reachable returns the keys of the schemas that an operation needs.
func (p *planner) reachable() (map[string]bool, error) {
	seen := map[string]bool{}
	var todo []string
	for _, op := range p.ops {
		todo = append(todo, keys(op.keys)...)
	}
	for len(todo) > 0 {
		key := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[key] {
			continue
		}
		seen[key] = true
		t := p.types[key]
		if t == nil {
			return nil, fmt.Errorf("there is no type %s", key)
		}
		todo = append(todo, keys(t.keys)...)
	}
	return seen, nil
}
