package process

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
)

const (
	kept = 32 << 10 // of stderr at each end, where the caller does not get it
	edge = 1 << 10  // of any output at each end: what an engine says in place of output is shorter
)

// sink is where a stream goes: to a writer, and its ends into a saver. After the writer has failed it discards: Docker gives
// a command that is cut off from its output the code 126, so the rest is read while the command is being canceled.
type sink struct {
	saver
	w      io.Writer // nil discards
	err    error     // the writer's, the first
	failed func(error)
}

func (s *sink) Write(p []byte) (int, error) {
	s.save(p)
	if s.w == nil || s.err != nil {
		return len(p), nil
	}
	n, err := s.w.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	if err != nil {
		s.err = err
		s.failed(err)
	}
	return len(p), nil
}

// saver keeps the first and the last bytes of a stream, limit of each.
type saver struct {
	limit int
	first []byte
	last  []byte // a ring, once it is full
	at    int    // where the ring goes on
	lost  int64
}

func (s *saver) save(p []byte) {
	if room := s.limit - len(s.first); room > 0 {
		n := min(room, len(p))
		s.first = append(s.first, p[:n]...)
		p = p[n:]
	}
	if over := len(p) - s.limit; over > 0 { // more than the ring holds
		s.lost += int64(over)
		p = p[over:]
	}
	if room := s.limit - len(s.last); room > 0 {
		n := min(room, len(p))
		s.last = append(s.last, p[:n]...)
		p = p[n:]
	}
	s.lost += int64(len(p))
	for len(p) > 0 {
		n := copy(s.last[s.at:], p)
		p = p[n:]
		s.at = (s.at + n) % s.limit
	}
}

// bytes returns what was kept, with a note of what was not.
func (s *saver) bytes() []byte {
	if s.lost == 0 {
		return append(bytes.Clone(s.first), s.last...)
	}
	var b bytes.Buffer
	b.Write(s.first)
	_, _ = fmt.Fprintf(&b, "\n... %d bytes left out ...\n", s.lost)
	b.Write(s.ring())
	return b.Bytes()
}

func (s *saver) ring() []byte { return append(bytes.Clone(s.last[s.at:]), s.last[:s.at]...) }

// end returns the last bytes of the stream, up to limit of them.
func (s *saver) end() []byte {
	all := append(bytes.Clone(s.first), s.ring()...)
	return all[max(0, len(all)-s.limit):]
}

// podmanLost is what Podman writes at the end of the output, as stderr, when the process has closed its input with some of
// it unread: the connection between the two was reset, and what was in it is lost.
var podmanLost = regexp.MustCompile(`Error: ((?:read|write) unixpacket .*/attach: .*)\n$`)

var errLost = errors.New("the process ended without reading all of its input, and the engine may have lost output with it")

// engineLost returns the error of output that the engine says it has lost.
func (r *run) engineLost() error {
	if !r.stdin {
		return nil
	}
	for _, s := range []*sink{&r.stdout, &r.stderr} {
		if found := podmanLost.FindSubmatch(s.end()); found != nil {
			return r.lost(fmt.Errorf("%w: %s", errLost, printable(string(found[1]))))
		}
	}
	return nil
}

// engineSaid returns the first words of the output, on one line: stderr, or stdout if there is none.
func (r *run) engineSaid() string {
	if len(r.stderr.first) > 0 {
		return printable(string(r.stderr.first))
	}
	return printable(string(r.stdout.first))
}
