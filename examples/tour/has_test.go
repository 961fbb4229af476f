package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/images"
	"github.com/gantry-go/gantry/docker/v141/networks"
	"github.com/gantry-go/gantry/docker/v141/volumes"
	"github.com/gantry-go/gantry/podman"
	podcontainers "github.com/gantry-go/gantry/podman/v43/containers"
	podimages "github.com/gantry-go/gantry/podman/v43/images"
	podnetworks "github.com/gantry-go/gantry/podman/v43/networks"
	"github.com/gantry-go/gantry/podman/v43/pods"
	"github.com/gantry-go/gantry/podman/v43/secrets"
	podvolumes "github.com/gantry-go/gantry/podman/v43/volumes"
)

// has lists what is on the engine.
func (e *engine) has(t *testing.T) []string {
	t.Helper()
	var all []string
	if e.kind == "docker" {
		all = e.dockerHas(t)
	} else {
		all = e.podmanHas(t)
	}
	slices.Sort(all)
	return all
}

func (e *engine) dockerHas(t *testing.T) (all []string) {
	t.Helper()
	ctrs, err := containers.New(e).List(t.Context(), &containers.ListOptions{All: true})
	nets, err2 := networks.New(e).List(t.Context(), nil)
	imgs, err3 := images.New(e).List(t.Context(), nil)
	vols, err4 := volumes.New(e).List(t.Context(), nil)
	succeed(t, err, err2, err3, err4)
	for _, c := range ctrs {
		all = append(all, "container "+strings.TrimPrefix(c.Names[0], "/"))
	}
	for _, n := range nets {
		all = append(all, "network "+n.Name)
	}
	for _, i := range imgs {
		all = append(all, "image "+strings.Join(i.RepoTags, " "))
	}
	for _, v := range vols.Volumes {
		all = append(all, "volume "+v.Name)
	}
	return all
}

func (e *engine) podmanHas(t *testing.T) (all []string) {
	t.Helper()
	engine, err := podman.OpenHost(t.Context(), e.Host())
	succeed(t, err)
	defer engine.Close() //nolint:errcheck // every answer has been read
	ctrs, err := podcontainers.New(engine).List(t.Context(), &podcontainers.ListOptions{All: true})
	nets, err2 := podnetworks.New(engine).List(t.Context(), nil)
	imgs, err3 := podimages.New(engine).List(t.Context(), &podimages.ListOptions{All: true})
	vols, err4 := podvolumes.New(engine).List(t.Context(), nil)
	groups, err5 := pods.New(engine).List(t.Context(), nil)
	secs, err6 := secrets.New(engine).List(t.Context(), nil)
	succeed(t, err, err2, err3, err4, err5, err6)
	for _, c := range ctrs {
		all = append(all, "container "+c.Names[0])
	}
	for _, n := range nets {
		all = append(all, "network "+n.Name)
	}
	for _, i := range imgs {
		all = append(all, "image "+strings.Join(i.Names, " "))
	}
	for _, v := range vols {
		all = append(all, "volume "+v.Name)
	}
	for _, p := range groups {
		all = append(all, "pod "+p.Name)
	}
	for _, s := range secs {
		all = append(all, "secret "+s.Spec.Name)
	}
	return all
}

func succeed(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}
