package docker_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/transport"
)

// file is a file in an archive; one whose name ends in a slash is a folder.
type file struct {
	name, content string
	mode          int64
}

var tarTime = time.Date(2024, 2, 29, 12, 30, 15, 0, time.UTC)

// tarball is an archive of some files.
func tarball(t *testing.T, files ...file) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.content)), ModTime: tarTime}
		if h.Mode == 0 {
			h.Mode = 0o644
		}
		ok(t, w.WriteHeader(h))
		must(io.WriteString(w, f.content))(t)
	}
	ok(t, w.Close())
	return &b
}

// untar reads an archive to its end and returns the content of its files by name; that of a folder has no slash at its
// end, which Docker writes and Podman does not.
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

func testArchive(t *testing.T, e *engine) {
	c := containers.New(e)
	id := create(t, e, sh("cat /root/src/deep/b.txt"))

	// A compressed archive of a folder, into a container that has not run yet.
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	must(tarball(t, file{name: "src/", mode: 0o755}, file{name: "src/a.txt", content: "first"},
		file{name: "src/deep/", mode: 0o755}, file{name: "src/deep/b.txt", content: "second", mode: 0o600}).WriteTo(z))(t)
	ok(t, z.Close())
	ok(t, c.PutArchive(t.Context(), id, "/root", &packed, nil))

	stat := must(c.ArchiveInfo(t.Context(), id, "/root/src/deep/b.txt"))(t).Stat
	equal(t, "name", stat.Name, "b.txt")
	equal(t, "size", stat.Size, int64(len("second")))
	equal(t, "mode", fs.FileMode(stat.Mode), fs.FileMode(0o600))
	equal(t, "time", stat.Mtime.UTC(), tarTime)
	stat = must(c.ArchiveInfo(t.Context(), id, "/root/src"))(t).Stat
	equal(t, "a folder", fs.FileMode(stat.Mode).IsDir(), true)
	testArchiveNames(t, e, id)

	got := untar(t, bytes.NewReader(readAll(t, must(c.Archive(t.Context(), id, "/root/src"))(t))))
	equal(t, "files", got, map[string]string{"src": "", "src/a.txt": "first", "src/deep": "", "src/deep/b.txt": "second"})

	// The program in the container sees it.
	ok(t, c.Start(t.Context(), id, nil))
	equal(t, "status", exit(t, e, id), int64(0))
	testArchiveRefused(t, e, id)
}

// testArchiveNames describes files whose names come out differently in the two alphabets of base64.
func testArchiveNames(t *testing.T, e *engine, id string) {
	c := containers.New(e)
	for _, name := range []string{"ab~", "qq?.txt", "a\u6587\u4ef6", "\U0001F600", "\u00ff\u00ff\u00ff", "a b&c=d%2F"} {
		ok(t, c.PutArchive(t.Context(), id, "/tmp", tarball(t, file{name: name, content: "in"}), nil))
		stat, err := c.ArchiveInfo(t.Context(), id, "/tmp/"+name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		equal(t, "name", stat.Stat.Name, name)
		equal(t, "size of "+name, stat.Stat.Size, int64(len("in")))
		archive := must(c.Archive(t.Context(), id, "/tmp/"+name))(t)
		var said v141.ContainerPathStat
		ok(t, transport.DecodeHeader(archive.Header, "X-Docker-Container-Path-Stat", &said))
		equal(t, "name beside the archive", said.Name, name)
		equal(t, "content of "+name, untar(t, bytes.NewReader(readAll(t, archive)))[name], "in")
	}
}

func testArchiveRefused(t *testing.T, e *engine, id string) {
	c := containers.New(e)
	word := "/nowhere"
	if e.isPodman() {
		word = "no such file"
	}
	_, err := c.Archive(t.Context(), id, "/nowhere")
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, word)
	if e, is := errors.AsType[*transport.Error](err); !is || !bytes.Contains(e.Body, []byte(`"message"`)) {
		t.Errorf("the body is not kept: %v", err)
	}
	_, err = c.ArchiveInfo(t.Context(), id, "/nowhere") // HEAD: the engine's words have nowhere to stand
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, "")
	_, err = c.Archive(t.Context(), unique(), "/")
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, "o such container")

	if e.isPodman() {
		return // it makes a folder that is missing, and does not read the option
	}
	err = c.PutArchive(t.Context(), id, "/nowhere", tarball(t, file{name: "a"}), nil)
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, word)
	ok(t, c.PutArchive(t.Context(), id, "/root", tarball(t, file{name: "src/a.txt/", mode: 0o755}), nil))
	err = c.PutArchive(t.Context(), id, "/root", tarball(t, file{name: "src/a.txt", content: "x"}),
		&containers.PutArchiveOptions{NoOverwriteDirNonDir: true})
	fails(t, err, transport.ErrServer, http.StatusInternalServerError, "cannot overwrite directory")
}

func testChanges(t *testing.T, e *engine) {
	c := containers.New(e)
	id := start(t, e, sh("echo 12345 >/root/new; rm /etc/passwd"))
	equal(t, "status", exit(t, e, id), int64(0))
	changes := must(c.Changes(t.Context(), id))(t)
	for _, want := range []v141.FilesystemChange{
		{Path: "/root", Kind: v141.ChangeTypeModified},
		{Path: "/root/new", Kind: v141.ChangeTypeAdded},
		{Path: "/etc/passwd", Kind: v141.ChangeTypeDeleted},
	} {
		if !slices.Contains(changes, want) {
			t.Errorf("no %+v among the changes: %+v", want, changes)
		}
	}
	_, err := c.Changes(t.Context(), unique())
	if e.isPodman() {
		fails(t, err, transport.ErrServer, http.StatusInternalServerError, "not found")
	} else {
		fails(t, err, transport.ErrNotFound, http.StatusNotFound, "No such container")
	}

	files := untar(t, bytes.NewReader(readAll(t, must(c.Export(t.Context(), id))(t))))
	equal(t, "the new file", files["root/new"], "12345\n")
	if _, there := files["etc/passwd"]; there || len(files["bin/busybox"]) < 1<<20 {
		t.Errorf("exported: a busybox of %d bytes; deleted file: %t", len(files["bin/busybox"]), there)
	}
	_, err = c.Export(t.Context(), unique())
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, "o such container")
}
