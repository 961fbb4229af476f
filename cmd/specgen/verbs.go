package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/gantry-go/gantry/cmd/specgen/internal/gen"
)

// list names engines and versions, or the categories of a version, or the operations of a category.
func list(out io.Writer, root string, asJSON bool, args []string) error {
	at := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return ""
	}
	inputs, err := gen.Inputs(root, at(0), at(1))
	if err != nil {
		return err
	}
	var only []string
	if at(1) == "" && !asJSON {
		return summary(out, root, inputs)
	}
	if at(1) != "" && !asJSON { // JSON says since when there is what
		only = []string{at(1)}
	}
	editions := map[string]*gen.Edition{}
	t := tabwriter.NewWriter(out, 0, 1, 2, ' ', 0)
	for _, in := range inputs {
		if editions[in.Engine] == nil {
			if editions[in.Engine], err = gen.OpenEdition(root, in.Engine, only...); err != nil {
				return err
			}
		}
		m, err := editions[in.Engine].Model(in.Version)
		if err != nil {
			return err
		}
		categories := m.Categories()
		if name := at(2); name != "" {
			categories = slices.DeleteFunc(categories, func(c gen.Category) bool { return c.Name != name })
			if len(categories) == 0 {
				return fmt.Errorf("%s %s has no category %s", in.Engine, in.Version, name)
			}
		}
		switch {
		case asJSON:
			err = writeJSON(out, map[string]any{"engine": in.Engine, "version": in.Version, "categories": categories})
		case at(2) != "":
			for _, op := range categories[0].Operations {
				_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", op.Name, op.ID, op.Method, op.Path)
			}
		case at(1) != "":
			for _, c := range categories {
				_, _ = fmt.Fprintf(t, "%s\t%d operations\n", c.Name, len(c.Operations))
			}
		}
		if err != nil {
			return err
		}
	}
	return t.Flush()
}

// summary counts what each version has. It reads the facts that generate has written: planning all versions takes seconds.
func summary(out io.Writer, root string, inputs []gen.Input) error {
	t := tabwriter.NewWriter(out, 0, 1, 2, ' ', 0)
	counts := map[string]map[string]gen.Count{}
	for _, in := range inputs {
		if counts[in.Engine] == nil {
			var err error
			if counts[in.Engine], err = gen.Counts(root, in.Engine); err != nil {
				return err
			}
		}
		if c, generated := counts[in.Engine][in.Version]; generated {
			_, _ = fmt.Fprintf(t, "%s\t%s\t%d categories\t%d operations\n", in.Engine, in.Version, c.Categories, c.Operations)
		} else {
			_, _ = fmt.Fprintf(t, "%s\t%s\tnot generated yet\t\n", in.Engine, in.Version)
		}
	}
	return t.Flush()
}

// doc describes one operation or type.
func doc(out io.Writer, root string, asJSON bool, args []string) error {
	if len(args) != 3 {
		return errors.New("doc needs an engine, a version and an operation: specgen doc docker 1.41 ContainerCreate")
	}
	e, err := gen.OpenEdition(root, args[0])
	if err != nil {
		return err
	}
	m, err := e.Model(args[1])
	if err != nil {
		return err
	}
	if !asJSON {
		return m.WriteDoc(out, args[2])
	}
	if op := m.FindOperation(args[2]); op != nil {
		return writeJSON(out, op)
	}
	if t, _ := m.FindType(args[2]); t != nil {
		return writeJSON(out, t)
	}
	return fmt.Errorf("%s %s has no operation and no type %s", args[0], args[1], args[2])
}

// diff says what an upgrade from one version to another means for a caller.
func diff(out io.Writer, root string, asJSON bool, args []string) error {
	if len(args) != 3 {
		return errors.New("diff needs an engine and two versions: specgen diff docker 1.41 1.44")
	}
	e, err := gen.OpenEdition(root, args[0], args[1:]...)
	if err != nil {
		return err
	}
	u, err := e.Diff(args[1], args[2])
	if err != nil {
		return err
	}
	if asJSON {
		return writeJSON(out, u)
	}
	return u.WriteText(out)
}

// api adds a version: it keeps the facts of a specification, generates every version of the engine (what is new in
// one changes what the others say), checks the result and says what is new.
func api(ctx context.Context, out io.Writer, root string, source func(spec string) gen.Source, specs []string) error {
	src := source("")
	engine, version := src.Engine, src.Version
	if engine == "" || version == "" || len(specs) != 1 {
		return errors.New("api needs -engine, -version and one SPEC")
	}
	kept, err := gen.Import(ctx, root, source(specs[0]))
	if err != nil {
		return err
	}
	diffs, err := gen.Generate(root, engine, "")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "kept: %s\ngenerated: %d files differ from what was there\n", kept, len(diffs)); err != nil {
		return err
	}
	left, err := gen.Check(root, engine, version)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return fmt.Errorf("%d files are not as generated", len(left))
	}
	inputs, err := gen.Inputs(root, engine, "")
	if err != nil {
		return err
	}
	i := slices.Index(inputs, gen.Input{Engine: engine, Version: version})
	if i < 1 {
		_, err := fmt.Fprintf(out, "%s %s is the oldest version\n", engine, version)
		return err
	}
	return diff(out, root, false, []string{engine, inputs[i-1].Version, version})
}

func writeJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
