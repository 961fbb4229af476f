package userfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/internal/leak"
	"github.com/gantry-go/gantry/internal/userfile"
)

func TestMain(m *testing.M) { leak.Main(m) }

func TestRead(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, size := range map[string]int{"empty": 0, "largest": userfile.Max, "larger": userfile.Max + 1} {
		if err := os.WriteFile(at(name), make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"link": at("largest"), "null": os.DevNull, "loop": at("loop")} {
		if err := os.Symlink(to, at(link)); err != nil {
			t.Skip("no symbolic links here:", err)
		}
	}
	for path, want := range map[string]int{at("empty"): 0, at("largest"): userfile.Max, at("link"): userfile.Max, at("null"): 0, os.DevNull: 0} {
		if data, err := userfile.Read(path); err != nil || len(data) != want {
			t.Errorf("%s: %d bytes, %v", path, len(data), err)
		}
	}
	for path, want := range map[string]string{at("larger"): "larger than 1048576 bytes", dir: "no regular file", at("loop"): "loop"} {
		if data, err := userfile.Read(path); data != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %d bytes, %v", path, len(data), err)
		}
	}
	if _, err := userfile.Read(at("nothing")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// TestReadClosesItsFile reads with the collector off, which would close what is left open.
func TestReadClosesItsFile(t *testing.T) {
	percent := debug.SetGCPercent(-1)
	t.Cleanup(func() { debug.SetGCPercent(percent) }) // after the check
	leak.Check(t)
	path := filepath.Join(t.TempDir(), "file")
	for _, size := range []int{10, userfile.Max + 1} {
		if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
		if data, err := userfile.Read(path); (err == nil) != (len(data) == size) {
			t.Errorf("%d bytes of %d, %v", len(data), size, err)
		}
	}
}
