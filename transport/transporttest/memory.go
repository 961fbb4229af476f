package transporttest

import (
	"context"
	"net"
)

// pipes is a listener whose connections are pipes within the process.
type pipes struct {
	dialed chan net.Conn
	ctx    context.Context // of the engine
}

func listenMemory(e *Engine) error {
	p := &pipes{dialed: make(chan net.Conn), ctx: e.ctx}
	e.listener, e.dial = p, p.dial
	e.host = "tcp://in-memory:2375" // a valid one: the client's dialer makes nothing of it
	return nil
}

func (p *pipes) dial(ctx context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.dialed <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-p.ctx.Done():
		return nil, net.ErrClosed
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.dialed:
		return conn, nil
	case <-p.ctx.Done():
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { return nil } // the engine's context ends it
func (p *pipes) Addr() net.Addr { return memoryAddr{} }

type memoryAddr struct{}

func (memoryAddr) Network() string { return "memory" }
func (memoryAddr) String() string  { return "memory" }
