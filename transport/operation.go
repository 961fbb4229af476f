package transport

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Operation is one operation of an engine's API. The generated packages declare theirs; declare your own for an
// endpoint that no specification has.
type Operation struct {
	// Engine and Version say whose specification declares the operation: "docker", "1.41". Both are empty in
	// an operation made by hand, which is sent without a version check.
	Engine, Version string
	// Name is the operation id, "ContainerStart". It is what errors and policies call the operation.
	Name string
	// Method is the HTTP method.
	Method string
	// Path is the template of the path with its version: "/v1.41/containers/{id}/start". An argument is one
	// segment; one written {name...} may hold slashes, as image references do. The rest is sent as it is and needs no
	// escape: what does is an argument.
	Path string
	// Others are the routes of other operations that an argument could make the path of, which is refused. Most
	// operations have none: see [Other].
	Others []Other
	// Slow says that the engine may take long before its first byte, so that no header timeout applies.
	Slow bool
	// NotModified says that a 304 is a success: what was asked for is so already. What it returns is zero then.
	NotModified bool
}

// succeeds reports whether a status is a success of the operation.
func (op *Operation) succeeds(status int) bool {
	return status >= 200 && status < 300 || status == http.StatusNotModified && op.NotModified
}

// Request makes a request of the operation with the path's arguments in the order of its template. An argument
// that cannot be sent is remembered, and whoever sends the request gets it as an error before a byte leaves.
func (op *Operation) Request(args ...string) *Request {
	r := &Request{op: op}
	copy(r.args[:], args)
	if len(args) > 0 {
		r.target = args[0]
	}
	r.path, r.rawPath = r.fillPath(args)
	return r
}

// safe reports whether the operation changes nothing, so that repeating it does no harm.
func (op *Operation) safe() bool { return op.Method == http.MethodGet || op.Method == http.MethodHead }

// title is how the operation begins a message: "docker 1.41 ContainerStart".
func (op *Operation) title() string {
	name := op.Name
	if name == "" {
		name = op.Method + " " + op.Path
	}
	if op.Engine == "" {
		return name
	}
	return op.Engine + " " + op.Version + " " + name
}

// fillPath puts the arguments in the template and returns the path decoded and escaped.
func (r *Request) fillPath(args []string) (path, raw string) {
	if !strings.HasPrefix(r.op.Path, "/") || strings.ContainsAny(r.op.Path, "?#%") {
		r.refuse(fmt.Sprintf("path template %q is no path: it begins with a slash, what needs an escape is an argument, "+
			"and parameters are added by Query", r.op.Path))
		return "", ""
	}
	var decoded, escaped strings.Builder
	rest := r.op.Path
	next := 0
	slashed := "" // the argument before, if it may hold slashes
	for {
		before, after, found := strings.Cut(rest, "{")
		decoded.WriteString(before)
		escaped.WriteString(before)
		if !found {
			break
		}
		name, tail, closed := strings.Cut(after, "}")
		if !closed {
			r.refuse(fmt.Sprintf("path template %q has an open brace", r.op.Path))
			break
		}
		rest = tail
		if next >= len(args) {
			r.refuse(fmt.Sprintf("path argument %q is missing", name))
			return "", ""
		}
		arg := args[next]
		next++
		name, slashes := strings.CutSuffix(name, "...")
		if problem := pathProblem(arg, slashes); problem != "" {
			r.refuse(fmt.Sprintf("path argument %s %s", name, problem))
			return "", ""
		}
		if slashed != "" && strings.LastIndex(before+arg, before) > 0 {
			r.refuse(fmt.Sprintf("path argument %s holds %q, and the engine takes all that is before the last one for %s",
				name, before, slashed))
			return "", ""
		}
		slashed = ""
		if slashes {
			slashed = name
		}
		decoded.WriteString(arg)
		segments := []string{arg}
		if slashes {
			segments = strings.Split(arg, "/")
		}
		for i, segment := range segments {
			if i > 0 {
				escaped.WriteByte('/')
			}
			escaped.WriteString(styleSegment(segment))
		}
	}
	if next < len(args) {
		r.refuse(fmt.Sprintf("%d path arguments for %d places", len(args), next))
	}
	if other := r.op.other(decoded.String()); other != nil {
		r.refuse(other.refusal(r.op))
	}
	return decoded.String(), escaped.String()
}

// pathProblem says why an argument may not stand in a path, or nothing. An engine, or a proxy before it, cleans
// paths: an argument that holds dots, also when decoded once more, could reach another endpoint.
func pathProblem(arg string, slashes bool) string {
	switch {
	case arg == "":
		return "is empty"
	case strings.TrimSpace(arg) == "":
		return "is blank"
	case !utf8.ValidString(arg):
		return "is not valid UTF-8"
	case strings.ContainsFunc(arg, unicode.IsControl):
		return "holds a control character"
	case !slashes && strings.Contains(arg, "/"):
		return fmt.Sprintf("%q holds a slash", arg)
	}
	decoded := arg
	if once, err := url.PathUnescape(arg); err == nil {
		decoded = once
	}
	for _, form := range []string{arg, decoded} {
		if !slashes && strings.Contains(form, "/") && strings.Contains(form, "..") {
			return fmt.Sprintf("%q leads out of its place", arg)
		}
		for segment := range strings.SplitSeq(form, "/") {
			switch segment {
			case ".", "..":
				return fmt.Sprintf("%q holds a dot segment", arg)
			case "":
				if slashes {
					return fmt.Sprintf("%q holds an empty segment", arg)
				}
			}
		}
	}
	return ""
}
