package proxy

import (
	"context"
	"errors"
	"net"

	"golang.org/x/net/proxy"
)

// socks asks a SOCKS proxy for a connection.
func (r *route) socks(ctx context.Context, address string) (net.Conn, error) {
	var auth *proxy.Auth
	if r.user != nil {
		password, _ := r.user.Password()
		auth = &proxy.Auth{User: r.user.Username(), Password: password}
	}
	var forward firstConn
	dialer, err := proxy.SOCKS5("tcp", r.address, auth, &forward)
	if err != nil {
		return nil, err
	}
	through, ok := dialer.(proxy.ContextDialer)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	conn, err := through.DialContext(ctx, "tcp", address)
	if err != nil {
		if forward.conn != nil {
			_ = forward.conn.Close()
		}
		return nil, err
	}
	if conn == nil {
		return nil, errors.ErrUnsupported
	}
	// The one that it returns hides CloseWrite, and is nothing but this one.
	return forward.conn, nil
}

// firstConn keeps the connection to the proxy.
type firstConn struct{ conn net.Conn }

func (f *firstConn) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	f.conn = conn
	return conn, err
}

// Dial is DialContext for the interface's sake.
func (f *firstConn) Dial(network, address string) (net.Conn, error) {
	return f.DialContext(context.Background(), network, address)
}
