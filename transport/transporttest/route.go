package transporttest

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Handle has requests that match the pattern answered by the answers in their order, the last one again and again.
//
// A pattern is as in [http.ServeMux]: "GET /containers/{id}/json", where the method may be left out, GET also takes
// HEAD, and {id} is one segment of the path. It differs in what an engine's paths need. It is matched against the path
// as it came, escapes and all, so that an escaped slash separates nothing and no path is cleaned or redirected.
// {name...} is one or more segments, at any place. And a pattern that begins with no version, such as /v1.41, matches
// paths with and without one.
//
// Of several patterns that match, the one with the most literal beginning is used. The same pattern again takes the
// place of the former one, also for GET /_ping and GET /version, which every engine has. Handle panics if the pattern
// is malformed or there is no answer.
func (e *Engine) Handle(pattern string, answers ...Answer) {
	r, err := parsePattern(pattern)
	if err != nil {
		panic(fmt.Sprintf("transporttest: pattern %q: %v", pattern, err))
	}
	if len(answers) == 0 {
		panic(fmt.Sprintf("transporttest: pattern %q: no answer", pattern))
	}
	r.answers = slices.Clone(answers)
	e.script.add(r)
}

// script is the patterns with their answers.
type script struct {
	mu     sync.Mutex
	routes []*route // the most specific first
}

// route is one pattern and what is left of its answers.
type route struct {
	pattern   string
	method    string // empty: any
	segments  []segment
	versioned bool
	answers   []Answer
}

// segment is one part of a pattern between slashes.
type segment struct {
	kind segmentKind
	text string // literal, or the name between the braces
}

type segmentKind int

const (
	literal segmentKind = iota
	single
	several
)

func parsePattern(pattern string) (*route, error) {
	r := &route{pattern: pattern}
	path := pattern
	if method, rest, found := strings.Cut(pattern, " "); found {
		r.method, path = method, rest
	}
	if !strings.HasPrefix(path, "/") {
		return nil, fmt.Errorf("its path does not begin with a slash")
	}
	names := make(map[string]bool)
	for text := range strings.SplitSeq(path[1:], "/") {
		s := segment{text: text}
		if name, ok := strings.CutPrefix(text, "{"); ok {
			if name, ok = strings.CutSuffix(name, "}"); !ok {
				return nil, fmt.Errorf("segment %q does not end with a brace", text)
			}
			s.kind = single
			if s.text, ok = strings.CutSuffix(name, "..."); ok {
				s.kind = several
			}
			if s.text == "" || names[s.text] {
				return nil, fmt.Errorf("segment %q has no name of its own", text)
			}
			names[s.text] = true
		} else if strings.ContainsAny(text, "{} ") {
			return nil, fmt.Errorf("segment %q is neither literal nor a name in braces", text)
		}
		r.segments = append(r.segments, s)
	}
	r.versioned = r.segments[0].kind == literal && isVersion(r.segments[0].text)
	return r, nil
}

// isVersion reports whether a segment is an API version such as v1.41 or v4.3.1.
func isVersion(segment string) bool {
	digits, ok := strings.CutPrefix(segment, "v")
	return ok && digits != "" && strings.Trim(digits, "0123456789.") == "" && digits[0] != '.'
}

func (s *script) add(r *route) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, other := range s.routes {
		if other.pattern == r.pattern {
			s.routes[i] = r
			return
		}
	}
	s.routes = append(s.routes, r)
	slices.SortStableFunc(s.routes, moreSpecific)
}

// moreSpecific orders patterns so that the first that matches is the one to use.
func moreSpecific(a, b *route) int {
	if a.versioned != b.versioned {
		if a.versioned {
			return -1
		}
		return 1
	}
	for i := range min(len(a.segments), len(b.segments)) {
		if c := cmp.Compare(a.segments[i].kind, b.segments[i].kind); c != 0 {
			return c
		}
	}
	return cmp.Or(cmp.Compare(len(b.segments), len(a.segments)), cmp.Compare(a.methods(), b.methods()))
}

// methods tells how many methods the pattern takes: HEAD alone, one (or GET with HEAD), any.
func (r *route) methods() int {
	switch r.method {
	case http.MethodHead:
		return 1
	case "":
		return 3
	}
	return 2
}

// next returns the route for a request, or nil, and its next answer. The request learns the values of the path.
func (s *script) next(req *http.Request, path string) (*route, Answer) {
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.routes {
		if !r.match(req, segments) {
			continue
		}
		answer := r.answers[0]
		if len(r.answers) > 1 {
			r.answers = r.answers[1:]
		}
		return r, answer
	}
	return nil, Answer{}
}

func (r *route) match(req *http.Request, path []string) bool {
	if r.method != "" && r.method != req.Method && (r.method != http.MethodGet || req.Method != http.MethodHead) {
		return false
	}
	values := make(map[string]string)
	ok := matchSegments(r.segments, path, values)
	if !ok && !r.versioned && len(path) > 1 && isVersion(path[0]) {
		ok = matchSegments(r.segments, path[1:], values)
	}
	if !ok {
		return false
	}
	for name, escaped := range values {
		if value, err := url.PathUnescape(escaped); err == nil {
			req.SetPathValue(name, value)
		}
	}
	return true
}

func matchSegments(pattern []segment, path []string, values map[string]string) bool {
	if len(pattern) == 0 {
		return len(path) == 0
	}
	if len(path) == 0 {
		return false
	}
	first, rest := pattern[0], pattern[1:]
	switch first.kind {
	case literal:
		return path[0] == first.text && matchSegments(rest, path[1:], values)
	case single:
		values[first.text] = path[0]
		return path[0] != "" && matchSegments(rest, path[1:], values)
	}
	for n := len(path) - len(rest); n > 0; n-- { // the longest first, as names hold route words more often than not
		if matchSegments(rest, path[n:], values) {
			values[first.text] = strings.Join(path[:n], "/")
			return true
		}
	}
	return false
}

// patterns lists what is scripted, for messages.
func (s *script) patterns() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]string, len(s.routes))
	for i, r := range s.routes {
		list[i] = r.pattern
	}
	return list
}
