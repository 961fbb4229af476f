package guide

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// Page prints what the tour does: numbered chapters; in each the Go calls, and below a call what came of it.
type Page struct {
	w        io.Writer
	terminal bool // lines may be rewritten
	color    bool
	chapters int
	bar      string // the layer whose progress the open line shows; a line is open on a terminal alone
}

// NewPage prints to f in the way that suits it: a log of a CI gets neither colour nor lines that are rewritten.
func NewPage(f *os.File) *Page {
	info, err := f.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb" && os.Getenv("CI") == ""
	return &Page{w: f, terminal: terminal, color: terminal && os.Getenv("NO_COLOR") == ""}
}

// The ways in which text is printed, as terminals number them.
const (
	bold  = "1"
	dim   = "2"
	green = "32"
	cyan  = "36"
)

func (p *Page) paint(style, text string) string {
	if !p.color || text == "" {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

// Println prints one line. An output that nobody reads any more is no reason to leave things behind on the engine.
func (p *Page) Println(text string) {
	p.endBar()
	_, _ = fmt.Fprintln(p.w, strings.TrimRight(text, " "))
}

// title opens the page.
func (p *Page) title(name, rest, line string) {
	p.Println(p.paint(bold, name) + rest)
	p.Println(p.paint(dim, clean(line)))
}

// end closes the page: a line that all is well, and what there is to add.
func (p *Page) end(line string, more []string) {
	p.Println("\n" + p.paint(green, line))
	for _, m := range more {
		p.Println("  " + m)
	}
}

// chapter begins a chapter.
func (p *Page) chapter(title string) {
	p.chapters++
	p.Println(fmt.Sprintf("\n%2d  %s", p.chapters, p.paint(bold, title)))
}

// foot ends a chapter.
func (p *Page) foot(format string, args ...any) {
	p.Println("    " + p.paint(dim, fmt.Sprintf(format, args...)))
}

// Call shows the Go that is about to run.
func (p *Page) Call(code string) {
	p.Println("    " + p.paint(cyan, "› "+code))
}

// Value shows a result by name.
func (p *Page) Value(name, format string, args ...any) {
	p.Println(fmt.Sprintf("      %s %s", p.paint(dim, fmt.Sprintf("%-12s", name)), clean(fmt.Sprintf(format, args...))))
}

// Refused shows a failure that was meant to happen.
func (p *Page) Refused(name string, err error) {
	p.Value(name, "%s", err)
}

// Row shows a line of a table.
func (p *Page) Row(format string, args ...any) {
	p.Println("      " + clean(fmt.Sprintf(format, args...)))
}

// Quote shows text of the engine's or of a container's, as it is.
func (p *Page) Quote(text string) {
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		p.Println("      " + p.paint(dim, "│ ") + clean(line))
	}
}

// Note says something in words.
func (p *Page) Note(format string, args ...any) {
	p.Println("      " + p.paint(dim, clean(fmt.Sprintf(format, args...))))
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

// Progress returns what shows the progress of a transfer, one layer a line. A terminal sees each line move, a log sees
// a line for each thing that happens to a layer.
func (p *Page) Progress() func(id, status string, current, total int64) {
	seen := map[string]bool{}
	return func(id, status string, current, total int64) {
		status = clean(status)
		if id == "" && status != "" {
			p.Println("      " + status)
			return
		}
		if p.terminal {
			if p.bar != id {
				p.endBar()
			}
			p.bar = id
			_, _ = fmt.Fprintf(p.w, "\r\x1b[K      %s %-20s %s", p.paint(dim, fmt.Sprintf("%-12s", Short(id))), status, bar(current, total))
			return
		}
		if seen[id+status] {
			return
		}
		seen[id+status] = true
		if total > 0 {
			status += " " + Size(total)
		}
		p.Value(Short(id), "%s", status)
	}
}

// endBar ends the open line.
func (p *Page) endBar() {
	if p.bar != "" {
		p.bar = ""
		_, _ = fmt.Fprintln(p.w)
	}
}

func bar(current, total int64) string {
	const width = 24
	if total <= 0 {
		return ""
	}
	done := int(min(current, total) * width / total)
	return strings.Repeat("━", done) + strings.Repeat("─", width-done) + " " + Size(total)
}
