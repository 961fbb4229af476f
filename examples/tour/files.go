package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"

	"github.com/gantry-go/gantry/transport"
)

// folder is what the tour copies: itself.
//
//go:embed *.go
var folder embed.FS

// copy sends a folder to conny as tar.gz, looks at it there, and brings it back.
func (t *tour) copy(ctx context.Context) error {
	archive, err := pack(folder)
	if err != nil {
		return err
	}
	made, err := t.sh(ctx, "mkdir -p /root/src")
	if err != nil {
		return err
	}
	if made.code != 0 {
		return fmt.Errorf("mkdir: exit code %d: %s", made.code, made.stderr)
	}
	t.call(`ctrs.PutArchive(ctx, "conny", "/root/src", archive, nil)`)
	t.value("upload", "%s of tar.gz", size(archive.Len()))
	if err := t.ctrs.PutArchive(ctx, conny, "/root/src", archive, nil); err != nil {
		return err
	}
	t.call(`ctrs.ArchiveInfo(ctx, "conny", "/root/src/main.go")`)
	info, err := t.ctrs.ArchiveInfo(ctx, conny, "/root/src/main.go")
	if err != nil {
		return err
	}
	t.value(info.Stat.Name, "%s, %s", size(info.Stat.Size), fs.FileMode(info.Stat.Mode))
	t.call(`ctrs.Archive(ctx, "conny", "/root/src")`)
	back, err := t.ctrs.Archive(ctx, conny, "/root/src")
	if err != nil {
		return err
	}
	defer back.Close() //nolint:errcheck // it has been read
	files, bytes, err := compare(back)
	if err != nil {
		return err
	}
	t.value("back", "%s, %s, each as it was sent", count(files, "file"), size(bytes))
	return nil
}

// pack makes a tar.gz of a folder.
func pack(folder fs.FS) (*bytes.Buffer, error) {
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	archive := tar.NewWriter(zip)
	if err := errors.Join(archive.AddFS(folder), archive.Close(), zip.Close()); err != nil {
		return nil, err
	}
	return &b, nil
}

// compare reads the archive of the copy and says how much of it is what was sent. Anything else is an error.
func compare(copied io.Reader) (files, size int, err error) {
	archive := tar.NewReader(copied)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, 0, err
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		got, err := io.ReadAll(archive)
		if err != nil {
			return 0, 0, err
		}
		want, err := folder.ReadFile(path.Base(header.Name))
		if err != nil {
			return 0, 0, err
		}
		if !bytes.Equal(got, want) {
			return 0, 0, fmt.Errorf("%s came back changed", header.Name)
		}
		files, size = files+1, size+len(got)
	}
	if sent, err := folder.ReadDir("."); err != nil || len(sent) != files {
		return 0, 0, fmt.Errorf("%d files were sent, %d came back: %w", len(sent), files, errors.Join(err, io.ErrUnexpectedEOF))
	}
	return files, size, nil
}

// missingPath downloads a path that does not exist: what the typed call says of it, and the answer as it came.
func (t *tour) missingPath(ctx context.Context) error {
	const missing = "/no/such/path"
	t.call(`ctrs.Archive(ctx, "conny", "/no/such/path")`)
	out, err := t.ctrs.Archive(ctx, conny, missing)
	if err == nil {
		_ = out.Close()
		return errors.New("the engine gave an archive of a path that does not exist")
	}
	refusal, ok := errors.AsType[*transport.Error](err)
	if !ok || !errors.Is(err, transport.ErrNotFound) {
		return err
	}
	t.value("error", "%s", err)
	t.value("class", "errors.Is(err, transport.ErrNotFound) is true")
	t.value("message", "%s", refusal.Message)
	t.value("body", "%s in all:", size(len(refusal.Body)))
	t.quote(string(refusal.Body))

	op := transport.Operation{Name: "ArchiveAsItComes", Method: http.MethodGet, Path: "/v1.41/containers/{id}/archive"}
	req := op.Request(conny)
	req.Query("path", missing)
	t.call(`engine.Do(ctx, req)`)
	resp, err := t.calls.Do(ctx, req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // it has been read
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	t.value("as a stream", "%s, %s, read to its end:", resp.Status, size(len(body)))
	t.quote(string(body))
	return nil
}
