package dockertour

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/networks"
	"github.com/gantry-go/gantry/examples/tour/guide"
	"github.com/gantry-go/gantry/transport"
)

// What the tour makes has these names, and this label, by which it knows its own.
const (
	conny       = "conny"
	reader      = "conny-reader"
	networkName = "conny-network"
	image       = "busybox:musl"
	label       = "gantry.tour"
)

var (
	labels = map[string]string{label: "true"}
	ours   = map[string][]string{"label": {label}} // a filter
)

// Arrive implements [guide.Tour].
func (t *Tour) Arrive(ctx context.Context) error {
	removed, err := t.sweep(ctx)
	if err != nil {
		return err
	}
	if len(removed) > 0 {
		t.Println("An earlier tour left things behind, now removed: " + strings.Join(removed, ", "))
	}
	for _, name := range []string{conny, reader} {
		if _, err := t.ctrs.Inspect(ctx, name, nil); !errors.Is(err, transport.ErrNotFound) {
			return taken("container", name, err)
		}
	}
	if _, err := t.nets.Inspect(ctx, networkName, nil); !errors.Is(err, transport.ErrNotFound) {
		return taken("network", networkName, err)
	}
	return nil
}

func taken(kind, name string, err error) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("the engine has a %s named %s that is not the tour's: rename or remove it first", kind, name)
}

// sweep removes the containers and networks that carry the tour's label, and returns their names. One that cannot be
// removed does not keep it from the others.
func (t *Tour) sweep(ctx context.Context) (removed []string, err error) {
	ctrs, err := t.ctrs.List(ctx, &containers.ListOptions{All: true, Filters: ours})
	for _, c := range ctrs {
		failed := t.ctrs.Delete(ctx, c.ID, &containers.DeleteOptions{Force: true, Volumes: true})
		if failed == nil {
			removed = append(removed, name(c.Names))
		} else if !errors.Is(failed, transport.ErrNotFound) {
			err = errors.Join(err, failed)
		}
	}
	nets, failed := t.nets.List(ctx, &networks.ListOptions{Filters: ours})
	err = errors.Join(err, failed)
	for _, n := range nets {
		failed := t.nets.Delete(ctx, n.ID)
		if failed == nil {
			removed = append(removed, n.Name)
		} else if !errors.Is(failed, transport.ErrNotFound) {
			err = errors.Join(err, failed)
		}
	}
	return removed, err
}

// Leave implements [guide.Tour]: it removes what the tour made, and asks the engine whether anything is left.
func (t *Tour) Leave(ctx context.Context) error {
	t.Call(`ctrs.Delete(ctx, id, &containers.DeleteOptions{Force: true, Volumes: true})`)
	t.Call(`nets.Delete(ctx, id)`)
	removed, err := t.sweep(ctx)
	t.Call(`imgs.Delete(ctx, name, nil)`)
	for _, name := range slices.Backward(t.own) {
		switch done, failed := t.imgs.Delete(ctx, name, nil); {
		case failed == nil:
			removed = append(removed, fmt.Sprintf("%s (%s)", name, guide.Count(len(done), "step")))
		case !errors.Is(failed, transport.ErrNotFound):
			err = errors.Join(err, failed)
		}
	}
	if len(removed) == 0 {
		removed = []string{"nothing: nothing was made"}
	}
	t.Value("removed", "%s", strings.Join(removed, ", "))
	if err != nil {
		return fmt.Errorf("clean up: %w", err)
	}
	left, err := t.ctrs.List(ctx, &containers.ListOptions{All: true, Filters: ours})
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("clean up: %s still there", guide.Count(len(left), "container"))
	}
	return err
}

// name returns a container's name as people write it; engines put a slash before it.
func name(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return strings.TrimPrefix(names[0], "/")
}
