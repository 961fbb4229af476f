package hijack

import (
	"errors"
	"fmt"
	"io"
	"net"
)

var (
	// ErrClosed is what a stream gives after it was closed on this side. It is [net.ErrClosed] to [errors.Is], too.
	ErrClosed = fmt.Errorf("stream closed: %w", net.ErrClosed)
	// ErrUnsupported is what a connection gives when it cannot write, or cannot close one direction alone. It is
	// [errors.ErrUnsupported] to [errors.Is], too.
	ErrUnsupported = fmt.Errorf("stream: %w", errors.ErrUnsupported)
	// ErrProtocol is the class of [*ProtocolError].
	ErrProtocol = errors.New("stream is not multiplexed")
	// ErrTruncated is the class of [*TruncatedError]. It is [io.ErrUnexpectedEOF] to [errors.Is], too.
	ErrTruncated error = truncated{}
)

type truncated struct{}

func (truncated) Error() string { return "stream truncated" }
func (truncated) Unwrap() error { return io.ErrUnexpectedEOF }

// For readers and writers that claim to have moved more than there was room for, or less than nothing.
var (
	errInvalidRead  = errors.New("reader returned an impossible count")
	errInvalidWrite = errors.New("writer returned an impossible count")
)

// errConsumed is for the second loop over logs: the first has closed them.
var errConsumed = fmt.Errorf("logs are read once: %w", ErrClosed)

// TruncatedError says that a stream ended in the middle.
type TruncatedError struct {
	// Delivered counts the bytes of output that came before and were handed on; headers of frames are not output.
	Delivered int64
}

// Error implements error.
func (e *TruncatedError) Error() string {
	return fmt.Sprintf("stream truncated after %d bytes of output", e.Delivered)
}

// Unwrap returns [ErrTruncated].
func (e *TruncatedError) Unwrap() error { return ErrTruncated }

// ProtocolError says that a stream which was taken for a multiplexed one is not: most likely it is that of a TTY.
type ProtocolError struct {
	// Head is what stands where a frame should begin. It holds eight bytes, or fewer where the mistake shows in the
	// first of them and no more had come: a prompt, say, which the program follows with nothing until it is answered.
	Head []byte
}

// Error implements error. It leaves out the bytes, which are somebody's output.
func (e *ProtocolError) Error() string {
	return ErrProtocol.Error() + ": no header where a frame begins"
}

// Unwrap returns [ErrProtocol].
func (e *ProtocolError) Unwrap() error { return ErrProtocol }

// StreamError is a failure that the engine reports inside the stream, after it had begun.
type StreamError struct {
	// Message is the engine's, at most 64 KiB of it.
	Message string
	// Cut says that there was more to the message, or would have been had the stream not ended.
	Cut bool
}

// Error implements error.
func (e *StreamError) Error() string { return "engine reports: " + e.Message }
