package podman

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gantry-go/gantry/internal/discover"
	"github.com/gantry-go/gantry/transport"
)

// decide looks for an engine that is named.
func decide(env *discover.Environment) (*named, []error, error) {
	if host := env.Getenv("CONTAINER_HOST"); host != "" {
		n := &named{host: absolute(host), source: "CONTAINER_HOST"}
		n.use(destination{
			Identity: env.Getenv("CONTAINER_SSHKEY"),
			TLSCA:    env.Getenv("CONTAINER_TLS_CA"), TLSCert: env.Getenv("CONTAINER_TLS_CERT"), TLSKey: env.Getenv("CONTAINER_TLS_KEY"),
		})
		return n, nil, nil
	}
	passed := []error{errNotSet("CONTAINER_HOST")}
	if name := env.Getenv("CONTAINER_CONNECTION"); name != "" {
		n, err := fromConnection(env, name, "CONTAINER_CONNECTION "+discover.Quote(name))
		return n, passed, err
	}
	passed = append(passed, errNotSet("CONTAINER_CONNECTION"))

	all, err := readConnections(env)
	if err != nil {
		return nil, nil, err
	}
	name, path := all.chosen()
	if name == "" {
		return nil, append(passed, fmt.Errorf("no default connection is set in %s", strings.Join(all.read, ", "))), nil
	}
	n, err := all.named(name, "the default connection "+discover.Quote(name)+" of "+path)
	return n, passed, err
}

// fromConnection reads a podman connection.
func fromConnection(env *discover.Environment, name, source string) (*named, error) {
	all, err := readConnections(env)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	return all.named(name, source)
}

func errNotSet(variable string) error { return errors.New(variable + " is not set") }

// use takes from a destination what its kind of host has a use for. TLS files make it one of TLS, whatever its scheme:
// nothing goes in plain text then.
func (n *named) use(d destination) {
	scheme, rest, _ := strings.Cut(n.host, "://")
	switch scheme {
	case "ssh":
		n.identity = d.Identity
	case "tcp", "http", "https":
		if d.TLSCA == "" && d.TLSCert == "" && d.TLSKey == "" {
			return
		}
		n.tls = &transport.TLSFiles{CA: d.TLSCA, Cert: d.TLSCert, Key: d.TLSKey}
		if scheme == "http" {
			n.host = "https://" + rest
		}
	}
}

// absolute takes unix://run/podman.sock for unix:///run/podman.sock, as Podman does.
func absolute(host string) string {
	path, unix := strings.CutPrefix(host, "unix://")
	if unix && path != "" && path[0] != '/' && path[0] != '@' {
		return "unix:///" + path
	}
	return host
}

// usualSource names a usual host for people.
func usualSource(host string) string { return strings.TrimPrefix(host, "unix://") }
