package transport

import (
	"context"
	"net"
	"strings"
)

// Route is a way to an engine that this package does not know by itself: a tunnel, a named pipe. Its methods may be
// called concurrently.
type Route interface {
	// Dial opens a connection to the engine. It gives up when ctx ends; afterwards ctx has no hold on the connection.
	Dial(ctx context.Context) (net.Conn, error)
	// Host is the engine's address for people, without anything secret.
	Host() string
	// Close frees what the connections of the route share. The client calls it in the end, after it has closed them.
	Close() error
}

// Target is what a route is asked for.
type Target struct {
	// Host is the address as it was given, with its scheme. It may hold secrets.
	Host string
	// Engine is which engine is looked for, "docker" or "podman", or empty: see [WithEngine].
	Engine string
	// Identity is the file of the private key to log in with, where one is configured for this host: see [WithIdentity].
	Identity string
	// Machine says that the engine is in a virtual machine on this computer: see [WithMachine].
	Machine bool
}

// WithScheme makes hosts of a scheme known: those that begin with "scheme://" are reached by the route that open
// returns. It is called by [New] and dials nothing; the error of an address that it does not take is made by
// [InvalidHost]. Packages that bring a scheme have an option of their own made of this one.
func WithScheme(scheme string, open func(Target) (Route, error)) Option {
	return func(o *config) {
		routes := map[string]func(Target) (Route, error){scheme: open}
		for name, other := range o.routes {
			if name != scheme {
				routes[name] = other
			}
		}
		o.routes = routes
	}
}

// WithEngine says which engine is looked for, "docker" or "podman". Packages docker and podman set it; routes that
// start a program at the other end need it.
func WithEngine(name string) Option { return func(o *config) { o.engine = name } }

// WithIdentity names the file of the private key that a route logs in with. Package podman sets it for connections that
// have one; hosts that need no login take no notice of it.
func WithIdentity(file string) Option { return func(o *config) { o.identity = file } }

// WithMachine says that the engine is in a virtual machine on this computer, which its own program has made and may make anew at
// any time. Package podman sets it for connections that say so. A route may then take a server on the loopback for the one that
// is meant, without knowing its key.
func WithMachine() Option { return func(o *config) { o.machine = true } }

// routedEndpoint opens the route of a host whose scheme an option brought; nil when none did.
func routedEndpoint(host string, o *config) (Route, endpoint, error) {
	scheme, _, _ := strings.Cut(host, "://")
	open := o.routes[scheme]
	if open == nil {
		return nil, endpoint{}, nil
	}
	route, err := open(Target{Host: host, Engine: o.engine, Identity: o.identity, Machine: o.machine})
	if err != nil {
		return nil, endpoint{}, err
	}
	return route, endpoint{scheme: "http", authority: "localhost"}, nil
}
