package transport

import (
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/gantry-go/gantry/hijack"
)

// defaultUpgrade is the protocol that engines switch to for raw streams.
const defaultUpgrade = "tcp"

// UpgradeTo names the protocol that [Caller.Hijack] asks for; "tcp" unless set.
func (r *Request) UpgradeTo(protocol string) { r.upgrade = protocol }

// Upgrade sends a request through c and returns the upgraded connection, which the caller closes. The connection
// ends with ctx.
func Upgrade(ctx context.Context, c Caller, r *Request) (*hijack.Conn, error) {
	return c.Hijack(ctx, r)
}

// Hijack implements [Caller].
func (c *Client) Hijack(ctx context.Context, r *Request) (*hijack.Conn, error) {
	if r.upgrade == "" {
		r.upgrade = defaultUpgrade
	}
	resp, a, err := c.send(ctx, r)
	if err != nil {
		return nil, err
	}
	rwc, err := upgraded(r, resp)
	if err != nil {
		_ = resp.Body.Close()
		a.end()
		return nil, err
	}
	return hijack.NewConn(a.ctx, rwc, hijack.Config{
		Header:  resp.Header,
		OnClose: a.end,
		Error:   func(err error) error { return r.bodyError(ctx, err) },
	}), nil
}

// upgraded returns the stream of an answer: both ways after a 101 to the protocol that was asked for, read-only after
// another success. The body of a 101 is never wrapped: it is the connection, with CloseWrite.
func upgraded(r *Request, resp *http.Response) (io.ReadCloser, error) {
	if resp.StatusCode != http.StatusSwitchingProtocols {
		if err := Check(r, resp); err != nil {
			return nil, err
		}
		return resp.Body, nil
	}
	if got := resp.Header.Get("Upgrade"); !strings.EqualFold(got, r.upgrade) {
		err := r.fail(ErrProtocol, nil).(*Error)
		err.Status, err.Message = resp.StatusCode, "switched to another protocol than "+r.upgrade+": "+printable(got, 64)
		return nil, r.acted(err)
	}
	return resp.Body, nil
}
