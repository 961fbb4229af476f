package libpodtour

import (
	"context"
	"fmt"
	"strings"

	"github.com/gantry-go/gantry/examples/tour/guide"
	"github.com/gantry-go/gantry/podman/v43"
)

// health has the engine run conny's health check while it is well, and again when it is not. The check of createConny
// says that two failures in a row make it unhealthy.
func (t *Tour) health(ctx context.Context) error {
	if err := t.check(ctx, "healthy"); err != nil {
		return err
	}
	t.Value("conny", "falls ill: echo a cold >/tmp/ill")
	if err := t.do(ctx, "echo a cold >/tmp/ill"); err != nil {
		return err
	}
	if err := t.check(ctx, "healthy"); err != nil {
		return err
	}
	if err := t.check(ctx, "unhealthy"); err != nil {
		return err
	}
	return t.do(ctx, "rm /tmp/ill")
}

// check runs the health check once, shows what the engine makes of it, and compares that with what it should.
func (t *Tour) check(ctx context.Context, want string) error {
	t.Call(`ctrs.Healthcheck(ctx, "conny")`)
	now, err := t.ctrs.Healthcheck(ctx, conny)
	if err != nil {
		return err
	}
	// The answer may be without the output; what the engine has kept is not.
	info, err := t.ctrs.Inspect(ctx, conny, nil)
	if err != nil {
		return err
	}
	var last v43.HealthCheckLog
	if log := info.State.Health.Log; len(log) > 0 {
		last = log[len(log)-1]
	}
	kept := info.State.Health
	t.Value("this time", "%s: it ended with %d and said %q", now.Status, last.ExitCode, strings.TrimSpace(last.Output))
	t.Value("conny is", "%s, after %s in a row", kept.Status, guide.Count(kept.FailingStreak, "failure"))
	if kept.Status != want {
		return fmt.Errorf("conny is %s, want %s", kept.Status, want)
	}
	return nil
}
