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
func With(c Caller, edit func(*Request)) Caller { return editing{c, edit} }

type editing struct {
	caller Caller
	edit   func(*Request)
}

func (e editing) Do(ctx context.Context, r *Request) (*http.Response, error) {
	e.edit(r)
	return e.caller.Do(ctx, r)
}

func (e editing) Hijack(ctx context.Context, r *Request) (*hijack.Conn, error) {
	e.edit(r)
	return e.caller.Hijack(ctx, r)
}
