package process

import (
	"io"
	"os"
	"sync"
)

// pipeSize is what a pipe holds before a write waits, as much as one of Linux.
const pipeSize = 64 << 10

// pipe is a pipe within the process. It holds as much as the kernel's, so that a command which writes little ends without
// a reader.
type pipe struct {
	mu      sync.Mutex
	changed sync.Cond
	buf     []byte
	written bool // the writing end is closed
	read    bool // the reading end is closed
}

func newPipe() *pipe {
	p := &pipe{}
	p.changed.L = &p.mu
	return p
}

// Write waits while the pipe is full.
func (p *pipe) Write(b []byte) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.written:
			return n, os.ErrClosed
		case p.read:
			return n, io.ErrClosedPipe
		}
		if room := min(pipeSize-len(p.buf), len(b)); room > 0 {
			p.buf = append(p.buf, b[:room]...)
			b, n = b[room:], n+room
			p.changed.Broadcast()
		}
		if len(b) == 0 {
			return n, nil
		}
		p.changed.Wait()
	}
}

// Read waits while the pipe is empty.
func (p *pipe) Read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.read:
			return 0, os.ErrClosed
		case len(b) == 0:
			return 0, nil
		case len(p.buf) > 0:
			n := copy(b, p.buf)
			p.buf = append(p.buf[:0], p.buf[n:]...)
			p.changed.Broadcast()
			return n, nil
		case p.written:
			return 0, io.EOF
		}
		p.changed.Wait()
	}
}

func (p *pipe) closeWrite() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.written = true
	p.changed.Broadcast()
}

func (p *pipe) closeRead() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.read, p.buf = true, nil
	p.changed.Broadcast()
}

// pipeReader and pipeWriter are the ends that a caller gets.
type (
	pipeReader struct{ p *pipe }
	pipeWriter struct{ p *pipe }
)

func (r pipeReader) Read(b []byte) (int, error)  { return r.p.Read(b) }
func (r pipeReader) Close() error                { r.p.closeRead(); return nil }
func (w pipeWriter) Write(b []byte) (int, error) { return w.p.Write(b) }
func (w pipeWriter) Close() error                { w.p.closeWrite(); return nil }

// StdinPipe returns a pipe to the command's Stdin. Close it to end the input; Wait closes it too. A Write fails with
// [io.ErrClosedPipe] when the command has ended.
func (c *Cmd) StdinPipe() (io.WriteCloser, error) {
	p, err := c.newPipe("Stdin", c.Stdin != nil)
	if err != nil {
		return nil, err
	}
	c.Stdin = p
	return pipeWriter{p}, nil
}

// StdoutPipe returns a pipe from the command's Stdout. Read it to its end before you call Wait, which closes it. Stdout and
// Stderr share a connection: once more than 64 KiB of one are unread, the other waits.
func (c *Cmd) StdoutPipe() (io.ReadCloser, error) {
	p, err := c.newPipe("Stdout", c.Stdout != nil)
	if err != nil {
		return nil, err
	}
	c.Stdout = p
	return pipeReader{p}, nil
}

// StderrPipe returns a pipe from the command's Stderr. See [Cmd.StdoutPipe].
func (c *Cmd) StderrPipe() (io.ReadCloser, error) {
	p, err := c.newPipe("Stderr", c.Stderr != nil)
	if err != nil {
		return nil, err
	}
	c.Stderr = p
	return pipeReader{p}, nil
}

func (c *Cmd) newPipe(name string, taken bool) (*pipe, error) {
	if c.s == nil {
		return nil, errUnmade
	}
	if taken {
		return nil, c.refuse(name + " is already set")
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.s.started {
		return nil, c.refuse("a pipe has to be made before Start")
	}
	p := newPipe()
	c.s.pipes = append(c.s.pipes, p)
	return p, nil
}

// closePipes closes both ends of all pipes.
func (c *Cmd) closePipes() {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	for _, p := range c.s.pipes {
		p.closeWrite()
		p.closeRead()
	}
}
