package testimage

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"testing"
)

// entries reads a tar, in which no path may be twice.
func entries(t *testing.T, archive []byte) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	r := tar.NewReader(bytes.NewReader(archive))
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := all[h.Name]; twice {
			t.Errorf("%s is there twice", h.Name)
		}
		if all[h.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

func TestArchive(t *testing.T) {
	archive, err := Archive(Name)
	if err != nil {
		t.Fatal(err)
	}
	files := entries(t, archive)
	var manifest []struct {
		Config           string
		RepoTags, Layers []string
	}
	if err := json.Unmarshal(files["manifest.json"], &manifest); err != nil || len(manifest) != 1 {
		t.Fatalf("manifest %s: %v", files["manifest.json"], err)
	}
	m := manifest[0]
	if want := []string{"docker.io/library/busybox:musl"}; !slices.Equal(m.RepoTags, want) {
		t.Errorf("tags %q, want %q", m.RepoTags, want)
	}
	if m.Config != sum(files[m.Config])+".json" {
		t.Errorf("%s is not named after its content", m.Config)
	}
	var config struct {
		RootFS struct {
			DiffIDs []string `json:"diff_ids"`
		}
	}
	if err := json.Unmarshal(files[m.Config], &config); err != nil {
		t.Fatal(err)
	}
	if len(m.Layers) != 1 || !slices.Equal(config.RootFS.DiffIDs, []string{"sha256:" + sum(files[m.Layers[0]])}) {
		t.Errorf("layers %q have the ids %q", m.Layers, config.RootFS.DiffIDs)
	}
	if root := entries(t, files[m.Layers[0]]); len(root["bin/echo"]) != 0 || root["etc/passwd"] == nil {
		t.Error("the layer has no passwd, or its applets are no links")
	}
	if again, err := Archive(Name); err != nil || !bytes.Equal(archive, again) {
		t.Errorf("the second archive differs from the first, or %v", err)
	}
}

func TestComplete(t *testing.T) {
	for tag, want := range map[string]string{
		"busybox:musl":             "docker.io/library/busybox:musl",
		"me/busybox:musl":          "docker.io/me/busybox:musl",
		"localhost/busybox:1":      "localhost/busybox:1",
		"127.0.0.1:25000/busybox":  "127.0.0.1:25000/busybox",
		"registry.test/a/busybox":  "registry.test/a/busybox",
		"docker.io/library/me:tag": "docker.io/library/me:tag",
	} {
		if got := complete(tag); got != want {
			t.Errorf("complete(%q) = %q, want %q", tag, got, want)
		}
	}
}

// TestCompile makes the stand-in, whether or not this machine has busybox.
func TestCompile(t *testing.T) {
	p, err := compile(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	root, err := rootfs(p)
	if err != nil {
		t.Fatal(err)
	}
	if files := entries(t, root); len(files["bin/applets"]) < 100_000 {
		t.Errorf("the program has %d bytes", len(files["bin/applets"]))
	}
}
