package docker

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gantry-go/gantry/internal/sockets"
	"github.com/gantry-go/gantry/transport"
)

// Open opens the engine that the environment names, or else the first that answers on one of the usual sockets:
//
//  1. DOCKER_HOST. Nothing else is tried then. With DOCKER_TLS_VERIFY (any value but the empty one) a tcp host is
//     spoken to in TLS, verified, with ca.pem, cert.pem and key.pem of DOCKER_CERT_PATH, or of ~/.docker.
//  2. /var/run/docker.sock, the system's; $XDG_RUNTIME_DIR/docker.sock, the rootless one; ~/.docker/run/docker.sock,
//     Docker Desktop's; and Podman's Docker-compatible ones, $XDG_RUNTIME_DIR/podman/podman.sock and
//     /run/podman/podman.sock.
//
// [Engine.Source] tells which it was. When none answers, the error names each that was tried and why it would not
// do. The caller closes the engine.
func Open(ctx context.Context, options ...transport.Option) (*Engine, error) {
	if host := os.Getenv("DOCKER_HOST"); host != "" {
		options, err := environmentTLS(host, options)
		if err != nil {
			return nil, err
		}
		e, err := OpenHost(ctx, host, options...)
		if err != nil {
			return nil, fmt.Errorf("DOCKER_HOST: %w", err)
		}
		e.source = "DOCKER_HOST"
		return e, nil
	}
	e, path, tried := sockets.First(ctx, usualSockets(), func(host string) (*Engine, error) {
		return OpenHost(ctx, host, options...)
	})
	switch {
	case path != "":
		e.source = path
		return e, nil
	case ctx.Err() != nil:
		return nil, tried[len(tried)-1]
	}
	return nil, &NoEngineError{Tried: tried}
}

// NoEngineError says that no engine answered where one is usually found.
type NoEngineError struct {
	// Tried has an error for each socket, in the order in which they were tried.
	Tried []error
}

// Error names each socket and why it would not do.
func (e *NoEngineError) Error() string {
	return sockets.Explain("DOCKER_HOST", e.Tried)
}

// Unwrap returns the errors of the sockets.
func (e *NoEngineError) Unwrap() []error { return append([]error{transport.ErrConnect}, e.Tried...) }

// usualSockets returns where engines listen, the most usual first.
func usualSockets() []string {
	sockets := []string{"/var/run/docker.sock"}
	runtime := os.Getenv("XDG_RUNTIME_DIR")
	if runtime != "" {
		sockets = append(sockets, filepath.Join(runtime, "docker.sock"))
	}
	if home, err := os.UserHomeDir(); err == nil {
		sockets = append(sockets, filepath.Join(home, ".docker", "run", "docker.sock"))
	}
	if runtime != "" {
		sockets = append(sockets, filepath.Join(runtime, "podman", "podman.sock"))
	}
	return append(sockets, "/run/podman/podman.sock")
}

// environmentTLS adds the TLS that the environment asks for. What it asks for and cannot have is an error: an engine
// is never spoken to in plain text because a file was missing.
func environmentTLS(host string, options []transport.Option) ([]transport.Option, error) {
	if os.Getenv("DOCKER_TLS_VERIFY") == "" || strings.HasPrefix(host, "unix://") {
		return options, nil
	}
	dir := os.Getenv("DOCKER_CERT_PATH")
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, fmt.Errorf("DOCKER_TLS_VERIFY is set: %w", err)
		}
		dir = filepath.Join(home, ".docker")
	}
	config, err := clientTLS(dir)
	if err != nil {
		return nil, fmt.Errorf("DOCKER_TLS_VERIFY is set: %w", err)
	}
	return append([]transport.Option{transport.WithTLS(config)}, options...), nil
}

// clientTLS reads what the docker command line keeps in a folder. Its CA alone is trusted.
func clientTLS(dir string) (*tls.Config, error) {
	ca, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) {
		return nil, fmt.Errorf("%s holds no certificate", filepath.Join(dir, "ca.pem"))
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"))
	if err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool, Certificates: []tls.Certificate{pair}}, nil
}
