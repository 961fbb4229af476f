package main

import (
	"io"
	"os"
	"strings"

	"github.com/gantry-go/gantry/catalog"
)

// parseArgs reads the arguments of an operation: NAME=VALUE, or the next one of the path.
func parseArgs(op *catalog.Operation, given []string, stdin io.Reader) (catalog.Args, error) {
	args := catalog.Args{}
	var places []string // arguments without a name
	for _, arg := range given {
		name, text, found := strings.Cut(arg, "=")
		known := ""
		if found {
			known = findParam(op, name)
		}
		switch {
		case known == "" && (!found || strings.ContainsAny(name, "/:@")): // as names of images are
			places = append(places, arg)
			continue
		case known == "":
			return nil, misused("%s has no parameter %.64q%s", op.ID, name, didYouMean(name, paramNames(op)))
		}
		if err := setArg(args, op, known, text, stdin); err != nil {
			return nil, err
		}
	}
	for _, p := range op.Params {
		if _, named := args[p.Name]; p.In == "path" && !named && len(places) > 0 {
			args[p.Name], places = places[0], places[1:]
		}
	}
	if len(places) > 0 {
		return nil, misused("%.64q is not NAME=VALUE, and the path of %s wants no other argument", places[0], op.ID)
	}
	return args, nil
}

// setArg sets an argument by its name; a second one of that name makes a list.
func setArg(args catalog.Args, op *catalog.Operation, name, text string, stdin io.Reader) error {
	if file, isFile := strings.CutPrefix(text, "@"); isFile && name == catalog.BodyArg {
		body, err := openBody(op, file, stdin)
		if err == nil {
			args[name] = body
		}
		return err
	}
	switch before := args[name].(type) {
	case nil:
		args[name] = text
	case string:
		args[name] = []string{before, text}
	case []string:
		args[name] = append(before, text)
	default:
		return misused("%s is given twice", name)
	}
	return nil
}

// openBody opens a body of a file, or of standard input. JSON is read at once: it is looked into.
func openBody(op *catalog.Operation, file string, stdin io.Reader) (any, error) {
	from := stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		from = f // the call closes it
	}
	if op.Body == nil || op.Body.MediaType != "application/json" {
		return from, nil
	}
	text, err := io.ReadAll(from)
	if f, ok := from.(*os.File); ok && file != "-" {
		_ = f.Close()
	}
	return string(text), err
}
