package transport

import (
	"context"
	"net"
)

// ProxyFunc opens a connection to address, "host:port", by way of something in between. It gives up when ctx ends;
// afterwards ctx has no hold on the connection. It may be called concurrently, and its errors hold nothing secret.
type ProxyFunc func(ctx context.Context, address string) (net.Conn, error)

// WithProxy has the engine reached through a proxy. Package transport/proxy makes options of this one for HTTP
// proxies and SOCKS; open is called by [New], for its error.
//
// A proxy is used for every connection alike, plain calls, streams and upgrades, and TLS is spoken with the engine
// through it. It is used for tcp, http and https hosts alone: never for a unix socket, for a scheme of [WithScheme],
// or with [WithDialer], which say themselves how the engine is reached. No proxy is ever taken from the environment.
func WithProxy(open func() (ProxyFunc, error)) Option { return func(o *config) { o.proxy = open } }

// throughProxy makes the proxy, if there is one, the dialer of a TCP host.
func (c *Client) throughProxy() error {
	if c.config.proxy == nil {
		return nil
	}
	dial, err := c.config.proxy()
	if err != nil {
		return err
	}
	if c.config.dial == nil && c.endpoint.network == "tcp" {
		c.config.dial = func(ctx context.Context) (net.Conn, error) { return dial(ctx, c.endpoint.address) }
	}
	return nil
}
