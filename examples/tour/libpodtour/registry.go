package libpodtour

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/gantry-go/gantry/examples/tour/guide"
	"github.com/gantry-go/gantry/podman/v43/images"
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
	name := reg.Address + "/gantry/tour:musl"
	t.Value("registry", "%s, user %s", reg.Address, reg.User)
	t.Call(`registryauth.Credential{Username: user, Password: password}.Header()`)
	right := registryauth.Credential{Username: reg.User, Password: reg.Password}.Header()
	wrong := registryauth.Credential{Username: reg.User, Password: "not " + reg.Password}.Header()
	t.Value("credential", "%v, whoever prints it", right)

	verify := verifyTLS(reg.Address)
	t.Call(`imgs.Push(ctx, "busybox:musl", &images.PushOptions{Destination: name, Quiet: new(false), TLSVerify: verify, RegistryAuth: auth})`)
	if err := t.push(ctx, &images.PushOptions{Destination: name, Quiet: new(false), TLSVerify: verify, RegistryAuth: right}); err != nil {
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
	t.own = append(t.own, name)
	t.Call(`imgs.Pull(ctx, name, &images.PullOptions{TLSVerify: verify, RegistryAuth: auth})`)
	for _, try := range []struct {
		what string
		auth transport.Secret
	}{{"without", ""}, {"wrong", wrong}} {
		err := t.pullFrom(ctx, name, &images.PullOptions{TLSVerify: verify, RegistryAuth: try.auth})
		switch {
		case err == nil:
			return fmt.Errorf("the registry gave its image with credentials that are %s", try.what)
		case ctx.Err() != nil:
			return err
		}
		t.Refused(try.what, err)
	}
	if err := t.pullFrom(ctx, name, &images.PullOptions{TLSVerify: verify, RegistryAuth: right}); err != nil {
		return err
	}
	if !reg.Private {
		t.Note("The registry keeps %s: this API cannot remove it there.", name)
	}
	t.Call(`imgs.Tag(ctx, name, &images.TagOptions{Repo: "docker.io/library/busybox", Tag: "musl"})`)
	return t.imgs.Tag(ctx, name, &images.TagOptions{Repo: "docker.io/library/busybox", Tag: "musl"})
}

// verifyTLS lets a registry on a loopback do without TLS. Nil is what the engine does by itself, which is to insist.
func verifyTLS(address string) *bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return new(false)
	}
	return nil
}

// push pushes and shows the progress.
func (t *Tour) push(ctx context.Context, options *images.PushOptions) error {
	ctx, heard, done := guide.Patiently(ctx)
	defer done()
	push, err := t.imgs.Push(ctx, image, options)
	if err != nil {
		return err
	}
	for msg, err := range push.All() {
		if err != nil {
			return err
		}
		heard()
		if msg.Stream != "" {
			t.Quote(msg.Stream)
		}
		if msg.Manifestdigest != "" {
			t.Value("pushed", "%s", msg.Manifestdigest)
		}
	}
	return nil
}

// forget removes the names that the tour gave, so that a pull has something to bring.
func (t *Tour) forget(ctx context.Context) error {
	if len(t.own) == 0 {
		return nil
	}
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
