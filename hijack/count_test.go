package hijack

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"
)

// fitful is a stream that gives and takes so many bytes and fails beside the last of them.
type fitful struct {
	reads, writes []int // what is read or written of each buffer, the last with end
	end           error
}

func (f *fitful) Read(p []byte) (int, error) {
	n := f.reads[0]
	if f.reads = f.reads[1:]; len(f.reads) == 0 {
		return n, f.end
	}
	return n, nil
}

func (f *fitful) Write(p []byte) (int, error) {
	n := min(f.writes[0], len(p))
	if f.writes = f.writes[1:]; len(f.writes) == 0 {
		return n, f.end
	}
	return n, nil
}

func (f *fitful) Close() error { return nil }

// TestCountsBesideAnError holds that what went through before a failure, and with it, is counted: by what is returned and
// by the counters of the configuration.
func TestCountsBesideAnError(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		stream *fitful
		do     func(c *Conn) (int64, error)
		want   int64
		err    error
	}{
		"Read":  {&fitful{reads: []int{3}, end: broken}, func(c *Conn) (int64, error) { n, err := c.Read(make([]byte, 5)); return int64(n), err }, 3, broken},
		"Write": {&fitful{writes: []int{3}, end: broken}, func(c *Conn) (int64, error) { n, err := c.Write(make([]byte, 5)); return int64(n), err }, 3, broken},
		"Write, short": {
			&fitful{writes: []int{3, 0}},
			func(c *Conn) (int64, error) { n, err := c.Write(make([]byte, 5)); return int64(n), err }, 3, io.ErrShortWrite,
		},
		"WriteTo, reading fails": {&fitful{reads: []int{10, 3}, end: broken}, func(c *Conn) (int64, error) { return c.WriteTo(io.Discard) }, 13, broken},
		"WriteTo, writing fails": {
			&fitful{reads: []int{10, 10, 10}},
			func(c *Conn) (int64, error) { return c.WriteTo(&fitful{writes: []int{10, 4}, end: broken}) }, 14, broken,
		},
		"WriteTo, a count that cannot be": {
			&fitful{reads: []int{10, 1 << 30, 0}},
			func(c *Conn) (int64, error) { return c.WriteTo(io.Discard) }, 10, errInvalidRead,
		},
		"WriteTo, nothing more comes": {
			&fitful{reads: append([]int{10}, make([]int, 1000)...)},
			func(c *Conn) (int64, error) { return c.WriteTo(io.Discard) }, 10, io.ErrNoProgress,
		},
		"ReadFrom, reading fails": {
			&fitful{writes: []int{10, 10, 10}},
			func(c *Conn) (int64, error) { return c.ReadFrom(&fitful{reads: []int{10, 4}, end: broken}) }, 14, broken,
		},
		"ReadFrom, writing fails": {
			&fitful{writes: []int{10, 4}, end: broken},
			func(c *Conn) (int64, error) { return c.ReadFrom(&fitful{reads: []int{10, 10, 10}}) }, 14, broken,
		},
	} {
		var received, sent atomic.Int64
		conn := NewConn(context.Background(), c.stream, Config{Received: &received, Sent: &sent})
		n, err := c.do(conn)
		if n != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %d bytes, %v, want %d, %v", name, n, err, c.want, c.err)
		}
		if name == "Read" && received.Load() != 3 || name == "Write" && sent.Load() != 3 {
			t.Errorf("%s: %d received, %d sent", name, received.Load(), sent.Load())
		}
		_ = conn.Close()
	}
}
