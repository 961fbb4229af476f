package dockertour

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"

	"github.com/gantry-go/gantry/examples/tour/guide"
	"github.com/gantry-go/gantry/transport"
)

// folder is what the tour copies: itself.
//
//go:embed *.go
var folder embed.FS

// copy sends a folder to conny as tar.gz, looks at it there, and brings it back.
func (t *Tour) copy(ctx context.Context) error {
	archive, err := guide.Pack(folder)
	if err != nil {
		return err
	}
	made, err := t.sh(ctx, "mkdir -p /root/src", "")
	if err != nil {
		return err
	}
	if made.code != 0 {
		return fmt.Errorf("mkdir: exit code %d: %s", made.code, made.stderr)
	}
	t.Call(`ctrs.PutArchive(ctx, "conny", "/root/src", archive, nil)`)
	t.Value("upload", "%s of tar.gz", guide.Size(archive.Len()))
	if err := t.ctrs.PutArchive(ctx, conny, "/root/src", archive, nil); err != nil {
		return err
	}
	t.Call(`ctrs.ArchiveInfo(ctx, "conny", "/root/src/tour.go")`)
	info, err := t.ctrs.ArchiveInfo(ctx, conny, "/root/src/tour.go")
	if err != nil {
		return err
	}
	t.Value(info.Stat.Name, "%s, %s", guide.Size(info.Stat.Size), fs.FileMode(info.Stat.Mode))
	t.Call(`ctrs.Archive(ctx, "conny", "/root/src")`)
	back, err := t.ctrs.Archive(ctx, conny, "/root/src")
	if err != nil {
		return err
	}
	defer back.Close() //nolint:errcheck // it has been read
	files, bytes, err := guide.Compare(back, folder)
	if err != nil {
		return err
	}
	t.Value("back", "%s, %s, each as it was sent", guide.Count(files, "file"), guide.Size(bytes))
	return nil
}

// missingPath downloads a path that does not exist: what the typed call says of it, and the answer as it came.
func (t *Tour) missingPath(ctx context.Context) error {
	const missing = "/no/such/path"
	t.Call(`ctrs.Archive(ctx, "conny", "/no/such/path")`)
	out, err := t.ctrs.Archive(ctx, conny, missing)
	if err == nil {
		_ = out.Close()
		return errors.New("the engine gave an archive of a path that does not exist")
	}
	refusal, ok := errors.AsType[*transport.Error](err)
	if !ok || !errors.Is(err, transport.ErrNotFound) {
		return err
	}
	t.Value("error", "%s", err)
	t.Value("class", "errors.Is(err, transport.ErrNotFound) is true")
	t.Value("message", "%s", refusal.Message)
	t.Value("body", "%s in all:", guide.Size(len(refusal.Body)))
	t.Quote(string(refusal.Body))

	op := transport.Operation{Name: "ArchiveAsItComes", Method: http.MethodGet, Path: "/v1.41/containers/{id}/archive"}
	req := op.Request(conny)
	req.Query("path", missing)
	t.Call(`engine.Do(ctx, req)`)
	resp, err := t.calls.Do(ctx, req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // it has been read
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	t.Value("as a stream", "%s, %s, read to its end:", resp.Status, guide.Size(len(body)))
	t.Quote(string(body))
	return nil
}
