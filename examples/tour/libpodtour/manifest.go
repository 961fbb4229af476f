package libpodtour

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gantry-go/gantry/examples/tour/guide"
	"github.com/gantry-go/gantry/podman/v43"
	"github.com/gantry-go/gantry/podman/v43/images"
	"github.com/gantry-go/gantry/transport"
)

// manifest makes an image of conny, and one name for it and for what it was made of: each shall be for another platform.
func (t *Tour) manifest(ctx context.Context) error {
	making, done := guide.Finishing(ctx)
	defer done()
	t.Call(`imgs.Commit(ctx, "conny", &images.CommitOptions{Repo: "localhost/gantry-tour", Tag: "conny"})`)
	repo, tag, _ := strings.Cut(commitName, ":")
	committed, err := t.imgs.Commit(making, conny, &images.CommitOptions{Repo: repo, Tag: tag})
	if err != nil {
		return err
	}
	t.Value("committed", "%s, %s", commitName, guide.Short(committed.ID))
	t.Call(`lists.Create(ctx, "localhost/gantry-tour:list", nil, nil, nil)`)
	created, err := t.lists.Create(making, listName, nil, nil, nil)
	if err != nil {
		return err
	}
	t.Value("created", "%s, %s", listName, guide.Short(created.ID))
	t.Call(`lists.Modify(ctx, "localhost/gantry-tour:list", v43.ManifestModifyOptions{Operation: "update", Images: names, OS: "linux", Arch: "arm64"}, nil)`)
	for _, part := range []struct{ image, arch string }{{image, "amd64"}, {commitName, "arm64"}} {
		modified, err := t.lists.Modify(ctx, listName, v43.ManifestModifyOptions{
			Operation: "update", Images: []string{"containers-storage:" + part.image}, OS: "linux", Arch: part.arch,
		}, nil)
		if err != nil {
			return err
		}
		if len(modified.Errors) > 0 {
			return errors.New(strings.Join(modified.Errors, "; "))
		}
		t.Value("added", "%s for linux/%s", part.image, part.arch)
	}
	return t.showManifest(ctx)
}

// showManifest shows the list and removes it.
func (t *Tour) showManifest(ctx context.Context) error {
	t.Call(`lists.Inspect(ctx, "localhost/gantry-tour:list")`)
	info, err := t.lists.Inspect(ctx, listName)
	if err != nil {
		return err
	}
	t.Value("list", "%s", info.MediaType)
	for _, m := range info.Manifests {
		t.Row("%-12s %s/%s, a manifest of %s", guide.Short(string(m.Digest)), m.Platform.OS, m.Platform.Architecture, guide.Size(m.Size))
	}
	if len(info.Manifests) != 2 {
		return fmt.Errorf("%d manifests, want 2", len(info.Manifests))
	}
	t.Call(`lists.Delete(ctx, "localhost/gantry-tour:list")`)
	if _, err := t.lists.Delete(ctx, listName); err != nil {
		return err
	}
	if err := t.lists.Exists(ctx, listName); !errors.Is(err, transport.ErrNotFound) {
		return fmt.Errorf("the list is still there: %w", err)
	}
	t.Value("removed", "%s", listName)
	return nil
}
