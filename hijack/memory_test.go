package hijack

import (
	"bytes"
	"context"
	"io"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
)

// TestBuffersAreUsedAgain holds that a stream takes its buffers from the pools and gives all of them back: of one stream
// after another, few make new ones. The race detector has pools forget a quarter of what they are given.
func TestBuffersAreUsedAgain(t *testing.T) {
	const streams = 100
	text := strings.Repeat("a line of text\n", 1<<12)
	var b bytes.Buffer
	for rest := text; rest != ""; rest = rest[min(len(rest), 32<<10):] {
		b.WriteString(frame(Stdout, rest[:min(len(rest), 32<<10)]))
	}
	frames := b.String()
	conn := func(data string) *Conn {
		return NewConn(context.Background(), io.NopCloser(strings.NewReader(data)), Config{})
	}
	made := map[string]int{}
	for size, pool := range map[string]*sync.Pool{"small": &smallBuffers, "frame": &frameBuffers, "copy": &copyBuffers} {
		was := pool.New
		pool.New = func() any { made[size]++; return was() }
		t.Cleanup(func() { pool.New = was })
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which empties pools
	for name, read := range map[string]func() error{
		"Demux":         func() error { _, err := Demux(io.Discard, io.Discard, strings.NewReader(frames)); return err },
		"Conn.Demux":    func() error { _, err := conn(frames).Demux(io.Discard, io.Discard); return err },
		"Conn.WriteTo":  func() error { _, err := conn(text).WriteTo(io.Discard); return err },
		"Conn.ReadFrom": func() error { _, err := pump(io.Discard, strings.NewReader(text)); return err },
		"Logs.Demux":    func() error { _, err := conn(frames).Logs(LogsConfig{}).Demux(io.Discard, io.Discard); return err },
		"Logs.Lines": func() error {
			for _, err := range conn(text).Logs(LogsConfig{TTY: true}).Lines() {
				if err != nil {
					return err
				}
			}
			return nil
		},
		"Logs.Lines, left": func() error {
			for _, err := range conn(text).Logs(LogsConfig{TTY: true}).Lines() {
				return err
			}
			return nil
		},
	} {
		for range streams {
			if err := read(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		for size, n := range made {
			if n > streams/2 {
				t.Errorf("%s: %d streams make %d %s buffers", name, streams, n, size)
			}
		}
		clear(made)
	}
}
