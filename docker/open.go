package docker

import (
	"context"
	"fmt"

	"github.com/gantry-go/gantry/internal/discover"
	"github.com/gantry-go/gantry/transport"
)

// Open opens the engine that the docker command line would speak to:
//
//  1. DOCKER_HOST, in any form that the command line takes: "unix:///path", "tcp://host:port", "host:port", ":2375".
//  2. DOCKER_CONTEXT, the name of a docker context; see [OpenContext].
//  3. The current context of config.json in DOCKER_CONFIG, or in ~/.docker.
//  4. tcp://localhost:2376, where DOCKER_TLS_VERIFY or DOCKER_TLS is set.
//  5. The first usual socket on which an engine answers: the system's, the rootless one, those of Docker Desktop, Colima,
//     OrbStack and Rancher Desktop, and Podman's. The command line knows the system's alone. On Windows, the usual named
//     pipes.
//
// What is named in 1 to 4 is used or fails: nothing else is tried then. A context by the name of "default" is none.
//
// For tcp hosts of 1 and 4, DOCKER_TLS_VERIFY, DOCKER_TLS or DOCKER_CERT_PATH ask for TLS, each by any value but the
// empty one. The files are ca.pem, cert.pem and key.pem of DOCKER_CERT_PATH, or of the folder of config.json; ca.pem is
// needed, the other two may be missing both. The engine is always verified, also by DOCKER_TLS, which the command line
// takes for TLS without: give [transport.WithTLS] or [transport.WithTLSFiles] to ask for that.
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

// OpenContext opens the engine of a docker context, with the TLS material, the setting to skip verification and the
// ssh host that it may have, and tries nothing else. Contexts are what `docker context ls` lists; the environment does
// not choose between them here. "default" stands for none: it opens what DOCKER_HOST names, or the usual sockets.
// A context that is not there or cannot be read is a [transport.ErrInvalidInput]. DOCKER_TLS_VERIFY refuses a context
// that would be spoken to in plain text over TCP, or without verification. The caller closes the engine.
func OpenContext(ctx context.Context, name string, options ...transport.Option) (*Engine, error) {
	return open(ctx, discover.Here(), func(env *discover.Environment) (*named, []error, error) {
		if name == defaultContext {
			return decideWithout(env)
		}
		n, err := fromContext(env, name, "the given context "+discover.Quote(name))
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
	e, host, tried := discover.First(ctx, usualHosts(env), func(host string) (*Engine, error) {
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
