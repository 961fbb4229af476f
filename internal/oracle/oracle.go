// Package oracle compares generated types with those that the engines themselves encode and decode, member by member:
// the name on the wire, what is there, and whether it is a pointer. The engines' types are kept as facts, one file for
// each release, which [facts] writes from the release's Go module; ours are read from the generated files. So the tests
// need no module of an engine, and hold all versions side by side. The routes that servers register are facts, too, of
// which a test makes routers again and gives them requests.
//
// It is a module of its own for what the program needs.
//
// [facts]: https://pkg.go.dev/github.com/gantry-go/gantry/internal/oracle/facts
package oracle

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

//go:generate ./generate.sh

// Types are the structs of a release or of a generated version: by name their members, by name in JSON what they are.
// An expression is a word (string, bool, integer, unsigned, number, time, bytes, any, object for one without members,
// or "own T" for a type that writes itself), @Name for a struct, or *X, []X, map[]X. A member "" is of a type that is
// no struct.
type Types map[string]map[string]string

// ReadFacts reads a file of facts.
func ReadFacts(name string) (Types, error) {
	data, err := os.ReadFile(name) //nolint:gosec // the test's own file
	if err != nil {
		return nil, err
	}
	var facts struct{ Types Types }
	if err := json.Unmarshal(data, &facts); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return facts.Types, nil
}

// Pair is one document that ours and the engine's types are of. Of either side the first name that a version has holds.
type Pair struct{ Ours, Theirs []string }

// ReadPairs reads a list of pairs, one to a line: names of ours, an equals sign, names of theirs.
func ReadPairs(name string) ([]Pair, error) {
	data, err := os.ReadFile(name) //nolint:gosec // the test's own file
	if err != nil {
		return nil, err
	}
	var out []Pair
	for line := range strings.Lines(string(data)) {
		if line, _, _ = strings.Cut(line, "#"); strings.TrimSpace(line) == "" {
			continue
		}
		ours, theirs, found := strings.Cut(line, "=")
		p := Pair{strings.Fields(ours), strings.Fields(theirs)}
		if !found || len(p.Ours) == 0 || len(p.Theirs) == 0 {
			return nil, fmt.Errorf("%s: %q is no pair", name, line)
		}
		out = append(out, p)
	}
	return out, nil
}

// Name is how facts call a type that a pair names by the path of its package: container.Config for
// api/types/container.Config, and container.Config+ for one with more behind it.
func Name(theirs string) string {
	first, _, more := strings.Cut(theirs, "+")
	name := first[strings.LastIndex(first, "/")+1:]
	if more {
		name += "+"
	}
	return name
}

// comparison walks pairs of types and collects what differs.
type comparison struct {
	ours, theirs Types
	seen         map[[2]string]bool
	diffs        map[string]string // by "Type.member"
	visited      map[string]bool   // names of ours that were compared
}

// Compare returns the differences of the pairs, by "Type.member", and the types of ours that were met.
func Compare(ours, theirs Types, pairs []Pair) (diffs map[string]string, visited map[string]bool) {
	c := &comparison{ours, theirs, map[[2]string]bool{}, map[string]string{}, map[string]bool{}}
	for _, p := range pairs {
		i := slices.IndexFunc(p.Ours, func(name string) bool { return ours[name] != nil })
		j := slices.IndexFunc(p.Theirs, func(name string) bool { return theirs[known(theirs, name)] != nil })
		if i < 0 || j < 0 {
			continue // a version lacks it, which who wants to know sees by what was visited
		}
		c.value(p.Ours[i], "@"+p.Ours[i], "@"+known(theirs, p.Theirs[j]))
	}
	return c.diffs, c.visited
}

// known is the name of a type as it is, or as facts call it.
func known(types Types, name string) string {
	if types[name] != nil {
		return name
	}
	return Name(name)
}

// value compares what stands in one place of a document; where says which place that is.
func (c *comparison) value(where, ours, theirs string) {
	ours, theirs = c.plain(ours), c.plain(theirs)
	a, b := kind(ours), kind(theirs)
	switch {
	case a != b:
		c.diffs[where] = fmt.Sprintf("%s here, %s there", a, b)
	case a == "list" || a == "map":
		c.value(where+"[]", element(ours), element(theirs))
	case a == "object":
		c.object(ours, theirs)
	}
}

// plain looks through pointers, and through types that are no structs.
func (c *comparison) plain(expr string) string {
	for {
		if x, pointer := strings.CutPrefix(expr, "*"); pointer {
			expr = x
			continue
		}
		name, named := strings.CutPrefix(expr, "@")
		if !named {
			return expr
		}
		for _, types := range []Types{c.ours, c.theirs} {
			if x, is := types[name][""]; is {
				expr = x
			}
		}
		if expr == "@"+name {
			return expr
		}
	}
}

func kind(expr string) string {
	switch {
	case strings.HasPrefix(expr, "[]"):
		return "list"
	case strings.HasPrefix(expr, "map[]"):
		return "map"
	case strings.HasPrefix(expr, "@"):
		return "object"
	}
	return expr
}

func element(expr string) string {
	if x, list := strings.CutPrefix(expr, "[]"); list {
		return x
	}
	return strings.TrimPrefix(expr, "map[]")
}

func (c *comparison) object(ours, theirs string) {
	key := [2]string{ours, theirs}
	if c.seen[key] {
		return
	}
	c.seen[key] = true
	name := strings.TrimPrefix(ours, "@")
	c.visited[name] = true
	mine, other := c.ours[name], c.theirs[strings.TrimPrefix(theirs, "@")]
	for _, member := range slices.Sorted(maps.Keys(other)) {
		where := name + "." + member
		m, ok := mine[member]
		if !ok {
			c.diffs[where] = "missing here"
			continue
		}
		o := other[member]
		if p, q := strings.HasPrefix(m, "*"), strings.HasPrefix(o, "*"); p != q && scalar(c.plain(m)) && scalar(c.plain(o)) {
			c.diffs[where] = map[bool]string{true: "a pointer here alone", false: "a pointer there alone"}[p]
		}
		c.value(where, m, o)
	}
	for _, member := range slices.Sorted(maps.Keys(mine)) {
		if _, ok := other[member]; !ok {
			c.diffs[name+"."+member] = "missing there"
		}
	}
}

// scalar reports whether a pointer to it can only be there to tell zero from absent.
func scalar(expr string) bool {
	switch kind(expr) {
	case "object", "list", "map", "any":
		return false
	}
	return true
}
