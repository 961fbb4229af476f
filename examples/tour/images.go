package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gantry-go/gantry/docker/v141/images"
	"github.com/gantry-go/gantry/internal/testimage"
	"github.com/gantry-go/gantry/transport"
)

// pull brings busybox:musl to the engine: from Docker Hub, or, where that is out of reach, from this program.
func (t *tour) pull(ctx context.Context) error {
	_, err := t.imgs.Inspect(ctx, image)
	had := err == nil
	if err != nil && !errors.Is(err, transport.ErrNotFound) {
		return err
	}
	if !had {
		t.own = append(t.own, image)
	}
	t.call(`imgs.Create(ctx, nil, &images.CreateOptions{FromImage: "busybox", Tag: "musl"})`)
	err = t.pullFrom(ctx, &images.CreateOptions{FromImage: "busybox", Tag: "musl"})
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return err
	case had:
		t.refused("failed", err)
		t.note("Docker Hub is out of reach; the engine has a %s already, which will do.", image)
	default:
		t.refused("failed", err)
		t.note("Docker Hub is out of reach, so the tour brings an image of its own.")
		if err := t.load(ctx); err != nil {
			return err
		}
	}
	return t.showImage(ctx)
}

// patience is how long a pull may be silent.
const patience = 30 * time.Second

// pullFrom pulls and shows the progress. A failure comes as the call's error or as the last message, as the engine likes.
func (t *tour) pullFrom(ctx context.Context, options *images.CreateOptions) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(patience, func() { cancel(fmt.Errorf("no word for %s", patience)) })
	defer silence.Stop()

	pull, err := t.imgs.Create(ctx, nil, options)
	if err != nil {
		return err
	}
	show := t.progress()
	for msg, err := range pull.All() {
		if err != nil {
			return err
		}
		silence.Reset(patience)
		show(msg.ID, msg.Status, msg.ProgressDetail.Current, msg.ProgressDetail.Total)
	}
	return nil
}

// load uploads an image that this program builds in memory.
func (t *tour) load(ctx context.Context) error {
	archive, err := testimage.Archive(image)
	if err != nil {
		return err
	}
	ctx, done := finishing(ctx)
	defer done()
	t.call(`imgs.Load(ctx, archive, nil)`)
	t.value("upload", "%s", size(len(archive)))
	load, err := t.imgs.Load(ctx, bytes.NewReader(archive), nil)
	if err != nil {
		return err
	}
	for msg, err := range load.All() {
		if err != nil {
			return err
		}
		if msg.Stream != "" {
			t.quote(msg.Stream)
		}
	}
	return nil
}

func (t *tour) showImage(ctx context.Context) error {
	t.call(fmt.Sprintf(`imgs.Inspect(ctx, %q)`, image))
	info, err := t.imgs.Inspect(ctx, image)
	if err != nil {
		return err
	}
	t.value("image", "%s, %s, %s/%s, created %s", short(info.ID), size(info.Size), info.OS, info.Architecture, info.Created.Format(time.DateOnly))
	t.value("names", "%s", strings.Join(info.RepoTags, ", "))
	if t.podman() {
		t.note("Podman keeps names in full, and finds them by the short form too.")
	}
	return nil
}
