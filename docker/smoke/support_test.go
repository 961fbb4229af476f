package smoke_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/hijack"
	"github.com/gantry-go/gantry/internal/testimage"
	"github.com/gantry-go/gantry/transport"
)

// baseImage is what the smoke makes containers of.
const baseImage = testimage.Name

// patience is how long an engine on a busy machine may take for what takes it a moment.
const patience = 30 * time.Second

// idle says ready and then does nothing until it is told to end, which it does with status 7. Told USR1, it says so.
const idle = "trap 'exit 7' TERM; trap 'echo told' USR1; trap 'stty size' WINCH; echo ready; while :; do sleep 3600 & wait; done"

// unique returns a name that nothing else has.
func unique() string { return "gantry-" + strings.ToLower(rand.Text()[:12]) }

// cleanup has an object removed when the test ends, however it ends. It may be gone already.
func cleanup(t *testing.T, remove func(ctx context.Context) error) {
	t.Helper()
	t.Cleanup(func() {
		// The test's own context has ended by now.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		if err := remove(ctx); err != nil && !errors.Is(err, transport.ErrNotFound) {
			t.Errorf("cleaning up: %v", err)
		}
	})
}

// unlessOutside returns no error if the node has left its cluster already, and all that was in it is gone.
func unlessOutside(err error) error {
	if errors.Is(err, transport.ErrUnavailable) {
		return nil
	}
	return err
}

// ok ends the test if a call failed.
func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// must ends the test if a call failed, and hands on what it returned otherwise: must(c.Inspect(...))(t).
func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		ok(t, err)
		return v
	}
}

// all reads a sequence to its end.
func all[T any](t *testing.T, messages *transport.Messages[T]) (got []T) {
	t.Helper()
	for message, err := range messages.All() {
		ok(t, err)
		got = append(got, message)
	}
	return got
}

// equal compares what an engine says with what it should.
func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s is %+v, want %+v", what, got, want)
	}
}

// contains looks for a word in a text.
func contains(t *testing.T, what, text, word string) {
	t.Helper()
	if !strings.Contains(text, word) {
		t.Errorf("%s has no %q in it: %q", what, word, text)
	}
}

// missing checks that an error says that there is no such thing.
func missing(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, transport.ErrNotFound) {
		t.Errorf("%v, want one of class %v", err, transport.ErrNotFound)
	}
}

// eventually asks again until the answer is yes, for what an engine does in its own time and tells nobody of.
func eventually(t *testing.T, what string, yes func() bool) {
	t.Helper()
	deadline := time.After(patience)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !yes() {
		select {
		case <-deadline:
			t.Fatalf("not in %v: %s", patience, what)
		case <-again.C:
		}
	}
}

// readAll reads a stream to its end and closes it.
func readAll(t *testing.T, r io.ReadCloser) []byte {
	t.Helper()
	data := must(io.ReadAll(r))(t)
	ok(t, r.Close())
	return data
}

// awaitLine reads logs that are followed until a line comes.
func awaitLine(t *testing.T, logs *hijack.Logs, want string) {
	t.Helper()
	for line, err := range logs.Lines() {
		ok(t, err)
		if line.Text == want {
			return
		}
	}
	t.Fatalf("the output ended without %q", want)
}

// demux reads logs to their end and tells the two streams apart.
func demux(t *testing.T, logs *hijack.Logs) (stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	must(logs.Demux(&out, &err))(t)
	return out.String(), err.String()
}

// tarball is an archive of one file.
func tarball(t *testing.T, name, content string) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	ok(t, w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}))
	must(io.WriteString(w, content))(t)
	ok(t, w.Close())
	return &b
}

// untar reads an archive to its end and returns the content of its files by name.
func untar(t *testing.T, r io.Reader) map[string]string {
	t.Helper()
	files := map[string]string{}
	for a := tar.NewReader(r); ; {
		h, err := a.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		ok(t, err)
		files[strings.TrimSuffix(h.Name, "/")] = string(must(io.ReadAll(a))(t))
	}
}
