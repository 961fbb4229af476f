package transport

import (
	"context"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // what RFC 6455 wants; it guards nothing
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/gantry-go/gantry/hijack"
)

// defaultUpgrade is the protocol that engines switch to for raw streams.
const defaultUpgrade = "tcp"

// UpgradeTo names the protocol that [Caller.Hijack] asks for; "tcp" unless set. For "websocket" it does the handshake,
// and the connection carries the bytes inside the messages, as binary ones on the way to the engine.
func (r *Request) UpgradeTo(protocol string) {
	if !validHeaderName(protocol) { // a token, as a name is
		r.refuse(fmt.Sprintf("%q is no name of a protocol", protocol))
	}
	r.upgrade = protocol
}

// Upgrade sends a request through c and returns the upgraded connection, which the caller closes. The connection
// ends with ctx.
func Upgrade(ctx context.Context, c Caller, r *Request) (*hijack.Conn, error) {
	if isNoCaller(c) {
		return nil, r.Refuse(ErrInvalidInput, errNoClient)
	}
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
	stream, err := upgraded(r, resp)
	if err != nil {
		_ = resp.Body.Close()
		a.end()
		return nil, r.seen.end(err)
	}
	cfg := hijack.Config{
		Header:  resp.Header,
		OnClose: a.end,
		Error:   func(err error) error { return r.bodyError(ctx, err) },
	}
	if seen := r.seen; seen != nil {
		cfg.Received, cfg.Sent = &seen.read, &seen.written
		cfg.OnClose = func() { seen.closed(a) }
	}
	return hijack.NewConn(a.ctx, c.config.newSilence(r, a).watch(stream), cfg), nil
}

// switched is the error of a 101 to what was not asked for.
func (r *Request) switched(resp *http.Response) error {
	err := r.fail(ErrProtocol, nil)
	err.Status, err.Message = resp.StatusCode, "switched to a protocol that was not asked for: "+printable(resp.Header.Get("Upgrade"), 64)
	return r.acted(err)
}

// webSocket is the protocol that [Client.Hijack] does the handshake of, and whose messages it unpacks.
const webSocket = "websocket"

// upgraded returns the stream of an answer: both ways after a 101 to the protocol that was asked for, read-only after
// another success. The body of a 101 is not wrapped: it is the connection, with CloseWrite.
func upgraded(r *Request, resp *http.Response) (io.ReadCloser, error) {
	if resp.StatusCode != http.StatusSwitchingProtocols {
		if err := Check(r, resp); err != nil {
			return nil, err
		}
		return r.unlessFailure(resp)
	}
	if !strings.EqualFold(resp.Header.Get("Upgrade"), r.upgrade) {
		return nil, r.switched(resp)
	}
	if r.upgrade == webSocket {
		return openWebSocket(r, resp)
	}
	return resp.Body, nil
}

// unlessFailure returns the stream of an answer, or the failure that it reports: streams are not declared to be JSON.
func (r *Request) unlessFailure(resp *http.Response) (io.ReadCloser, error) {
	if withoutContent(resp) {
		return nil, r.protocolError(resp, errNoContent)
	}
	if !isMedia(resp.Header, mediaJSON) {
		return resp.Body, nil
	}
	s := r.suspect(resp, func(*failure) bool { return true })
	if err := s.peek(); err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{s, resp.Body}, nil
}

// askWebSocket adds the client's half of the handshake of RFC 6455, section 4.
func askWebSocket(h http.Header) {
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce) // never fails
	h.Set("Sec-WebSocket-Key", base64.StdEncoding.EncodeToString(nonce))
	h.Set("Sec-WebSocket-Version", "13")
}

// openWebSocket checks the engine's half and returns the bytes that the messages carry.
func openWebSocket(r *Request, resp *http.Response) (io.ReadCloser, error) {
	const salt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" // RFC 6455, section 1.3
	sum := sha1.Sum([]byte(resp.Request.Header.Get("Sec-WebSocket-Key") + salt))
	body, ok := resp.Body.(io.ReadWriteCloser)
	if !ok || resp.Header.Get("Sec-WebSocket-Accept") != base64.StdEncoding.EncodeToString(sum[:]) {
		err := r.fail(ErrProtocol, nil)
		err.Status, err.Message = resp.StatusCode, "the WebSocket's handshake failed"
		return nil, r.acted(err)
	}
	return hijack.WebSocket(body), nil
}
