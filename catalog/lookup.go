package catalog

import (
	"cmp"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/gantry-go/gantry/transport"
)

// route is the path of an operation, ready to be compared.
type route struct {
	segments []segment
	op       *Operation
	shadowed bool // all its paths are those of another operation, which the engine asks first
}

// segment is a literal, or an argument that is one segment of a path, or one or more.
type segment struct {
	literal        string
	argument, many bool
}

// route sorts the operations by the first segment of their paths; of those that begin alike, the ones that say most come
// first, and of two that say as much, the one that ends in a literal.
func (v *Version) route() {
	v.routes = map[string][]route{}
	for _, c := range v.categories {
		for _, op := range c.Operations {
			first, _, _ := strings.Cut(op.record.Path[1:], "/")
			v.routes[first] = append(v.routes[first], route{
				op: op, segments: segmentsOf(op.record.Path),
				// Every path is the other's if the template is, read as a path.
				shadowed: slices.ContainsFunc(op.Others, func(o transport.Other) bool { return match(segmentsOf(o.Path), op.record.Path[1:]) }),
			})
		}
	}
	for _, routes := range v.routes {
		slices.SortStableFunc(routes, func(a, b route) int { return cmp.Compare(b.weight(), a.weight()) })
	}
}

// segmentsOf reads a template.
func segmentsOf(template string) []segment {
	var out []segment
	for text := range strings.SplitSeq(template[1:], "/") {
		if strings.HasPrefix(text, "{") {
			out = append(out, segment{argument: true, many: strings.HasSuffix(text, "...}")})
		} else {
			out = append(out, segment{literal: text})
		}
	}
	return out
}

// weight orders routes: of two that a path is of, the heavier one is asked first.
func (r route) weight() int {
	n := 0
	if r.shadowed {
		return n
	}
	for _, s := range r.segments {
		if !s.argument {
			n += 2
		}
	}
	if !r.segments[len(r.segments)-1].argument {
		n++
	}
	return n
}

// What find is told of the version that a path begins with, where it is not the number of another one.
const (
	ownVersion = ""
	anyVersion = "any"
)

// find looks up a path without its version, of which below tells.
func (v *Version) find(method, below, full string) (*Operation, bool) {
	full, _, _ = strings.Cut(full, "?")
	if v.engine.unescapes && strings.Contains(full, "%") {
		decoded, err := url.PathUnescape(full)
		if err != nil || path.Clean(decoded) != decoded {
			return nil, false
		}
		if op, found := v.findPlain(method, below, decoded); found {
			return op, true
		}
		// A slash that is escaped is within an argument, unless it makes a route's path: some routes take such arguments.
	}
	return v.findPlain(method, below, full)
}

// findPlain looks up a path as it is.
func (v *Version) findPlain(method, below, full string) (*Operation, bool) {
	rest, rooted := strings.CutPrefix(full, "/")
	if !rooted || path.Clean(full) != full {
		return nil, false
	}
	first, _, _ := strings.Cut(rest, "/")
	for _, r := range v.routes[first] {
		if r.op.Method == method && (below == anyVersion || below == r.op.record.At) && match(r.segments, rest) {
			return r.op, true
		}
	}
	return nil, false
}

// match compares a path with a route. An argument of many segments takes as few of them as do.
func match(segments []segment, path string) bool {
	for i, s := range segments {
		head, tail, more := strings.Cut(path, "/")
		last := i == len(segments)-1
		switch {
		case s.many && head != "" && last:
			return !strings.HasSuffix(path, "/")
		case s.many && head != "":
			for at := len(head); at < len(path); at++ {
				if path[at] == '/' && match(segments[i+1:], path[at+1:]) {
					return true
				}
			}
			return false
		case s.argument && head == "", !s.argument && head != s.literal, more == last:
			return false
		}
		path = tail
	}
	return true
}

// cutVersion takes the version off a path: "1.41" and "/info" of "/v1.41/info".
func cutVersion(path string) (number, rest string) {
	after, found := strings.CutPrefix(path, "/v")
	if !found {
		return "", path
	}
	end := strings.IndexByte(after, '/')
	if end < 1 || after[0] < '0' || after[0] > '9' {
		return "", path
	}
	return after[:end], after[end:]
}

// sameRelease reports whether two versions of three numbers differ in no more than the last one: 4.3.1 and 4.3.2-dev. The
// last number may be missing in the second one.
func sameRelease(release, number string) bool {
	if strings.Count(release, ".") != 2 {
		return release == number
	}
	minor := release[:strings.LastIndexByte(release, '.')]
	rest, found := strings.CutPrefix(number, minor)
	return found && (rest == "" || rest[0] == '.')
}
