package catalog

import (
	"cmp"
	"slices"
	"strings"
)

// route is the path of an operation, ready to be compared.
type route struct {
	segments []segment
	op       *Operation
}

// segment is a literal, or an argument that is one segment of a path, or one or more.
type segment struct {
	literal        string
	argument, many bool
}

// route sorts the operations by the first segment of their paths; of those that begin alike, the ones that say most
// come first.
func (v *Version) route() {
	v.routes = map[string][]route{}
	for _, c := range v.categories {
		for _, op := range c.Operations {
			first, _, _ := strings.Cut(op.record.Path[1:], "/")
			r := route{op: op}
			for text := range strings.SplitSeq(op.record.Path[1:], "/") {
				if argument := strings.HasPrefix(text, "{"); argument {
					r.segments = append(r.segments, segment{argument: true, many: strings.HasSuffix(text, "...}")})
				} else {
					r.segments = append(r.segments, segment{literal: text})
				}
			}
			v.routes[first] = append(v.routes[first], r)
		}
	}
	for _, routes := range v.routes {
		slices.SortStableFunc(routes, func(a, b route) int { return cmp.Compare(b.literals(), a.literals()) })
	}
}

func (r route) literals() int {
	n := 0
	for _, s := range r.segments {
		if !s.argument {
			n++
		}
	}
	return n
}

// find looks up a path without a version.
func (v *Version) find(method, path string) (*Operation, bool) {
	if i := strings.IndexByte(path, '?'); i >= 0 {
		path = path[:i]
	}
	path, rooted := strings.CutPrefix(path, "/")
	if !rooted {
		return nil, false
	}
	first, _, _ := strings.Cut(path, "/")
	for _, r := range v.routes[first] {
		if r.op.Method == method && match(r.segments, path) {
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
	if end < 1 || strings.Trim(after[:end], "0123456789.") != "" || !strings.Contains(after[:end], ".") {
		return "", path
	}
	return after[:end], after[end:]
}
