package libpodtour

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gantry-go/gantry/examples/tour/guide"
	"github.com/gantry-go/gantry/podman/v43"
	"github.com/gantry-go/gantry/podman/v43/secrets"
	"github.com/gantry-go/gantry/transport"
)

// secret keeps a secret, which the engine gives to a container and to nobody else.
func (t *Tour) secret(ctx context.Context) error {
	const value = "open sesame"
	t.Call(`secs.Create(ctx, "conny-secret", strings.NewReader("open sesame"), &secrets.CreateOptions{Labels: labels})`)
	making, done := guide.Finishing(ctx)
	defer done()
	created, err := t.secs.Create(making, secretName, strings.NewReader(value), &secrets.CreateOptions{Labels: labels})
	if err != nil {
		return err
	}
	t.Value("created", "%s, %s", secretName, guide.Short(created.ID))
	t.Call(`ctrs.Create(ctx, v43.SpecGenerator{Name: "conny-once", Image: "busybox:musl", Command: cmd, Secrets: []v43.Secret{{Source: "conny-secret", Target: "door", Mode: 0o400}}})`)
	read, err := t.runOnce(ctx, v43.SpecGenerator{
		Command: []string{"cat", "/run/secrets/door"},
		Secrets: []v43.Secret{{Source: secretName, Target: "door", Mode: 0o400}},
	})
	if err != nil {
		return err
	}
	t.Value("it reads", "%q", read)
	if read != value {
		return errors.New("that is not the secret")
	}
	t.Call(`secs.Inspect(ctx, "conny-secret")`)
	info, err := t.secs.Inspect(ctx, secretName)
	if err != nil {
		return err
	}
	t.Value("secret", "%s, driver %s, since %s; what it is, nobody is told", info.Spec.Name, info.Spec.Driver.Name, info.CreatedAt.Local().Format(time.TimeOnly))
	t.Call(`secs.Delete(ctx, "conny-secret")`)
	if err := t.secs.Delete(ctx, secretName); err != nil {
		return err
	}
	_, err = t.secs.Inspect(ctx, secretName)
	if !errors.Is(err, transport.ErrNotFound) {
		return fmt.Errorf("the secret is still there: %w", err)
	}
	t.Refused("removed", err)
	return nil
}
