package hijack

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

var errBroken = errors.New("broken")

// mixed is a stream with everything that a sound one may have.
var mixed = frame(Stdout, "one ") + frame(Stderr, "two ") + frame(Stdout, "") + frame(Stdin, "three ") +
	frame(Stderr, "\x01\x00\x00\x00\x00\x00\x00\x02") + frame(Stdout, strings.Repeat("four", 30))

func TestRow52DemuxSplitAtEveryByte(t *testing.T) {
	wantOut, wantErr, err := reference([]byte(mixed))
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(mixed) + 1 {
		var stdout, stderr bytes.Buffer
		src := io.MultiReader(strings.NewReader(mixed[:i]), strings.NewReader(mixed[i:]))
		n, err := Demux(&stdout, &stderr, src)
		if err != nil || n != int64(len(wantOut)+len(wantErr)) {
			t.Fatalf("split at %d: %d, %v", i, n, err)
		}
		if !bytes.Equal(stdout.Bytes(), wantOut) || !bytes.Equal(stderr.Bytes(), wantErr) {
			t.Fatalf("split at %d: stdout %q, stderr %q", i, &stdout, &stderr)
		}
	}
}

// Full reads make the buffer grow, and the header that one of them cut moves with it.
func TestRow52HeaderCutByFullReads(t *testing.T) {
	for size := range 64 {
		one := frame(Stdout, strings.Repeat("x", size)) + frame(Stderr, strings.Repeat("y", 2*size))
		checkDemux(t, []byte(strings.Repeat(one, 4*frameBuffer/len(one))), nil, false)
		if t.Failed() {
			t.Fatalf("frames of %d bytes", size)
		}
	}
}

func TestRow62FrameClaims4GiB(t *testing.T) {
	for _, stream := range []Stream{Stdin, Stdout, Stderr} {
		payload := strings.Repeat("x", 1<<20)
		src := sourceOf(head(stream, 1<<32-1), payload)
		var got oddWriter
		n, err := Demux(&got, &got, src)
		if e, ok := errors.AsType[*TruncatedError](err); !ok || e.Delivered != 1<<20 {
			t.Errorf("%v: %v, want truncated after 1 MiB", stream, err)
		}
		if n != 1<<20 || got.String() != payload {
			t.Errorf("%v: %d bytes of %d delivered", stream, n, len(payload))
		}
		if src.most > 64<<10 {
			t.Errorf("%v: a buffer of %d bytes", stream, src.most)
		}
	}
}

func TestRow62MemoryIsBounded(t *testing.T) {
	for _, stream := range []Stream{Stdout, SystemError} {
		src := io.MultiReader(strings.NewReader(head(stream, 1<<32-1)), io.LimitReader(repeat("x"), 16<<20))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Demux(nil, nil, src)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%v: no error", stream)
		}
		// The growing of a message costs its size a few times over.
		if got := after.TotalAlloc - before.TotalAlloc; got > 512<<10 {
			t.Errorf("%v: %d bytes allocated for a frame that claims 4 GiB", stream, got)
		}
	}
}

func TestRow63EndInsideAFrame(t *testing.T) {
	for i := range len(mixed) {
		wantOut, wantErr, want := reference([]byte(mixed[:i]))
		for name, end := range map[string]error{"end": io.EOF, "cut answer": io.ErrUnexpectedEOF} {
			var stdout, stderr bytes.Buffer
			n, err := Demux(&stdout, &stderr, &source{data: []byte(mixed[:i]), end: end})
			want := want
			if end != io.EOF && want == nil { //nolint:errorlint // the value above
				// At the end of a frame, only the answer around the stream tells.
				want = &TruncatedError{Delivered: int64(len(wantOut) + len(wantErr))}
			}
			if !sameError(err, want) || n != int64(len(wantOut)+len(wantErr)) {
				t.Errorf("%s at %d: %d, %v, want %v", name, i, n, err, want)
			}
			if want != nil && (!errors.Is(err, ErrTruncated) || !errors.Is(err, io.ErrUnexpectedEOF)) {
				t.Errorf("%s at %d: %v is not of its class", name, i, err)
			}
			if !bytes.Equal(stdout.Bytes(), wantOut) || !bytes.Equal(stderr.Bytes(), wantErr) {
				t.Errorf("%s at %d: stdout %q, stderr %q", name, i, &stdout, &stderr)
			}
		}
	}
}

func TestRow63ReadErrorAfterGoodFrames(t *testing.T) {
	for _, early := range []bool{false, true} {
		for _, half := range []string{"", "\x01\x00", head(Stdout, 9) + "half"} {
			src := sourceOf(frame(Stdout, "hello"), half)
			src.end, src.early = errBroken, early
			var stdout bytes.Buffer
			n, err := Demux(&stdout, nil, src)
			want := "hello" + half[min(len(half), headerLen):]
			if !errors.Is(err, errBroken) || n != int64(len(want)) || stdout.String() != want {
				t.Errorf("%q, error along with bytes %t: %d, %v, %q", half, early, n, err, &stdout)
			}
		}
	}
}

func TestRow64NotMultiplexed(t *testing.T) {
	for _, c := range []struct{ name, in, head string }{
		{"prompt", "/ # ls\r\nbin", "/ # ls\r\n"},
		{"short prompt", "$ ", "$ "},
		{"one byte", "\x04", "\x04"},
		{"type 4", head(4, 1) + "x", head(4, 1)},
		{"type 255", head(255, 1) + "x", head(255, 1)},
		{"first zero", "\x01\x01\x00\x00\x00\x00\x00\x01x", "\x01\x01\x00\x00\x00\x00\x00\x01"},
		{"second zero", "\x01\x00\x80\x00\x00\x00\x00\x01x", "\x01\x00\x80\x00\x00\x00\x00\x01"},
		{"third zero", "\x02\x00\x00\x01\x00\x00\x00\x01x", "\x02\x00\x00\x01\x00\x00\x00\x01"},
	} {
		for _, before := range []string{"", frame(Stdout, "sound")} {
			for i := 1; i <= len(c.in); i++ {
				var stdout bytes.Buffer
				src := io.MultiReader(strings.NewReader(before), strings.NewReader(c.in[:i]), strings.NewReader(c.in[i:]))
				n, err := Demux(&stdout, nil, src)
				e, ok := errors.AsType[*ProtocolError](err)
				if !ok || !errors.Is(err, ErrProtocol) {
					t.Errorf("%s: %v, want a protocol error", c.name, err)
					continue
				}
				whole := i >= min(len(c.in), headerLen)
				if !strings.HasPrefix(c.head, string(e.Head)) || whole && string(e.Head) != c.head {
					t.Errorf("%s, split at %d: %q given back, want %q", c.name, i, e.Head, c.head)
				}
				if want := max(0, len(before)-headerLen); n != int64(want) || stdout.Len() != want {
					t.Errorf("%s: %d bytes, %q", c.name, n, &stdout)
				}
			}
		}
	}
}

// A program with a TTY writes a prompt and waits. Whoever takes that for frames must not wait with it.
func TestRow64PromptDoesNotBlock(t *testing.T) {
	r, w := io.Pipe()
	go func() { _, _ = io.WriteString(w, "$ ") }()
	_, err := Demux(nil, nil, r)
	if !errors.Is(err, ErrProtocol) {
		t.Error(err)
	}
	_ = r.Close()
}

func TestRow65TypeZeroIsStdout(t *testing.T) {
	frames, err := collect(NewLogs(sourceOf(frame(Stdin, "echo")), LogsConfig{}))
	if err != nil || len(frames) != 1 || frames[0].Stream != Stdout || string(frames[0].Data) != "echo" {
		t.Errorf("%v, %v", frames, err)
	}
}

func TestRow65EngineReportsAnError(t *testing.T) {
	long := strings.Repeat("m", maxMessage+1)
	for _, c := range []struct {
		name, in string
		want     StreamError
	}{
		{"plain", frame(SystemError, "no space left\n") + frame(Stdout, "never"), StreamError{"no space left\n", false}},
		{"empty", frame(SystemError, ""), StreamError{"", false}},
		{"at the limit", frame(SystemError, long[1:]), StreamError{long[1:], false}},
		{"above the limit", frame(SystemError, long), StreamError{long[1:], true}},
		{"claims 4 GiB", head(SystemError, 1<<32-1) + long, StreamError{long[1:], true}},
		{"cut", head(SystemError, 5) + "no", StreamError{"no", true}},
		{"cut at once", head(SystemError, 5), StreamError{"", true}},
	} {
		for _, one := range []bool{false, true} {
			var src io.Reader = strings.NewReader(frame(Stdout, "before") + c.in)
			if one {
				src = iotest.OneByteReader(src)
			}
			var stdout bytes.Buffer
			n, err := Demux(&stdout, &stdout, src)
			e, ok := errors.AsType[*StreamError](err)
			if !ok || *e != c.want {
				t.Errorf("%s: %.80v", c.name, err)
			}
			if n != 6 || stdout.String() != "before" {
				t.Errorf("%s: %d, %.80q: a message is not output", c.name, n, &stdout)
			}
		}
	}
}

// The first 64 KiB of a message must do: the rest may be 4 GiB, or never come.
func TestRow65MessageIsNotWaitedFor(t *testing.T) {
	r, w := io.Pipe()
	go func() { _, _ = io.WriteString(w, head(SystemError, 1<<32-1)+strings.Repeat("m", maxMessage)) }()
	_, err := Demux(nil, nil, r)
	if e, ok := errors.AsType[*StreamError](err); !ok || len(e.Message) != maxMessage || !e.Cut {
		t.Errorf("%.80v", err)
	}
	_ = r.Close()
}

func TestRow66WriterFails(t *testing.T) {
	in := frame(Stdout, "first") + frame(Stderr, "second") + frame(Stdout, "third") + frame(Stdout, "fourth")
	for _, c := range []struct {
		name  string
		reply func([]byte) (int, error)
		want  error
		count int64
	}{
		{"error", func([]byte) (int, error) { return 0, errBroken }, errBroken, 11},
		{"part and error", func([]byte) (int, error) { return 2, errBroken }, errBroken, 13},
		{"short", func([]byte) (int, error) { return 2, nil }, io.ErrShortWrite, 13},
		{"too much", func(p []byte) (int, error) { return len(p) + 1, nil }, errInvalidWrite, 11},
		{"negative", func([]byte) (int, error) { return -1, nil }, errInvalidWrite, 11},
		{"end of file", func([]byte) (int, error) { return 0, io.EOF }, io.EOF, 11},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := sourceOf(in)
			stdout, stderr := &oddWriter{odd: 2, reply: c.reply}, &oddWriter{}
			n, err := NewLogs(src, LogsConfig{Error: neverCalled(t)}).Demux(stdout, stderr)
			if err != c.want || n != c.count { //nolint:errorlint // the writer's very error is promised
				t.Errorf("%d, %v, want %d, %v", n, err, c.count, c.want)
			}
			if stdout.calls != 2 || stderr.calls != 1 {
				t.Errorf("%d and %d calls: a write after the failure", stdout.calls, stderr.calls)
			}
			if src.closed.Load() != 1 {
				t.Errorf("closed %d times", src.closed.Load())
			}
		})
	}
}

func TestRow66WriterPanics(t *testing.T) {
	for name, demux := range map[string]func(*source, io.Writer) (int64, error){
		"logs": func(src *source, w io.Writer) (int64, error) { return NewLogs(src, LogsConfig{}).Demux(w, nil) },
		"conn": func(src *source, w io.Writer) (int64, error) {
			return NewConn(t.Context(), src, Config{}).Demux(w, nil)
		},
	} {
		src := sourceOf(frame(Stdout, "first"), frame(Stdout, "second"))
		stdout := &oddWriter{odd: 1, reply: func([]byte) (int, error) { panic("writer") }}
		func() {
			defer func() {
				if p := recover(); p != "writer" {
					t.Errorf("%s: recovered %v", name, p)
				}
			}()
			_, _ = demux(src, stdout)
			t.Errorf("%s: the panic was swallowed", name)
		}()
		if stdout.calls != 1 || src.closed.Load() != 1 {
			t.Errorf("%s: %d calls, closed %d times", name, stdout.calls, src.closed.Load())
		}
	}
}

func TestRow67EmptyFramesDoNotSpin(t *testing.T) {
	const frames = 1_000_000
	src := &counted{r: io.LimitReader(repeat(frame(Stdout, "")), frames*headerLen)}
	n, err := Demux(nil, nil, iotest.OneByteReader(src))
	if n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if src.reads > frames*headerLen+1 {
		t.Errorf("%d reads of one byte for %d bytes", src.reads, frames*headerLen)
	}
}

func TestRow67ReaderWithoutProgress(t *testing.T) {
	_, err := Demux(nil, nil, readerFunc(func([]byte) (int, error) { return 0, nil }))
	if !errors.Is(err, io.ErrNoProgress) {
		t.Error(err)
	}
	for _, impossible := range []int{-1, frameBuffer * 4} {
		_, err = Demux(nil, nil, readerFunc(func([]byte) (int, error) { return impossible, nil }))
		if !errors.Is(err, errInvalidRead) {
			t.Errorf("a read of %d: %v", impossible, err)
		}
	}
}

func TestDemuxNilWriterDiscards(t *testing.T) {
	var stderr bytes.Buffer
	n, err := Demux(nil, &stderr, strings.NewReader(frame(Stdout, "dropped")+frame(Stderr, "kept")))
	if n != 11 || err != nil || stderr.String() != "kept" {
		t.Errorf("%d, %v, %q", n, err, &stderr)
	}
}

// Both the memory of a waiting stream and the speed of a busy one hang on the size of the buffer.
func TestBufferFollowsThePace(t *testing.T) {
	src := &source{data: bytes.Repeat([]byte{0}, 8<<20)} // empty frames
	var rooms []int
	read := 1 << 20
	src.sizes = func(room int) int {
		rooms = append(rooms, room)
		return read
	}
	s := newSplitter(src, true, nil)
	defer s.release()
	step := func() int {
		if _, _, err := s.next(); err != nil {
			t.Fatal(err)
		}
		return rooms[len(rooms)-1]
	}
	want := []int{smallBuffer, smallBuffer, frameBuffer, frameBuffer}
	for i, want := range want {
		if got := step(); got != want {
			t.Errorf("read %d at speed: room for %d, want %d", i, got, want)
		}
	}
	read = 100
	for i, want := range []int{frameBuffer, frameBuffer, smallBuffer, smallBuffer} {
		if got := step(); got != want {
			t.Errorf("short read %d: room for %d, want %d", i, got, want)
		}
	}
}

func TestStreamString(t *testing.T) {
	got := fmt.Sprint(Stdin, Stdout, Stderr, SystemError, Stream(9))
	if want := "stdin stdout stderr system error stream 9"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func neverCalled(t *testing.T) func(error) error {
	t.Helper()
	return func(err error) error {
		t.Errorf("a writer's error was taken for the stream's: %v", err)
		return err
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// repeat is an endless reader of the same bytes.
func repeat(s string) io.Reader {
	rest := ""
	return readerFunc(func(p []byte) (int, error) {
		if rest == "" {
			rest = s
		}
		n := copy(p, rest)
		rest = rest[n:]
		return n, nil
	})
}

type counted struct {
	r     io.Reader
	reads int
}

func (c *counted) Read(p []byte) (int, error) {
	c.reads++
	return c.r.Read(p)
}
