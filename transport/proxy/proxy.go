package proxy

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/gantry-go/gantry/transport"
)

// Option changes how a proxy is spoken to.
type Option func(*route)

// WithTLS is the configuration for the handshake with an https:// proxy, which is cloned. Without it the system's
// authorities are trusted. It is no part of what the engine is spoken to by.
func WithTLS(c *tls.Config) Option { return func(r *route) { r.tls = c.Clone() } }

// WithHalfClose says that the proxy passes on the end of one direction without ending the other, as ssh -D does, so that
// CloseWrite of an upgraded connection to an engine in plain text is possible. Many proxies do not, squid, tinyproxy and microsocks among
// them: with this option what a container writes after CloseWrite is then lost, without an error.
func WithHalfClose() Option { return func(r *route) { r.halfClose = true } }

// Through reaches TCP engines through the proxy at a URL:
//
//	http://user:password@host:port      an HTTP proxy, by CONNECT; port 80 unless set
//	https://user:password@host:port     the same, spoken to in TLS; port 443
//	socks5://user:password@host:port    SOCKS 5, also as socks5h; port 1080
//
// User and password may be left out. All of them are given the engine's name and look it up themselves. The dial timeout
// bounds the whole way to the engine. An engine that cannot be reached, or a proxy that refuses, is
// [transport.ErrConnect]. A URL that names no proxy is a [transport.ErrInvalidInput] of [transport.New].
func Through(address string, options ...Option) transport.Option {
	return transport.WithProxy(func() (transport.ProxyFunc, error) {
		r, err := parse(address)
		if err != nil {
			return nil, err
		}
		for _, option := range options {
			option(r)
		}
		return r.through, nil
	})
}

// route is a parsed proxy.
type route struct {
	scheme    string
	address   string // host:port
	host      string
	user      *url.Userinfo
	tls       *tls.Config
	halfClose bool // the proxy passes it on
}

// ports are where proxies are by default.
var ports = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

// parse reads a proxy's URL. Messages never repeat it, for it may hold a password.
func parse(address string) (*route, error) {
	u, err := url.Parse(address)
	switch {
	case !strings.Contains(address, "://"):
		return nil, invalid("has no scheme, such as http:// or socks5://")
	case err != nil:
		return nil, invalid("is not a URL")
	case ports[u.Scheme] == "":
		return nil, invalid("is of a scheme that is not http, https or socks5")
	case u.Hostname() == "":
		return nil, invalid("has no host name")
	case u.Path != "" && u.Path != "/", u.RawQuery != "", u.ForceQuery, strings.Contains(address, "#"):
		return nil, invalid("holds more than a host and a port")
	case strings.Contains(u.User.Username(), ":"):
		return nil, invalid("holds a user name with a colon, which no proxy could tell from the password")
	}
	port := u.Port()
	if port == "" {
		port = ports[u.Scheme]
	}
	return &route{scheme: u.Scheme, address: net.JoinHostPort(u.Hostname(), port), host: u.Hostname(), user: u.User}, nil
}

func invalid(reason string) error {
	return &transport.Error{Operation: "proxy", Class: transport.ErrInvalidInput, Message: "the address " + reason}
}

// dial opens a connection through the proxy.
func (r *route) dial(ctx context.Context, address string) (net.Conn, error) {
	open := r.connect
	if strings.HasPrefix(r.scheme, "socks") {
		open = r.socks
	}
	conn, err := open(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("through the proxy %s://%s: %w", r.scheme, r.address, err)
	}
	return conn, nil
}

// through is dial, with CloseWrite only where the proxy passes it on.
func (r *route) through(ctx context.Context, address string) (net.Conn, error) {
	conn, err := r.dial(ctx, address)
	if err != nil || r.halfClose {
		return conn, err
	}
	return whole{conn}, nil
}

// whole hides CloseWrite, which would end both directions at most proxies.
type whole struct{ net.Conn }
