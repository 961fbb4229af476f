package transporttest

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"slices"
)

// Upgrade answers 101 and hands the connection to serve; it is closed when serve returns. [Answer.Header] gives the
// head another Upgrade header or none, [Answer.Preceded] puts informational heads before it.
func Upgrade(serve func(c *Conn)) Answer { return UpgradeWith(nil, serve) }

// UpgradeWith is [Upgrade] with bytes that follow the head in the same write.
func UpgradeWith(glued []byte, serve func(c *Conn)) Answer {
	glued = slices.Clone(glued)
	return Answer{respond: func(w *response, _ *http.Request) {
		w.header.Set("Connection", "Upgrade")
		w.header.Set("Content-Type", rawStream)
		w.header.Set("Upgrade", "tcp")
		w.WriteHeader(http.StatusSwitchingProtocols)
		w.raw(glued)
		c := w.take()
		if w.err == nil {
			serve(c)
		}
	}}
}

// Conn is the engine's side of an upgraded connection. One goroutine may read while another writes.
type Conn struct {
	net.Conn

	in       *bufio.Reader // holds what the client sent right behind its request
	response *response     // writes through the answer's faults
}

// take hands the connection over after what is written so far.
func (w *response) take() *Conn {
	w.flush()
	w.hijacked = true
	w.exchange.unwatch()
	return &Conn{Conn: w.exchange.conn.net, in: w.exchange.conn.in, response: w}
}

// Read reads what the client sends.
func (c *Conn) Read(p []byte) (int, error) { return c.in.Read(p) }

// Write sends p at once.
func (c *Conn) Write(p []byte) (int, error) {
	c.response.raw(p)
	c.response.flush()
	if c.response.err != nil {
		return 0, c.response.err
	}
	return len(p), nil
}

// CloseWrite tells the client that nothing more will come; what it sends can still be read. In memory there is no such
// thing, and the error is [errors.ErrUnsupported].
func (c *Conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// Reset closes the connection as [Answer.Reset] does.
func (c *Conn) Reset() { c.response.exchange.conn.reset() }
