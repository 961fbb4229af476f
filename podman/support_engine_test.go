package podman_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gantry-go/gantry/hijack"
	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/podman"
	"github.com/gantry-go/gantry/podman/v43"
	"github.com/gantry-go/gantry/podman/v43/containers"
	"github.com/gantry-go/gantry/podman/v43/images"
	"github.com/gantry-go/gantry/podman/v43/pods"
	"github.com/gantry-go/gantry/transport"
)

func TestMain(m *testing.M) {
	code := enginetest.Run(m)
	if n := len(called.names); n > 0 {
		if err := enginetest.Report("podman: %d operations of libpod's API called", n); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// called are the operations that any test has called.
var called struct {
	sync.Mutex
	names map[string]bool
}

// counting is an engine that keeps what it is asked.
type counting struct{ *podman.Engine }

func (c counting) note(r *transport.Request) {
	called.Lock()
	defer called.Unlock()
	if called.names == nil {
		called.names = map[string]bool{}
	}
	called.names[r.Operation().Name] = true
}

func (c counting) Do(ctx context.Context, r *transport.Request) (*http.Response, error) {
	c.note(r)
	return c.Engine.Do(ctx, r)
}

func (c counting) Hijack(ctx context.Context, r *transport.Request) (*hijack.Conn, error) {
	c.note(r)
	return c.Engine.Hijack(ctx, r)
}

// explained are members that no type has, with the reason.
var explained = map[string]string{"ContainersStatsAllLibpod /Error": "null; anything else is an error of the call"}

// engine opens the engine of the tests, whose answers may hold nothing that our types lack.
func engine(t *testing.T) counting {
	t.Helper()
	var mu sync.Mutex
	unknown := map[string]bool{}
	e := must(podman.OpenHost(t.Context(), enginetest.Podman(t).Host,
		transport.WithUnknownMembers(func(op *transport.Operation, member string) {
			mu.Lock()
			defer mu.Unlock()
			unknown[op.Name+" "+member] = true
		})))(t)
	t.Cleanup(func() {
		ok(t, e.Close())
		for _, member := range slices.Sorted(maps.Keys(unknown)) {
			if explained[member] == "" {
				t.Errorf("no type has a field for what the engine sends: %s", member)
			}
		}
	})
	return counting{e}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		ok(t, err)
		return v
	}
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s is %+v, want %+v", what, got, want)
	}
}

func contains(t *testing.T, what, text, word string) {
	t.Helper()
	if !strings.Contains(text, word) {
		t.Errorf("%s has no %q in it: %q", what, word, text)
	}
}

// fails checks an error's class and that it names the operation.
func fails(t *testing.T, err, class error, word string) {
	t.Helper()
	if !errors.Is(err, class) || !strings.Contains(err.Error(), word) {
		t.Errorf("%v: want %v with %s in it", err, class, word)
	}
}

// cleanup has an object removed when the test ends. It may be gone already.
func cleanup(t *testing.T, remove func(ctx context.Context) error) {
	t.Helper()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 30*time.Second)
		defer cancel()
		if err := remove(ctx); err != nil && !errors.Is(err, transport.ErrNotFound) {
			t.Errorf("cleaning up: %v", err)
		}
	})
}

// image is the name of the test image as Podman completes it.
const image = "docker.io/library/busybox:musl"

// needImage loads the test image by our own means.
func needImage(t *testing.T, e counting) {
	t.Helper()
	c := images.New(e)
	err := c.Exists(t.Context(), image)
	if errors.Is(err, transport.ErrNotFound) {
		loaded := must(c.Load(t.Context(), bytes.NewReader(enginetest.Image(t))))(t)
		equal(t, "what was loaded", loaded.Names, []string{image})
		err = c.Exists(t.Context(), image)
	}
	ok(t, err)
}

// sh is a container without a network that runs a script. A default that this machine may refuse is given.
func sh(script string) v43.SpecGenerator {
	return v43.SpecGenerator{
		Image: image, Command: []string{"sh", "-c", script}, NetNS: v43.Namespace{NSMode: "none"},
	}
}

// create makes a container.
func create(t *testing.T, e counting, spec v43.SpecGenerator) string {
	t.Helper()
	needImage(t, e)
	if spec.Name == "" {
		spec.Name = enginetest.Name(t)
	}
	c := containers.New(e)
	id := must(c.Create(t.Context(), spec))(t).ID
	cleanup(t, func(ctx context.Context) error {
		_, err := c.Delete(ctx, id, &containers.DeleteOptions{Force: true, Volumes: true, Timeout: new(0), Ignore: true})
		return err
	})
	return id
}

// start makes a container and starts it.
func start(t *testing.T, e counting, spec v43.SpecGenerator) string {
	t.Helper()
	id := create(t, e, spec)
	ok(t, containers.New(e).Start(t.Context(), id, nil))
	return id
}

// removePod has a pod removed at the test's end.
func removePod(t *testing.T, e counting, name string) {
	t.Helper()
	cleanup(t, func(ctx context.Context) error {
		_, err := pods.New(e).Delete(ctx, name, &pods.DeleteOptions{Force: true, Timeout: new(0)})
		return err
	})
}

// text reads a stream to its end.
func text(t *testing.T, s *transport.Stream, err error) string {
	t.Helper()
	ok(t, err)
	defer s.Close() //nolint:errcheck // all of it is read
	return string(must(io.ReadAll(s))(t))
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

// untar returns the files of an archive.
func untar(t *testing.T, archive string) map[string]string {
	t.Helper()
	files := map[string]string{}
	for r := tar.NewReader(strings.NewReader(archive)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		ok(t, err)
		files[h.Name] = string(must(io.ReadAll(r))(t))
	}
}
