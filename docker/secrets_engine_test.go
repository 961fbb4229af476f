package docker_test

import (
	"context"
	"testing"
	"time"

	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/configs"
	"github.com/gantry-go/gantry/docker/v141/secrets"
	"github.com/gantry-go/gantry/transport"
)

// payload is nothing that survives being taken for text: JSON has it in base64.
var payload = []byte("\x00\xff\xfe{\"é\"}\r\n")

// testSecrets needs a cluster on Docker, and nothing on Podman.
func testSecrets(t *testing.T, e *engine) {
	c, ctx := secrets.New(e), t.Context()
	name := unique()
	spec := v141.SecretSpec{Name: name, Data: payload, Labels: map[string]string{"part": "secrets"}}
	id := must(c.Create(ctx, spec))(t).ID
	cleanup(t, func(ctx context.Context) error { return c.Delete(ctx, id) })

	_, err := c.Create(ctx, spec)
	taken := "already exists"
	if e.isPodman() {
		taken = "secret name in use"
	}
	fails(t, err, transport.ErrConflict, 409, taken)

	got := must(c.Inspect(ctx, id))(t)
	equal(t, "its id", got.ID, id)
	equal(t, "its name", got.Spec.Name, name)
	if got.Spec.Data != nil {
		t.Errorf("the engine gave a secret away: %q", got.Spec.Data)
	}
	if got.Version.Index == 0 || time.Since(got.CreatedAt).Abs() > time.Hour || got.UpdatedAt.Before(got.CreatedAt) {
		t.Errorf("version %d, created %v, updated %v", got.Version.Index, got.CreatedAt, got.UpdatedAt)
	}

	found := must(c.List(ctx, &secrets.ListOptions{Filters: map[string][]string{"name": {name}}}))(t)
	if len(found) != 1 || found[0].ID != id {
		t.Errorf("the list has %+v, want the one secret %s", found, id)
	}
	equal(t, "a list of another name", len(must(c.List(ctx, &secrets.ListOptions{Filters: map[string][]string{"name": {unique()}}}))(t)), 0)

	if e.isPodman() {
		equal(t, "its driver", got.Spec.Driver.Name, "file")
		fails(t, c.Update(ctx, id, got.Version.Index, got.Spec), transport.ErrNotImplemented, 501, "update is not supported")
	} else {
		equal(t, "its labels", got.Spec.Labels, spec.Labels)
		updateSecret(t, c, got)
	}

	ok(t, c.Delete(ctx, id))
	_, err = c.Inspect(ctx, id)
	fails(t, err, transport.ErrNotFound, 404, id)
	fails(t, c.Delete(ctx, id), transport.ErrNotFound, 404, id)
}

// updateSecret changes what may be changed, the labels, and meets the lock that the version is.
func updateSecret(t *testing.T, c *secrets.Client, old *v141.Secret) {
	t.Helper()
	ctx := t.Context()
	spec := old.Spec
	spec.Labels = map[string]string{"part": "secrets", "changed": "yes"}
	ok(t, c.Update(ctx, old.ID, old.Version.Index, spec))

	got := must(c.Inspect(ctx, old.ID))(t)
	equal(t, "its labels after the update", got.Spec.Labels, spec.Labels)
	if got.Version.Index <= old.Version.Index {
		t.Errorf("version %d after version %d", got.Version.Index, old.Version.Index)
	}
	fails(t, c.Update(ctx, old.ID, old.Version.Index, spec), transport.ErrServer, 500, "update out of sequence")

	spec.Data = []byte("another")
	fails(t, c.Update(ctx, old.ID, got.Version.Index, spec), transport.ErrBadRequest, 400, "only updates to Labels are allowed")
}

// testConfigs needs a cluster.
func testConfigs(t *testing.T, e *engine) {
	c, ctx := configs.New(e), t.Context()
	name := unique()
	spec := v141.ConfigSpec{
		Name: name, Data: payload, Labels: map[string]string{"part": "configs"},
		Templating: v141.Driver{Name: "golang"},
	}
	id := must(c.Create(ctx, spec))(t).ID
	cleanup(t, func(ctx context.Context) error { return c.Delete(ctx, id) })
	_, err := c.Create(ctx, spec)
	fails(t, err, transport.ErrConflict, 409, "already exists")

	got := must(c.Inspect(ctx, name))(t) // names do as well
	equal(t, "its id", got.ID, id)
	equal(t, "its specification", got.Spec, spec)
	if got.Version.Index == 0 || time.Since(got.CreatedAt).Abs() > time.Hour || got.UpdatedAt.Before(got.CreatedAt) {
		t.Errorf("version %d, created %v, updated %v", got.Version.Index, got.CreatedAt, got.UpdatedAt)
	}

	found := must(c.List(ctx, &configs.ListOptions{Filters: map[string][]string{"label": {"part=configs"}, "name": {name}}}))(t)
	if len(found) != 1 || found[0].ID != id {
		t.Errorf("the list has %+v, want the one config %s", found, id)
	}
	_, err = c.List(ctx, &configs.ListOptions{Filters: map[string][]string{"colour": {"red"}}})
	fails(t, err, transport.ErrBadRequest, 400, "Invalid filter 'colour'")

	spec.Labels = map[string]string{} // takes them all off
	ok(t, c.Update(ctx, id, got.Version.Index, spec))
	changed := must(c.Inspect(ctx, id))(t)
	equal(t, "its labels after the update", changed.Spec.Labels, map[string]string{})
	equal(t, "its data after the update", changed.Spec.Data, payload)
	fails(t, c.Update(ctx, id, got.Version.Index, spec), transport.ErrServer, 500, "update out of sequence")

	ok(t, c.Delete(ctx, id))
	_, err = c.Inspect(ctx, id)
	fails(t, err, transport.ErrNotFound, 404, id)
}
