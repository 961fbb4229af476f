package gen

import (
	"errors"
	"fmt"
	"path"
)

// checkClashes refuses a model in which one name would be declared twice, and says where both come from.
func checkClashes(m *Model) error {
	var errs []error
	scopes := map[string]scope{}
	for _, f := range m.Files {
		dir := path.Dir(f.Path)
		if scopes[dir] == nil {
			scopes[dir] = scope{}
		}
		errs = append(errs, declare(scopes[dir], f)...)
	}
	return errors.Join(errs...)
}

// scope maps the names that are declared in one place to where they come from.
type scope map[string]string

func (s scope) add(where, name, source string) error {
	if was, ok := s[name]; ok && was != source {
		return fmt.Errorf("%s: %s is declared twice, for %s and for %s: give one another name in the overlay", where, name, was, source)
	} else if ok {
		return fmt.Errorf("%s: %s is declared twice for %s: give one another name in the overlay", where, name, was)
	}
	s[name] = source
	return nil
}

func declare(s scope, f *File) []error {
	var errs []error
	add := func(in scope, where, name, source string) {
		if err := in.add(where, name, source); err != nil {
			errs = append(errs, err)
		}
	}
	switch f.Template {
	case "version":
		add(s, f.Package, "APIVersion", "the version")
	case "client":
		add(s, f.Package, "Client", "the client")
		add(s, f.Package, "New", "the client")
	}
	for _, t := range f.Types {
		add(s, f.Package, t.Name, t.Source)
		for _, v := range t.Values {
			add(s, f.Package, v.Name, t.Source+" value "+v.Value)
		}
		fields := scope{}
		for _, field := range t.Fields {
			add(fields, f.Package+"."+t.Name, field.Name, t.Source+" member "+field.Wire)
		}
	}
	if op := f.Operation; op != nil {
		add(s, f.Package, op.Var, op.ID)
		if op.Options != nil {
			add(s, f.Package, op.Options.Name, op.ID+" options")
			fields := scope{"set": "the method of the options", "framing": "the method of the options"}
			for _, field := range op.Options.Fields {
				add(fields, f.Package+"."+op.Options.Name, field.Name, op.ID+" parameter "+field.Wire)
			}
		}
	}
	return errs
}
