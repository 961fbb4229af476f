package podman

import (
	"context"
	"fmt"

	"github.com/gantry-go/gantry/internal/discover"
	"github.com/gantry-go/gantry/transport"
)

// Open opens the engine that `podman --remote` would speak to:
//
//  1. CONTAINER_HOST, with CONTAINER_SSHKEY as the key file for an ssh host, and CONTAINER_TLS_CA, CONTAINER_TLS_CERT and
//     CONTAINER_TLS_KEY for TLS.
//  2. CONTAINER_CONNECTION, the name of a podman connection; see [OpenConnection].
//  3. The default connection, if one is set.
//  4. The first usual socket on which an engine answers: the user's own, the system's, those of Podman's virtual machine.
//     On Windows, the named pipe of that machine.
//
// What is named in 1 to 3 is used or fails: nothing else is tried then. Where both are set, Podman 4 too takes
// CONTAINER_HOST, while Podman 5 takes CONTAINER_CONNECTION.
//
// Hosts of ssh:// and npipe:// need the option of package transport/ssh or transport/npipe.
//
// The engine is asked for its version, as operation "SystemVersion": observers are told of it, and a policy among the
// options has to let it pass. Where a proxy refuses that, it is asked for a ping, whose header has the versions.
//
// [Engine.Choice] and [Engine.Source] tell what was decided, and [Find] does without opening. When no engine is found,
// the error is a [NoEngineError]. The caller closes the engine.
func Open(ctx context.Context, options ...transport.Option) (*Engine, error) {
	return open(ctx, discover.Here(), decide, options)
}

// OpenConnection opens the engine of a podman connection, with the key file and the TLS files that it may have, and tries
// nothing else. Connections are what `podman system connection list` lists: those of podman-connections.json, and of
// the service_destinations of containers.conf in all places that it is merged from. The environment does not choose
// between them here. One that is not there, or files that cannot be read, are a [transport.ErrInvalidInput]. The caller
// closes the engine.
func OpenConnection(ctx context.Context, name string, options ...transport.Option) (*Engine, error) {
	return open(ctx, discover.Here(), func(env *discover.Environment) (*named, []error, error) {
		n, err := fromConnection(env, name, "the given connection "+discover.Quote(name))
		return n, nil, err
	}, options)
}

// decider decides which engine is named, if any is, and says what it looked at before.
type decider func(*discover.Environment) (n *named, passed []error, err error)

// open opens what is named, or else what is on the usual sockets.
func open(ctx context.Context, env *discover.Environment, decide decider, options []transport.Option) (*Engine, error) {
	n, passed, err := decide(env)
	if err != nil {
		return nil, err
	}
	if n == nil {
		return openUsual(ctx, env, passed, options)
	}
	e, err := OpenHost(ctx, n.host, n.options(options)...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", n.source, err)
	}
	e.choice = n.choice(e.Host(), passed)
	return e, nil
}

// openUsual opens the first usual socket where an engine answers.
func openUsual(ctx context.Context, env *discover.Environment, passed []error, options []transport.Option) (*Engine, error) {
	e, host, tried := discover.First(ctx, env.PodmanSockets(), func(host string) (*Engine, error) {
		return OpenHost(ctx, host, options...)
	})
	switch {
	case host != "":
		e.choice = Choice{Host: e.Host(), Source: usualSource(host), Passed: append(passed, tried...)}
		return e, nil
	case ctx.Err() != nil:
		return nil, tried[len(tried)-1]
	}
	return nil, &NoEngineError{Tried: append(passed, tried...)}
}

// NoEngineError says that nothing names an engine, and that none answered where one is usually found. It is a
// [transport.ErrConnect].
type NoEngineError struct {
	// Tried has an error for each place that was looked at, in order: variables, files, sockets.
	Tried []error
}

// Error names each place and why it would not do.
func (e *NoEngineError) Error() string { return discover.Explain(e.Tried) }

// Unwrap returns the errors of the places.
func (e *NoEngineError) Unwrap() []error { return append([]error{transport.ErrConnect}, e.Tried...) }
