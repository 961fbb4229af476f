package hijack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gantry-go/gantry/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// frame is a frame on the wire.
func frame(stream Stream, payload string) string {
	return head(stream, uint32(len(payload))) + payload
}

// head is a header on the wire, whatever follows.
func head(stream Stream, size uint32) string {
	return string(binary.BigEndian.AppendUint32([]byte{byte(stream), 0, 0, 0}, size))
}

// reference is the package's behaviour on a stream that ends cleanly, in the plainest way: with all of it in memory.
func reference(data []byte) (stdout, stderr []byte, err error) {
	for len(data) > 0 {
		first := data[:min(len(data), headerLen)]
		if first[0] > 3 || bytes.Trim(first[1:min(len(first), 4)], "\x00") != nil {
			return stdout, stderr, &ProtocolError{Head: first}
		}
		delivered := int64(len(stdout) + len(stderr))
		if len(first) < headerLen {
			return stdout, stderr, &TruncatedError{Delivered: delivered}
		}
		size := int64(binary.BigEndian.Uint32(first[4:]))
		payload := data[headerLen:min(headerLen+size, int64(len(data)))]
		data = data[headerLen+len(payload):]
		switch first[0] {
		case 0, 1:
			stdout = append(stdout, payload...)
		case 2:
			stderr = append(stderr, payload...)
		case 3:
			message := payload[:min(len(payload), maxMessage)]
			return stdout, stderr, &StreamError{Message: string(message), Cut: int64(len(message)) < size}
		}
		if int64(len(payload)) < size {
			return stdout, stderr, &TruncatedError{Delivered: delivered + int64(len(payload))}
		}
	}
	return stdout, stderr, nil
}

// sameError says whether got is what the reference says. A [ProtocolError] may hold fewer bytes, if no more had come.
func sameError(got, want error) bool {
	if want, ok := errors.AsType[*ProtocolError](want); ok {
		got, ok := errors.AsType[*ProtocolError](got)
		return ok && len(got.Head) > 0 && bytes.HasPrefix(want.Head, got.Head)
	}
	if want, ok := errors.AsType[*TruncatedError](want); ok {
		got, ok := errors.AsType[*TruncatedError](got)
		return ok && *got == *want
	}
	if want, ok := errors.AsType[*StreamError](want); ok {
		got, ok := errors.AsType[*StreamError](got)
		return ok && *got == *want
	}
	return errors.Is(got, want)
}

// source is a stream in memory that comes in reads of chosen sizes and ends with a chosen error.
type source struct {
	data   []byte
	sizes  func(room int) int // of the next read; nil for all there is
	end    error              // nil for io.EOF
	early  bool               // the end comes along with the last bytes
	closed atomic.Int32
	most   int // the most room that a read was given
}

func sourceOf(parts ...string) *source { return &source{data: []byte(strings.Join(parts, ""))} }

func (s *source) Read(p []byte) (int, error) {
	s.most = max(s.most, len(p))
	if s.sizes != nil && len(p) > 0 {
		p = p[:min(len(p), max(0, s.sizes(len(p))))]
	}
	n := copy(p, s.data)
	s.data = s.data[n:]
	if len(s.data) > 0 || n > 0 && !s.early {
		return n, nil
	}
	if s.end != nil {
		return n, s.end
	}
	return n, io.EOF
}

func (s *source) Close() error {
	s.closed.Add(1)
	return nil
}

// randomSizes are reads of one byte, of none, of a few, and of many, as they come.
func randomSizes(r *rand.Rand) func(int) int {
	return func(room int) int {
		switch r.IntN(8) {
		case 0:
			return 0
		case 1:
			return 1
		case 2, 3, 4:
			return 1 + r.IntN(40)
		}
		return 1 + r.IntN(room)
	}
}

func random(tb testing.TB) *rand.Rand {
	tb.Helper()
	a, b := rand.Uint64(), rand.Uint64()
	tb.Logf("seed %d, %d", a, b)
	return rand.New(rand.NewPCG(a, b))
}

// scale is n, or a tenth where time is short.
func scale(n int) int {
	if testing.Short() {
		return n / 10
	}
	return n
}

// oddWriter keeps what it is given until a call that it answers oddly.
type oddWriter struct {
	bytes.Buffer
	calls int
	odd   int // the call, from 1; 0 for none
	reply func(p []byte) (int, error)
}

func (w *oddWriter) Write(p []byte) (int, error) {
	if w.calls++; w.calls == w.odd {
		return w.reply(p)
	}
	return w.Buffer.Write(p)
}

// collect reads frames to the end and copies them.
func collect(l *Logs) (frames []Frame, err error) {
	for f, err := range l.Frames() {
		if err != nil {
			return frames, err
		}
		frames = append(frames, Frame{f.Stream, slices.Clone(f.Data)})
	}
	return frames, nil
}

// lines reads lines to the end.
func lines(l *Logs) (lines []Line, err error) {
	for line, err := range l.Lines() {
		if err != nil {
			return lines, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}
