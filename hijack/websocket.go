package hijack

import (
	"bufio"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// WebSocket returns the stream of bytes that the messages of a WebSocket carry, over the body of the 101 answer that
// opened it. Engines speak it on the attach endpoint for browsers; the stream is what attach gives, message borders
// mean nothing. It has no half-close. Closing it closes body.
func WebSocket(body io.ReadWriteCloser) io.ReadWriteCloser {
	return &webSocket{body: body, in: bufio.NewReader(body)}
}

type webSocket struct {
	body io.ReadWriteCloser
	in   *bufio.Reader
	left uint64 // of the data frame being read
	over bool   // the engine has said goodbye

	mu sync.Mutex // a pong, sent by a Read, must not cut a frame that a Write sends
}

// The operation codes of RFC 6455, section 5.2.
const (
	wsContinuation = 0x0
	wsText         = 0x1
	wsBinary       = 0x2
	wsClose        = 0x8
	wsPing         = 0x9
	wsPong         = 0xa
)

const (
	wsFinal      = 0x80
	wsMasked     = 0x80
	wsMaxControl = 125
	wsMaxFrame   = 32 << 10 // of ours
)

var errWebSocket = errors.New("not a WebSocket's frame")

func (s *webSocket) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for s.left == 0 {
		if s.over {
			return 0, io.EOF
		}
		if err := s.nextFrame(); err != nil {
			return 0, err
		}
	}
	if uint64(len(p)) > s.left {
		p = p[:s.left]
	}
	n, err := s.in.Read(p)
	s.left -= uint64(n)
	if err == io.EOF && s.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// nextFrame reads a frame's header, and the whole of a control frame. An end without a close frame is one all the
// same: engines leave that way.
func (s *webSocket) nextFrame() error {
	var head [2]byte
	if _, err := io.ReadFull(s.in, head[:]); err != nil {
		return err
	}
	length, err := s.length(head[1] &^ wsMasked)
	if err != nil {
		return err
	}
	switch op := head[0] & 0x0f; {
	case head[0]&0x70 != 0 || head[1]&wsMasked != 0:
		return fmt.Errorf("%w: reserved bits or a mask", errWebSocket)
	case op == wsContinuation || op == wsText || op == wsBinary:
		s.left = length
		return nil
	case op != wsClose && op != wsPing && op != wsPong || length > wsMaxControl || head[0]&wsFinal == 0:
		return fmt.Errorf("%w: operation %d of %d bytes", errWebSocket, op, length)
	default:
		return s.control(op, int(length))
	}
}

// length reads the rest of a frame's length.
func (s *webSocket) length(short byte) (uint64, error) {
	size := map[byte]int{126: 2, 127: 8}[short]
	if size == 0 {
		return uint64(short), nil
	}
	var long [8]byte
	if _, err := io.ReadFull(s.in, long[8-size:]); err != nil {
		return 0, unexpected(err)
	}
	return binary.BigEndian.Uint64(long[:]), nil
}

func (s *webSocket) control(op byte, length int) error {
	payload := make([]byte, length)
	if _, err := io.ReadFull(s.in, payload); err != nil {
		return unexpected(err)
	}
	switch op {
	case wsPing:
		return s.send(wsPong, payload)
	case wsClose:
		s.over = true
		_ = s.send(wsClose, payload) // the engine may be gone by now
	}
	return nil
}

func (s *webSocket) Write(p []byte) (written int, err error) {
	for len(p) > 0 {
		n := min(len(p), wsMaxFrame)
		if err := s.send(wsBinary, p[:n]); err != nil {
			return written, err
		}
		written += n
		p = p[n:]
	}
	return written, nil
}

// send writes one frame, masked as a client's must be.
func (s *webSocket) send(op byte, payload []byte) error {
	frame := make([]byte, 0, 14+len(payload))
	frame = append(frame, wsFinal|op)
	switch n := len(payload); {
	case n <= wsMaxControl:
		frame = append(frame, wsMasked|byte(n))
	default: // at most wsMaxFrame, which two bytes hold
		frame = append(frame, wsMasked|126)
		frame = binary.BigEndian.AppendUint16(frame, uint16(n))
	}
	var mask [4]byte
	_, _ = rand.Read(mask[:]) // never fails
	frame = append(frame, mask[:]...)
	for i, b := range payload {
		frame = append(frame, b^mask[i%4])
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.body.Write(frame)
	return err
}

func (s *webSocket) Close() error { return s.body.Close() }

// unexpected makes the end of the source in the midst of something an error of its own.
func unexpected(err error) error {
	if err == io.EOF { //nolint:errorlint // io.ReadFull's contract
		return io.ErrUnexpectedEOF
	}
	return err
}
