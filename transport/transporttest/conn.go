package transporttest

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// conn is one connection of a client.
type conn struct {
	engine *Engine
	net    net.Conn // speaks TLS, if the engine does
	tap    *tap
	in     *bufio.Reader // through the tap
	number int           // 1 for the engine's first
	idle   bool          // between two requests; guarded by the engine's state
}

func newConn(e *Engine, nc net.Conn) *conn {
	t := &tap{from: nc}
	return &conn{engine: e, net: nc, tap: t, in: bufio.NewReader(t)}
}

// serve plays the connection until either side has enough of it.
func (c *conn) serve(fate Fate) {
	defer c.net.Close() //nolint:errcheck // there is nobody to tell
	switch fate {
	case DropConn:
		return
	case IgnoreConn:
		// What is taken from the socket here is never looked at; it is how the end of the client is noticed.
		_, _ = io.Copy(io.Discard, underlying(c.net))
		return
	}
	for c.serveOne() {
	}
}

// serveOne plays one request, and reports whether the connection is good for another.
func (c *conn) serveOne() bool {
	if err := c.await(); err != nil {
		c.explainTLS(err)
		return false
	}
	c.tap.start(c.in)
	req, err := http.ReadRequest(c.in)
	head := c.tap.stop(c.in)
	if err != nil {
		c.refuse(err, head)
		return false
	}
	path, query, _ := strings.Cut(req.RequestURI, "?")
	record := &Request{
		Method: req.Method, Path: path, RawQuery: query, Host: req.Host, Header: req.Header, Head: head, Conn: c.number,
	}
	answer := c.engine.answerTo(req, record)
	x := newExchange(c, req, record)
	defer x.end()
	return x.play(&answer)
}

// await blocks until the first byte of a request is there.
func (c *conn) await() error {
	c.engine.state.setIdle(c, true)
	defer c.engine.state.setIdle(c, false)
	if d := c.engine.idleTimeout; d > 0 {
		_ = c.net.SetReadDeadline(time.Now().Add(d))
		defer c.net.SetReadDeadline(time.Time{}) //nolint:errcheck // the next read will tell
	}
	_, err := c.in.Peek(1)
	return err
}

// refuse answers what is not HTTP. A connection that ended within a request is the client's own affair.
func (c *conn) refuse(err error, head []byte) {
	if c.tap.err != nil {
		return
	}
	if !c.engine.allowUnexpected {
		c.engine.report("malformed request: %v: %.200q", err, head)
	}
	_, _ = io.WriteString(c.net, "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"+
		"Connection: close\r\n\r\n400 Bad Request")
}

// explainTLS tells a client that speaks plain HTTP to a TLS port what is wrong, as Go's engines do.
func (c *conn) explainTLS(err error) {
	var plain tls.RecordHeaderError
	if errors.As(err, &plain) && plain.Conn != nil {
		_, _ = io.WriteString(plain.Conn, "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")
	}
}

// reset closes the connection in the rudest way that it has.
func (c *conn) reset() {
	raw := underlying(c.net)
	if tcp, ok := raw.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = raw.Close()
}

// underlying returns what is below TLS.
func underlying(nc net.Conn) net.Conn {
	if t, ok := nc.(*tls.Conn); ok {
		return t.NetConn()
	}
	return nc
}

// tap keeps a copy of what passes while a head is read, since a parsed request no longer tells how it was spelled.
type tap struct {
	from io.Reader
	open bool
	copy []byte
	err  error // of the connection, the last one
}

func (t *tap) Read(p []byte) (int, error) {
	n, err := t.from.Read(p)
	if t.open {
		t.copy = append(t.copy, p[:n]...)
	}
	t.err = err
	return n, err
}

// start begins with what the reader behind the tap holds already.
func (t *tap) start(in *bufio.Reader) {
	held, _ := in.Peek(in.Buffered())
	t.copy, t.open, t.err = append([]byte(nil), held...), true, nil
}

// stop returns what the reader behind the tap has handed out since start.
func (t *tap) stop(in *bufio.Reader) []byte {
	taken := t.copy[:len(t.copy)-in.Buffered()]
	t.copy, t.open = nil, false
	return taken
}
