package registryauth_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/catalog"
	"github.com/gantry-go/gantry/transport"
)

// witness remembers what it was asked.
type witness struct{ q transport.RegistryQuery }

var errAsked = errors.New("asked")

func (w *witness) RegistryHeader(_ context.Context, q transport.RegistryQuery) (transport.Secret, error) {
	w.q = q
	return "", errAsked
}

// TestEveryOperation has every operation of every version that takes a credential ask for one, and say for which
// image: a parameter of another name than those that are known would be found out here.
func TestEveryOperation(t *testing.T) {
	client, err := transport.New("unix:///nowhere")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close() //nolint:errcheck // it never dialed
	seen := map[string]int{}
	for _, engine := range []string{"docker", "podman"} {
		e := catalog.Find(engine)
		for _, version := range e.Versions() {
			for _, category := range e.Version(version).Categories() {
				for _, op := range category.Operations {
					for _, header := range []string{one, many} {
						if op.Param(header) != nil {
							seen[engine+" "+header]++
							asks(t, client, engine, op, header)
						}
					}
				}
			}
		}
	}
	for what, least := range map[string]int{"docker " + one: 300, "docker " + many: 30, "podman " + one: 90, "podman " + many: 40} {
		if seen[what] < least {
			t.Errorf("%s: %d operations, want %d or more", what, seen[what], least)
		}
	}
	t.Log(seen)
}

// asks calls an operation with a source of credentials.
func asks(t *testing.T, client transport.Caller, engine string, op *catalog.Operation, header string) {
	t.Helper()
	const image = "r.example/search" // which is what is left of a search, too
	w := &witness{}
	args := catalog.Args{header: w}
	for _, p := range op.Params {
		switch {
		case p.Name == "id":
			args[p.Name] = "web"
		case p.Name == "fromImage", p.Name == "term", p.Required && p.Type == "string":
			args[p.Name] = image
		case p.Required:
			args[p.Name] = 1
		}
	}
	if op.Body != nil && op.Body.Required {
		args[catalog.BodyArg] = `{"TaskTemplate": {"ContainerSpec": {"Image": "` + image + `"}}}`
		if strings.HasPrefix(op.Body.Type, "[]") {
			args[catalog.BodyArg] = "[]"
		}
	}
	_, err := op.Call(t.Context(), client, args)
	if errors.Is(err, transport.ErrInvalidInput) && strings.HasPrefix(err.Error(), "podman 4.0 ManifestPushLibpod ") {
		return // Podman 4.0 would run another operation, so it is always refused
	}
	want := transport.RegistryQuery{Header: header, Engine: engine, Image: image}
	if header == many {
		want.Image = ""
	}
	if !errors.Is(err, errAsked) || w.q != want {
		t.Errorf("%v %s: asked for %+v (%v)", op.Path, op.ID, w.q, err)
	}
}
