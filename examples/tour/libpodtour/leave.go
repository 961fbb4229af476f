package libpodtour

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gantry-go/gantry/examples/tour/guide"
	"github.com/gantry-go/gantry/podman/v43/containers"
	"github.com/gantry-go/gantry/podman/v43/images"
	"github.com/gantry-go/gantry/podman/v43/networks"
	"github.com/gantry-go/gantry/podman/v43/pods"
	"github.com/gantry-go/gantry/podman/v43/volumes"
	"github.com/gantry-go/gantry/transport"
)

// What the tour makes has these names, and this label, by which it knows its own.
const (
	conny       = "conny"
	reader      = "conny-reader"
	once        = "conny-once" // one after the other
	member      = "conny-member"
	networkName = "conny-network"
	volumeName  = "conny-volume"
	secretName  = "conny-secret"
	podName     = "conny-pod"
	kubePod     = "conny-kube"
	image       = "docker.io/library/busybox:musl" // Podman keeps names in full, and finds them by the short form too
	listName    = "localhost/gantry-tour:list"     // images get no label: the names say whose they are
	commitName  = "localhost/gantry-tour:conny"
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
	pauses, err := t.pauseImages(ctx)
	if err != nil {
		return err
	}
	t.pauses = map[string]bool{}
	for _, name := range pauses {
		t.pauses[name] = true
	}
	return t.free(ctx)
}

// free makes sure that nobody else has what the tour is about to make.
func (t *Tour) free(ctx context.Context) error {
	container := func(ctx context.Context, name string) error { return t.ctrs.Exists(ctx, name, nil) }
	secret := func(ctx context.Context, name string) error { _, err := t.secs.Inspect(ctx, name); return err }
	for _, wanted := range []struct {
		kind   string
		exists func(context.Context, string) error
		names  []string
	}{
		{"container", container, []string{conny, reader, once, member, kubePod + "-main"}},
		{"pod", t.pds.Exists, []string{podName, kubePod}},
		{"network", t.nets.Exists, []string{networkName}},
		{"volume", t.vols.Exists, []string{volumeName}},
		{"secret", secret, []string{secretName}},
	} {
		for _, name := range wanted.names {
			switch err := wanted.exists(ctx, name); {
			case err == nil:
				return fmt.Errorf("the engine has a %s named %s that is not the tour's: rename or remove it first", wanted.kind, name)
			case !errors.Is(err, transport.ErrNotFound):
				return err
			}
		}
	}
	return nil
}

// sweep removes what carries the tour's label, and returns its names. What cannot be removed does not keep it from the
// rest.
func (t *Tour) sweep(ctx context.Context) (removed []string, err error) {
	// Each kind after those that may use it.
	for _, kind := range []func(context.Context) ([]string, error){
		t.sweepPods, t.sweepContainers, t.sweepVolumes, t.sweepSecrets, t.sweepNetworks, t.sweepImages,
	} {
		names, failed := kind(ctx)
		removed, err = append(removed, names...), errors.Join(err, failed)
	}
	return removed, err
}

// remove calls a function for each name. What is gone by then need not be removed.
func remove(names []string, with func(name string) error) (removed []string, err error) {
	for _, name := range names {
		failed := with(name)
		if failed == nil {
			removed = append(removed, name)
		} else if !errors.Is(failed, transport.ErrNotFound) {
			err = errors.Join(err, failed)
		}
	}
	return removed, err
}

func (t *Tour) sweepPods(ctx context.Context) ([]string, error) {
	found, err := t.pds.List(ctx, &pods.ListOptions{Filters: ours})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, p := range found {
		names = append(names, p.Name)
	}
	return remove(names, func(name string) error {
		_, err := t.pds.Delete(ctx, name, &pods.DeleteOptions{Force: true, Timeout: new(0)})
		return err
	})
}

func (t *Tour) sweepContainers(ctx context.Context) ([]string, error) {
	found, err := t.ctrs.List(ctx, &containers.ListOptions{All: true, Filters: ours})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, c := range found {
		names = append(names, name(c.Names))
	}
	return remove(names, func(name string) error {
		_, err := t.ctrs.Delete(ctx, name, &containers.DeleteOptions{Force: true, Volumes: true, Timeout: new(0)})
		return err
	})
}

func (t *Tour) sweepVolumes(ctx context.Context) ([]string, error) {
	found, err := t.vols.List(ctx, &volumes.ListOptions{Filters: ours})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, v := range found {
		names = append(names, v.Name)
	}
	return remove(names, func(name string) error { return t.vols.Delete(ctx, name, nil) })
}

func (t *Tour) sweepSecrets(ctx context.Context) ([]string, error) {
	found, err := t.secs.List(ctx, nil) // which has no filter for labels
	if err != nil {
		return nil, err
	}
	var names []string
	for _, s := range found {
		if _, own := s.Spec.Labels[label]; own {
			names = append(names, s.Spec.Name)
		}
	}
	return remove(names, func(name string) error { return t.secs.Delete(ctx, name) })
}

func (t *Tour) sweepNetworks(ctx context.Context) ([]string, error) {
	found, err := t.nets.List(ctx, &networks.ListOptions{Filters: ours})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, n := range found {
		names = append(names, n.Name)
	}
	return remove(names, func(name string) error { _, err := t.nets.Delete(ctx, name, nil); return err })
}

func (t *Tour) sweepImages(ctx context.Context) ([]string, error) {
	lists, err := remove([]string{listName}, func(name string) error { _, err := t.lists.Delete(ctx, name); return err })
	images, failed := remove([]string{commitName}, func(name string) error { _, err := t.imgs.Delete(ctx, name, nil); return err })
	return append(lists, images...), errors.Join(err, failed)
}

// pauseImages lists the images of which the engine makes the first container of each pod. It builds one when it first
// needs it.
func (t *Tour) pauseImages(ctx context.Context) (names []string, err error) {
	found, err := t.imgs.List(ctx, &images.ListOptions{Filters: map[string][]string{"reference": {"localhost/podman-pause"}}})
	for _, i := range found {
		names = append(names, i.Names...)
	}
	return names, err
}

// Leave implements [guide.Tour]: it removes what the tour made, and asks the engine whether anything is left.
func (t *Tour) Leave(ctx context.Context) error {
	t.Call(`pds.Delete(ctx, name, &pods.DeleteOptions{Force: true, Timeout: new(0)})`)
	t.Call(`ctrs.Delete(ctx, name, &containers.DeleteOptions{Force: true, Volumes: true, Timeout: new(0)})`)
	t.Call(`nets.Delete(ctx, name, nil)`)
	removed, err := t.sweep(ctx)
	t.Call(`imgs.Delete(ctx, name, nil)`)
	names, failed := t.leaveImages(ctx)
	removed, err = append(removed, names...), errors.Join(err, failed)
	if len(removed) == 0 {
		removed = []string{"nothing: nothing was made"}
	}
	t.Value("removed", "%s", strings.Join(removed, ", "))
	if err != nil {
		return fmt.Errorf("clean up: %w", err)
	}
	again, err := t.sweep(ctx)
	if err == nil && len(again) > 0 {
		err = fmt.Errorf("clean up: %s had to be removed twice", strings.Join(again, ", "))
	}
	return err
}

// leaveImages removes the names that the tour gave, and what the engine built for its pods.
func (t *Tour) leaveImages(ctx context.Context) (removed []string, err error) {
	pauses, err := t.pauseImages(ctx)
	pauses = slices.DeleteFunc(pauses, func(name string) bool { return t.pauses[name] })
	for _, name := range slices.Backward(append(pauses, t.own...)) {
		switch report, failed := t.imgs.Delete(ctx, name, nil); {
		case failed == nil:
			removed = append(removed, fmt.Sprintf("%s (%s)", name, guide.Count(len(report.Untagged)+len(report.Deleted), "step")))
		case errors.Is(failed, transport.ErrConflict) && slices.Contains(pauses, name): // somebody else's pod has it now
		case !errors.Is(failed, transport.ErrNotFound):
			err = errors.Join(err, failed)
		}
	}
	return removed, err
}

// name returns a container's first name.
func name(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[0]
}
