package smoke

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
	"github.com/gantry-go/gantry/transport"
)

// Patience is how long an engine on a busy machine may take for what takes it a moment.
const Patience = 30 * time.Second

// Idle says ready and then does nothing until it is told to end, which it does with status 7. Told USR1, it says so.
const Idle = "trap 'exit 7' TERM; trap 'echo told' USR1; trap 'stty size' WINCH; echo ready; while :; do sleep 3600 & wait; done"

// Unique returns a name that nothing else has.
func Unique() string { return "gantry-" + strings.ToLower(rand.Text()[:12]) }

// Cleanup has an object removed when the test ends, however it ends. It may be gone already.
func Cleanup(t *testing.T, remove func(ctx context.Context) error) {
	t.Helper()
	t.Cleanup(func() {
		// The test's own context has ended by now.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), Patience)
		defer cancel()
		if err := remove(ctx); err != nil && !errors.Is(err, transport.ErrNotFound) {
			t.Errorf("cleaning up: %v", err)
		}
	})
}

// OK ends the test if a call failed.
func OK(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Must ends the test if a call failed, and hands on what it returned otherwise: Must(c.Inspect(...))(t).
func Must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		OK(t, err)
		return v
	}
}

// All reads a sequence to its end.
func All[T any](t *testing.T, messages *transport.Messages[T]) (got []T) {
	t.Helper()
	for message, err := range messages.All() {
		OK(t, err)
		got = append(got, message)
	}
	return got
}

// Equal compares what an engine says with what it should.
func Equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s is %+v, want %+v", what, got, want)
	}
}

// Contains looks for a word in a text.
func Contains(t *testing.T, what, text, word string) {
	t.Helper()
	if !strings.Contains(text, word) {
		t.Errorf("%s has no %q in it: %q", what, word, text)
	}
}

// Missing checks that an error says that there is no such thing.
func Missing(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, transport.ErrNotFound) {
		t.Errorf("%v, want one of class %v", err, transport.ErrNotFound)
	}
}

// Fails checks that a call for messages fails, or that the first of them does.
func Fails[T any](t *testing.T, what string, messages *transport.Messages[T], err error) {
	t.Helper()
	if err == nil {
		_, err = messages.One()
	}
	if _, ok := errors.AsType[*transport.Error](err); !ok {
		t.Errorf("%s: the error is %v", what, err)
	}
}

// Eventually asks again until the answer is yes, for what an engine does in its own time and tells nobody of.
func Eventually(t *testing.T, what string, yes func() bool) {
	t.Helper()
	deadline := time.After(Patience)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !yes() {
		select {
		case <-deadline:
			t.Fatalf("not in %v: %s", Patience, what)
		case <-again.C:
		}
	}
}

// ReadAll reads a stream to its end and closes it.
func ReadAll(t *testing.T, r io.ReadCloser) []byte {
	t.Helper()
	data := Must(io.ReadAll(r))(t)
	OK(t, r.Close())
	return data
}

// AwaitLine reads logs that are followed until a line comes.
func AwaitLine(t *testing.T, logs *hijack.Logs, want string) {
	t.Helper()
	for line, err := range logs.Lines() {
		OK(t, err)
		if line.Text == want {
			return
		}
	}
	t.Fatalf("the output ended without %q", want)
}

// Demux reads logs to their end and tells the two streams apart.
func Demux(t *testing.T, logs *hijack.Logs) (stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	Must(logs.Demux(&out, &err))(t)
	return out.String(), err.String()
}

// Tarball is an archive of one file.
func Tarball(t *testing.T, name, content string) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	OK(t, w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}))
	Must(io.WriteString(w, content))(t)
	OK(t, w.Close())
	return &b
}

// Untar reads an archive to its end and returns the content of its files by name.
func Untar(t *testing.T, r io.Reader) map[string]string {
	t.Helper()
	files := map[string]string{}
	for a := tar.NewReader(r); ; {
		h, err := a.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		OK(t, err)
		files[strings.TrimSuffix(h.Name, "/")] = string(Must(io.ReadAll(a))(t))
	}
}
