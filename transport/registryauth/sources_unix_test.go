//go:build unix

package registryauth_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gantry-go/gantry/transport/registryauth"
)

// TestFilesThatNeverEnd has what would make a call wait, or read, for ever.
func TestFilesThatNeverEnd(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{pipe: "no regular file", "/dev/zero": "no regular file"} {
		_, err := registryauth.File(path).Credential(t.Context(), registryauth.Query{Registry: "r.example"})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
