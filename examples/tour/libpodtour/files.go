package libpodtour

import (
	"context"
	"embed"
	"errors"
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

// copy sends a folder to conny as tar.gz and brings it back. The answer's header tells what the path is.
func (t *Tour) copy(ctx context.Context) error {
	archive, err := guide.Pack(folder)
	if err != nil {
		return err
	}
	if err := t.do(ctx, "mkdir -p /root/src"); err != nil {
		return err
	}
	t.Call(`ctrs.PutArchive(ctx, "conny", "/root/src", archive, nil)`)
	t.Value("upload", "%s of tar.gz", guide.Size(archive.Len()))
	if err := t.ctrs.PutArchive(ctx, conny, "/root/src", archive, nil); err != nil {
		return err
	}
	t.Call(`ctrs.Archive(ctx, "conny", "/root/src")`)
	back, err := t.ctrs.Archive(ctx, conny, "/root/src")
	if err != nil {
		return err
	}
	defer back.Close() //nolint:errcheck // it has been read
	stat, err := stat(back.Header)
	if err != nil {
		return err
	}
	t.Value(stat.Name, "%s", stat.Mode)
	files, bytes, err := guide.Compare(back, folder)
	if err != nil {
		return err
	}
	t.Value("back", "%s, %s, each as it was sent", guide.Count(files, "file"), guide.Size(bytes))
	return nil
}

// pathStat is what the header of an archive says of the path.
type pathStat struct {
	Name string      `json:"name"`
	Size int64       `json:"size"`
	Mode fs.FileMode `json:"mode"`
}

// stat reads the header, which libpod's specification does not mention.
func stat(header http.Header) (s pathStat, err error) {
	return s, transport.DecodeHeader(header, "X-Docker-Container-Path-Stat", &s)
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

	op := transport.Operation{Name: "ArchiveAsItComes", Method: http.MethodGet, Path: "/v4.3.1/libpod/containers/{name}/archive"}
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
