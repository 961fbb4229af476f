package transport

import (
	"context"
	"net/http"

	"github.com/gantry-go/gantry/hijack"
)

// With returns a caller that edits every request before c sends it: a parameter that no specification has, a header
// for a proxy.
//
//	containers.New(transport.With(engine, func(r *transport.Request) { r.Query("experimental", true) }))
func With(c Caller, edit func(*Request)) Caller {
	return gate{c, func(r *Request) error { edit(r); return nil }}
}

// Restrict returns a caller that sends only what every policy lets pass, so that a part of a program gets less of an
// engine than the rest:
//
//	dashboard.Serve(containers.New(transport.Restrict(engine, transport.ReadOnly)))
//
// It holds for what comes through it. What c itself does to a request afterwards, it does not see: [WithPolicy] is what
// nothing gets past.
func Restrict(c Caller, policies ...Policy) Caller {
	return gate{c, func(r *Request) error { return r.judge(policies) }}
}

// gate is what every request of a caller passes, to be edited or refused.
type gate struct {
	caller Caller
	pass   func(*Request) error
}

func (g gate) Do(ctx context.Context, r *Request) (*http.Response, error) {
	if err := g.pass(r); err != nil {
		return nil, err
	}
	return g.caller.Do(ctx, r)
}

func (g gate) Hijack(ctx context.Context, r *Request) (*hijack.Conn, error) {
	if err := g.pass(r); err != nil {
		return nil, err
	}
	return g.caller.Hijack(ctx, r)
}

// OfferedVersions implements [Versioned]. What it wraps is not handed out: a part of a program that gets less of an engine
// must not find the rest.
func (g gate) OfferedVersions(api string) (oldest, newest string) {
	return OfferedVersions(g.caller, api)
}
