package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/gantry-go/gantry/catalog"
)

func engines(out io.Writer) error {
	for _, e := range catalog.Engines() {
		if _, err := fmt.Fprintln(out, e.Name(), strings.Join(e.Versions(), " ")); err != nil {
			return err
		}
	}
	return nil
}

func operations(out io.Writer, v *catalog.Version) error {
	t := tabwriter.NewWriter(out, 0, 1, 2, ' ', 0)
	for _, c := range v.Categories() {
		for _, op := range c.Operations {
			if _, err := fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", op.ID, op.Category+"."+op.Name, op.Method, op.Path, op.Kind); err != nil {
				return err
			}
		}
	}
	return t.Flush()
}

// write prints a value as JSON, indented.
func write(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
