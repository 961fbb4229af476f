package dockertour

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gantry-go/gantry/docker/v141/images"
	"github.com/gantry-go/gantry/examples/tour/guide"
	"github.com/gantry-go/gantry/internal/testimage"
	"github.com/gantry-go/gantry/transport"
)

// pull brings busybox:musl to the engine: from Docker Hub, or, where that is out of reach, from this program.
func (t *Tour) pull(ctx context.Context) error {
	_, err := t.imgs.Inspect(ctx, image)
	had := err == nil
	if err != nil && !errors.Is(err, transport.ErrNotFound) {
		return err
	}
	if !had {
		t.own = append(t.own, image)
	}
	t.Call(`imgs.Create(ctx, nil, &images.CreateOptions{FromImage: "busybox", Tag: "musl"})`)
	err = t.pullFrom(ctx, &images.CreateOptions{FromImage: "busybox", Tag: "musl"})
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return err
	case had:
		t.Refused("failed", err)
		t.Note("Docker Hub is out of reach; the engine has a %s already, which will do.", image)
	default:
		t.Refused("failed", err)
		t.Note("Docker Hub is out of reach, so the tour brings an image of its own.")
		if err := t.load(ctx); err != nil {
			return err
		}
	}
	return t.showImage(ctx)
}

// pullFrom pulls and shows the progress. A failure comes as the call's error or as the last message, as the engine likes.
func (t *Tour) pullFrom(ctx context.Context, options *images.CreateOptions) error {
	ctx, heard, done := guide.Patiently(ctx)
	defer done()
	pull, err := t.imgs.Create(ctx, nil, options)
	if err != nil {
		return err
	}
	show := t.Progress()
	for msg, err := range pull.All() {
		if err != nil {
			return err
		}
		heard()
		show(msg.ID, msg.Status, msg.ProgressDetail.Current, msg.ProgressDetail.Total)
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
	t.Call(`imgs.Load(ctx, archive, nil)`)
	t.Value("upload", "%s", guide.Size(len(archive)))
	load, err := t.imgs.Load(ctx, bytes.NewReader(archive), nil)
	if err != nil {
		return err
	}
	for msg, err := range load.All() {
		if err != nil {
			return err
		}
		if msg.Stream != "" {
			t.Quote(msg.Stream)
		}
	}
	return nil
}

func (t *Tour) showImage(ctx context.Context) error {
	t.Call(fmt.Sprintf(`imgs.Inspect(ctx, %q)`, image))
	info, err := t.imgs.Inspect(ctx, image)
	if err != nil {
		return err
	}
	t.Value("image", "%s, %s, %s/%s, created %s", guide.Short(info.ID), guide.Size(info.Size), info.OS, info.Architecture, info.Created.Format(time.DateOnly))
	t.Value("names", "%s", strings.Join(info.RepoTags, ", "))
	if t.podman() {
		t.Note("Podman keeps names in full, and finds them by the short form too.")
	}
	return nil
}
