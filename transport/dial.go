package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// dialer opens connections for one pool of net/http.
type dialer struct {
	config   *config
	endpoint endpoint
	tls      tlsSource
	open     *openCalls // the client's
	idle     func()     // closes the idle connections of all pools
	supply   supply
}

// dialPhase is the error of a connection that did not come about.
type dialPhase struct {
	class error
	err   error
}

func (e *dialPhase) Error() string   { return e.err.Error() }
func (e *dialPhase) Unwrap() []error { return []error{e.class, e.err} }

// wantKey is under which a request's context holds its attempt.
type wantKey struct{}

func (d *dialer) dialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	return d.connect(ctx, d.dial)
}

func (d *dialer) dialTLSContext(ctx context.Context, _, _ string) (net.Conn, error) {
	return d.connect(ctx, d.dialTLS)
}

// dial opens a connection that calls closed, which may be called more than once, when it is closed.
func (d *dialer) dial(ctx context.Context, closed func()) (net.Conn, error) {
	ctx, cancel := within(ctx, d.config.dialTimeout, "connection")
	defer cancel()
	dial := d.config.dial
	if dial == nil {
		dial = func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, d.endpoint.network, d.endpoint.address)
		}
	}
	conn, err := withDescriptor(context.WithValue(ctx, idleKey{}, d.idle), dial)
	if err != nil {
		return nil, &dialPhase{ErrConnect, dialCause(ctx, err)}
	}
	descriptors.opened(d)
	gone := sync.OnceFunc(func() { descriptors.closed(d) })
	counted, err := d.open.addConn(conn, func() { gone(); closed() })
	if err != nil {
		gone()
	}
	return counted, err
}

// within bounds what is done with a context; 0 is no bound.
func within(ctx context.Context, limit time.Duration, what string) (context.Context, context.CancelFunc) {
	if limit == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, limit, fmt.Errorf("no %s within %v", what, limit))
}

// dialCause prefers why the context ended to what the network made of it. An error that says so itself may say more.
func dialCause(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		return cause
	}
	return err
}

// idleKey is the context key of a dial's function that closes its client's idle connections.
type idleKey struct{}

// CloseIdle closes the connections that the client which dials with ctx keeps for later calls. A [Route], or a dialer of
// [WithDialer], calls it where another connection finds no room. With another context it does nothing.
func CloseIdle(ctx context.Context) {
	if closeIdle, dials := ctx.Value(idleKey{}).(func()); dials {
		closeIdle()
	}
}
