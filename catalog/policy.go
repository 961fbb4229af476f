package catalog

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/gantry-go/gantry/transport"
)

// Allow is the policy that lets pass the operations of these ids alone: "ContainerList", "ImageListLibpod". Unlike
// [transport.Allow], it goes by what is sent, the method and the path, and not by what the operation calls itself, so it
// holds for operations made by hand too. An operation that versions call differently is one operation: any of its ids
// stands for it in all versions.
//
// A request that is of no operation of the catalog is refused, and so is every request if an id is of none. What
// [transport.Allow] says about calls that need two operations holds here too.
func Allow(ids ...string) transport.Policy {
	chosen, err := recordsOf(ids)
	return func(r *transport.Request) error {
		switch runs := whatRuns(r); {
		case err != nil:
			return err
		case runs == nil:
			return errUnknown
		case !chosen[runs.record]:
			return fmt.Errorf("%s is not among the operations that are allowed", runs.ID)
		}
		return nil
	}
}

// Deny is the policy that refuses the operations of these ids. It goes by what is sent, as [Allow] does. It also refuses a
// request that is of no operation of the catalog, since it cannot tell what an engine would run, and every request if an
// id is of none.
func Deny(ids ...string) transport.Policy {
	chosen, err := recordsOf(ids)
	return func(r *transport.Request) error {
		switch runs := whatRuns(r); {
		case err != nil:
			return err
		case runs == nil:
			return errUnknown
		case chosen[runs.record]:
			return fmt.Errorf("%s is among the operations that are denied", runs.ID)
		}
		return nil
	}
}

var errUnknown = errors.New("no operation of the catalog has its method and path")

// whatRuns is the operation that an engine runs for a request, or nil. No path is in the APIs of both engines.
func whatRuns(r *transport.Request) *Operation {
	for _, e := range Engines() {
		if op, found := e.Lookup(r.Operation().Method, r.Path()); found {
			return op
		}
	}
	return nil
}

// recordsOf finds the operations of ids in all versions.
func recordsOf(ids []string) (map[*record]bool, error) {
	chosen := map[*record]bool{}
	for _, id := range ids {
		places := map[string]bool{}
		each(func(r *record) {
			if r.ID == id {
				places[r.place()] = true
			}
		})
		if len(places) == 0 {
			return nil, fmt.Errorf("the catalog has no operation %.64q", id)
		}
		each(func(r *record) {
			if places[r.place()] {
				chosen[r] = true
			}
		})
	}
	return chosen, nil
}

// each calls do with every record of every engine.
func each(do func(*record)) {
	for _, e := range Engines() {
		e.once.Do(e.decode)
		for _, r := range e.records {
			do(r)
		}
	}
}

var argument = regexp.MustCompile(`\{[^}]*\}`)

// place is where an operation is in all versions, which may call it and its arguments differently.
func (r *record) place() string { return r.Method + " " + argument.ReplaceAllString(r.Path, "{}") }
