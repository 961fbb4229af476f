// Package npipe reaches engines on Windows that listen on a named pipe, as Docker's does by default and Podman's
// machines do:
//
//	engine, err := docker.OpenHost(ctx, "npipe:////./pipe/docker_engine", npipe.Hosts())
//
// It is linked by who imports it alone. Programs for several systems may import it everywhere: on the others such a
// host is refused, with an error that says why.
//
// An upgraded connection on a pipe in message mode, which is how both engines open theirs, half-closes by an empty
// message; on one in byte mode it cannot, and CloseWrite gives [transport.ErrUnsupported].
package npipe

import (
	"context"
	"net"
	"strings"
	"unicode"

	"github.com/gantry-go/gantry/transport"
)

// Hosts makes hosts npipe:////./pipe/NAME known. The slashes may be backslashes, and those before the dot be left out.
// Pipes of other machines are refused: to look for one would show this one's user to them.
func Hosts() transport.Option {
	return transport.WithScheme("npipe", func(to transport.Target) (transport.Route, error) {
		name, err := pipeName(to.Host)
		if err != nil {
			return nil, err
		}
		return open(name)
	})
}

// pipe is the way to the pipe of a name.
type pipe struct{ name string }

// Host implements [transport.Route].
func (p pipe) Host() string { return "npipe:////./pipe/" + strings.ReplaceAll(p.name, `\`, "/") }

// Dial implements [transport.Route]. It waits for a pipe of which all instances are busy until ctx ends.
func (p pipe) Dial(ctx context.Context) (net.Conn, error) { return dial(ctx, `\\.\pipe\`+p.name) }

// Close implements [transport.Route].
func (p pipe) Close() error { return nil }

// maxName is what Windows lets the whole of a pipe's path have.
const maxName = 256 - len(`\\.\pipe\`)

// pipeName returns the name in an address, with backslashes.
func pipeName(host string) (string, error) {
	_, rest, _ := strings.Cut(host, "://")
	rest = strings.TrimPrefix(strings.ReplaceAll(rest, "/", `\`), `\\`)
	server, rest, _ := strings.Cut(rest, `\`)
	root, name, _ := strings.Cut(rest, `\`)
	switch {
	case server != ".":
		return "", transport.InvalidHost("names no pipe of this machine: npipe:////./pipe/NAME")
	case !strings.EqualFold(root, "pipe"):
		return "", transport.InvalidHost("names no pipe: npipe:////./pipe/NAME")
	case strings.ContainsFunc(name, unicode.IsControl):
		return "", transport.InvalidHost("holds a control character")
	case strings.ContainsAny(name, `?#*<>|":`):
		return "", transport.InvalidHost("holds a character that no pipe's name may hold")
	case len(name) > maxName:
		return "", transport.InvalidHost("has a name that is too long for a pipe")
	}
	for part := range strings.SplitSeq(name, `\`) {
		if part == "" || part == "." || part == ".." {
			return "", transport.InvalidHost("has an empty name for a pipe, or one of dots")
		}
	}
	return name, nil
}
