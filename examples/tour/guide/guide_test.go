package guide

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// fake is a tour that notes how it went.
type fake struct {
	went             []string
	arriving, within error
	during           func()
}

func (f *fake) Engine() string { return "an engine" }

func (f *fake) Arrive(context.Context) error {
	f.went = append(f.went, "arrive")
	return f.arriving
}

func (f *fake) Chapters() []Chapter {
	return []Chapter{
		{"First of all", func(context.Context) error {
			f.went = append(f.went, "first")
			if f.during != nil {
				f.during()
			}
			return f.within
		}},
		{"Second", func(context.Context) error { f.went = append(f.went, "second"); return nil }},
	}
}

func (f *fake) Leave(ctx context.Context) error {
	f.went = append(f.went, "leave")
	return ctx.Err()
}

// TestLead holds what is visited and that the tour is cleaned up after, however it goes.
func TestLead(t *testing.T) {
	sick := errors.New("sick")
	for name, c := range map[string]struct {
		fake
		interrupted bool
		went        []string
		err         string
		last        string
	}{
		"well":        {went: []string{"arrive", "first", "second", "leave"}, last: "3 chapters, 0 requests in "},
		"failing":     {fake: fake{within: sick}, went: []string{"arrive", "first", "leave"}, err: "first of all: sick"},
		"unwelcome":   {fake: fake{arriving: sick}, went: []string{"arrive"}, err: "sick"},
		"interrupted": {fake: fake{within: sick}, interrupted: true, went: []string{"arrive", "first", "leave"}, err: "interrupted"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if c.interrupted {
				c.during = cancel
			}
			stopped := false
			var out bytes.Buffer
			err := New(&Page{w: &out}).Lead(ctx, func() { stopped = true }, &c.fake)
			if !slices.Equal(c.fake.went, c.went) {
				t.Errorf("it went %q, want %q", c.fake.went, c.went)
			}
			if text := errorText(err); text != c.err {
				t.Errorf("it ended with %q, want %q", text, c.err)
			}
			if stopped != slices.Contains(c.went, "leave") {
				t.Errorf("a second interrupt ends it: %v", stopped)
			}
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			if !strings.HasPrefix(lines[len(lines)-1], c.last) {
				t.Errorf("its last line is %q, want %q", lines[len(lines)-1], c.last)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestMissed holds that what could not be shown is told where it was missed and in the end.
func TestMissed(t *testing.T) {
	var out bytes.Buffer
	g := New(&Page{w: &out})
	if err := g.visit(t.Context(), []Chapter{{"Try", func(context.Context) error {
		g.Miss("no %s", "luck")
		g.Lacks("moons", errors.New("too\x1b heavy"))
		return nil
	}}}); err != nil {
		t.Fatal(err)
	}
	g.sum(0)
	for _, want := range []string{
		"      no luck\n      not on this machine: too heavy\n",
		"1 chapter, 0 requests in 0 µs: all is well, save what this machine could not show:\n  no luck\n  not on this machine: moons (chapter 1)\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s\nhas no %q", &out, want)
		}
	}
}

func TestFolder(t *testing.T) {
	folder := fstest.MapFS{"a.go": {Data: []byte("package a\n")}, "b.go": {Data: []byte("package b\n")}}
	packed := func(folder fstest.MapFS) *bytes.Buffer {
		archive, err := Pack(folder)
		if err != nil {
			t.Fatal(err)
		}
		return unzip(t, archive)
	}
	files, size, err := Compare(packed(folder), folder)
	if err != nil || files != 2 || size != 20 {
		t.Errorf("%d files, %d bytes, %v", files, size, err)
	}
	for name, other := range map[string]fstest.MapFS{
		"changed": {"a.go": {Data: []byte("package c\n")}, "b.go": folder["b.go"]},
		"fewer":   {"a.go": folder["a.go"]},
		"more":    {"a.go": folder["a.go"], "b.go": folder["b.go"], "c.go": folder["a.go"]},
	} {
		if _, _, err := Compare(packed(other), folder); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	name, content, err := Unpack(packed(fstest.MapFS{"a.go": folder["a.go"]}))
	if err != nil || name != "a.go" || string(content) != "package a\n" {
		t.Errorf("%s, %q, %v", name, content, err)
	}
}

func unzip(t *testing.T, archive *bytes.Buffer) *bytes.Buffer {
	t.Helper()
	zip, err := gzip.NewReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(zip); err != nil {
		t.Fatal(err)
	}
	return &b
}
