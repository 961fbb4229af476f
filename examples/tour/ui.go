package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// ui prints what the tour does: numbered chapters; in each the Go calls, and below a call what came of it.
type ui struct {
	w        io.Writer
	terminal bool // lines may be rewritten
	color    bool
	chapters int
	bar      string // the layer whose progress the open line shows; a line is open on a terminal alone
}

// newUI prints to f in the way that suits it: a log of a CI gets neither colour nor lines that are rewritten.
func newUI(f *os.File) *ui {
	info, err := f.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb" && os.Getenv("CI") == ""
	return &ui{w: f, terminal: terminal, color: terminal && os.Getenv("NO_COLOR") == ""}
}

// The ways in which text is printed, as terminals number them.
const (
	bold  = "1"
	dim   = "2"
	green = "32"
	cyan  = "36"
)

func (u *ui) paint(style, text string) string {
	if !u.color || text == "" {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

// println prints one line. An output that nobody reads any more is no reason to leave things behind on the engine.
func (u *ui) println(text string) {
	u.endBar()
	_, _ = fmt.Fprintln(u.w, strings.TrimRight(text, " "))
}

// chapter begins a chapter.
func (u *ui) chapter(title string) {
	u.chapters++
	u.println(fmt.Sprintf("\n%2d  %s", u.chapters, u.paint(bold, title)))
}

// call shows the Go that is about to run.
func (u *ui) call(code string) {
	u.println("    " + u.paint(cyan, "› "+code))
}

// value shows a result by name.
func (u *ui) value(name, format string, args ...any) {
	u.println(fmt.Sprintf("      %s %s", u.paint(dim, fmt.Sprintf("%-12s", name)), clean(fmt.Sprintf(format, args...))))
}

// refused shows a failure that was meant to happen.
func (u *ui) refused(name string, err error) {
	u.value(name, "%s", err)
}

// quote shows text of the engine's or of a container's, as it is.
func (u *ui) quote(text string) {
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		u.println("      " + u.paint(dim, "│ ") + clean(line))
	}
}

// note says something in words.
func (u *ui) note(format string, args ...any) {
	u.println("      " + u.paint(dim, clean(fmt.Sprintf(format, args...))))
}

// clean leaves out what would make a terminal do something: the text comes from elsewhere.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r >= 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, text)
}

// progress returns what shows the progress of a transfer, one layer a line. A terminal sees each line move, a log sees
// a line for each thing that happens to a layer.
func (u *ui) progress() func(id, status string, current, total int64) {
	seen := map[string]bool{}
	return func(id, status string, current, total int64) {
		status = clean(status)
		if id == "" && status != "" {
			u.println("      " + status)
			return
		}
		if u.terminal {
			if u.bar != id {
				u.endBar()
			}
			u.bar = id
			_, _ = fmt.Fprintf(u.w, "\r\x1b[K      %s %-20s %s", u.paint(dim, fmt.Sprintf("%-12s", short(id))), status, bar(current, total))
			return
		}
		if seen[id+status] {
			return
		}
		seen[id+status] = true
		if total > 0 {
			status += " " + size(total)
		}
		u.value(short(id), "%s", status)
	}
}

// endBar ends the open line.
func (u *ui) endBar() {
	if u.bar != "" {
		u.bar = ""
		_, _ = fmt.Fprintln(u.w)
	}
}

func bar(current, total int64) string {
	const width = 24
	if total <= 0 {
		return ""
	}
	done := int(min(current, total) * width / total)
	return strings.Repeat("━", done) + strings.Repeat("─", width-done) + " " + size(total)
}

// short returns an id as people write it.
func short(id string) string {
	_, hex, found := strings.Cut(id, "sha256:")
	if !found {
		hex = id
	}
	return hex[:min(12, len(hex))]
}

// size returns a number of bytes as people read it.
func size[N int | int64 | uint64](bytes N) string {
	n, unit := float64(bytes), "B"
	for _, larger := range []string{"kB", "MB", "GB", "TB"} {
		if n < 1000 {
			break
		}
		n, unit = n/1000, larger
	}
	if unit == "B" {
		return fmt.Sprintf("%d B", bytes)
	}
	return fmt.Sprintf("%.3g %s", n, unit)
}

// took returns a duration as people read it.
func took(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// count returns "1 call", "2 calls", "2 processes".
func count[N int | int64 | uint64](n N, thing string) string {
	switch {
	case n == 1:
		return "1 " + thing
	case strings.HasSuffix(thing, "s"):
		thing += "e"
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
