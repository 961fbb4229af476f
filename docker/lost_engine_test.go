package docker_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/docker/v125"
	services125 "github.com/gantry-go/gantry/docker/v125/services"
	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/services"
	"github.com/gantry-go/gantry/internal/apiversion"
	"github.com/gantry-go/gantry/transport"
)

// testServiceNotErased changes a service by a package that lacks most of its settings, and by one that has them all.
func testServiceNotErased(t *testing.T, e *engine) {
	ctx := t.Context()
	spec := service("true")
	spec.Mode = v141.ServiceSpecMode{Replicated: &v141.ServiceSpecModeReplicated{Replicas: new(uint64(0))}}
	container := spec.TaskTemplate.ContainerSpec
	container.ReadOnly, container.Init, container.CapabilityDrop = true, new(true), []string{"CAP_NET_RAW"}
	container.Ulimits = []v141.Ulimit{{Name: "nofile", Soft: 100, Hard: 200}}
	container.Sysctls = map[string]string{"net.ipv4.ip_forward": "0"}
	id := createService(t, e, spec)
	before := rawSpec(t, e, id)

	// A caller without the watch of these tests, which would report what 1.25 lacks.
	plain := must(docker.OpenHost(ctx, e.Host()))(t)
	defer plain.Close() //nolint:errcheck // nothing depends on it
	old := services125.New(plain)
	if !offers(plain.Info(), "1.25") {
		old = nil // an engine that has left it behind
	}
	if old != nil {
		got := must(old.Inspect(ctx, id))(t)
		got.Spec.Labels = map[string]string{"changed": "by 1.25"}
		_, err := old.Update(ctx, id, got.Version.Index, got.Spec, nil)
		lost, is := errors.AsType[*transport.UnknownMembersError](err)
		if !is || !errors.Is(err, transport.ErrInvalidInput) || lost.Package != plain.Info().Package() {
			t.Fatalf("%v", err)
		}
		for _, member := range []string{"ReadOnly", "CapabilityDrop", "Init", "Ulimits", "Sysctls"} {
			if !slices.Contains(lost.Members, "/TaskTemplate/ContainerSpec/"+member) {
				t.Errorf("%s is not among %q", member, lost.Members)
			}
		}
		equal(t, "the service after a refused update", rawSpec(t, e, id), before)
		testServiceRefusesClone(t, old, got.Spec)
	}

	c := services.New(e)
	inSequence(t, func() error {
		now := must(c.Inspect(ctx, id, nil))(t)
		now.Spec.Labels = map[string]string{"changed": "by 1.41"}
		return only(c.Update(ctx, id, now.Version.Index, now.Spec, nil))
	})
	before["Labels"] = map[string]any{"changed": "by 1.41"}
	equal(t, "the service after an update", rawSpec(t, e, id), before)

	if old == nil {
		return
	}
	dropping := services125.New(transport.With(plain, (*transport.Request).DropUnknown))
	inSequence(t, func() error {
		now := must(dropping.Inspect(ctx, id))(t)
		return only(dropping.Update(ctx, id, now.Version.Index, now.Spec, nil))
	})
	after := rawSpec(t, e, id)["TaskTemplate"].(map[string]any)["ContainerSpec"].(map[string]any)
	for _, member := range []string{"ReadOnly", "CapabilityDrop", "Ulimits", "Sysctls"} {
		if after[member] != nil {
			t.Errorf("%s is %v, and was to be dropped", member, after[member])
		}
	}
}

// testServiceRefusesClone makes no second service that lacks what the first one has.
func testServiceRefusesClone(t *testing.T, old *services125.Client, spec v125.ServiceSpec) {
	t.Helper()
	spec.Name = unique()
	_, err := old.Create(t.Context(), spec, nil)
	if _, is := errors.AsType[*transport.UnknownMembersError](err); !is {
		t.Errorf("a clone: %v", err)
	}
	if _, err := old.Inspect(t.Context(), spec.Name); !errors.Is(err, transport.ErrNotFound) {
		t.Errorf("the clone: %v", err)
	}
}

// offers reports whether an engine offers a version of the API.
func offers(i docker.Info, version string) bool {
	v, err := apiversion.Parse(version)
	return err == nil && v.Within(i.MinAPIVersion, i.APIVersion)
}

// rawSpec is a service's specification as the engine has it.
func rawSpec(t *testing.T, e *engine, id string) map[string]any {
	t.Helper()
	op := transport.Operation{Name: "ServiceInspect", Method: http.MethodGet, Path: "/v1.41/services/{id}"}
	resp := must(e.Engine.Do(t.Context(), op.Request(id)))(t)
	defer resp.Body.Close() //nolint:errcheck // it is read to its end
	var service struct{ Spec map[string]any }
	ok(t, json.Unmarshal(must(io.ReadAll(resp.Body))(t), &service))
	if service.Spec == nil {
		t.Fatal("the service has no specification")
	}
	return service.Spec
}
