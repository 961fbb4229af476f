package libpodtour

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/gantry-go/gantry/examples/tour/guide"
	"github.com/gantry-go/gantry/internal/testimage"
	"github.com/gantry-go/gantry/podman/v43/images"
	"github.com/gantry-go/gantry/transport"
)

// pull brings busybox:musl to the engine: from Docker Hub, or, where that is out of reach, from this program.
func (t *Tour) pull(ctx context.Context) error {
	err := t.imgs.Exists(ctx, image)
	had := err == nil
	if err != nil && !errors.Is(err, transport.ErrNotFound) {
		return err
	}
	if !had {
		t.own = append(t.own, image)
	}
	t.Call(`imgs.Pull(ctx, "docker.io/library/busybox:musl", nil)`)
	err = t.pullFrom(ctx, image, nil)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return err
	case had:
		t.Refused("failed", err)
		t.Note("Docker Hub is out of reach; the engine has a busybox:musl already, which will do.")
	default:
		t.Refused("failed", err)
		t.Note("Docker Hub is out of reach, so the tour brings an image of its own.")
		if err := t.load(ctx); err != nil {
			return err
		}
	}
	return t.showImage(ctx)
}

// pullFrom pulls and shows the progress, which libpod tells in words. The engine answers 200 before it tries: a failure
// comes as the last message.
func (t *Tour) pullFrom(ctx context.Context, reference string, options *images.PullOptions) error {
	ctx, heard, done := guide.Patiently(ctx)
	defer done()
	pull, err := t.imgs.Pull(ctx, reference, options)
	if err != nil {
		return err
	}
	for msg, err := range pull.All() {
		if err != nil {
			return err
		}
		heard()
		if msg.Stream != "" {
			t.Quote(msg.Stream)
		}
		if msg.ID != "" {
			t.Value("pulled", "%s", guide.Short(msg.ID))
		}
	}
	return nil
}

// load uploads an image that this program builds in memory.
func (t *Tour) load(ctx context.Context) error {
	archive, err := testimage.Archive(image)
	if err != nil {
		return err
	}
	ctx, done := guide.Finishing(ctx)
	defer done()
	t.Call(`imgs.Load(ctx, archive)`)
	t.Value("upload", "%s", guide.Size(len(archive)))
	loaded, err := t.imgs.Load(ctx, bytes.NewReader(archive))
	if err != nil {
		return err
	}
	t.Value("loaded", "%s", strings.Join(loaded.Names, ", "))
	return nil
}

func (t *Tour) showImage(ctx context.Context) error {
	t.Call(`imgs.Inspect(ctx, "busybox:musl")`)
	info, err := t.imgs.Inspect(ctx, "busybox:musl")
	if err != nil {
		return err
	}
	created := "at a time that it does not say"
	if info.Created != nil {
		created = info.Created.Format(time.DateOnly)
	}
	t.Value("image", "%s, %s, %s/%s, created %s", guide.Short(info.ID), guide.Size(info.Size), info.OS, info.Architecture, created)
	t.Value("names", "%s", strings.Join(info.RepoTags, ", "))
	t.Value("digest", "%s", info.Digest)
	t.Note("Podman keeps names in full, and finds them by the short form too.")
	return nil
}
