package transport

import (
	"net/url"
	"path"
	"strings"
)

// Other is the route of another operation that has the same method. Routes overlap: on Podman, DELETE of the image
// "remove" is by its path the removal of all images that are unused. A request whose arguments make its path one of
// [Operation.Others] is therefore refused with [ErrInvalidInput], so that an operation never runs as another one.
//
// What is meant can mostly be written in another way: an image's name with its registry, its tag or its digest, or its
// id. Where no other way of writing it leads past the other route, the engine itself gives no way to it.
type Other struct {
	// Name is the operation's id. It is empty where no specification has the route.
	Name string `json:"name,omitempty"`
	// Path is its template, written as [Operation.Path] is but without the version.
	Path string `json:"path"`
}

// other returns the first of the operation's others that a path is, or nil. The path is looked at decoded, as it was put
// together, and decoded once more and cleaned, as a proxy before the engine may do.
func (op *Operation) other(full string) *Other {
	if len(op.Others) == 0 {
		return nil
	}
	again := full
	if strings.Contains(full, "%") {
		if decoded, err := url.PathUnescape(full); err == nil {
			again = path.Clean(decoded)
		}
	}
	version := len(versionOf(op.Path))
	for i := range op.Others {
		for _, p := range []string{full, again} {
			if len(p) >= version && matches(op.Others[i].Path, p[version:]) {
				return &op.Others[i]
			}
		}
	}
	return nil
}

// refusal says why a request of the operation is not sent whose path is the other's.
func (o *Other) refusal(op *Operation) string {
	route := op.Method + " " + o.Path
	if o.Name != "" {
		route = o.Name + " (" + route + ")"
	}
	said := "the path is that of another operation, " + route + ", which the engine may run in its place"
	if matches(o.Path, op.Path[len(versionOf(op.Path)):]) {
		return said // whatever the arguments are
	}
	return said + ": write the argument in another way, such as with its registry, its tag or digest, or as an id"
}

// matches reports whether a path is of a template. An argument of the template stands for one segment, one that ends in
// three dots for one or more.
func matches(template, path string) bool {
	for template != "" && path != "" {
		want, more := firstSegment(template)
		have, rest := firstSegment(path)
		if !strings.HasPrefix(want, "{") && want != have || have == "" {
			return false
		}
		template, path = more, rest
		if !strings.HasSuffix(want, "...}") {
			continue
		}
		for ; path != ""; _, path = firstSegment(path) {
			if matches(template, path) {
				return true
			}
		}
	}
	return template == path
}

// firstSegment divides a path that begins with a slash: "info" and "/x" of "/info/x".
func firstSegment(path string) (segment, rest string) {
	if i := strings.IndexByte(path[1:], '/'); i >= 0 {
		return path[1 : 1+i], path[1+i:]
	}
	return path[1:], ""
}

// versionOf is the version that a path begins with, "/v1.41" of "/v1.41/info", or nothing.
func versionOf(path string) string {
	if !strings.HasPrefix(path, "/") {
		return ""
	}
	if first, _ := firstSegment(path); isVersion(first) {
		return path[:1+len(first)]
	}
	return ""
}

// isVersion reports whether the first segment of a path is a version: v1.41, v5.0.0, v6.0.0-dev. Engines take for one
// what begins with a digit.
func isVersion(segment string) bool {
	rest, found := strings.CutPrefix(segment, "v")
	return found && rest != "" && rest[0] >= '0' && rest[0] <= '9'
}
