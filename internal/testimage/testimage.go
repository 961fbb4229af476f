// Package testimage builds a container image in memory, for machines that can pull none.
//
// The image is one layer around busybox, taken from this machine if it has a static one, so that containers of it have a
// shell. Otherwise it is around a program of a few applets that the Go command compiles. The same busybox
// makes the same bytes, and so the same image id, each time.
package testimage

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Name is what the image is called where nothing else matters.
const Name = "busybox:musl"

// created is when every image and file was made: always the same, and nothing that is mistaken for no time.
var created = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// layer is built once in a process.
var layer = sync.OnceValues(func() ([]byte, error) {
	programs, err := find()
	if err != nil {
		return nil, err
	}
	return rootfs(programs)
})

// Archive returns the image as `docker save` writes one: the body of ImageLoad. Its tag is completed with docker.io and
// library, because Podman would put a short one below localhost while Docker shortens a complete one; both then find
// the image by either form.
func Archive(tag string) ([]byte, error) {
	root, err := layer()
	if err != nil {
		return nil, err
	}
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH,
		"os":           "linux",
		"created":      created,
		"config": map[string]any{
			"Env": []string{"PATH=/bin"},
			"Cmd": []string{"sh"},
		},
		"rootfs":  map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + sum(root)}},
		"history": []map[string]any{{"created": created, "created_by": "testimage"}},
	})
	if err != nil {
		return nil, err
	}
	manifest, err := json.Marshal([]map[string]any{{
		"Config":   sum(config) + ".json",
		"RepoTags": []string{complete(tag)},
		"Layers":   []string{sum(root) + "/layer.tar"},
	}})
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	file(w, sum(config)+".json", 0o644, config)
	dir(w, sum(root), 0o755)
	file(w, sum(root)+"/layer.tar", 0o644, root)
	file(w, "manifest.json", 0o644, manifest)
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

// complete writes an image reference in full.
func complete(tag string) string {
	domain, _, found := strings.Cut(tag, "/")
	switch {
	case !found:
		return "docker.io/library/" + tag
	case domain == "localhost", strings.ContainsAny(domain, ".:"):
		return tag
	}
	return "docker.io/" + tag
}
