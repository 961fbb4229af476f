package hijack

import (
	"fmt"
	"io"
	"iter"
	"sync/atomic"
)

// LogsConfig says what a stream of logs looks like; the bytes themselves do not tell.
type LogsConfig struct {
	// TTY says that the stream is raw, not multiplexed: the container has a TTY, and all output is stdout.
	TTY bool
	// Timestamps says that the engine was asked to put the time before each line.
	Timestamps bool
	// Details says that the engine was asked to put the attributes of the log before each line.
	Details bool
	// Error, if set, makes the errors of the caller's choice of those that the stream gives. It never sees io.EOF,
	// nor the error of a writer.
	Error func(error) error
}

// Logs are the output of a container, a service or a task. They are read once, by [Logs.Frames], [Logs.Lines] or
// [Logs.Demux], each of which closes them at its end; whoever reads them by none of these closes them.
type Logs struct {
	src    io.ReadCloser
	cfg    LogsConfig
	used   atomic.Bool
	closed atomic.Bool
}

// NewLogs returns the logs that src carries. They own src from now on.
func NewLogs(src io.ReadCloser, cfg LogsConfig) *Logs {
	return &Logs{src: src, cfg: cfg}
}

// Format writes that they are logs, whatever the verb: what they hold changes while they are read.
func (l *Logs) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, "logs") }

// TTY says whether the logs are a TTY's: raw, and all of it stdout.
func (l *Logs) TTY() bool { return l.cfg.TTY }

// Close ends the stream; a loop over it then ends with [ErrClosed]. It may be called more than once, from anywhere.
func (l *Logs) Close() error {
	if !l.closed.CompareAndSwap(false, true) {
		return nil
	}
	return l.src.Close()
}

// Frames returns the output piece by piece, as it comes. The sequence ends with an error unless the output is
// complete. It closes the logs however the loop over it ends; a second loop yields an error.
func (l *Logs) Frames() iter.Seq2[Frame, error] {
	return func(yield func(Frame, error) bool) {
		s, err := l.open()
		if err != nil {
			yield(Frame{}, err)
			return
		}
		defer l.finish(s)
		for {
			stream, data, err := s.next()
			if err != nil {
				if err != io.EOF { //nolint:errorlint // a wrapped one would be an error
					yield(Frame{}, err)
				}
				return
			}
			if !yield(Frame{Stream: stream, Data: data}, nil) {
				return
			}
		}
	}
}

// Demux writes the output to stdout and stderr until it ends, as the function [Demux] does, and closes the logs. All
// of a TTY's output goes to stdout.
func (l *Logs) Demux(stdout, stderr io.Writer) (written int64, err error) {
	s, err := l.open()
	if err != nil {
		return 0, err
	}
	defer l.finish(s)
	return s.demux(stdout, stderr)
}

// open claims the stream for one reading.
func (l *Logs) open() (*splitter, error) {
	err := errConsumed
	if l.used.CompareAndSwap(false, true) {
		if !l.closed.Load() {
			return newSplitter(openLogs{l}, l.cfg.TTY, l.cfg.Error), nil
		}
		err = ErrClosed
	}
	if l.cfg.Error != nil {
		err = l.cfg.Error(err)
	}
	return nil, err
}

// finish is deferred, so that a panic in a loop's body or in a writer closes the stream as well.
func (l *Logs) finish(s *splitter) {
	s.release()
	_ = l.Close() // the output has been judged by its own end
}

// openLogs reads the source for as long as the logs are open. What a source gives once it is closed, be it io.EOF,
// says nothing about the output.
type openLogs struct{ *Logs }

func (l openLogs) Read(p []byte) (int, error) {
	if l.closed.Load() {
		return 0, ErrClosed
	}
	n, err := l.src.Read(p)
	if err != nil && l.closed.Load() {
		err = ErrClosed
	}
	return n, err
}
