package hijack

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"time"
)

// sink is a writer that io.Copy cannot hand its source to.
type sink struct{ n int64 }

func (s *sink) Write(p []byte) (int, error) {
	s.n += int64(len(p))
	return len(p), nil
}

// naive takes frames apart the usual way: whole frames are gathered in a buffer, which grows to what their headers
// claim, and what was read beyond one is moved to the front.
func naive(stdout, stderr io.Writer, src io.Reader) (written int64, err error) {
	buf := make([]byte, 32<<10+headerLen)
	have := 0
	fill := func(need int) error {
		if need > len(buf) {
			buf = append(buf, make([]byte, need-len(buf))...)
		}
		for have < need {
			n, err := src.Read(buf[have:])
			have += n
			if err != nil && have < need {
				return err
			}
		}
		return nil
	}
	for {
		if err := fill(headerLen); err != nil {
			if err == io.EOF && have == 0 { //nolint:errorlint // io.Reader's contract
				err = nil
			}
			return written, err
		}
		size := headerLen + int(binary.BigEndian.Uint32(buf[4:]))
		if err := fill(size); err != nil {
			return written, err
		}
		w := stdout
		if buf[0] == byte(Stderr) {
			w = stderr
		}
		n, err := w.Write(buf[headerLen:size])
		written += int64(n)
		if err != nil {
			return written, err
		}
		copy(buf, buf[size:have])
		have -= size
	}
}

// BenchmarkDemux reports how the time compares with io.Copy, which parses nothing, and with the naive way, both
// taken in the same run.
func BenchmarkDemux(b *testing.B) {
	for _, c := range []struct {
		name string
		size int
	}{{"120B", 120}, {"32KiB", 32 << 10}} {
		b.Run(c.name, func(b *testing.B) {
			one := frame(Stdout, strings.Repeat("x", c.size)) + frame(Stderr, strings.Repeat("y", c.size))
			data := []byte(strings.Repeat(one, 16<<20/len(one)))
			frames := 2 * len(data) / len(one)
			reader := bytes.NewReader(data)
			src := struct{ io.Reader }{reader} // without a WriteTo of its own
			var stdout, stderr sink
			buffer := make([]byte, frameBuffer)
			timed := func(f func() error) time.Duration {
				reader.Reset(data)
				start := time.Now()
				if err := f(); err != nil {
					b.Fatal(err)
				}
				return time.Since(start)
			}
			var ours, copied, plain time.Duration
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				ours += timed(func() error { _, err := Demux(&stdout, &stderr, src); return err })
				b.StopTimer()
				copied += timed(func() error { _, err := io.CopyBuffer(&stdout, src, buffer); return err })
				plain += timed(func() error { _, err := naive(&stdout, &stderr, src); return err })
				b.StartTimer()
			}
			b.ReportMetric(float64(ours.Nanoseconds())/float64(b.N)/float64(frames), "ns/frame")
			b.ReportMetric(float64(ours)/float64(copied), "x-io.Copy")
			b.ReportMetric(float64(ours)/float64(plain), "x-naive")
		})
	}
}

func BenchmarkLines(b *testing.B) {
	one := frame(Stdout, strings.Repeat("x", 119)+"\n")
	data := []byte(strings.Repeat(one, 16<<20/len(one)))
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range NewLogs(io.NopCloser(bytes.NewReader(data)), LogsConfig{}).Lines() {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != len(data)/len(one) {
			b.Fatalf("%d lines", n)
		}
	}
}

func BenchmarkFrames(b *testing.B) {
	one := frame(Stdout, strings.Repeat("x", 120))
	data := []byte(strings.Repeat(one, 16<<20/len(one)))
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range NewLogs(io.NopCloser(bytes.NewReader(data)), LogsConfig{}).Frames() {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
