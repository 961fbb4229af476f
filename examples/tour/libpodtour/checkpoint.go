package libpodtour

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/gantry-go/gantry/examples/tour/guide"
	"github.com/gantry-go/gantry/podman/v43"
	"github.com/gantry-go/gantry/podman/v43/containers"
	"github.com/gantry-go/gantry/transport"
)

// checkpoint writes conny's memory to disk, which ends it, and has it go on from there. It takes CRIU, root, and a kernel
// that CRIU knows: where the engine cannot, its answer is shown.
func (t *Tour) checkpoint(ctx context.Context) error {
	before, err := t.lastNumber(ctx)
	if err != nil {
		return err
	}
	t.Value("conny", "has counted to %d", before)
	switch err := t.roundTrip(ctx); {
	case err == nil:
		return t.countsOn(ctx, before)
	case ctx.Err() == nil && errors.Is(err, transport.ErrServer):
		t.Lacks("checkpoints", err)
		return t.ctrs.Start(ctx, conny, nil) // should it have stopped
	default:
		return err
	}
}

func (t *Tour) roundTrip(ctx context.Context) error {
	t.Call(`ctrs.Checkpoint(ctx, "conny", &containers.CheckpointOptions{PrintStats: true})`)
	stream, err := t.ctrs.Checkpoint(ctx, conny, &containers.CheckpointOptions{PrintStats: true})
	if err != nil {
		return err
	}
	defer stream.Close() //nolint:errcheck // it has been read
	var report struct {
		Duration int64              `json:"runtime_checkpoint_duration"` // in microseconds
		CRIU     v43.CRIUStatistics `json:"criu_statistics"`
	}
	if err := json.NewDecoder(stream).Decode(&report); err != nil {
		return err
	}
	t.Value("frozen", "in %s, %s of memory written", guide.Took(time.Duration(report.Duration)*time.Microsecond), guide.Count(report.CRIU.PagesWritten, "page"))
	info, err := t.ctrs.Inspect(ctx, conny, nil)
	if err != nil {
		return err
	}
	t.Value("state", "%s, checkpoint of %s", info.State.Status, info.State.CheckpointedAt.Local().Format(time.TimeOnly))
	t.Call(`ctrs.Restore(ctx, "conny", nil, &containers.RestoreOptions{PrintStats: true})`)
	restored, err := t.ctrs.Restore(ctx, conny, nil, &containers.RestoreOptions{PrintStats: true})
	if err != nil {
		return err
	}
	t.Value("restored", "in %s, %s of memory read", guide.Took(time.Duration(restored.RuntimeRestoreDuration)*time.Microsecond),
		guide.Count(restored.CriuStatistics.PagesRestored, "page"))
	return nil
}

// countsOn reads what conny prints now.
func (t *Tour) countsOn(ctx context.Context, before int) error {
	logs, err := t.ctrs.Logs(ctx, conny, &containers.LogsOptions{Follow: true, Stdout: true, Since: time.Now()})
	if err != nil {
		return err
	}
	for line, err := range logs.Lines() {
		if err != nil {
			return err
		}
		after, err := strconv.Atoi(line.Text)
		if err != nil || after <= before {
			return fmt.Errorf("conny had counted to %d, and says %q now", before, line.Text)
		}
		t.Value("conny", "goes on with %d", after)
		return nil
	}
	return errors.New("conny does not count any more")
}

// lastNumber is how far conny has counted.
func (t *Tour) lastNumber(ctx context.Context) (int, error) {
	logs, err := t.ctrs.Logs(ctx, conny, &containers.LogsOptions{Stdout: true, Tail: "1"})
	if err != nil {
		return 0, err
	}
	for line, err := range logs.Lines() {
		if err != nil {
			return 0, err
		}
		return strconv.Atoi(line.Text)
	}
	return 0, errors.New("conny has not counted")
}
