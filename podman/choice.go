package podman

import (
	"context"
	"fmt"
	"strings"

	"github.com/gantry-go/gantry/internal/discover"
	"github.com/gantry-go/gantry/transport"
)

// Choice is where an engine is to be reached, and how that was decided. It holds nothing secret.
type Choice struct {
	// Host is the engine's address, as [Engine.Host] has it.
	Host string
	// Source is what decided: "CONTAINER_HOST", `CONTAINER_CONNECTION "build"`, the path of a socket.
	Source string
	// Connection is the name of the podman connection, empty where none was used.
	Connection string
	// Machine says that the connection is one to Podman's own virtual machine. On the loopback its host key need not be known.
	Machine bool
	// Identity is the file of the private key for an ssh host, empty where none is configured.
	Identity string
	// TLS are the files by which the engine is spoken to in TLS; nil where the environment or the connection asks for
	// none, which an option may still do.
	TLS *transport.TLSFiles
	// Passed is what was looked at before, in order, each an error that says why it did not decide.
	Passed []error
}

// String says it on one line: "unix:///run/podman/podman.sock by CONTAINER_HOST".
func (c Choice) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s by %s", c.Host, c.Source)
	for i, err := range c.Passed {
		b.WriteString([]string{"; passed by: ", "; "}[min(i, 1)] + err.Error())
	}
	return b.String()
}

// Find tells which engine [Open] would open with the same options. Where the environment or a connection names it,
// nothing is sent, and the engine need not be there; where nothing does, the engines on the usual sockets are asked for
// their version until one answers. Its errors are those of Open.
func Find(ctx context.Context, options ...transport.Option) (*Choice, error) {
	env := discover.Here()
	n, passed, err := decide(env)
	if err != nil {
		return nil, err
	}
	if n == nil {
		e, err := openUsual(ctx, env, passed, options)
		if err != nil {
			return nil, err
		}
		defer e.Close() //nolint:errcheck // it was only looked for
		return new(e.Choice()), nil
	}
	client, err := newClient(n.host, n.options(options))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", n.source, err)
	}
	defer client.Close() //nolint:errcheck // it has dialed nothing
	return new(n.choice(client.Host(), passed)), nil
}

// named is an engine that the environment or a connection names.
type named struct {
	host       string
	source     string
	connection string
	machine    bool
	identity   string
	tls        *transport.TLSFiles
}

// options puts what is decided before what the caller gives, who has the last word.
func (n *named) options(given []transport.Option) []transport.Option {
	var decided []transport.Option
	if n.identity != "" {
		decided = append(decided, transport.WithIdentity(n.identity))
	}
	if n.machine {
		decided = append(decided, transport.WithMachine())
	}
	if n.tls != nil {
		decided = append(decided, transport.WithTLSFiles(*n.tls))
	}
	return append(decided, given...)
}

func (n *named) choice(host string, passed []error) Choice {
	return Choice{
		Host: host, Source: n.source, Connection: n.connection, Machine: n.machine, Identity: n.identity, TLS: n.tls, Passed: passed,
	}
}
