package dockertour

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gantry-go/gantry/docker/v141/images"
	"github.com/gantry-go/gantry/examples/tour/guide"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/registryauth"
)

// registry pushes the image to a registry that asks for a password, and pulls it back. Without the password, and with a
// wrong one, it is refused.
func (t *Tour) registry(ctx context.Context) error {
	reg, err := guide.FindRegistry(ctx)
	if err != nil {
		t.Miss("There is no registry to show this with: %v. TOUR_REGISTRY, TOUR_REGISTRY_USER and TOUR_REGISTRY_PASSWORD name one.", err)
		return nil
	}
	defer reg.Stop()
	// Not called busybox there: Podman would take it for what busybox:musl is short for.
	repo := reg.Address + "/gantry/tour"
	t.Value("registry", "%s, user %s", reg.Address, reg.User)
	t.Call(`registryauth.Credential{Username: user, Password: password}.Header()`)
	right := registryauth.Credential{Username: reg.User, Password: reg.Password}.Header()
	wrong := registryauth.Credential{Username: reg.User, Password: "not " + reg.Password}.Header()
	t.Value("credential", "%v, whoever prints it", right)

	t.Call(`imgs.Tag(ctx, "busybox:musl", &images.TagOptions{Repo: repo, Tag: "musl"})`)
	t.own = append(t.own, repo+":musl")
	if err := t.imgs.Tag(ctx, image, &images.TagOptions{Repo: repo, Tag: "musl"}); err != nil {
		return err
	}
	t.Call(`imgs.Push(ctx, repo, &images.PushOptions{Tag: "musl", RegistryAuth: auth})`)
	if err := t.push(ctx, repo, right); err != nil {
		if why := guide.CannotReach(err); why != "" && reg.Private {
			t.Refused("failed", err)
			t.Miss("The registry that the tour has started will not do: %s. TOUR_REGISTRY names another.", why)
			return nil
		}
		return err
	}
	if err := t.forget(ctx); err != nil {
		return err
	}
	if err := t.pullBack(ctx, repo, right, wrong); err != nil {
		return err
	}
	if !reg.Private {
		t.Note("The registry keeps %s:musl: this API cannot remove it there.", repo)
	}
	t.Call(`imgs.Tag(ctx, repo+":musl", &images.TagOptions{Repo: "busybox", Tag: "musl"})`)
	return t.imgs.Tag(ctx, repo+":musl", &images.TagOptions{Repo: "busybox", Tag: "musl"})
}

// pullBack pulls from the registry without a password, with a wrong one, and with the right one.
func (t *Tour) pullBack(ctx context.Context, repo string, right, wrong transport.Secret) error {
	t.Call(`imgs.Create(ctx, nil, &images.CreateOptions{FromImage: repo, Tag: "musl", RegistryAuth: auth})`)
	err := t.pullFrom(ctx, &images.CreateOptions{FromImage: repo, Tag: "musl"})
	if err := t.refusal(ctx, "without", err); err != nil {
		return err
	}
	err = t.pullFrom(ctx, &images.CreateOptions{FromImage: repo, Tag: "musl", RegistryAuth: wrong})
	if err := t.refusal(ctx, "wrong", err); err != nil {
		return err
	}
	if errors.Is(err, transport.ErrStream) {
		t.Note("This engine answered 200 first and refused inside the stream; for the caller it is the same error.")
	}
	return t.pullFrom(ctx, &images.CreateOptions{FromImage: repo, Tag: "musl", RegistryAuth: right})
}

// refusal shows that the engine refused, and fails if it did not.
func (t *Tour) refusal(ctx context.Context, what string, err error) error {
	switch {
	case err == nil:
		return fmt.Errorf("the registry gave its image with credentials that are %s", what)
	case ctx.Err() != nil:
		return err
	}
	t.Refused(what, err)
	return nil
}

// push pushes and shows the progress. The last message tells what the registry holds now; Podman has it in words.
func (t *Tour) push(ctx context.Context, repo string, auth transport.Secret) error {
	push, err := t.imgs.Push(ctx, repo, &images.PushOptions{Tag: "musl", RegistryAuth: auth})
	if err != nil {
		return err
	}
	show := t.Progress()
	for msg, err := range push.All() {
		if err != nil {
			return err
		}
		if msg.Aux.Digest != "" {
			t.Value("pushed", "%s, %s, a manifest of %s", msg.Aux.Tag, guide.Short(msg.Aux.Digest), guide.Size(msg.Aux.Size))
			continue
		}
		show(msg.ID, msg.Status, msg.ProgressDetail.Current, msg.ProgressDetail.Total)
	}
	return nil
}

// forget removes the names that the tour gave, so that a pull has something to bring.
func (t *Tour) forget(ctx context.Context) error {
	t.Call(`imgs.Delete(ctx, name, nil)`)
	for _, name := range t.own {
		_, err := t.imgs.Delete(ctx, name, nil)
		if err != nil && !errors.Is(err, transport.ErrNotFound) {
			return err
		}
	}
	t.Value("removed", "%s", strings.Join(t.own, ", "))
	return nil
}
