package ssh

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

// stream is a channel of a connection as a [net.Conn] that has CloseWrite.
//
// A channel by itself cannot be waited for less than wholly: a Read or Write of it ends when the server sends something,
// and Close does not end them. So each direction goes through a pipe, which can be closed and has deadlines, and a
// goroutine that may wait for the server as long as the connection lives.
type stream struct {
	link    *link
	channel ssh.Channel
	verdict func() error // how the program at the other end has ended; nil for a socket

	in, feed  net.Conn // what the engine sends: read here, fed by receive
	out, take net.Conn // what is sent to the engine: written here, taken by send

	failure  atomic.Pointer[error] // why the engine's side has ended, if not by itself
	gone     chan struct{}         // closed once the channel is closed by the server, or with the connection
	received chan struct{}         // closed once the engine's end is explained; it takes the connection until then
	sent     chan struct{}         // closed once all that was written is sent
	closed   chan struct{}         // closed by Close
	once     sync.Once
}

const (
	// pumpBuffer is what one step through a pipe moves: as much as a packet of the protocol holds.
	pumpBuffer = 32 << 10
	// linger bounds how long Close lets go on what was written before.
	linger = 2 * time.Second
)

// newStream makes a connection of a channel. It answers the channel's requests, which inspect may look at. The caller
// calls start.
func newStream(l *link, channel ssh.Channel, requests <-chan *ssh.Request, inspect func(*ssh.Request)) *stream {
	s := &stream{
		link: l, channel: channel,
		gone: make(chan struct{}), received: make(chan struct{}), sent: make(chan struct{}), closed: make(chan struct{}),
	}
	s.in, s.feed = net.Pipe()
	s.out, s.take = net.Pipe()
	go func() {
		for request := range requests {
			if inspect != nil {
				inspect(request)
			}
			_ = request.Reply(false, nil)
		}
		close(s.gone)
		_ = s.take.Close()
		l.roomy()
		<-s.received
		l.release()
	}()
	return s
}

// start begins to move bytes; what ends a program's stream is known by then.
func (s *stream) start() {
	go s.receive()
	go s.send()
}

// receive moves what the engine sends, until it ends, and then finds out why.
func (s *stream) receive() {
	defer close(s.received)
	defer s.feed.Close() //nolint:errcheck // a pipe's
	buffer := make([]byte, pumpBuffer)
	for {
		n, err := s.channel.Read(buffer)
		if n > 0 {
			if _, closed := s.feed.Write(buffer[:n]); closed != nil {
				return
			}
		}
		if err == nil {
			continue
		}
		if !errors.Is(err, io.EOF) {
			s.fail(&serverSaid{err})
		} else if err := s.ended(); err != nil {
			s.fail(err)
		}
		return
	}
}

// ended tells the end that the engine made, for which it returns nil, from others that look like it.
func (s *stream) ended() error {
	select {
	case <-s.closed:
		return nil // nobody wants to know
	default:
	}
	// The channel's last word is io.EOF also when the connection is lost, and data with it. That the connection lives
	// proves that the server meant it.
	if err := s.link.alive(s.closed); err != nil {
		return err
	}
	if s.verdict != nil {
		return s.verdict()
	}
	return nil
}

func (s *stream) fail(err error) {
	s.failure.CompareAndSwap(nil, &err)
	_ = s.take.Close()
}

// why is the reason of the failure, or the given one.
func (s *stream) why(or error) error {
	select {
	case <-s.closed:
		return net.ErrClosed
	default:
	}
	if err := s.failure.Load(); err != nil {
		return *err
	}
	return or
}

// send moves what is written, until that ends.
func (s *stream) send() {
	defer close(s.sent)
	buffer := make([]byte, pumpBuffer)
	for {
		n, err := s.take.Read(buffer)
		if n > 0 {
			if _, err := s.channel.Write(buffer[:n]); err != nil {
				_ = s.take.Close()
				return
			}
		}
		if err != nil {
			_ = s.channel.CloseWrite()
			return
		}
	}
}

// errEnded is the error of a write to an engine that takes nothing more.
var errEnded = errors.New("the engine has closed the connection")

// Read implements [net.Conn].
func (s *stream) Read(p []byte) (int, error) {
	n, err := s.in.Read(p)
	switch {
	case errors.Is(err, io.ErrClosedPipe):
		err = s.why(net.ErrClosed)
	case errors.Is(err, io.EOF):
		err = s.why(io.EOF)
	}
	return n, err
}

// Write implements [net.Conn]. What it takes is sent in the background, as by a kernel.
func (s *stream) Write(p []byte) (int, error) {
	n, err := s.out.Write(p)
	if errors.Is(err, io.ErrClosedPipe) {
		err = s.why(errEnded)
	}
	return n, err
}

// CloseWrite tells the engine that nothing more comes. What it sends can still be read.
func (s *stream) CloseWrite() error {
	if err := s.why(nil); err != nil {
		return err
	}
	return s.out.Close()
}

// Close closes both directions at once. What was written before is still sent, for a moment, behind the scenes.
func (s *stream) Close() error {
	s.once.Do(func() {
		close(s.closed)
		_ = s.in.Close()
		_ = s.out.Close()
		go s.finish()
	})
	return nil
}

// finish closes the channel, when what was written is sent.
func (s *stream) finish() {
	timer := time.NewTimer(linger)
	defer timer.Stop()
	select {
	case <-s.sent:
	case <-s.gone:
	case <-timer.C:
	}
	_ = s.channel.Close()
}

// LocalAddr implements [net.Conn].
func (s *stream) LocalAddr() net.Addr { return s.link.wire.LocalAddr() }

// RemoteAddr implements [net.Conn]. It is the server's.
func (s *stream) RemoteAddr() net.Addr { return s.link.wire.RemoteAddr() }

// SetDeadline implements [net.Conn].
func (s *stream) SetDeadline(t time.Time) error {
	return errors.Join(s.SetReadDeadline(t), s.SetWriteDeadline(t))
}

// SetReadDeadline implements [net.Conn].
func (s *stream) SetReadDeadline(t time.Time) error { return s.in.SetReadDeadline(t) }

// SetWriteDeadline implements [net.Conn].
func (s *stream) SetWriteDeadline(t time.Time) error { return s.out.SetWriteDeadline(t) }
