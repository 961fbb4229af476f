package transport

import (
	"context"
	"crypto/tls"
	"net"
	"time"
)

// Option changes how a [Client] is made.
type Option func(*config)

type config struct {
	// Functions, since these hold keys, and fmt prints all that it finds below a value of somebody's.
	tls            func() *tls.Config
	tlsFiles       func() TLSFiles
	decryptKey     func([]byte) ([]byte, error)
	strictKeys     bool
	warn           func(error)
	dial           DialFunc
	routes         map[string]func(Target) (Route, error) // by scheme
	engine         string
	proxy          func() (ProxyFunc, error)
	identity       string
	machine        bool
	headerTimeout  time.Duration
	dialTimeout    time.Duration
	tlsTimeout     time.Duration
	expectTimeout  time.Duration
	streamIdle     time.Duration
	freshMutations bool
	maxIdle        int
	maxAnswer      int64
	userAgent      string
	observers      []Observer
	policies       []Policy
	unknown        func(op *Operation, doc []byte, v any) // reports what v's type has no field for
}

// DialFunc opens a connection to the engine.
type DialFunc func(ctx context.Context) (net.Conn, error)

func defaults() config {
	return config{
		headerTimeout: 30 * time.Second,
		dialTimeout:   30 * time.Second,
		tlsTimeout:    10 * time.Second,
		expectTimeout: time.Second,
		maxIdle:       2,
		maxAnswer:     64 << 20,
		userAgent:     "gantry",
	}
}

// WithTLS makes tcp:// and https:// hosts speak TLS by this configuration, which is cloned. Versions below TLS 1.2
// are refused whatever it says. Of several options about TLS the last counts.
func WithTLS(c *tls.Config) Option {
	return func(o *config) {
		o.tls, o.tlsFiles = nil, nil
		if c != nil {
			o.tls = func() *tls.Config { return c }
		}
	}
}

// WithDialer has every connection, plain calls and upgrades alike, opened by dial. With TLS, the handshake is done
// on what it returns.
func WithDialer(dial DialFunc) Option { return func(o *config) { o.dial = dial } }

// WithHeaderTimeout bounds the time from sending a read (GET, HEAD) to the head of its answer; 30 seconds unless
// set, 0 for no bound. It never applies to streams, to waiting, or to a call that changes something: those take as
// long as they take, and their context ends them.
func WithHeaderTimeout(d time.Duration) Option { return func(o *config) { o.headerTimeout = d } }

// WithDialTimeout bounds the time to open a connection; 30 seconds unless set, 0 for no bound.
func WithDialTimeout(d time.Duration) Option { return func(o *config) { o.dialTimeout = d } }

// WithTLSTimeout bounds a TLS handshake; 10 seconds unless set, 0 for no bound.
func WithTLSTimeout(d time.Duration) Option { return func(o *config) { o.tlsTimeout = d } }

// WithFreshConnections makes every call that changes something dial a connection of its own, which rules out that
// it meets one that the engine has just closed. It costs a dial for each such call: some 165 microseconds on a unix
// socket, three round trips with TLS. Without it such a call may take a connection that was idle for at most a
// second.
func WithFreshConnections() Option { return func(o *config) { o.freshMutations = true } }

// WithIdleConnections bounds how many connections to the engine stay open for later calls once a burst of calls is a second
// past; 2 unless set. Connections that calls are using have no bound: where a process has no file descriptor left, the idle ones of all
// its clients are closed, and a dial waits until one comes free, for as long as its context and the dial timeout allow.
func WithIdleConnections(n int) Option { return func(o *config) { o.maxIdle = max(n, 0) } }

// WithMaxAnswer bounds the size in bytes of an answer, or of one document of a sequence, that is decoded as a
// whole; 64 MiB unless set. A larger one is [ErrTooLarge]. Streams of bytes have no bound.
func WithMaxAnswer(n int64) Option { return func(o *config) { o.maxAnswer = n } }

// WithUserAgent sets the User-Agent header, "gantry" unless set.
func WithUserAgent(name string) Option { return func(o *config) { o.userAgent = name } }
