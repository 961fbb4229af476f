package gen

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func testRoot(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	root, err := FindRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// What is known of both engines' APIs, read once for all tests.
var (
	docker = sync.OnceValues(func() (*Edition, error) { return openEdition("docker") })
	podman = sync.OnceValues(func() (*Edition, error) { return openEdition("podman") })
)

func openEdition(engine string) (*Edition, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	root, err := FindRoot(dir)
	if err != nil {
		return nil, err
	}
	return OpenEdition(root, engine)
}

// must fails the test where there is an error: must(f())(t).
func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func testModel(t *testing.T, ver string) *Model {
	t.Helper()
	e, err := docker()
	if err != nil {
		t.Fatal(err)
	}
	m, err := e.Model(ver)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func testRender(t *testing.T, ver string) map[string][]byte {
	t.Helper()
	files, err := render(testModel(t, ver))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestUpToDate is specgen check as a test.
func TestUpToDate(t *testing.T) {
	diffs, err := Check(testRoot(t), "", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range diffs {
		t.Errorf("%s: run go generate", d)
	}
}

// TestTypeChecks has the compiler read everything that is generated.
func TestTypeChecks(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "build", "./docker/...", "./podman/...")
	cmd.Dir = testRoot(t)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
}

func TestDeterministic(t *testing.T) {
	first, second := testRender(t, "1.41"), testRender(t, "1.41")
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("two runs differ:\n%s", diff)
	}
}

// TestModel reads the model back from its JSON: it is all that templates need.
func TestModel(t *testing.T) {
	m := testModel(t, "1.41")
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var back Model
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	want, err := render(m)
	if err != nil {
		t.Fatal(err)
	}
	got, err := render(&back)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rendered from the dump (-want +got):\n%s", diff)
	}
	operations := 0
	for _, f := range m.Files {
		if f.Operation != nil {
			operations++
		}
	}
	if operations != 106 {
		t.Errorf("docker 1.41 has 106 operations, the model %d", operations)
	}
}

// TestMethodLength holds generated methods to the size that keeps them readable.
func TestMethodLength(t *testing.T) {
	files := testRender(t, "1.41")
	lines, methods := 0, 0
	for _, name := range keys(files) {
		inside := false
		for line := range strings.Lines(string(files[name])) {
			if strings.HasPrefix(line, "func (c *Client)") {
				inside = true
				methods++
			}
			if inside {
				lines++
			}
			if line == "}\n" {
				inside = false
			}
		}
	}
	if methods == 0 || float64(lines)/float64(methods) > 9 {
		t.Errorf("%d methods have %d lines, more than 9 on average", methods, lines)
	}
}

// TestDifferences checks what is said about, and done with, files that are not as generated.
func TestDifferences(t *testing.T) {
	root := t.TempDir()
	files := map[string][]byte{
		"docker/v141/a.gen.go":      []byte("a"),
		"docker/v141/sub/b.gen.go":  []byte("b"),
		"docker/v141/sub/ok.gen.go": []byte("ok"),
	}
	for name, text := range map[string]string{
		"docker/v141/sub/b.gen.go":   "other",
		"docker/v141/sub/ok.gen.go":  "ok",
		"docker/v141/old/one.gen.go": "old",
		"docker/engine.go":           "by hand",
	} {
		if err := writeFile(root, name, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	want := []Difference{
		{"docker/v141/a.gen.go", "missing"},
		{"docker/v141/old/one.gen.go", "stale"},
		{"docker/v141/sub/b.gen.go", "changed"},
	}
	owned := []string{"docker/v141"}
	for _, do := range []func(string, map[string][]byte, []string) ([]Difference, error){compare, apply} {
		got, err := do(root, files, owned)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("differences (-want +got):\n%s", diff)
		}
	}
	left, err := compare(root, files, owned)
	if err != nil || len(left) > 0 {
		t.Errorf("after writing: %v %v", left, err)
	}
	if _, err := os.Stat(filepath.Join(root, "docker/v141/old")); !os.IsNotExist(err) {
		t.Errorf("the folder of the stale file is still there: %v", err)
	}
	if data, err := os.ReadFile(filepath.Join(root, "docker/engine.go")); err != nil || !bytes.Equal(data, []byte("by hand")) {
		t.Errorf("a file outside the owned folder was touched: %q %v", data, err)
	}
}

// TestRawKept checks that a text which is no Go is kept and pointed at.
func TestRawKept(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	_, err := renderFile(&File{Path: "docker/v1/x.gen.go", Template: "types", Package: "not a package", Source: "x"})
	if err == nil {
		t.Fatal("formatted what is no Go")
	}
	_, at, _ := strings.Cut(err.Error(), "see ")
	at, _, _ = strings.Cut(at, ": ")
	if data, err := os.ReadFile(at); err != nil || !strings.Contains(string(data), "not a package") {
		t.Errorf("the raw text in %q: %q %v", at, data, err)
	}
}

// TestWordsMatch checks that every sentence of ours is about something that a kept version has.
func TestWordsMatch(t *testing.T) {
	for _, open := range []func() (*Edition, error){docker, podman} {
		e := must(open())(t)
		for _, ver := range e.Versions() {
			must(e.Model(ver))(t)
		}
		for _, key := range e.words.unused() {
			t.Errorf("overlay/docs/%s.yaml: nothing is called %s", e.overlay.Engine, key)
		}
	}
}
