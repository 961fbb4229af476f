package libpodtour

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gantry-go/gantry/examples/tour/guide"
	"github.com/gantry-go/gantry/podman/v43"
	"github.com/gantry-go/gantry/transport"
)

// volume has one container write a file into a volume and another read it.
func (t *Tour) volume(ctx context.Context) error {
	t.Call(`vols.Create(ctx, v43.VolumeCreateOptions{Name: "conny-volume", Labels: labels})`)
	making, done := guide.Finishing(ctx)
	defer done()
	created, err := t.vols.Create(making, v43.VolumeCreateOptions{Name: volumeName, Labels: labels})
	if err != nil {
		return err
	}
	t.Value("created", "%s, driver %s, at %s", created.Name, created.Driver, created.Mountpoint)
	mounted := []v43.NamedVolume{{Name: volumeName, Dest: "/data"}}
	t.Call(`ctrs.Create(ctx, v43.SpecGenerator{Name: "conny-once", Image: "busybox:musl", Command: cmd, Volumes: []v43.NamedVolume{{Name: "conny-volume", Dest: "/data"}}})`)
	if _, err := t.runOnce(ctx, v43.SpecGenerator{Command: []string{"sh", "-c", "echo conny was here >/data/note"}, Volumes: mounted}); err != nil {
		return err
	}
	t.Value("removed", "%s, and the volume stays", once)
	read, err := t.runOnce(ctx, v43.SpecGenerator{Command: []string{"cat", "/data/note"}, Volumes: mounted})
	if err != nil {
		return err
	}
	t.Value("it reads", "%q", read)
	if read != "conny was here\n" {
		return errors.New("the volume has lost what was written")
	}
	t.Call(`vols.Inspect(ctx, "conny-volume")`)
	info, err := t.vols.Inspect(ctx, volumeName)
	if err != nil {
		return err
	}
	t.Value("volume", "%s, scope %s, label %s, since %s", info.Name, info.Scope, label, info.CreatedAt.Local().Format(time.TimeOnly))
	t.Call(`vols.Delete(ctx, "conny-volume", nil)`)
	if err := t.vols.Delete(ctx, volumeName, nil); err != nil {
		return err
	}
	t.Call(`vols.Exists(ctx, "conny-volume")`)
	if err := t.vols.Exists(ctx, volumeName); !errors.Is(err, transport.ErrNotFound) {
		return fmt.Errorf("the volume is still there: %w", err)
	}
	t.Value("removed", "%s, and 404 says that there is none", volumeName)
	return nil
}
