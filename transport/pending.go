package transport

import (
	"context"
	"net/http"
	"sync/atomic"

	"github.com/gantry-go/gantry/hijack"
)

// Pending is an answer that the engine has promised: its head has come, so the engine has begun to wait, and its body
// comes when there is something to say. Result waits for it. Where the result is not wanted, Close it; the context of
// the call ends it too. No goroutine waits meanwhile.
type Pending[T any] struct {
	ctx  context.Context
	req  *Request
	resp *http.Response
	need needs
	over atomic.Bool // closed
}

// Late sends a request and returns once the engine has accepted it. The answer is one JSON object and has the members that
// need names as [Object] does.
func Late[T any](ctx context.Context, c Caller, r *Request, need ...string) (*Pending[T], error) {
	r.late = true
	resp, err := content(ctx, c, r) //nolint:bodyclose // the caller closes it
	if err != nil {
		return nil, err
	}
	return &Pending[T]{ctx: ctx, req: r, resp: resp, need: need}, nil
}

// Result waits for the answer and closes it. It is called once.
func (p *Pending[T]) Result() (*T, error) {
	v, err := decodeObject[T](p.ctx, p.req, p.resp, p.need)
	if err != nil && p.over.Load() {
		err = p.req.bodyError(p.ctx, hijack.ErrClosed) // what the connection makes of that says nothing
	}
	return v, err
}

// Close gives up waiting. It may be called more than once.
func (p *Pending[T]) Close() error {
	p.over.Store(true)
	return p.resp.Body.Close()
}
