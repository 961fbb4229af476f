package hijack

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// text shows lines in short: the stream, a ~ for Partial, the text.
func text(lines []Line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.Stream.String()[3:])
		if l.Partial {
			b.WriteByte('~')
		}
		fmt.Fprintf(&b, "%q ", l.Text)
	}
	return strings.TrimSpace(b.String())
}

func TestLines(t *testing.T) {
	for _, c := range []struct {
		name, in string
		cfg      LogsConfig
		want     string
		err      error
	}{
		{"none", "", LogsConfig{}, ``, nil},
		{"one", frame(Stdout, "a\n"), LogsConfig{}, `out"a"`, nil},
		{"empty ones", frame(Stdout, "\n\n") + frame(Stderr, "\n"), LogsConfig{}, `out"" out"" err""`, nil},
		{"no end", frame(Stdout, "a\nb"), LogsConfig{}, `out"a" out"b"`, nil},
		{"no end, both streams", frame(Stderr, "b") + frame(Stdout, "a"), LogsConfig{}, `out"a" err"b"`, nil},
		{"joined", frame(Stdout, "a") + frame(Stdout, "b\nc") + frame(Stdout, "\n"), LogsConfig{}, `out"ab" out"c"`, nil},
		{
			"joined across the other stream",
			frame(Stdout, "a") + frame(Stderr, "x") + frame(Stdout, "b\n") + frame(Stderr, "y\n"),
			LogsConfig{},
			`out"ab" err"xy"`, nil,
		},
		{"echo is stdout", frame(Stdin, "a") + frame(Stdout, "b\n"), LogsConfig{}, `out"ab"`, nil},
		{"CR is text", frame(Stdout, "a\r\n\r\n"), LogsConfig{}, `out"a\r" out"\r"`, nil},
		{"CR LF of a TTY", "a\r\nb\r\r\n\r\nc\nd\r", LogsConfig{TTY: true}, `out"a" out"b\r" out"" out"c" out"d\r"`, nil},
		{"cut", frame(Stdout, "a\nb") + "\x01", LogsConfig{}, `out"a" out~"b"`, ErrTruncated},
		{"cut in a frame", head(Stderr, 9) + "a\nb", LogsConfig{}, `err"a" err~"b"`, ErrTruncated},
		{"a TTY's after all", "$ ls\r\n", LogsConfig{}, ``, ErrProtocol},
	} {
		for _, one := range []bool{false, true} {
			var src io.Reader = strings.NewReader(c.in)
			if one {
				src = iotest.OneByteReader(src)
			}
			got, err := lines(NewLogs(io.NopCloser(src), c.cfg))
			if text(got) != c.want || !errors.Is(err, c.err) {
				t.Errorf("%s: %s, %v, want %s, %v", c.name, text(got), err, c.want, c.err)
			}
		}
	}
}

func TestRow71TextIsByteIdentical(t *testing.T) {
	// A multibyte character cut between frames, with the other stream in between, and bytes that are no character.
	in := frame(Stdout, "gr\xc3") + frame(Stderr, "\xe2\x82") + frame(Stdout, "\xbcn \xff\xfe\n") + frame(Stderr, "\xac\n")
	got, err := lines(NewLogs(sourceOf(in), LogsConfig{}))
	if want := `out"grün \xff\xfe" err"€"`; text(got) != want || err != nil {
		t.Errorf("%s, %v, want %s", text(got), err, want)
	}
}

func TestRow72LineOf1GiB(t *testing.T) {
	const size = 1 << 30
	n := scale(size/frameBuffer) * frameBuffer
	payload := strings.Repeat("0123456789abcdef", 1<<10) // as docker cuts it
	src := io.LimitReader(repeat(frame(Stdout, payload)), int64(n/len(payload)*(headerLen+len(payload))))
	pieces, length := 0, 0
	for line, err := range NewLogs(io.NopCloser(src), LogsConfig{}).Lines() {
		if err != nil {
			t.Fatal(err)
		}
		pieces++
		length += len(line.Text)
		if last := length == n; line.Partial == last || len(line.Text) != lineLimit {
			t.Fatalf("piece %d of %d bytes, partial %t, at %d of %d", pieces, len(line.Text), line.Partial, length, n)
		}
	}
	if length != n {
		t.Errorf("%d bytes in %d pieces, want %d", length, pieces, n)
	}
}

func TestRow72LimitOfALine(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	for _, c := range []struct {
		name, in string
		tty      bool
		want     []Line
	}{
		{"at the limit", x(lineLimit) + "\n", false, []Line{{Text: x(lineLimit)}}},
		{"above", x(lineLimit+1) + "\ny", false, []Line{{Text: x(lineLimit), Partial: true}, {Text: "x"}, {Text: "y"}}},
		{"at the limit, no end", x(lineLimit), false, []Line{{Text: x(lineLimit)}}},
		{"twice", x(2*lineLimit) + "\n", false, []Line{{Text: x(lineLimit), Partial: true}, {Text: x(lineLimit)}}},
		{"CR LF at the limit", x(lineLimit-1) + "\r\n", true, []Line{{Text: x(lineLimit - 1)}}},
		{"CR LF above", x(lineLimit) + "\r\ny", true, []Line{{Text: x(lineLimit), Partial: true}, {}, {Text: "y"}}},
		{
			"CR at the cut that is text", x(lineLimit-1) + "\rx\r\n", true,
			[]Line{{Text: x(lineLimit - 1), Partial: true}, {Text: "\rx"}},
		},
	} {
		for _, room := range []int{1 << 20, 1000} {
			src := sourceOf(c.in)
			if !c.tty {
				src = sourceOf(frame(Stdout, c.in))
			}
			src.sizes = func(int) int { return room }
			got, err := lines(NewLogs(src, LogsConfig{TTY: c.tty}))
			for i := range c.want {
				c.want[i].Stream = Stdout
			}
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s: %d lines, %v, %.200s", c.name, len(got), err, text(got))
			}
		}
	}
}

func TestLinesTimestampsAndDetails(t *testing.T) {
	at := time.Date(2026, 8, 28, 12, 6, 47, 123456789, time.UTC)
	const stamp = "2026-08-28T12:06:47.123456789Z "
	both, times, details := LogsConfig{Timestamps: true, Details: true}, LogsConfig{Timestamps: true}, LogsConfig{Details: true}
	for _, c := range []struct {
		in      string
		cfg     LogsConfig
		text    string
		time    time.Time
		details map[string]string
	}{
		{stamp + "hello world", times, "hello world", at, nil},
		{stamp, times, "", at, nil},
		{stamp + " indented", times, " indented", at, nil},
		{"2026-08-28T14:06:47+02:00 podman", times, "podman", at.Truncate(time.Second), nil},
		{"k=v hello world", details, "hello world", time.Time{}, map[string]string{"k": "v"}},
		{"k=v,k2=v2 x", details, "x", time.Time{}, map[string]string{"k": "v", "k2": "v2"}},
		{"a%20b=c%2Cd%3De,empty= x", details, "x", time.Time{}, map[string]string{"a b": "c,d=e", "empty": ""}},
		{" no attributes", details, "no attributes", time.Time{}, nil},
		{stamp + "k=v hello world", both, "hello world", at, map[string]string{"k": "v"}},
		{stamp + " hello", both, "hello", at, nil},
		// What was promised is not there: nothing is lost.
		{"hello world", times, "hello world", time.Time{}, nil},
		{"", both, "", time.Time{}, nil},
		{"2026-08-28T12:06:47Z", times, "2026-08-28T12:06:47Z", time.Time{}, nil},
		{"2026-13-28T12:06:47Z x", times, "2026-13-28T12:06:47Z x", time.Time{}, nil},
		{"hello world", details, "hello world", time.Time{}, nil},
		{"k=%zz x", details, "k=%zz x", time.Time{}, nil},
		{"%zz=v x", details, "%zz=v x", time.Time{}, nil},
		{"k=v,x y", details, "k=v,x y", time.Time{}, nil},
		{"k=v", details, "k=v", time.Time{}, nil},
		{stamp + "hello world", both, "hello world", at, nil},
		{"k=v " + stamp, both, "k=v " + stamp, time.Time{}, nil},
	} {
		for _, tty := range []bool{false, true} {
			c.cfg.TTY = tty
			in := c.in + "\r\n"
			if !tty {
				in = frame(Stderr, c.in+"\n")
			}
			got, err := lines(NewLogs(sourceOf(in), c.cfg))
			if err != nil || len(got) != 1 {
				t.Errorf("%q: %v, %v", c.in, got, err)
				continue
			}
			l := got[0]
			if l.Text != c.text || !l.Time.Equal(c.time) || !maps.Equal(l.Details, c.details) {
				t.Errorf("%q: %q, %v, %v, want %q, %v, %v", c.in, l.Text, l.Time, l.Details, c.text, c.time, c.details)
			}
		}
	}
}

// Engines write the parts of a message in one frame or in one each, and only the line has a prefix, not its pieces.
func TestLinesPrefixInFramesOfItsOwn(t *testing.T) {
	in := frame(Stdout, "2026-08-28T12:06:47.000000000Z") + frame(Stdout, " ") + frame(Stdout, "k=v") +
		frame(Stdout, " ") + frame(Stdout, strings.Repeat("x", lineLimit)) + frame(Stdout, " k=v\nnone")
	got, err := lines(NewLogs(sourceOf(in), LogsConfig{Timestamps: true, Details: true}))
	if err != nil || len(got) != 3 {
		t.Fatalf("%d lines, %v", len(got), err)
	}
	if !got[0].Partial || got[1].Partial || len(got[0].Text)+len(got[1].Text) != lineLimit+len(" k=v") {
		t.Errorf("pieces of %d and %d bytes", len(got[0].Text), len(got[1].Text))
	}
	for _, l := range got[:2] {
		if l.Time.IsZero() || l.Details["k"] != "v" {
			t.Errorf("a piece without time or details: %v, %v", l.Time, l.Details)
		}
	}
	if last := got[2]; last.Text != "none" || !last.Time.IsZero() || last.Details != nil {
		t.Errorf("the line after has the prefix of the one before: %v", last)
	}
}

// pieces writes lines as engines keep them: in pieces of a size, each a frame with the prefix, the last with the line's end.
func pieces(stream Stream, prefix, line string, size int) (frames []string) {
	for len(line) > size {
		frames = append(frames, frame(stream, prefix+line[:size]))
		line = line[size:]
	}
	return append(frames, frame(stream, prefix+line+"\n"))
}

// TestPrefixesInsideALine has lines in pieces of both streams, one between the other, and texts that look like prefixes.
func TestPrefixesInsideALine(t *testing.T) {
	const stamp, details = "2026-01-02T03:04:05.000000006Z ", "k=v,a%20b=c "
	r := random(t)
	for range scale(300) {
		cfg := LogsConfig{Timestamps: r.IntN(4) > 0, Details: r.IntN(2) == 0}
		prefix := ""
		if cfg.Timestamps {
			prefix += stamp
		}
		if cfg.Details {
			prefix += []string{details, " "}[r.IntN(2)]
		}
		size := []int{16 << 10, 8 << 10, 50, 1}[r.IntN(4)]
		var want [2][]string
		var queues [2][]string
		for i := range queues {
			for range r.IntN(5) {
				line := strings.Repeat("x", r.IntN(3*size))
				for range r.IntN(3) { // where a piece begins, at times
					at := r.IntN(len(line)/size+1) * size
					line = line[:at] + []string{stamp, details, " ", stamp + details, "k=v"}[r.IntN(5)] + line[at:]
				}
				want[i] = append(want[i], line)
				queues[i] = append(queues[i], pieces(Stream(i+1), prefix, line, size)...)
			}
		}
		var in strings.Builder
		for len(queues[0])+len(queues[1]) > 0 {
			i := r.IntN(2)
			if len(queues[i]) == 0 {
				i = 1 - i
			}
			in.WriteString(queues[i][0])
			queues[i] = queues[i][1:]
		}
		got, err := lines(NewLogs(io.NopCloser(&source{data: []byte(in.String()), sizes: randomSizes(r)}), cfg))
		if err != nil {
			t.Fatal(err)
		}
		var texts [2][]string
		for _, l := range got {
			if l.Time.IsZero() == cfg.Timestamps || len(l.Details) > 0 && !cfg.Details {
				t.Errorf("%+v: %v, %v", cfg, l.Time, l.Details)
			}
			texts[l.Stream-1] = append(texts[l.Stream-1], l.Text)
		}
		if !reflect.DeepEqual(texts, want) {
			t.Fatalf("%+v, pieces of %d: %.1000q, want %.1000q", cfg, size, texts, want)
		}
	}
}

// TestPrefixOfAnEngineThatHasNone holds what only looks like one: where the line has none, and where it has another.
func TestPrefixOfAnEngineThatHasNone(t *testing.T) {
	const stamp = "2026-01-02T03:04:05Z "
	for _, c := range []struct{ first, second, want string }{
		{"a", stamp + "b\n", `out"a` + stamp + `b"`},
		{stamp + "a", "b\n", `out"ab"`},
		{stamp + "a", stamp + stamp + "b\n", `out"a` + stamp + `b"`},
		{stamp + "a", stamp, `out"a"`},
		{stamp + "a", "2026-01-02T03:04:05Z", `out"a2026-01-02T03:04:05Z"`},
		{stamp + "a", "2026-01-02T03:04:05Z\nb", `out"a2026-01-02T03:04:05Z" out"b"`},
		{stamp + "a", stamp + "\n", `out"a"`},
	} {
		for _, one := range []bool{false, true} {
			var src io.Reader = strings.NewReader(frame(Stdout, c.first) + frame(Stdout, c.second))
			if one {
				src = iotest.OneByteReader(src)
			}
			got, err := lines(NewLogs(io.NopCloser(src), LogsConfig{Timestamps: true}))
			if text(got) != c.want || err != nil {
				t.Errorf("%q, %q: %s, %v, want %s", c.first, c.second, text(got), err, c.want)
			}
		}
	}
}
