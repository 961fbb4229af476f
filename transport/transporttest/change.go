package transporttest

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"
)

// Header sets a header of the answer after all others, also one that contradicts the body. With an empty value it
// takes the header out.
func (a Answer) Header(key, value string) Answer {
	a.header = append(slices.Clip(a.header), headerLine{key, value})
	return a
}

// HugeHeader adds a header of n bytes; of a negative n, one that has no end.
func (a Answer) HugeHeader(n int) Answer {
	a.extra = n
	return a
}

// Preceded sends an informational head, such as 103, so many times before the answer's own, in the same write as far
// as they fit; with times negative, for ever.
func (a Answer) Preceded(status, times int) Answer {
	a.preceding = informational{status, times}
	return a
}

// Unfinished leaves out the end of a chunked body and closes the connection there.
func (a Answer) Unfinished() Answer {
	a.unfinished = true
	return a
}

// BeforeBody answers before the request's body is read. What the client sends after that is read and kept, as engines
// do; with [Answer.ThenClose] or [Answer.ThenHold] it stays unread. A client that asked for 100 Continue gets none,
// and its connection is closed.
func (a Answer) BeforeBody() Answer {
	a.beforeBody = true
	return a
}

// IgnoreExpect waits for the request's body without sending 100 Continue to the client that asked for it.
func (a Answer) IgnoreExpect() Answer {
	a.ignoreExpect = true
	return a
}

// ThenClose closes the connection after the answer without having said so: for the client, an idle connection that
// the engine has just closed.
func (a Answer) ThenClose() Answer {
	a.then = thenClose
	return a
}

// ThenHold keeps the connection open after the answer, reads nothing more and says nothing, until [Engine.Release], or
// the client leaves. A client that leaves with its body unread is not noticed.
func (a Answer) ThenHold() Answer {
	a.then = thenHold
	return a
}

// ThenServe takes the next request of the connection after the answer, as all do but [Raw].
func (a Answer) ThenServe() Answer {
	a.then = thenServe
	return a
}

// Cut closes the connection after n bytes of the answer, head included. An answer of fewer bytes is not cut, and fails the
// test: one that is about a cut would see none.
func (a Answer) Cut(n int) Answer { return a.after(n, "Cut", (*exchange).drop) }

// CutBody closes the connection after n bytes of the answer's body, however long its head is; the frames of chunks are not
// counted. An answer with a shorter body fails the test, and so does one whose body this package does not write, as that
// of [Raw] and [Upgrade].
func (a Answer) CutBody(n int) Answer {
	a.bodyCut = &n
	return a
}

// drop closes the connection.
func (x *exchange) drop() error {
	_ = x.conn.net.Close()
	return errDropped
}

// Reset is [Answer.Cut] with a reset instead of an orderly end, which only TCP can tell apart.
func (a Answer) Reset(n int) Answer {
	return a.after(n, "Reset", func(x *exchange) error {
		x.conn.reset()
		return errDropped
	})
}

// Stall holds the answer back after n bytes, head included, until [Engine.Release], the client leaves, or the engine
// closes. Stall(0) is an engine that says nothing. An answer of fewer bytes fails the test.
func (a Answer) Stall(n int) Answer { return a.after(n, "Stall", (*exchange).hold) }

// SplitAt sends the first n bytes of the answer in a write of their own, with a moment for the client to read them.
func (a Answer) SplitAt(n int) Answer {
	return a.after(n, "", func(x *exchange) error { return pause(x.ctx, time.Millisecond) })
}

// Split sends the answer in writes of n bytes. A client that reads slowly may still find several in one read, except
// with [InMemory].
func (a Answer) Split(n int) Answer { return a.Slow(n, 0) }

// Slow sends the answer in writes of n bytes with a pause after each.
func (a Answer) Slow(n int, wait time.Duration) Answer {
	return a.with(func(x *exchange, next io.Writer) io.Writer {
		return &pieces{next: next, size: max(n, 1), wait: wait, ctx: x.ctx}
	})
}

// after acts after n bytes. With a name, an answer that ends before fails the test.
func (a Answer) after(n int, name string, act func(x *exchange) error) Answer {
	return a.with(func(x *exchange, next io.Writer) io.Writer {
		t := &threshold{next: next, left: n, act: func() error { return act(x) }}
		if name != "" {
			t.name = fmt.Sprintf("%s(%d)", name, n)
		}
		return t
	})
}

func (a Answer) with(f fault) Answer {
	a.faults = append(slices.Clip(a.faults), f)
	return a
}

// fault stands between what an answer writes and the connection.
type fault func(x *exchange, next io.Writer) io.Writer

// threshold acts once, when so many bytes have passed.
type threshold struct {
	name string // empty where it does not matter whether it acts
	next io.Writer
	left int
	act  func() error // nil when it has acted; an error ends the answer
}

func (t *threshold) Write(p []byte) (written int, err error) {
	if t.act == nil {
		return t.next.Write(p)
	}
	if len(p) < t.left {
		written, err = t.next.Write(p)
		t.left -= written
		return written, err
	}
	if t.left > 0 {
		if written, err = t.next.Write(p[:t.left]); err != nil {
			return written, err
		}
	}
	act := t.act
	t.act = nil
	if err = act(); err != nil || written == len(p) {
		return written, err
	}
	n, err := t.next.Write(p[written:])
	return written + n, err
}

// pieces writes in pieces of one size.
type pieces struct {
	next io.Writer
	size int
	wait time.Duration
	ctx  context.Context
}

func (s *pieces) Write(p []byte) (written int, err error) {
	for piece := range slices.Chunk(p, s.size) {
		n, err := s.next.Write(piece)
		written += n
		if err == nil {
			err = pause(s.ctx, s.wait)
		}
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// pause waits, unless ctx ends before.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
