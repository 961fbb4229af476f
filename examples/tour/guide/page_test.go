package guide

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestWords(t *testing.T) {
	for got, want := range map[string]string{
		Size(0):                          "0 B",
		Size(999):                        "999 B",
		Size(1000):                       "1 kB",
		Size(2_131_456):                  "2.13 MB",
		Size(uint64(25_300_000_000)):     "25.3 GB",
		Took(346 * time.Microsecond):     "346 µs",
		Took(12 * time.Millisecond):      "12 ms",
		Took(6713 * time.Millisecond):    "6.7 s",
		Count(1, "process"):              "1 process",
		Count(2, "process"):              "2 processes",
		Count(0, "call"):                 "0 calls",
		Short("sha256:e5e754b7e14002c2"): "e5e754b7e140",
		Short("9195eea06fa6"):            "9195eea06fa6",
		Short("musl"):                    "musl",
		clean("a\x1b[2Jb\tc\u009bd\r\n"): "a[2Jb\tcd",
		bar(1, 4):                        strings.Repeat("━", 6) + strings.Repeat("─", 18) + " 4 B",
		bar(9, 4):                        strings.Repeat("━", 24) + " 4 B",
		bar(1, 0):                        "",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestProgress shows the same transfer to a terminal and to a log.
func TestProgress(t *testing.T) {
	transfer := func(p *Page) {
		show := p.Progress()
		show("", "Pulling", 0, 0)
		show("9195eea06fa6", "Downloading", 1, 2)
		show("9195eea06fa6", "Downloading", 2, 2)
		show("9195eea06fa6", "Pull complete", 0, 0)
		p.Note("done")
	}
	var terminal, file bytes.Buffer
	transfer(&Page{w: &terminal, terminal: true})
	transfer(&Page{w: &file})
	if want := "      Pulling\n      9195eea06fa6 Downloading 2 B\n      9195eea06fa6 Pull complete\n      done\n"; file.String() != want {
		t.Errorf("a log has\n%s\nwant\n%s", &file, want)
	}
	if got := terminal.String(); strings.Count(got, "\r\x1b[K") != 3 || strings.Count(got, "\n") != 3 {
		t.Errorf("a terminal has %q", got)
	}
}
