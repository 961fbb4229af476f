package hijack

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"net/http"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/internal/leak"
)

func TestRow68TTYIsByteIdentical(t *testing.T) {
	// Everything that could be taken for a frame, a line end or text.
	in := frame(Stdout, "looks framed") + "\r\n$ \x1b[0m\x00\xff\xfe\r\rend\n"
	var stdout, stderr bytes.Buffer
	n, err := NewLogs(sourceOf(in), LogsConfig{TTY: true}).Demux(&stdout, &stderr)
	if err != nil || n != int64(len(in)) || stdout.String() != in || stderr.Len() != 0 {
		t.Errorf("demux: %d, %v, %q, %q", n, err, &stdout, &stderr)
	}
	src := sourceOf(in)
	src.sizes = func(int) int { return 5 }
	l := NewLogs(src, LogsConfig{TTY: true})
	if !l.TTY() {
		t.Error("not a TTY")
	}
	frames, err := collect(l)
	var all strings.Builder
	for _, f := range frames {
		all.Write(f.Data)
		if f.Stream != Stdout {
			t.Errorf("a TTY has no %v", f.Stream)
		}
	}
	if err != nil || all.String() != in {
		t.Errorf("frames: %q, %v", all.String(), err)
	}
}

func TestRow68TTYOfACutAnswer(t *testing.T) {
	src := sourceOf("half")
	src.end = io.ErrUnexpectedEOF
	n, err := NewLogs(src, LogsConfig{TTY: true}).Demux(nil, nil)
	if e, ok := errors.AsType[*TruncatedError](err); !ok || e.Delivered != 4 || n != 4 {
		t.Errorf("%d, %v", n, err)
	}
}

// ways are the ways to read logs, each left early if asked to.
var ways = map[string]func(l *Logs, leave bool) error{
	"frames": func(l *Logs, leave bool) error { return drain(l.Frames(), leave) },
	"lines":  func(l *Logs, leave bool) error { return drain(l.Lines(), leave) },
	"demux": func(l *Logs, leave bool) error {
		_, err := l.Demux(writerFunc(func(p []byte) (int, error) {
			if leave {
				return 0, errBroken
			}
			return len(p), nil
		}), nil)
		if leave && errors.Is(err, errBroken) {
			err = nil
		}
		return err
	},
}

func drain[T any](seq iter.Seq2[T, error], leave bool) error {
	for _, err := range seq {
		if err != nil || leave {
			return err
		}
	}
	return nil
}

func TestRow81LoopsCloseHoweverTheyEnd(t *testing.T) {
	sound := frame(Stdout, "a\nb\n") + frame(Stderr, "c\n")
	for name, way := range ways {
		for _, c := range []struct {
			name, in string
			leave    bool
			want     error
		}{
			{"end", sound, false, nil},
			{"break", sound, true, nil},
			{"error", sound + "\x01", false, ErrTruncated},
			{"nothing", "", false, nil},
		} {
			src := sourceOf(c.in)
			l := NewLogs(src, LogsConfig{})
			if err := way(l, c.leave); !errors.Is(err, c.want) {
				t.Errorf("%s, %s: %v", name, c.name, err)
			}
			if src.closed.Load() != 1 {
				t.Errorf("%s, %s: closed %d times", name, c.name, src.closed.Load())
			}
			for again, way := range ways {
				if err := way(l, false); !errors.Is(err, ErrClosed) {
					t.Errorf("%s, %s, and %s again: %v", name, c.name, again, err)
				}
			}
			if err := l.Close(); err != nil || src.closed.Load() != 1 {
				t.Errorf("%s, %s: closing again: %v, closed %d times", name, c.name, err, src.closed.Load())
			}
		}
	}
}

func TestRow81LoopInsideALoop(t *testing.T) {
	l := NewLogs(sourceOf(mixed), LogsConfig{})
	var all strings.Builder
	for f, err := range l.Frames() {
		if err != nil {
			t.Fatal(err)
		}
		all.Write(f.Data)
		for name, way := range ways {
			if err := way(l, false); !errors.Is(err, ErrClosed) {
				t.Errorf("%s inside a loop: %v", name, err)
			}
		}
	}
	if stdout, stderr, _ := reference([]byte(mixed)); all.Len() != len(stdout)+len(stderr) {
		t.Errorf("the inner loops took output from the outer one, which has %q", &all)
	}
}

func TestRow81PanicInALoop(t *testing.T) {
	for _, tty := range []bool{false, true} {
		src := sourceOf(frame(Stdout, "a\n"))
		func() {
			defer func() {
				if p := recover(); p != "body" {
					t.Errorf("recovered %v", p)
				}
			}()
			for _, err := range NewLogs(src, LogsConfig{TTY: tty}).Lines() {
				if err == nil {
					panic("body")
				}
			}
		}()
		if src.closed.Load() != 1 {
			t.Errorf("closed %d times", src.closed.Load())
		}
	}
}

func TestRow81TenThousandBreaks(t *testing.T) {
	leak.Check(t)
	for range 10_000 {
		src := sourceOf(mixed)
		for _, err := range NewConn(t.Context(), src, Config{}).Logs(LogsConfig{}).Frames() {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		if src.closed.Load() != 1 {
			t.Fatalf("closed %d times", src.closed.Load())
		}
	}
}

func TestRow81BreakClosesTheConnection(t *testing.T) {
	leak.Check(t)
	for range scale(100) {
		gone := make(chan struct{})
		c := dial(t.Context(), t, "unix", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, frame(Stdout, "first\n"))
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done() // a log that is followed, and says no more
			close(gone)
		}), Config{})
		for line, err := range c.Logs(LogsConfig{}).Lines() {
			if err != nil || line.Text != "first" {
				t.Errorf("%v, %v", line, err)
			}
			break
		}
		<-gone
	}
}

func TestCloseEndsALoop(t *testing.T) {
	for name, way := range ways {
		r, w := io.Pipe()
		l := NewLogs(r, LogsConfig{})
		go func() {
			_, _ = io.WriteString(w, frame(Stdout, "line\n"))
			_ = l.Close()
		}()
		if err := way(l, false); !errors.Is(err, ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
		l = NewLogs(sourceOf(mixed), LogsConfig{Error: func(err error) error { return errors.Join(errBroken, err) }})
		_ = l.Close()
		if err := way(l, false); !errors.Is(err, ErrClosed) || !errors.Is(err, errBroken) {
			t.Errorf("%s of closed logs: %v", name, err)
		}
	}
}

// Errors are wrapped once, be they of the source or of the frames; an end is none.
func TestLogsErrorIsWrappedOnce(t *testing.T) {
	for name, way := range ways {
		for _, c := range []struct {
			name, in  string
			end, want error
		}{
			{"read", mixed, errBroken, errBroken},
			{"frames", mixed + "prompt", nil, ErrProtocol},
			{"truncated", mixed + "\x01", nil, ErrTruncated},
			{"end", mixed, nil, nil},
		} {
			calls := 0
			wrap := func(err error) error {
				calls++
				return errors.Join(errors.New("operation"), err)
			}
			source := func() *source { return &source{data: []byte(c.in), end: c.end} }
			for of, l := range map[string]*Logs{
				"of a source":     NewLogs(source(), LogsConfig{Error: wrap}),
				"of a connection": NewConn(t.Context(), source(), Config{Error: wrap}).Logs(LogsConfig{}),
			} {
				calls = 0
				err := way(l, false)
				if !errors.Is(err, c.want) || calls > 1 || (calls == 1) != (c.want != nil) {
					t.Errorf("%s %s, %s: wrapped %d times: %v", name, of, c.name, calls, err)
				}
			}
		}
	}
}
