package transport

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
)

// maxSocketPath is how long the path of a socket may be in bytes: an address holds 108 on Linux and Windows and 104 on
// BSD, one of them the final zero.
func maxSocketPath(system string) int {
	switch system {
	case "darwin", "ios", "freebsd", "netbsd", "openbsd", "dragonfly":
		return 103
	}
	return 107
}

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
		return unixEndpoint(rest, runtime.GOOS)
	case "tcp", "http", "https":
		return tcpEndpoint(scheme, host, secure)
	case "ssh": // linked by who imports its package alone
		return endpoint{}, InvalidHost("is of scheme ssh: import github.com/gantry-go/gantry/transport/ssh and give its option ssh.Hosts()")
	case "npipe":
		return endpoint{}, InvalidHost("is of scheme npipe: import github.com/gantry-go/gantry/transport/npipe and give its option npipe.Hosts()")
	}
	if !validScheme(scheme) { // it is anything at all, also a password
		return endpoint{}, InvalidHost("has no scheme that could be dialed")
	}
	return endpoint{}, InvalidHost("has a scheme that this client does not dial: " + scheme)
}

// validScheme reports whether a scheme is one by its form, and short enough to repeat.
func validScheme(s string) bool {
	return len(s) <= 8 && s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") == ""
}

// unixEndpoint takes the path as it is, whatever it holds: no part of it is a query or a fragment. On Linux a name that
// begins with @ is one of the abstract namespace, as everywhere in Go; anybody on the machine may listen on one that
// is free.
func unixEndpoint(path, system string) (endpoint, error) {
	abstract := system == "linux" && len(path) > 1 && path[0] == '@'
	most := maxSocketPath(system)
	switch {
	case !abstract && !strings.HasPrefix(path, "/") && !filepath.IsAbs(path):
		return endpoint{}, InvalidHost("needs an absolute socket path")
	case strings.ContainsRune(path, 0):
		return endpoint{}, InvalidHost("holds a NUL byte")
	case len(path) > most:
		return endpoint{}, InvalidHost(fmt.Sprintf("has a socket path of %d bytes, more than the %d that an address holds", len(path), most))
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
	case strings.Contains(u.Hostname(), ":") && u.Host[0] != '[': // two ports, or IPv6 without its brackets
		return endpoint{}, InvalidHost("is not a URL")
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
