package process

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
)

// TestSaver holds what is kept of a stream to the plainest way of keeping it.
func TestSaver(t *testing.T) {
	for range 3000 {
		limit := 1 + rand.IntN(40)
		s := saver{limit: limit}
		var all []byte
		for range rand.IntN(8) {
			p := make([]byte, rand.IntN(3*limit))
			for i := range p {
				p[i] = byte('a' + rand.IntN(26))
			}
			all = append(all, p...)
			s.save(p)
		}
		want := string(all)
		if left := len(all) - 2*limit; left > 0 {
			want = string(all[:limit]) + "\n... " + strconv.Itoa(left) + " bytes left out ...\n" + string(all[len(all)-limit:])
		}
		if got := string(s.bytes()); got != want {
			t.Fatalf("limit %d of %q: got %q, want %q", limit, all, got, want)
		}
		if got, want := string(s.end()), string(all[max(0, len(all)-limit):]); got != want {
			t.Fatalf("limit %d of %q: the end is %q, want %q", limit, all, got, want)
		}
	}
}

// TestKeys holds where input is cut for keys to where they first are, however it comes.
func TestKeys(t *testing.T) {
	for range 5000 {
		keys := letters(1 + rand.IntN(4))
		text := letters(rand.IntN(30))
		in := &input{src: pieces(text), keys: []byte(keys)}
		got, err := io.ReadAll(in)
		want, _, found := strings.Cut(text, keys)
		if err != nil || string(got) != want || in.detached != found {
			t.Fatalf("keys %q in %q: got %q, %v, detached %v", keys, text, got, err, in.detached)
		}
	}
}

// letters are of an alphabet in which keys repeat themselves.
func letters(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "ab"[rand.IntN(2)]
	}
	return string(b)
}

func pieces(s string) io.Reader {
	r := io.Reader(strings.NewReader(s))
	switch rand.IntN(3) {
	case 0:
		r = iotest.OneByteReader(r)
	case 1:
		r = iotest.HalfReader(r)
	}
	if rand.IntN(2) == 0 {
		r = iotest.DataErrReader(r)
	}
	return r
}

// TestInputErrors holds that a reader's error is told from the connection's.
func TestInputErrors(t *testing.T) {
	broken := errors.New("broken")
	for _, keys := range []string{"", "xy"} {
		in := &input{src: io.MultiReader(strings.NewReader("ab x"), iotest.ErrReader(broken)), keys: []byte(keys)}
		got, err := io.ReadAll(in)
		if string(got) != "ab x" || err != nil || !errors.Is(in.err, broken) || in.last != 'x' {
			t.Errorf("got %q, %v, %v", got, err, in.err)
		}
	}
}

// TestParseKeys takes the keys of `docker attach --detach-keys`.
func TestParseKeys(t *testing.T) {
	for s, want := range map[string]string{
		"ctrl-p,ctrl-q": "\x10\x11", "a": "a", "ctrl-@,ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_": "\x00\x1b\x1c\x1d\x1e\x1f", "CTRL-A,B": "\x01B", "": "",
	} {
		if got, err := parseKeys(s); string(got) != want || err != nil {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	}
	for _, s := range []string{"ctrl-", "ctrl-1", "ctrl-ab", "ab", ",", "a,", "é"} {
		if got, err := parseKeys(s); err == nil {
			t.Errorf("%q: %q", s, got)
		}
	}
	if keys, err := parseKeys(noKeys); len(keys) != 8 || err != nil {
		t.Errorf("none: %q, %v", keys, err)
	}
}

// TestPipe holds a pipe to what a kernel's does.
func TestPipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipe()
		data := make([]byte, 3*pipeSize)
		for i := range data {
			data[i] = byte(rand.IntN(256))
		}
		var written error
		go func() {
			_, written = p.Write(data)
			p.closeWrite()
		}()
		synctest.Wait()
		if len(p.buf) != pipeSize {
			t.Errorf("it holds %d bytes", len(p.buf))
		}
		got, err := io.ReadAll(pipeReader{p})
		if !bytes.Equal(got, data) || err != nil || written != nil {
			t.Errorf("%d bytes came through, %v, %v", len(got), err, written)
		}
		if _, err := (pipeWriter{p}).Write(data); !errors.Is(err, os.ErrClosed) {
			t.Errorf("a write behind the end: %v", err)
		}

		p = newPipe()
		var n int
		go func() { n, written = p.Write(data) }()
		synctest.Wait()
		_ = pipeReader{p}.Close()
		synctest.Wait()
		if n != pipeSize || !errors.Is(written, io.ErrClosedPipe) {
			t.Errorf("a write without a reader: %d, %v", n, written)
		}
		if _, err := p.Read(data); !errors.Is(err, os.ErrClosed) {
			t.Errorf("a read behind Close: %v", err)
		}
	})
}
