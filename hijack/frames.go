package hijack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strconv"
)

// Stream is the source of a piece of output, as the header of its frame has it.
type Stream uint8

// The streams of a container. Engines frame output with a header of eight bytes: the stream, three zeros, and the
// length of the payload in 32 bits, the highest first.
const (
	// Stdin is input that the engine echoes. Its bytes belong on stdout and are reported as [Stdout].
	Stdin Stream = iota
	// Stdout is the standard output; also all output of a container with a TTY.
	Stdout
	// Stderr is the standard error.
	Stderr
	// SystemError is the engine's own report of a failure; it comes as a [*StreamError], never as output.
	SystemError
)

// String returns the name of the stream.
func (s Stream) String() string {
	switch s {
	case Stdin:
		return "stdin"
	case Stdout:
		return "stdout"
	case Stderr:
		return "stderr"
	case SystemError:
		return "system error"
	}
	return "stream " + strconv.Itoa(int(s))
}

// Frame is a piece of output.
type Frame struct {
	// Stream is [Stdout] or [Stderr].
	Stream Stream
	// Data is the output, never empty. It lies in the read buffer and is valid until the next iteration.
	//
	// Its bounds mean nothing: a frame on the wire comes in several pieces if a read cuts it.
	Data []byte
}

const (
	headerLen  = 8
	maxMessage = 64 << 10 // kept of what an engine reports in band
	maxEmpty   = 100      // reads without bytes or error before a reader counts as broken
)

// splitter takes the frames of a stream apart in place. Nothing is moved but a header that a read cut in two, and a
// payload is handed on as it comes, whatever length its header claims.
type splitter struct {
	src  io.Reader
	raw  bool              // no frames: all of it is stdout
	wrap func(error) error // makes the caller's error of ours; nil leaves it

	buf       buffer
	r, w      int    // the unread part of buf
	left      uint32 // bytes of the present payload still to be handed on
	headed    bool   // a header was read, and nothing handed on since
	first     bool   // the piece that was handed on last is the first of its frame; never one of a raw stream
	stream    Stream // of the present payload
	delivered int64  // bytes handed on
	readErr   error  // came along with the bytes now in buf
	err       error  // the final one
}

func newSplitter(src io.Reader, raw bool, wrap func(error) error) *splitter {
	return &splitter{src: src, raw: raw, wrap: wrap, buf: buffer{limit: frameBuffer}}
}

// next returns the next piece of output, valid until the call after, or the final error: io.EOF after the last piece
// of a stream that is complete.
func (s *splitter) next() (Stream, []byte, error) {
	for {
		if s.left > 0 && s.r < s.w {
			data := s.piece()
			s.delivered += int64(len(data))
			s.first, s.headed = s.headed, false
			return s.stream, data, nil
		}
		if s.err != nil {
			return 0, nil, s.err
		}
		if err := s.advance(); err != nil {
			s.err = err
			if s.wrap != nil && err != io.EOF { //nolint:errorlint // our own, never wrapped
				s.err = s.wrap(err)
			}
		}
	}
}

// piece cuts what there is of the present payload off the unread bytes.
func (s *splitter) piece() []byte {
	data := s.buf.data[s.r:s.w]
	if !s.raw {
		if uint64(len(data)) > uint64(s.left) {
			data = data[:s.left]
		}
		s.left -= uint32(len(data))
	}
	s.r += len(data)
	return data
}

// advance reads a header if one is due, or else more bytes. It is called when no piece of a payload is at hand.
func (s *splitter) advance() error {
	if s.raw {
		s.stream, s.left = Stdout, 1 // one payload without end
		return s.fill()
	}
	if s.left > 0 {
		return s.fill()
	}
	head := s.buf.data[s.r:s.w]
	if len(head) < headerLen {
		// A TTY's first byte is enough to tell it from frames, and to wait for seven more could take for ever.
		if misfit(head) {
			return &ProtocolError{Head: bytes.Clone(head)}
		}
		return s.fill()
	}
	if misfit(head[:headerLen]) {
		return &ProtocolError{Head: bytes.Clone(head[:headerLen])}
	}
	s.r += headerLen
	s.headed = true
	s.stream, s.left = Stream(head[0]), binary.BigEndian.Uint32(head[4:])
	switch s.stream {
	case Stdin:
		s.stream = Stdout
	case SystemError:
		return s.systemError()
	}
	return nil
}

// misfit says whether the bytes, a header or the beginning of one, cannot be one.
func misfit(head []byte) bool {
	var first [4]byte
	copy(first[:], head)
	return first[0] > byte(SystemError) || first[1]|first[2]|first[3] != 0
}

// systemError makes an error of a frame that is the engine's report of one.
func (s *splitter) systemError() error {
	e := &StreamError{}
	var message []byte
	for s.left > 0 && len(message) < maxMessage {
		if s.r == s.w && s.fill() != nil {
			// What the engine said tells more than that its connection ended.
			break
		}
		data := s.piece()
		if room := maxMessage - len(message); len(data) > room {
			data, e.Cut = data[:room], true
		}
		message = append(message, data...)
	}
	e.Message, e.Cut = string(message), e.Cut || s.left > 0
	return e
}

// fill reads once, behind what is left unread.
func (s *splitter) fill() error {
	if s.readErr != nil {
		return s.end()
	}
	s.buf.refit(s.buf.data[s.r:s.w])
	s.r, s.w = 0, s.w-s.r
	for range maxEmpty {
		room := s.buf.data[s.w:]
		n, err := s.src.Read(room)
		if n < 0 || n > len(room) {
			n, err = 0, errInvalidRead
		}
		s.w += n
		s.readErr = err
		if n > 0 {
			s.buf.note(n, len(room))
			return nil
		}
		if err != nil {
			return s.end()
		}
	}
	s.readErr = io.ErrNoProgress
	return s.readErr
}

// end says what the end of the source means for the stream.
func (s *splitter) end() error {
	switch {
	case errors.Is(s.readErr, io.ErrUnexpectedEOF): // the answer around the stream was cut
		return &TruncatedError{Delivered: s.delivered}
	case s.readErr != io.EOF: //nolint:errorlint // io.Reader's contract
		return s.readErr
	case s.raw, s.left == 0 && s.r == s.w:
		return io.EOF
	}
	return &TruncatedError{Delivered: s.delivered}
}

// release returns the buffer; pieces handed out before are void.
func (s *splitter) release() {
	s.buf.release()
	s.r, s.w = 0, 0
}
