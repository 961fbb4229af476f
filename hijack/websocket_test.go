package hijack

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// duplex is a connection with what the engine sends, and what it gets.
type duplex struct {
	io.Reader
	sent   bytes.Buffer
	closed bool
}

func (d *duplex) Write(p []byte) (int, error) { return d.sent.Write(p) }
func (d *duplex) Close() error                { d.closed = true; return nil }

func TestWebSocketReads(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	in := "\x82\x05hello" + "\x01\x01 " + "\x89\x02hi" + "\x80\x05world" + // a message, and one in two frames around a ping
		"\x81\x7e\x00\x82" + long[:130] + "\x82\x7f\x00\x00\x00\x00\x00\x01\x11\x70" + long + "\x82\x00" + "\x88\x02\x03\xe8" + "ignored"
	for _, reader := range []io.Reader{strings.NewReader(in), iotest.OneByteReader(strings.NewReader(in))} {
		d := &duplex{Reader: reader}
		got, err := io.ReadAll(WebSocket(d))
		if want := "hello world" + long[:130] + long; err != nil || string(got) != want {
			t.Errorf("%d bytes, want %d (%v)", len(got), len(want), err)
		}
		if got := unmask(t, d.sent.Bytes()); got != "\x8ahi\x88\x03\xe8" {
			t.Errorf("answered %q", got)
		}
	}
}

func TestWebSocketRefusesWhatIsNone(t *testing.T) {
	for _, in := range []string{"\xf2\x01x", "\x82\x81x", "\x83\x01x", "\x09\x01x", "\x89\x7e\x00\x80"} {
		if _, err := io.ReadAll(WebSocket(&duplex{Reader: strings.NewReader(in)})); !errors.Is(err, errWebSocket) {
			t.Errorf("%q: %v", in, err)
		}
	}
	for _, in := range []string{"\x82", "\x82\x05hell", "\x82\x7e\x01", "\x89\x02h"} {
		if _, err := io.ReadAll(WebSocket(&duplex{Reader: strings.NewReader(in)})); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestWebSocketWrites(t *testing.T) {
	d := &duplex{Reader: strings.NewReader("")}
	s := WebSocket(d)
	data := strings.Repeat("0123456789", 7000)
	for _, part := range []string{"hello", data} {
		if n, err := io.WriteString(s, part); n != len(part) || err != nil {
			t.Fatal(n, err)
		}
	}
	if got := strings.ReplaceAll(unmask(t, d.sent.Bytes()), "\x82", ""); got != "hello"+data {
		t.Errorf("%d bytes arrived", len(got))
	}
	if err := s.Close(); err != nil || !d.closed {
		t.Error("not closed")
	}
}

// unmask returns the frames that a client sent as their first byte and payload.
func unmask(t *testing.T, frames []byte) string {
	t.Helper()
	var all []byte
	for len(frames) > 0 {
		n, head := int(frames[1]&^wsMasked), 2
		if n == 126 {
			n, head = int(frames[2])<<8|int(frames[3]), 4
		}
		if frames[1]&wsMasked == 0 {
			t.Fatal("a frame without a mask")
		}
		mask, payload := frames[head:head+4], frames[head+4:head+4+n]
		all = append(all, frames[0])
		for i, b := range payload {
			all = append(all, b^mask[i%4])
		}
		frames = frames[head+4+n:]
	}
	return string(all)
}

// TestWebSocketLengths has frames at the bounds of each way to write a length, which is to be the shortest.
func TestWebSocketLengths(t *testing.T) {
	for n, header := range map[int]int{1: 2, 124: 2, 125: 2, 126: 4, 127: 4, 128: 4} {
		payload := strings.Repeat("x", n)
		d := &duplex{Reader: strings.NewReader("")}
		if written, err := io.WriteString(WebSocket(d), payload); written != n || err != nil {
			t.Errorf("%d: %d bytes, %v", n, written, err)
		}
		if got := d.sent.Len(); got != header+4+n || unmask(t, d.sent.Bytes()) != "\x82"+payload {
			t.Errorf("%d bytes are sent as %d", n, got)
		}
	}
	// A ping of the most that it may hold is answered, one of more is no ping.
	for n, fits := range map[int]bool{0: true, 124: true, 125: true, 126: false} {
		payload := strings.Repeat("x", n)
		head := "\x89" + string(rune(n))
		if n > 125 {
			head = "\x89\x7e\x00" + string(rune(n))
		}
		d := &duplex{Reader: strings.NewReader(head + payload + "\x82\x02hi\x88\x00")}
		got, err := io.ReadAll(WebSocket(d))
		if !fits {
			if !errors.Is(err, errWebSocket) {
				t.Errorf("a ping of %d bytes: %q, %v", n, got, err)
			}
			continue
		}
		if err != nil || string(got) != "hi" || unmask(t, d.sent.Bytes()) != "\x8a"+payload+"\x88" {
			t.Errorf("a ping of %d bytes: %q, %v, answered %q", n, got, err, unmask(t, d.sent.Bytes()))
		}
	}
}
