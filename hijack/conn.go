package hijack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"sync/atomic"
)

// Config is what a [Conn] may be given beside its stream; the zero value is of use.
type Config struct {
	// Header is the header of the answer that opened the stream.
	Header http.Header
	// Error, if set, makes the errors of the caller's choice of those that the stream gives. It never sees io.EOF,
	// nor the errors of the readers and writers that the stream is copied from and to.
	Error func(error) error
	// OnClose, if set, is called once, after the stream was closed, by whatever it was closed.
	OnClose func()
	// Received and Sent, if set, count the bytes that are read from and written to the stream.
	Received, Sent *atomic.Int64
}

// Conn is a connection that an engine has given up for a raw stream, by a 101 answer; or, read-only, the stream of a
// 200 answer. One goroutine may read while another writes, and any may close it.
//
// Once its context is done the connection is closed, and what waits for it, or comes after, fails with the context's
// error and its cause.
type Conn struct {
	ctx  context.Context
	body io.ReadCloser
	w    io.Writer // nil if read-only
	cfg  Config

	state    atomic.Int32
	stopTies func() bool // unties the connection from ctx
}

// The states of a Conn. Who leaves stateOpen closes the stream.
const (
	stateOpen int32 = iota
	stateClosed
	stateCanceled
)

// NewConn returns a connection over the body of an answer, which it owns from now on. A body that is not an
// [io.Writer] makes a read-only connection; one that has a CloseWrite method, as that of a 101 has from net/http, one
// that can half-close. Hand the body over unwrapped, or that method is lost.
func NewConn(ctx context.Context, body io.ReadCloser, cfg Config) *Conn {
	c := &Conn{ctx: ctx, body: body, cfg: cfg}
	c.w, _ = body.(io.Writer)
	c.stopTies = context.AfterFunc(ctx, func() { _ = c.shut(stateCanceled) })
	return c
}

// Header returns the header of the answer that opened the stream.
func (c *Conn) Header() http.Header { return c.cfg.Header }

// Format writes what the connection is, whatever the verb: what it holds changes while it is used.
func (c *Conn) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, "connection ", c.MediaType()) }

// MediaType returns the media type of the stream by its header, without parameters, or "". From API 1.42 on it is
// "application/vnd.docker.multiplexed-stream" for frames and "application/vnd.docker.raw-stream" for a TTY; before,
// it is the latter for both.
func (c *Conn) MediaType() string {
	media, _, _ := mime.ParseMediaType(c.cfg.Header.Get("Content-Type"))
	return media
}

// Read implements [io.Reader]. It gives io.EOF when the engine has closed its side.
func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // io.Reader's contract
		err = c.wrap(err)
	}
	return n, err
}

// Write implements [io.Writer]. A read-only connection gives [ErrUnsupported].
func (c *Conn) Write(p []byte) (int, error) {
	if err := c.ended(); err != nil {
		return 0, c.wrap(err)
	}
	if c.w == nil {
		return 0, c.wrap(ErrUnsupported)
	}
	n, err := writeAll(c.w, p)
	if c.cfg.Sent != nil {
		c.cfg.Sent.Add(int64(n))
	}
	return n, c.wrap(c.because(err))
}

// CloseWrite tells the engine that no more input comes; output still does. A connection that cannot do that gives
// [ErrUnsupported], and stays as it was.
func (c *Conn) CloseWrite() error {
	if err := c.ended(); err != nil {
		return c.wrap(err)
	}
	half, ok := c.body.(interface{ CloseWrite() error })
	if !ok || c.w == nil {
		return c.wrap(ErrUnsupported)
	}
	err := half.CloseWrite()
	if errors.Is(err, errors.ErrUnsupported) {
		err = ErrUnsupported
	}
	return c.wrap(c.because(err))
}

// Close closes both directions. What waits in a Read or Write, and all that comes after, fails with [ErrClosed].
// Close may be called more than once; only the first call that finds the connection open can fail.
func (c *Conn) Close() error {
	c.stopTies()
	if c.ctx.Err() != nil {
		return c.shut(stateCanceled) // the context came first
	}
	return c.shut(stateClosed)
}

// Demux reads multiplexed output to its end and writes it to stdout and stderr, as the function [Demux] does. If it
// fails, or a writer panics, the connection is closed; after a complete output it is not, as one may still write.
//
// A raw stream has no mark of its end. An engine that is killed between two frames ends it as a program does that is done:
// the error is nil, and what the program wrote afterwards is missing. Where that matters, ask the engine how the program
// ended: by the inspect of the exec, or of the container, which says that it no longer runs, and with which exit code. An
// engine that is gone does not say so.
func (c *Conn) Demux(stdout, stderr io.Writer) (written int64, err error) {
	complete := false
	defer func() {
		if !complete {
			_ = c.Close()
		}
	}()
	written, err = newSplitter(plainReader{c}, false, c.cfg.Error).demux(stdout, stderr)
	complete = err == nil
	return written, err
}

// Logs returns the connection's output as [Logs], which own the connection from now on. The errors are those of the
// connection unless cfg has an Error of its own.
func (c *Conn) Logs(cfg LogsConfig) *Logs {
	if cfg.Error == nil {
		cfg.Error = c.cfg.Error
	}
	return NewLogs(plainReader{c}, cfg)
}

// shut closes the stream, once.
func (c *Conn) shut(state int32) error {
	if !c.state.CompareAndSwap(stateOpen, state) {
		return nil
	}
	err := c.body.Close()
	if c.cfg.OnClose != nil {
		c.cfg.OnClose()
	}
	return c.wrap(err)
}

// read is Read with the errors as they are.
func (c *Conn) read(p []byte) (int, error) {
	if err := c.ended(); err != nil {
		return 0, err
	}
	n, err := c.body.Read(p)
	if c.cfg.Received != nil {
		c.cfg.Received.Add(int64(n))
	}
	return n, c.because(err)
}

// because replaces the error of an operation, also io.EOF, by the reason why the connection was closed under it.
func (c *Conn) because(err error) error {
	if err != nil {
		if reason := c.ended(); reason != nil {
			return reason
		}
	}
	return err
}

// ended says why the connection can no longer be used, if so. The context counts from the moment it is done, though
// the connection is closed a moment later.
func (c *Conn) ended() error {
	if c.state.Load() == stateClosed {
		return ErrClosed
	}
	err := c.ctx.Err()
	if err == nil {
		return nil
	}
	if cause := context.Cause(c.ctx); !errors.Is(cause, err) {
		return fmt.Errorf("%w: %w", err, cause)
	}
	return err
}

func (c *Conn) wrap(err error) error {
	if err == nil || c.cfg.Error == nil {
		return err
	}
	return c.cfg.Error(err)
}

// plainReader reads a connection for those who wrap its errors themselves, once.
type plainReader struct{ *Conn }

func (c plainReader) Read(p []byte) (int, error) { return c.read(p) }
