package hijack

import (
	"bytes"
	"encoding/binary"
	"io"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// randomStream is a stream of frames of all sizes, some of which end badly.
func randomStream(r *rand.Rand) []byte {
	var b strings.Builder
	for range r.IntN(20) {
		size := r.IntN(40)
		if r.IntN(400) == 0 {
			size = r.IntN(3 * frameBuffer)
		}
		b.WriteString(frame(Stream(r.IntN(3)), randomText(r, size)))
	}
	data := []byte(b.String())
	switch r.IntN(8) {
	case 0:
		data = append(data, frame(SystemError, randomText(r, r.IntN(50)))+"rest"...)
	case 1:
		data = append(data, randomText(r, r.IntN(20))...)
	case 2:
		data = data[:r.IntN(len(data)+1)]
	case 3:
		if len(data) > 0 {
			data[r.IntN(len(data))] ^= 1 << r.IntN(8)
		}
	}
	return data
}

// randomText has many line ends, and bytes that look like headers.
func randomText(r *rand.Rand, n int) string {
	const letters = "\x00\x00\x01\x02\x03\r\n\n=, aé\xff"
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	if r.IntN(4) == 0 { // one long line
		return strings.ReplaceAll(string(b), "\n", "-")
	}
	return string(b)
}

func TestRow62To67DemuxAgainstReference(t *testing.T) {
	r := random(t)
	for range scale(10_000) {
		data := randomStream(r)
		checkDemux(t, data, randomSizes(r), r.IntN(2) == 0)
		if t.Failed() {
			t.Fatalf("stream %q", data[:min(len(data), 2000)])
		}
	}
}

func TestRow71And72LinesAgainstReference(t *testing.T) {
	r := random(t)
	for range scale(4_000) {
		data, tty := randomStream(r), r.IntN(4) == 0
		checkLines(t, data, LogsConfig{TTY: tty, Timestamps: r.IntN(2) == 0, Details: r.IntN(2) == 0}, randomSizes(r))
		if t.Failed() {
			t.Fatalf("TTY %t, stream %q", tty, data[:min(len(data), 2000)])
		}
	}
}

// checkDemux compares Demux and Frames with the reference, on reads of these sizes.
func checkDemux(t *testing.T, data []byte, sizes func(int) int, early bool) {
	t.Helper()
	wantOut, wantErr, want := reference(data)
	var stdout, stderr bytes.Buffer
	src := &source{data: data, sizes: sizes, early: early}
	n, err := Demux(&stdout, &stderr, src)
	if !sameError(err, want) || n != int64(len(wantOut)+len(wantErr)) {
		t.Errorf("%d, %v, want %d, %v", n, err, len(wantOut)+len(wantErr), want)
	}
	if !bytes.Equal(stdout.Bytes(), wantOut) || !bytes.Equal(stderr.Bytes(), wantErr) {
		t.Errorf("stdout %q, stderr %q, want %q, %q", &stdout, &stderr, wantOut, wantErr)
	}
	if src.most > frameBuffer {
		t.Errorf("read into %d bytes", src.most)
	}
	frames, err := collect(NewLogs(&source{data: data, sizes: sizes}, LogsConfig{}))
	if !sameError(err, want) {
		t.Errorf("frames: %v, want %v", err, want)
	}
	var of [2][]byte
	for _, f := range frames {
		if len(f.Data) == 0 {
			t.Error("frames: an empty one")
		}
		of[f.Stream-Stdout] = append(of[f.Stream-Stdout], f.Data...)
	}
	if !bytes.Equal(of[0], wantOut) || !bytes.Equal(of[1], wantErr) {
		t.Errorf("frames: %q, %q, want %q, %q", of[0], of[1], wantOut, wantErr)
	}
}

// checkLines compares Lines with the reference, on reads of these sizes.
func checkLines(t *testing.T, data []byte, cfg LogsConfig, sizes func(int) int) {
	t.Helper()
	stdout, stderr, want := data, []byte(nil), error(nil)
	if !cfg.TTY {
		stdout, stderr, want = reference(data)
	}
	plain, err := lines(NewLogs(io.NopCloser(&source{data: data, sizes: sizes}), LogsConfig{TTY: cfg.TTY}))
	if !sameError(err, want) {
		t.Errorf("%v, want %v", err, want)
	}
	for stream, data := range map[Stream][]byte{Stdout: stdout, Stderr: stderr} {
		wantLines := referenceLines(stream, data, want != nil, cfg.TTY)
		var got []Line
		for _, l := range plain {
			if l.Stream == stream {
				got = append(got, l)
			}
		}
		if !slices.EqualFunc(got, wantLines, samePlainLine) {
			t.Errorf("%v: %.2000s, want %.2000s", stream, text(got), text(wantLines))
		}
	}
	prefixed, err := lines(NewLogs(io.NopCloser(&source{data: data, sizes: sizes}), cfg))
	if !sameError(err, want) {
		t.Errorf("with prefixes: %v, want %v", err, want)
	}
	payloads := map[Stream][][]byte{Stdout: {data}}
	if !cfg.TTY {
		payloads = referencePayloads(data)
	}
	for _, stream := range []Stream{Stdout, Stderr} {
		wantLines := referencePrefixed(stream, payloads[stream], want != nil, cfg)
		got := slices.DeleteFunc(slices.Clone(prefixed), func(l Line) bool { return l.Stream != stream })
		if !reflect.DeepEqual(got, wantLines) && len(got)+len(wantLines) > 0 {
			t.Errorf("with prefixes, %v: %.2000s, want %.2000s", stream, text(got), text(wantLines))
		}
	}
}

// referencePayloads are the payloads of each stream, up to where it breaks off.
func referencePayloads(data []byte) map[Stream][][]byte {
	all := map[Stream][][]byte{}
	for len(data) >= headerLen && data[0] < 3 && bytes.Equal(data[1:4], make([]byte, 3)) {
		stream := max(Stream(data[0]), Stdout)
		size := int64(binary.BigEndian.Uint32(data[4:]))
		payload := data[headerLen:min(headerLen+size, int64(len(data)))]
		data = data[headerLen+len(payload):]
		if len(payload) > 0 {
			all[stream] = append(all[stream], payload)
		}
	}
	return all
}

// referencePrefixed takes off the prefixes of the frames that go on with a line, cuts what is left into lines, and takes
// theirs off.
func referencePrefixed(stream Stream, payloads [][]byte, cut bool, cfg LogsConfig) (all []Line) {
	var text []byte
	for _, payload := range payloads {
		line := text[bytes.LastIndexByte(text, '\n')+1:]
		if len(line) > 0 && !cfg.TTY {
			first, _ := cfg.cutPrefix(line[:min(len(line), lineLimit)])
			payload = referenceCutAgain(payload, first)
		}
		text = append(text, payload...)
	}
	var of prefix
	begun := false
	for _, l := range referenceLines(stream, text, cut, cfg.TTY) {
		if !begun {
			var rest []byte
			of, rest = cfg.cutPrefix([]byte(l.Text))
			l.Text = string(rest)
		}
		begun = l.Partial
		l.Time, l.Details = of.time, of.details
		all = append(all, l)
	}
	return all
}

// referenceCutAgain is cutAgain on all of a frame.
func referenceCutAgain(frame []byte, first prefix) []byte {
	rest := frame
	if first.timed {
		field, after, ok := bytes.Cut(frame, []byte(" "))
		if _, err := time.Parse(time.RFC3339Nano, string(field)); !ok || err != nil || len(field) > maxTime {
			return frame
		}
		rest = after
	}
	if first.detailed {
		field, _, ok := bytes.Cut(rest[:min(len(rest), lineLimit)], []byte(" "))
		if details, fine := parseDetails(string(field)); ok && fine && !bytes.Contains(field, []byte("\n")) && maps.Equal(details, first.details) {
			rest = rest[len(field)+1:]
		}
	}
	return rest
}

func samePlainLine(a, b Line) bool {
	return a.Text == b.Text && a.Partial == b.Partial && a.Time.IsZero() && a.Details == nil
}

// referenceLines cuts a stream that is wholly in memory into lines.
func referenceLines(stream Stream, data []byte, cut, tty bool) (lines []Line) {
	for len(data) > 0 {
		line, rest, ended := bytes.Cut(data, []byte("\n"))
		data = rest
		for len(line) > lineLimit {
			n := lineLimit
			if tty && line[n-1] == '\r' {
				n--
			}
			lines = append(lines, Line{Stream: stream, Text: string(line[:n]), Partial: true})
			line = line[n:]
		}
		if ended && tty {
			line = bytes.TrimSuffix(line, []byte("\r"))
		}
		lines = append(lines, Line{Stream: stream, Text: string(line), Partial: cut && !ended})
	}
	return lines
}
