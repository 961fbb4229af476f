package transport

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// maxSocketPath is what a socket address holds on Linux: 108 bytes with the final zero.
const maxSocketPath = 107

// endpoint is a parsed host: where to dial, and what to put in a URL.
type endpoint struct {
	network, address string // for net.Dialer
	scheme           string // "http" or "https"
	authority        string // the constant Host of every request
	prefix           string // path before the API's own, "/engine1"
}

// parseHost reads unix:///path, tcp://host:port, http://host:port and https://host:port. Messages never repeat the
// host as given, which may hold a password.
func parseHost(host string, secure bool) (endpoint, error) {
	scheme, rest, found := strings.Cut(host, "://")
	if !found {
		return endpoint{}, InvalidHost("has no scheme: unix:///path, tcp://host:port, http://host:port or https://host:port")
	}
	switch scheme {
	case "unix":
		return unixEndpoint(rest)
	case "tcp", "http", "https":
		return tcpEndpoint(scheme, host, secure)
	case "ssh": // linked by who imports its package alone
		return endpoint{}, InvalidHost("is of scheme ssh: import github.com/gantry-go/gantry/transport/ssh and give its option ssh.Hosts()")
	case "npipe":
		return endpoint{}, InvalidHost("is of scheme npipe: import github.com/gantry-go/gantry/transport/npipe and give its option npipe.Hosts()")
	}
	return endpoint{}, InvalidHost(fmt.Sprintf("has a scheme that this client does not dial: %s", printable(scheme, 32)))
}

func unixEndpoint(path string) (endpoint, error) {
	switch {
	case !strings.HasPrefix(path, "/"):
		return endpoint{}, InvalidHost("needs an absolute socket path")
	case strings.ContainsRune(path, 0):
		return endpoint{}, InvalidHost("holds a NUL byte")
	case len(path) > maxSocketPath:
		return endpoint{}, InvalidHost(fmt.Sprintf("has a socket path of %d bytes, more than the %d that an address holds", len(path), maxSocketPath))
	}
	// The Host header has no meaning on a socket, and a path in it would be refused: it is a constant.
	return endpoint{network: "unix", address: path, scheme: "http", authority: "localhost"}, nil
}

func tcpEndpoint(scheme, host string, secure bool) (endpoint, error) {
	u, err := url.Parse(host)
	switch {
	case err != nil:
		return endpoint{}, InvalidHost("is not a URL")
	case u.User != nil:
		return endpoint{}, InvalidHost("holds a user name or password, which no engine takes")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(host, "#"):
		return endpoint{}, InvalidHost("holds a query or a fragment")
	case u.Hostname() == "":
		return endpoint{}, InvalidHost("has no host name")
	}
	if scheme == "http" && secure {
		return endpoint{}, InvalidHost("is of scheme http, which is not encrypted, and TLS is asked for: write tcp or https")
	}
	e := endpoint{network: "tcp", scheme: "http", prefix: strings.TrimSuffix(u.EscapedPath(), "/")}
	if scheme == "https" || scheme == "tcp" && secure {
		e.scheme = "https"
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "2375", "https": "2376"}[e.scheme]
		if scheme != "tcp" {
			port = map[string]string{"http": "80", "https": "443"}[e.scheme]
		}
	}
	e.address = net.JoinHostPort(u.Hostname(), port)
	e.authority = e.address
	return e, nil
}

// InvalidHost is the error of an address that names no engine: "the address <reason>". The reason never repeats the address,
// which may hold a password.
func InvalidHost(reason string) error {
	return &Error{Operation: "host", Class: ErrInvalidInput, Message: "the address " + reason}
}
