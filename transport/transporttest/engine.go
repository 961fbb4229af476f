package transporttest

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"sync"
	"testing"
)

// Engine is an engine within the process. [New] and [Start] make it.
type Engine struct {
	config
	t        testing.TB // nil after Start
	host     string
	listener net.Listener
	dial     func(ctx context.Context) (net.Conn, error)
	dir      string // of the socket, removed by Close
	cert     *x509.Certificate

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	all    sync.WaitGroup // the accept loop and the connections

	script script
	state  state
}

// New starts an engine that is closed when the test ends, and fails the test if it cannot.
func New(t testing.TB, options ...Option) *Engine {
	t.Helper()
	e, err := start(t, options)
	if err != nil {
		t.Fatalf("transporttest: %v", err)
	}
	t.Cleanup(e.Close)
	return e
}

// Start starts an engine where there is no test to report to. The caller closes it.
func Start(options ...Option) (*Engine, error) { return start(nil, options) }

func start(t testing.TB, options []Option) (*Engine, error) {
	e := &Engine{t: t, config: defaults()}
	for _, option := range options {
		option(&e.config)
	}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	e.state.init()
	e.handleDefaults()
	if err := e.listen(e); err != nil {
		e.cancel()
		_ = os.RemoveAll(e.dir)
		return nil, fmt.Errorf("start engine: %w", err)
	}
	e.all.Go(e.accept)
	return e, nil
}

// Host returns the engine's address as a client takes it: "unix:///tmp/.../s", "tcp://127.0.0.1:1234", or with TLS
// "https://127.0.0.1:1234".
func (e *Engine) Host() string { return e.host }

// Dial opens a connection to the engine, for clients that take a dialer. With [TLS] it is the connection below TLS.
func (e *Engine) Dial(ctx context.Context) (net.Conn, error) { return e.dial(ctx) }

// Close ends the engine: it closes every connection, whatever goes on there, and waits for the functions given to
// [Handler] and [Upgrade] to return. It may be called more than once.
func (e *Engine) Close() {
	e.cancel()
	_ = e.listener.Close()
	for _, c := range e.state.connections() {
		_ = c.net.Close()
	}
	e.all.Wait()
	_ = os.RemoveAll(e.dir)
}

func (e *Engine) accept() {
	for {
		nc, err := e.listener.Accept()
		if err != nil {
			return
		}
		c := newConn(e, nc)
		fate := e.state.opened(c)
		e.all.Go(func() {
			defer e.state.closed(c)
			stop := context.AfterFunc(e.ctx, func() { _ = nc.Close() })
			defer stop()
			c.serve(fate)
		})
	}
}

// report fails the test, if there is one.
func (e *Engine) report(format string, args ...any) {
	if e.t != nil {
		e.t.Errorf("transporttest: "+format, args...)
	}
}
