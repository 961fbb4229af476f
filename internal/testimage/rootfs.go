package testimage

import (
	"archive/tar"
	"bytes"
	"context"
	"debug/elf"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// programs is one binary and the names by which it does different things.
type programs struct {
	name    string
	binary  []byte
	applets []string
}

// find takes busybox, or makes something smaller.
func find() (programs, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, path := range []string{"/bin/busybox", "/usr/bin/busybox"} {
		if !static(path) {
			continue
		}
		binary, err := os.ReadFile(path)
		if err != nil {
			return programs{}, err
		}
		list, err := exec.CommandContext(ctx, path, "--list").Output()
		if err != nil {
			return programs{}, fmt.Errorf("%s --list: %w", path, err)
		}
		return programs{name: "busybox", binary: binary, applets: strings.Fields(string(list))}, nil
	}
	return compile(ctx)
}

// static reports whether a file is a Linux program for this machine that needs no loader, which a container would not
// have.
func static(path string) bool {
	f, err := elf.Open(path)
	if err != nil || runtime.GOOS != "linux" {
		return false
	}
	defer f.Close() //nolint:errcheck // it was only read
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return false
		}
	}
	return true
}

//go:embed applets/main.go
var appletsSource []byte

// compile makes the stand-in for busybox.
func compile(ctx context.Context) (p programs, err error) {
	dir, err := os.MkdirTemp("", "testimage")
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	source, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "applets")
	if err := os.WriteFile(source, appletsSource, 0o600); err != nil {
		return p, err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, source)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+runtime.GOARCH, "GOFLAGS=", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return p, fmt.Errorf("no static busybox here, and the stand-in does not compile: %w\n%s", err, out)
	}
	p = programs{name: "applets", applets: []string{"cat", "echo", "env", "false", "sleep", "true"}}
	p.binary, err = os.ReadFile(binary)
	return p, err
}

// rootfs writes the layer. No path may be in it twice: the overlay file system refuses that.
func rootfs(p programs) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range []string{"bin", "dev", "etc", "proc", "root", "sys", "var"} {
		dir(w, name, 0o755)
	}
	dir(w, "tmp", 0o1777)
	file(w, "etc/passwd", 0o644, []byte("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"))
	file(w, "etc/group", 0o644, []byte("root:x:0:\nnobody:x:65534:\n"))
	file(w, "bin/"+p.name, 0o755, p.binary)
	seen := map[string]bool{p.name: true}
	for _, applet := range p.applets {
		if seen[applet] {
			continue
		}
		seen[applet] = true
		entry(w, &tar.Header{Typeflag: tar.TypeSymlink, Name: "bin/" + applet, Linkname: p.name, Mode: 0o777}, nil)
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func dir(w *tar.Writer, name string, mode int64) {
	entry(w, &tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: mode}, nil)
}

func file(w *tar.Writer, name string, mode int64, data []byte) {
	entry(w, &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: int64(len(data))}, data)
}

// entry adds one entry. Its errors stay in the writer, which returns them when it is closed.
func entry(w *tar.Writer, h *tar.Header, data []byte) {
	h.ModTime = created
	h.Format = tar.FormatUSTAR
	if w.WriteHeader(h) == nil {
		_, _ = w.Write(data)
	}
}
