package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
)

// dialer opens connections for net/http. By itself net/http lets a dial go on after its request was given up, for
// the next one to use; here a dial ends with the request that wanted it, or when that request got a connection
// otherwise, so that nothing outlives a call and 64 callers never hold more than 64 connections.
type dialer struct {
	config   *config
	endpoint endpoint
	tls      *tls.Config
}

// dialPhase is the error of a connection that did not come about.
type dialPhase struct {
	class error
	err   error
}

func (e *dialPhase) Error() string   { return e.err.Error() }
func (e *dialPhase) Unwrap() []error { return []error{e.class, e.err} }

var errNotNeeded = errors.New("another connection came first")

// wantKey is under which a request's context holds its attempt.
type wantKey struct{}

func (d *dialer) dialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	ctx, done := boundDial(ctx)
	defer done()
	conn, err := d.dial(ctx)
	if err != nil {
		return nil, &dialPhase{ErrConnect, dialCause(ctx, err)}
	}
	return keepIfWanted(ctx, conn)
}

func (d *dialer) dialTLSContext(ctx context.Context, _, _ string) (net.Conn, error) {
	ctx, done := boundDial(ctx)
	defer done()
	raw, err := d.dial(ctx)
	if err != nil {
		return nil, &dialPhase{ErrConnect, dialCause(ctx, err)}
	}
	conn := tls.Client(raw, d.tls)
	bounded, cancel := context.WithTimeoutCause(ctx, d.config.tlsTimeout, fmt.Errorf("no TLS handshake within %v", d.config.tlsTimeout))
	defer cancel()
	if err := conn.HandshakeContext(bounded); err != nil {
		_ = raw.Close()
		return nil, &dialPhase{ErrTLS, dialCause(bounded, err)}
	}
	return keepIfWanted(ctx, conn)
}

func (d *dialer) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, d.config.dialTimeout, fmt.Errorf("no connection within %v", d.config.dialTimeout))
	defer cancel()
	if d.config.dial != nil {
		return d.config.dial(ctx)
	}
	var nd net.Dialer
	conn, err := nd.DialContext(ctx, d.endpoint.network, d.endpoint.address)
	if err != nil {
		return nil, dialCause(ctx, err)
	}
	return conn, nil
}

// boundDial ties a dial to the attempt that wants it.
func boundDial(ctx context.Context) (context.Context, func()) {
	a, ok := ctx.Value(wantKey{}).(*attempt)
	if !ok {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(a.ctx, func() { cancel(context.Cause(a.ctx)) })
	stopWant := context.AfterFunc(a.wanted.Load().ctx, func() { cancel(errNotNeeded) })
	return ctx, func() { stop(); stopWant(); cancel(nil) }
}

// keepIfWanted closes a connection that came when its request no longer needed it.
func keepIfWanted(ctx context.Context, conn net.Conn) (net.Conn, error) {
	if err := context.Cause(ctx); err != nil {
		_ = conn.Close()
		return nil, &dialPhase{ErrConnect, err}
	}
	return conn, nil
}

// dialCause prefers why the context ended to what the network made of it.
func dialCause(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
