package docker

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
	// Source is what decided: "DOCKER_HOST", `DOCKER_CONTEXT "colima"`, the path of a socket.
	Source string
	// Context is the name of the docker context, empty where none was used.
	Context string
	// TLS are the files by which the engine is spoken to in TLS; nil where the environment or the context asks for none,
	// which an option may still do.
	TLS *transport.TLSFiles
	// Passed is what was looked at before, in order, each an error that says why it did not decide.
	Passed []error
}

// String says it on one line: "unix:///var/run/docker.sock by DOCKER_HOST".
func (c Choice) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s by %s", c.Host, c.Source)
	if c.TLS != nil && c.TLS.SkipVerify {
		b.WriteString(", not verified")
	}
	for i, err := range c.Passed {
		b.WriteString([]string{"; passed by: ", "; "}[min(i, 1)] + err.Error())
	}
	return b.String()
}

// Find tells which engine [Open] would open with the same options. Where the environment or a context names it, nothing
// is sent, and the engine need not be there; where nothing does, the engines on the usual sockets are asked for their
// version until one answers. Its errors are those of Open.
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

// named is an engine that the environment or a context names.
type named struct {
	host    string
	source  string
	context string
	tls     *transport.TLSFiles
}

// options puts what is decided before what the caller gives, who has the last word.
func (n *named) options(given []transport.Option) []transport.Option {
	if n.tls == nil {
		return given
	}
	return append([]transport.Option{transport.WithTLSFiles(*n.tls)}, given...)
}

func (n *named) choice(host string, passed []error) Choice {
	return Choice{Host: host, Source: n.source, Context: n.context, TLS: n.tls, Passed: passed}
}
