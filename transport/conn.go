package transport

import (
	"crypto/tls"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// countedConn is every connection of a client, below TLS. It tells when it is closed, keeps what net/http would lose of an
// engine's last words, and passes on what net/http and package hijack make use of.
type countedConn struct {
	net.Conn
	onClose   func()                 // may be called more than once
	closed    chan struct{}          // closed by Close, before it closes anything else
	closeOnce func()                 // closes closed
	upload    atomic.Pointer[upload] // what is being sent on it

	handshake *handshake // nil without TLS; set before the connection is used
	reading   sync.Mutex // guards ahead, and who reads
	ahead     []byte     // read, but not yet by who reads
}

func newConn(conn net.Conn, onClose func()) *countedConn {
	c := &countedConn{Conn: conn, onClose: onClose, closed: make(chan struct{})}
	c.closeOnce = sync.OnceFunc(func() { close(c.closed) })
	return c
}

// counted returns the connection below TLS.
func counted(conn net.Conn) *countedConn {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	return conn.(*countedConn)
}

// isClosed reports whether Close was called.
func (c *countedConn) isClosed() bool {
	select {
	case <-c.closed:
		return true
	default:
		return false
	}
}

// Close implements [net.Conn]. It ends an upload: net/http waits for a source that blocks before it says that the
// connection is gone.
func (c *countedConn) Close() error {
	c.closeOnce()
	err := c.Conn.Close()
	c.onClose()
	c.endUpload()
	return err
}

// carry takes in what is going to be sent.
func (c *countedConn) carry(u *upload) {
	c.upload.Store(u)
	if c.isClosed() {
		c.endUpload()
	}
}

func (c *countedConn) endUpload() {
	if u := c.upload.Swap(nil); u != nil {
		u.dead.Store(true)
		u.stop()
	}
}

// CloseWrite closes one direction, where the connection can.
func (c *countedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return ErrUnsupported
}

const (
	// verdictTime bounds the wait for the reason why an engine that has just done a handshake takes no more.
	verdictTime = 100 * time.Millisecond
	// maxVerdict is more than what an engine can have sent by then: tickets, and an alert.
	maxVerdict = 16 << 10
)

// Read implements [net.Conn].
func (c *countedConn) Read(p []byte) (int, error) {
	if c.handshake == nil {
		return c.Conn.Read(p)
	}
	c.reading.Lock()
	defer c.reading.Unlock()
	if len(c.ahead) > 0 {
		n := copy(p, c.ahead)
		c.ahead = c.ahead[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

// Write implements [net.Conn]. Once the connection is closed nothing more leaves, also where Close is still under way.
func (c *countedConn) Write(p []byte) (int, error) {
	if c.isClosed() {
		return 0, net.ErrClosed
	}
	n, err := c.Conn.Write(p)
	if err != nil {
		c.listen(err)
	}
	return n, err
}

// ReadFrom lets the kernel send a file.
func (c *countedConn) ReadFrom(r io.Reader) (int64, error) {
	if c.isClosed() {
		return 0, net.ErrClosed
	}
	n, err := io.Copy(c.Conn, r)
	if err != nil {
		c.listen(err)
	}
	return n, err
}

// listen is called when a write has failed with err, which net/http takes for the failure of the whole: it closes the
// connection, whatever has come on it. Where an engine refuses our certificate, that is its alert, which is kept here;
// where it refuses an upload, its answer, which is waited for.
func (c *countedConn) listen(err error) {
	if c.handshake != nil && !c.handshake.answered.Load() && c.SetReadDeadline(time.Now().Add(verdictTime)) == nil {
		c.reading.Lock()                                          // a Read under way returns by then
		rest, _ := io.ReadAll(io.LimitReader(c.Conn, maxVerdict)) // to the end that broke the write
		c.ahead = append(c.ahead, rest...)
		c.reading.Unlock()
	}
	if u := c.upload.Load(); u != nil && u.sourceError(err) == nil {
		u.awaitAnswer(c.closed)
	}
}
