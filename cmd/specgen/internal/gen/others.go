package gen

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// An argument can make the path of an operation that of another one: the name "remove" below /libpod/images/{name...}.
// Every operation therefore carries the routes of its method that an argument of its own could reach. They are those of
// all kept versions, since engines serve all routes that they know below any version.

// routersEntry says that an engine serves what is below a path by two sets of routes, and which of them by the version
// that the request's path begins with.
type routersEntry struct {
	Below  string `yaml:"below"`
	From   string `yaml:"from"` // the first version of the second set
	Reason string `yaml:"reason"`
}

func (e *routersEntry) check() error {
	if e.Below == "" || e.Reason == "" {
		return errors.New("it needs below, from and a reason")
	}
	_, err := parseVersion(e.From)
	return err
}

// shadowedEntry says that an engine asks the route of an operation only after that of another one, to which all its paths
// are known: the operation never runs.
type shadowedEntry struct {
	Operation string `yaml:"operation"`
	By        string `yaml:"by"`
	Instead   string `yaml:"instead"` // which does the same
	Reason    string `yaml:"reason"`
	span      `yaml:",inline"`
}

func (e *shadowedEntry) check() error {
	if e.Operation == "" || e.By == "" || e.Instead == "" || e.Reason == "" {
		return errors.New("it needs operation, by, instead and a reason")
	}
	return e.valid()
}

// Other is the route of another operation that an argument could make a path of.
type Other struct {
	Name string `json:"name"`
	Path string `json:"path"`
}

// servedRoute is where an engine has an operation.
type servedRoute struct {
	id, verb, path string
	place          string
	below          version // which precedes the path
	of             version // whose specification has it
}

// served are the routes of one version.
func (p *planner) served() ([]servedRoute, error) {
	var out []servedRoute
	for _, op := range p.doc.Ops {
		below := p.doc.Version
		if base := strings.TrimPrefix(p.base(op), "/v"); base != "" {
			var err error
			if below, err = parseVersion(base); err != nil {
				return nil, err
			}
		}
		out = append(out, servedRoute{
			id: op.ID, verb: op.Verb, path: op.path(), place: operationPlace(op), below: below, of: p.doc.Version,
		})
	}
	return out, nil
}

// others are the routes that an argument of r could make its path of. Routes that all its paths are of are none of them,
// since engines ask the one that says more first, unless the overlay knows better. Where several versions have a route,
// it is called as in the version of r, or else as in the newest.
func (o *overlay) others(r servedRoute, all []servedRoute) []Other {
	found := map[string]servedRoute{}
	for _, s := range all {
		if s.verb != r.verb || s.place == r.place || o.apart(r, s) {
			continue
		}
		own, theirs := segmentsOf(r.path), segmentsOf(s.path)
		if !meet(own, theirs) || covers(theirs, own) && !o.shadows(s, r) {
			continue
		}
		if was, known := found[s.place]; !known || was.of.compare(r.of) != 0 && (s.of.compare(r.of) == 0 || was.of.compare(s.of) < 0) {
			found[s.place] = s
		}
	}
	var out []Other
	for _, s := range found {
		out = append(out, Other{s.id, s.path})
	}
	slices.SortFunc(out, func(a, b Other) int { return cmp.Compare(a.Path, b.Path) })
	return out
}

// apart reports whether two routes are of sets of which an engine asks one only.
func (o *overlay) apart(r, s servedRoute) bool {
	return slices.ContainsFunc(o.Routers, func(e routersEntry) bool {
		from, err := parseVersion(e.From)
		return err == nil && strings.HasPrefix(r.path, e.Below) && strings.HasPrefix(s.path, e.Below) &&
			r.below.compare(from) < 0 != (s.below.compare(from) < 0)
	})
}

// shadows reports whether the overlay says that s is asked before r in their version.
func (o *overlay) shadows(s, r servedRoute) bool {
	return slices.ContainsFunc(o.Shadowed, func(e shadowedEntry) bool {
		return e.By == s.id && e.Operation == r.id && e.holds(r.of) && s.of.compare(r.of) == 0
	})
}

// othersDoc says for comments which calls are refused.
func (p *planner) othersDoc(op *plannedOperation) string {
	own := segmentsOf(op.placed.path())
	var routes []string
	for _, other := range op.model.Others {
		route := other.Name + " (" + strings.ReplaceAll(other.Path, "...}", "}") + ")"
		if !covers(segmentsOf(other.Path), own) {
			routes = append(routes, route)
			continue
		}
		i := slices.IndexFunc(p.overlay.Shadowed, func(e shadowedEntry) bool {
			return e.Operation == op.placed.ID && e.By == other.Name && e.holds(p.doc.Version)
		})
		return "Every call is refused, since the engine of this version takes it for " + route + ": use " + p.overlay.Shadowed[i].Instead + "."
	}
	if len(routes) == 0 {
		return ""
	}
	return "Arguments that make the path that of " + strings.Join(routes, " or of ") + " are refused."
}

// checkRoutes refuses what the overlay says about routes that are not there.
func (p *planner) checkRoutes() error {
	for _, e := range p.overlay.Routers {
		if !slices.ContainsFunc(p.doc.Ops, func(op *placedOperation) bool { return strings.HasPrefix(op.Path, e.Below) }) {
			return fmt.Errorf("overlay: routers: there is nothing below %s", e.Below)
		}
	}
	for _, e := range p.overlay.Shadowed {
		if !e.holds(p.doc.Version) {
			continue
		}
		op, by := p.doc.operation(e.Operation), p.doc.operation(e.By)
		if op == nil || by == nil || p.doc.operation(e.Instead) == nil || op.Verb != by.Verb || !covers(segmentsOf(by.path()), segmentsOf(op.path())) {
			return fmt.Errorf("overlay: shadowed: %s is not in the shadow of %s, or there is no %s", e.Operation, e.By, e.Instead)
		}
	}
	return nil
}

// segmentKind is what a segment of a path's template stands for.
type segmentKind int

const (
	literalSegment segmentKind = iota
	oneSegment                 // {name}
	manySegments               // {name...}: one or more
)

type templateSegment struct {
	text string
	kind segmentKind
}

func segmentsOf(template string) []templateSegment {
	var out []templateSegment
	for text := range strings.SplitSeq(strings.TrimPrefix(template, "/"), "/") {
		kind := literalSegment
		switch {
		case strings.HasSuffix(text, "...}"):
			kind = manySegments
		case strings.HasPrefix(text, "{"):
			kind = oneSegment
		}
		out = append(out, templateSegment{text, kind})
	}
	return out
}

// meet reports whether there is a path that is of both templates.
func meet(a, b []templateSegment) bool {
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	if a[0].kind == literalSegment && b[0].kind == literalSegment && a[0].text != b[0].text {
		return false
	}
	return meet(a[1:], b[1:]) ||
		a[0].kind == manySegments && meet(a, b[1:]) ||
		b[0].kind == manySegments && meet(a[1:], b)
}

// covers reports whether all paths of b are paths of a.
func covers(a, b []templateSegment) bool {
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	switch a[0].kind {
	case literalSegment:
		return b[0] == a[0] && covers(a[1:], b[1:])
	case oneSegment:
		return b[0].kind != manySegments && covers(a[1:], b[1:])
	default:
		return covers(a[1:], b[1:]) || covers(a, b[1:])
	}
}
