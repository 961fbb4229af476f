package hijack

import (
	"bytes"
	"io"
	"iter"
	"time"
)

// Line is a line of output.
type Line struct {
	// Stream is [Stdout] or [Stderr].
	Stream Stream
	// Text is the line without its end, byte by byte as the container wrote it, valid UTF-8 or not.
	Text string
	// Time is when the engine read the line, if it was asked for timestamps.
	Time time.Time
	// Details are the attributes of the log, if the engine was asked for them; nil if there are none. The pieces of a
	// long line share them.
	Details map[string]string
	// Partial says that the line goes on: in the next Line of this stream, or, if an error ends the sequence, nowhere.
	Partial bool
}

// lineLimit is the longest piece of a line. Lines have no limit of their own, and memory must have one.
const lineLimit = 64 << 10

// Lines returns the output line by line. Lines that frames cut are joined again, those of stdout and stderr apart. A
// line of more than 64 KiB comes in pieces, all but the last of them Partial. The last line needs no line end. Of a
// TTY, whose lines end in CR LF, both are taken off.
//
// A time or attributes that were promised by the configuration and are not there leave Time or Details empty and the
// Text whole. Engines keep a long line in pieces (of 16 KiB, Podman of 8), and put time and attributes before each: where
// a frame goes on with a line that has them, those at its beginning are taken off as well. A TTY's output has no frames,
// so that nothing tells there where a piece begins: the times and attributes inside its long lines stay.
//
// The sequence ends with an error unless the output is complete. It closes the logs however the loop over it ends; a
// second loop yields an error.
func (l *Logs) Lines() iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		s, err := l.open()
		if err != nil {
			yield(Line{}, err)
			return
		}
		defer l.finish(s)
		j := newJoiner(l.cfg, yield)
		for {
			stream, data, err := s.next()
			if err != nil {
				cut := err != io.EOF //nolint:errorlint // a wrapped one would be an error
				if j.flush(cut) && cut {
					yield(Line{}, err)
				}
				return
			}
			if !j.add(stream, data, s.first) {
				return
			}
		}
	}
}

// joiner makes lines of pieces of output.
type joiner struct {
	cfg   LogsConfig
	yield func(Line, error) bool
	lines [2]pending // of stdout and of stderr
}

// pending is a line whose end has not come yet.
type pending struct {
	stream Stream
	text   []byte // not yet yielded
	begun  bool   // a piece of the line was yielded, so the prefix is gone
	prefix prefix // of the line, once it has begun
	head   []byte // the beginning of a frame that goes on with the line, until it is known whether it is a prefix
	due    prefix // what may stand there; none otherwise
}

func newJoiner(cfg LogsConfig, yield func(Line, error) bool) *joiner {
	return &joiner{cfg: cfg, yield: yield, lines: [2]pending{{stream: Stdout}, {stream: Stderr}}}
}

// add takes the next piece of output, the first of its frame or another, and returns false once the loop is over.
func (j *joiner) add(stream Stream, data []byte, first bool) bool {
	p := &j.lines[0]
	if stream == Stderr {
		p = &j.lines[1]
	}
	if first {
		if !j.release(p) {
			return false
		}
		p.due = j.expected(p)
	}
	if !p.due.any() {
		return j.join(p, data)
	}
	if len(p.head) > 0 {
		p.head = append(p.head, data...)
		data = p.head
	}
	rest, decided := p.due.cutAgain(data)
	if !decided {
		if len(p.head) == 0 {
			p.head = append(p.head, data...)
		}
		return true
	}
	p.due, p.head = prefix{}, p.head[:0]
	return j.join(p, rest)
}

// expected returns the prefix that the next frame of a line in progress begins with, if one is to be expected: that of
// the line.
func (j *joiner) expected(p *pending) prefix {
	switch {
	case !j.cfg.Timestamps && !j.cfg.Details:
		return prefix{}
	case p.begun:
		return p.prefix
	}
	found, _ := j.cfg.cutPrefix(p.text)
	return found
}

// release joins what was held back of a frame that ended before it was known whether it begins with a prefix.
func (j *joiner) release(p *pending) bool {
	held, _ := p.due.cutAgain(p.head)
	p.due, p.head = prefix{}, p.head[:0]
	return j.join(p, held)
}

// join adds output to a line, and yields the lines that it ends.
func (j *joiner) join(p *pending, data []byte) bool {
	for len(data) > 0 {
		end := bytes.IndexByte(data, '\n')
		rest := data
		if end >= 0 {
			rest = data[:end]
		}
		if room := lineLimit - len(p.text); len(rest) > room {
			p.text = append(p.text, rest[:room]...)
			data = data[room:]
			if !j.overflow(p) {
				return false
			}
			continue
		}
		if end < 0 {
			p.text = append(p.text, rest...)
			return true
		}
		data = data[end+1:]
		if !j.complete(p, rest) {
			return false
		}
	}
	return true
}

// complete yields the line that ends with rest.
func (j *joiner) complete(p *pending, rest []byte) bool {
	text := rest // most lines come in one piece and need not be moved
	if len(p.text) > 0 {
		p.text = append(p.text, rest...)
		text = p.text
	}
	if j.cfg.TTY {
		text = bytes.TrimSuffix(text, []byte{'\r'})
	}
	ok := j.emit(p, text, false)
	p.begun = false
	p.reset()
	return ok
}

// overflow yields a piece of a line that is longer than the limit.
func (j *joiner) overflow(p *pending) bool {
	text := p.text
	// A CR at the cut may be half of the line's end.
	if held := j.cfg.TTY && text[len(text)-1] == '\r'; held {
		text = text[:len(text)-1]
		ok := j.emit(p, text, true)
		p.text = append(p.text[:0], '\r')
		return ok
	}
	ok := j.emit(p, text, true)
	p.text = p.text[:0]
	return ok
}

// flush yields the lines that the end of the stream left without an end; cut says that it came early.
func (j *joiner) flush(cut bool) bool {
	for i := range j.lines {
		p := &j.lines[i]
		if !j.release(p) {
			return false
		}
		if len(p.text) > 0 && !j.emit(p, p.text, cut) {
			return false
		}
	}
	return true
}

// emit yields a piece of a line, the first without what the engine put before it.
func (j *joiner) emit(p *pending, text []byte, partial bool) bool {
	if !p.begun {
		p.begun = true
		p.prefix, text = j.cfg.cutPrefix(text)
	}
	return j.yield(Line{
		Stream: p.stream, Text: string(text), Time: p.prefix.time, Details: p.prefix.details, Partial: partial,
	}, nil)
}

// reset empties the text, and gives up the memory of an unusually long one.
func (p *pending) reset() {
	p.text = p.text[:0]
	if cap(p.text) > smallBuffer {
		p.text = nil
	}
}
