package catalog_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/catalog"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/transporttest"
)

// TestPoliciesGoByWhatIsSent has operations made by hand under names that are not theirs, and some of other versions.
func TestPoliciesGoByWhatIsSent(t *testing.T) {
	request := func(name, method, path string, args ...string) *transport.Request {
		r := (&transport.Operation{Name: name, Method: method, Path: path}).Request(args...)
		if r.Err() != nil {
			t.Fatal(r.Err())
		}
		return r
	}
	for _, c := range []struct {
		id      string
		r       *transport.Request
		is      bool // the operation of the id
		unknown bool // none of the catalog
	}{
		{id: "ContainerList", r: request("ContainerList", "GET", "/v1.41/containers/json"), is: true},
		{id: "ContainerList", r: request("", "GET", "/containers/json"), is: true},
		{id: "ContainerList", r: request("ContainerList", "DELETE", "/v1.41/containers/{id}", "x")},
		{id: "ContainerDelete", r: request("Harmless", "DELETE", "/v1.41/containers/{id}", "x"), is: true},
		{id: "ContainerDelete", r: request("Harmless", "DELETE", "/v1.41/containers/x"), is: true},
		{id: "ImageDeleteAllLibpod", r: request("ImageDeleteLibpod", "DELETE", "/v5.8.2/libpod/images/{name...}", "remove"), is: true},
		{id: "ImageDeleteAllLibpod", r: request("ImageDeleteLibpod", "DELETE", "/v5.8.7/libpod/images/remove"), is: true},
		{id: "ImageDeleteLibpod", r: request("ImageDeleteLibpod", "DELETE", "/v5.8.2/libpod/images/{name...}", "remove")},
		{id: "ImageDeleteLibpod", r: request("ImageDeleteLibpod", "DELETE", "/v5.8.2/libpod/images/{name...}", "remov%65"), is: true},
		{id: "ManifestPushLibpod", r: request("", "POST", "/v5.8.2/libpod/manifests/{name...}", "a/registry/b"), is: true},
		{id: "ManifestCreateLibpod", r: request("", "POST", "/v5.8.2/libpod/manifests/{name...}", "a/registry/b")},
		{id: "ManifestCreateLibpod", r: request("", "POST", "/v4.0.3/libpod/manifests/{name...}", "a/registry/b"), is: true},
		{id: "ManifestCreateLibpod", r: request("", "POST", "/v5.8.2/libpod/manifests/{name...}", "a/add"), is: true},
		{id: "ManifestAddLibpod", r: request("", "POST", "/v3.4.7/libpod/manifests/{name...}", "a/add"), is: true},
		{id: "ContainerArchive", r: request("", "GET", "/v1.27/containers/{id}/archive", "x"), is: true}, // there ContainerGetArchive
		{id: "ContainerGetArchive", r: request("", "GET", "/v1.41/containers/{id}/archive", "x"), is: true},
		{id: "SystemVersion", r: request("", "GET", "/version"), is: true},
		{id: "ContainerList", r: request("ContainerList", "GET", "/v1.41/containers/{id}/checkpoints", "x"), unknown: true},
		{id: "ContainerList", r: request("ContainerList", "GET", "/v1.41/containers/../images/json"), unknown: true},
		{id: "ContainerList", r: request("ContainerList", "get", "/v1.41/containers/json"), unknown: true},
		{id: "ContainerList", r: request("ContainerList", "GET", "/v0.1/containers/json"), unknown: true},
	} {
		if err := catalog.Allow("NodeList", c.id)(c.r); (err == nil) != c.is {
			t.Errorf("%v, allowed %s: %v", c.r, c.id, err)
		}
		if err := catalog.Deny(c.id, "NodeList")(c.r); (err == nil) == (c.is || c.unknown) {
			t.Errorf("%v, denied %s: %v", c.r, c.id, err)
		}
		// One of these ids is of no operation, so that both refuse all.
		if catalog.Allow(c.id, "ContainerPolish")(c.r) == nil || catalog.Deny("ContainerPolish", c.id)(c.r) == nil {
			t.Errorf("%v passes a policy about an operation that there is not", c.r)
		}
	}
}

// TestPolicyOfAClient has a client refuse by the path what calls itself otherwise.
func TestPolicyOfAClient(t *testing.T) {
	engine := transporttest.New(t)
	c := engine.Client(t, transport.WithPolicy(catalog.Allow("ContainerList")))
	op := transport.Operation{Name: "ContainerList", Method: "DELETE", Path: "/v1.41/containers/{id}"}
	err := transport.None(t.Context(), c, op.Request("conny"))
	if !errors.Is(err, transport.ErrRefused) || !strings.Contains(err.Error(), "ContainerDelete is not among the operations that are allowed") {
		t.Errorf("%v", err)
	}
	if engine.Accepted() != 0 {
		t.Errorf("%d connections were opened", engine.Accepted())
	}
}
