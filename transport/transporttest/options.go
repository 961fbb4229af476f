package transporttest

import (
	"crypto/tls"
	"time"
)

// Option changes how an [Engine] is made.
type Option func(*config)

type config struct {
	listen          func(*Engine) error
	apiVersion      string
	minAPIVersion   string
	libpodVersion   string
	allowUnexpected bool
	always          func(Answer) Answer
	patience        time.Duration
	idleTimeout     time.Duration
}

func defaults() config {
	return config{
		listen:        listenUnix,
		apiVersion:    "1.41",
		minAPIVersion: "1.24",
		always:        func(a Answer) Answer { return a },
		patience:      10 * time.Second,
	}
}

// TCP makes the engine listen on a loopback port instead of a unix socket.
func TCP() Option { return func(c *config) { c.listen = listenTCP } }

// TLS makes the engine listen on a loopback port and speak TLS by the given configuration. Without certificates in it,
// or with nil, it presents one of its own for localhost and the loopback addresses; see [Engine.CertPEM].
func TLS(given *tls.Config) Option {
	return func(c *config) { c.listen = func(e *Engine) error { return listenTLS(e, given) } }
}

// InMemory makes the engine reachable through [Engine.Dial] alone, over pipes within the process: each write of the
// engine is a read of its own for the client, and testing/synctest can hold the clock. A pipe has no half-close, so
// CloseWrite is not to be had.
func InMemory() Option { return func(c *config) { c.listen = listenMemory } }

// Version sets the newest and the oldest API version that /_ping and /version tell; 1.41 and 1.24 unless set.
func Version(api, oldest string) Option {
	return func(c *config) { c.apiVersion, c.minAPIVersion = api, oldest }
}

// Libpod makes /_ping and /version answer as Podman's service does, with the given version of the libpod API.
func Libpod(version string) Option { return func(c *config) { c.libpodVersion = version } }

// AllowUnexpected keeps requests that no pattern matches from failing the test. They are still answered 404.
func AllowUnexpected() Option { return func(c *config) { c.allowUnexpected = true } }

// Always applies change to every answer that the engine gives, for faults of the whole connection.
func Always(change func(Answer) Answer) Option { return func(c *config) { c.always = change } }

// Patience sets how long the Wait methods wait; 10 seconds unless set.
func Patience(d time.Duration) Option { return func(c *config) { c.patience = d } }

// IdleTimeout makes the engine close a connection that brings no request for d.
func IdleTimeout(d time.Duration) Option { return func(c *config) { c.idleTimeout = d } }
