package transport

import (
	"errors"
	"net/http"
	"path"
	"slices"
	"strings"
)

// Policy decides whether a request may be sent: its error is the reason why not. It is asked before anything is dialed,
// for plain calls and upgrades alike, concurrently, and changes nothing. [ReadOnly], [Allow] and [Deny] are policies; one
// of your own may look at the request's operation, target and URL:
//
//	func(r *transport.Request) error {
//		if !strings.HasPrefix(r.Target(), "team-a-") {
//			return errors.New("only team-a's")
//		}
//		return nil
//	}
//
// It keeps a program from what it was not meant to do. It is no wall around code that one does not trust, which may
// open the socket by itself: that takes one at the engine's side.
type Policy func(r *Request) error

// WithPolicy makes the client refuse what a policy refuses, with an [*Error] of class [ErrRefused] whose cause is the
// policy's reason. It is asked last, so that no wrapper of the client and no editing of requests gets past it. A
// policy that is nil lets nothing pass.
func WithPolicy(policies ...Policy) Option {
	return func(c *config) { c.policies = slices.Concat(c.policies, policies) }
}

// judge returns the refusal of the first policy that has one.
func (r *Request) judge(policies []Policy) error {
	for _, policy := range policies {
		if policy == nil {
			return r.Refuse(ErrRefused, errNoPolicy)
		}
		if err := policy(r); err != nil {
			return r.Refuse(ErrRefused, err)
		}
	}
	return nil
}

var errNoPolicy = errors.New("a policy is nil")

// ReadOnly is the policy that lets pass what changes nothing. It goes by what would be sent, the method and the path, and
// not by what the operation calls itself, so it holds for operations made by hand too. What it lets pass:
//
//   - GET and HEAD, save two that do change something: an attach over a WebSocket, which can write to the container, and
//     the health check of Podman's containers, which is run, counted and acted upon.
//   - POST of a container's wait, which is a read that takes long.
//
// All else it refuses, also what would only read: an attach without input, a check of credentials, which sends
// them to a registry, Podman's check of its storage, which repairs if told to.
//
// Read-only is not harmless. A reader sees the environment of containers, their logs and every file in them and in
// images, the swarm's join tokens and its unlock key, and on Podman what its secrets hold; it has the engine look
// things up at registries, and ps be run in Podman's containers, by their top. Add [Deny] or [Allow] where that is too
// much.
func ReadOnly(r *Request) error {
	// What the engine makes of the path when it has cleaned it, behind the version.
	segments := strings.Split(strings.Trim(path.Clean(r.path), "/"), "/")
	if len(segments) > 0 && isVersion(segments[0]) {
		segments = segments[1:]
	}
	if len(segments) > 0 && segments[0] == "libpod" {
		segments = segments[1:]
	}
	// Below a container, by whatever name: an engine may take one with slashes.
	verb := ""
	if len(segments) > 2 && segments[0] == "containers" {
		verb = segments[len(segments)-1]
	}
	switch r.op.Method {
	case http.MethodGet, http.MethodHead:
		switch {
		case verb == "ws" && slices.Contains(segments, "attach"):
			return errors.New("read-only: an attach can write to the container")
		case verb == "healthcheck":
			return errors.New("read-only: the health check would be run")
		}
		return nil
	case http.MethodPost:
		if verb == "wait" && len(segments) == 3 {
			return nil
		}
	}
	return errors.New("read-only: " + printable(r.op.Method, 16) + " changes something")
}

// Allow is the policy that lets pass the operations of these ids alone: "ContainerList", "ContainerInspect". Some calls need
// two: docker.Open and podman.Open send "SystemVersion", and where no header says whether logs are framed, the method that
// reads them sends the container's inspect first.
//
// It goes by the operation's name. A generated operation, or one of package catalog, is never another one by its path: see
// [Other]. An operation made by hand has the name that it was given, whatever its path is. Where a program has such
// operations, use the policies of package catalog in place of this one: they go by what is sent.
func Allow(ids ...string) Policy {
	allowed := slices.Clone(ids)
	return func(r *Request) error {
		if slices.Contains(allowed, r.op.Name) {
			return nil
		}
		return errors.New("it is not among the operations that are allowed")
	}
}

// Deny is the policy that refuses the operations of these ids. It knows operations by nothing else, as [Allow] does: one made
// by hand under another name passes, and an id that no operation has denies nothing. Where that matters, say what is
// allowed, or use the policies of package catalog.
func Deny(ids ...string) Policy {
	denied := slices.Clone(ids)
	return func(r *Request) error {
		if slices.Contains(denied, r.op.Name) {
			return errors.New("it is among the operations that are denied")
		}
		return nil
	}
}
