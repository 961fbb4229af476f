// Package api makes the requests of the workflow packages, those beside it that are written by hand and belong to no API
// version: it finds the version to speak, and knows the operations that they share.
package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/gantry-go/gantry/internal/apiversion"
	"github.com/gantry-go/gantry/transport"
)

// API is Docker's API at the newest version that both the engine offers and this project has a package of. A workflow is
// written and tried for these; a version that comes later may mean something else by the same call, and so may a path
// without a version, which is whatever the engine has newest.
type API struct {
	transport.Caller
	version apiversion.Version
	podman  bool
}

// Of finds the version by what the caller knows, or else asks the engine, as operation "SystemVersion".
func Of(ctx context.Context, c transport.Caller) (API, error) {
	oldest, newest := transport.OfferedVersions(c, "docker")
	_, libpod := transport.OfferedVersions(c, "podman")
	podman := libpod != ""
	if newest == "" {
		asked, err := transport.Object[offered](ctx, c, opVersion.Request(), "ApiVersion")
		if err != nil {
			return API{}, err
		}
		oldest, newest = asked.MinAPIVersion, asked.APIVersion
		podman = slices.ContainsFunc(asked.Components, func(part component) bool { return part.Name == "Podman Engine" })
	}
	best, found := apiversion.Best("docker", oldest, newest)
	if !found {
		return API{}, opVersion.Request().Refuse(transport.ErrVersion, fmt.Errorf("the engine offers %q to %q of Docker's API", oldest, newest))
	}
	return API{Caller: c, version: best, podman: podman}, nil
}

var opVersion = transport.Operation{Name: "SystemVersion", Method: http.MethodGet, Path: "/version"}

type offered struct {
	APIVersion    string      `json:"ApiVersion"`
	MinAPIVersion string      `json:"MinAPIVersion"`
	Components    []component `json:"Components"`
	Rest          Rest        `json:",unknown"`
}

type component struct {
	Name string `json:"Name"`
	Rest Rest   `json:",unknown"`
}

// Rest takes what else an answer has, so that it is not reported as unknown: these types have a few members on purpose.
type Rest map[string]skipped

type skipped struct{}

func (skipped) UnmarshalJSON([]byte) error { return nil }

// Since reports whether the version is 1.minor or a later one.
func (a API) Since(minor int) bool {
	return a.version.Compare(apiversion.Version{Major: 1, Minor: minor}) >= 0
}

// Podman reports whether the engine is a Podman, where that makes a difference which no answer tells.
func (a API) Podman() bool { return a.podman }

// Version is the version that is spoken, "1.51".
func (a API) Version() string { return a.version.String() }

// Request makes a request of an operation by its id in the generated packages, which is what policies know it by. The path
// is without a version.
func (a API) Request(id, method, path string, args ...string) *transport.Request {
	op := transport.Operation{Engine: "docker", Version: a.Version(), Name: id, Method: method, Path: "/v" + a.Version() + path}
	return op.Request(args...)
}
