package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gantry-go/gantry/catalog"
)

// findEngine finds an engine by its name, whatever the case.
func findEngine(name string) (*catalog.Engine, error) {
	if e := catalog.Find(strings.ToLower(name)); e != nil {
		return e, nil
	}
	var names []string
	for _, e := range catalog.Engines() {
		names = append(names, e.Name())
	}
	return nil, misused("the catalog has no engine %.32q, it has %s", name, strings.Join(names, " and "))
}

// auto is the version that the engine decides.
const auto = "auto"

// isVersion reports whether an argument is in the place of a version: a number, as operations' names are none.
func isVersion(arg string) bool {
	return strings.EqualFold(arg, auto) || strings.Trim(arg[:min(len(arg), 1)], "0123456789") == "" && arg != ""
}

// newest is the newest version of an engine's API.
func newest(e *catalog.Engine) *catalog.Version {
	numbers := e.Versions()
	return e.Version(numbers[len(numbers)-1])
}

// findOperation finds an operation by its id or by its package and method, whatever the case.
func findOperation(v *catalog.Version, name string) (*catalog.Operation, error) {
	op := v.Operation(name)
	if op.Err() == nil {
		return op, nil
	}
	var names []string
	for _, c := range v.Categories() {
		for _, op := range c.Operations {
			for _, known := range []string{op.ID, op.Category + "." + op.Name} {
				if strings.EqualFold(known, name) {
					return op, nil
				}
				names = append(names, known)
			}
		}
	}
	return nil, badUsage{fmt.Errorf("%w%s", op.Err(), didYouMean(name, names))}
}

// findParam finds the name of a parameter, of the body or of a TTY, whatever the case; "" where there is none.
func findParam(op *catalog.Operation, name string) string {
	names := paramNames(op)
	if slices.Contains(names, name) {
		return name
	}
	for _, known := range names {
		if strings.EqualFold(known, name) {
			return known
		}
	}
	return ""
}

// paramNames are all names that an argument can have.
func paramNames(op *catalog.Operation) []string {
	var names []string
	for _, p := range op.Params {
		names = append(names, p.Name)
	}
	if op.Body != nil {
		names = append(names, catalog.BodyArg)
	}
	if op.Kind == catalog.KindFramed {
		names = append(names, catalog.TTYArg)
	}
	return names
}

// didYouMean lists the names that are like one, at most three of them, or nothing.
func didYouMean(name string, known []string) string {
	type candidate struct {
		name string
		far  int
	}
	var like []candidate
	lower := strings.ToLower(name)
	for _, k := range known {
		other := strings.ToLower(k)
		far := distance(lower, other)
		if part := len(lower) > 2 && (strings.Contains(other, lower) || strings.Contains(lower, other)); part {
			far = min(far, 2)
		}
		if far <= max(1, len(lower)/4) || far <= 2 && len(lower) > 2 {
			like = append(like, candidate{k, far})
		}
	}
	slices.SortStableFunc(like, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.far, b.far), cmp.Compare(len(a.name), len(b.name)))
	})
	var names []string
	for _, c := range like[:min(len(like), 3)] {
		names = append(names, c.name)
	}
	switch len(names) {
	case 0:
		return ""
	case 1:
		return "; did you mean " + names[0] + "?"
	}
	return "; did you mean " + strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1] + "?"
}

// distance is how many bytes have to be put in, taken out or replaced to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := before
			if a[i] != b[j] {
				replaced++
			}
			before = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
