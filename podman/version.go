package podman

import (
	"errors"
	"fmt"

	"github.com/gantry-go/gantry/internal/apiversion"
	"github.com/gantry-go/gantry/transport"
)

// VersionError says that an engine does not offer the API version of an operation. It is the cause of a
// [transport.Error] of class [transport.ErrVersion].
type VersionError struct {
	// API is whose version it is: "libpod" or "Docker".
	API string
	// Package is the API version of the generated package.
	Package string
	// MinOffered and MaxOffered are the range that the engine offers. MinOffered is empty where it names none.
	MinOffered, MaxOffered string
	// Fits is the generated package of that API that is best for the engine, "podman/v43" or "docker/v141"; empty where
	// none is.
	Fits string
}

// Error names both sides, and what would do.
func (e *VersionError) Error() string {
	offered := e.MinOffered + " to " + e.MaxOffered
	if e.MinOffered == "" {
		offered = "up to " + e.MaxOffered
	}
	text := fmt.Sprintf("the package is of %s API %s, the engine offers %s", e.API, e.Package, offered)
	if e.Fits != "" {
		text += ": use " + e.Fits
	}
	return text
}

// Package returns the generated package that is best for the engine, the newest of those whose version of libpod's API it
// offers, as "podman/v43"; or nothing, where it offers none of them.
func (i Info) Package() string { return apiversion.Package("podman", i.MinAPIVersion, i.APIVersion) }

// DockerPackage is [Info.Package] for Docker's API, as "docker/v141".
func (i Info) DockerPackage() string {
	return apiversion.Package("docker", i.DockerMinAPIVersion, i.DockerAPIVersion)
}

// offers returns the error of an operation whose API version the engine does not offer. An engine itself compares
// nothing: one that is older than the package would leave out what it does not know, and say nothing of it. Operations
// that are of no version, such as hand-made ones, pass.
func (i Info) offers(r *transport.Request) error {
	op := r.Operation()
	api, low, high, fits := "libpod", i.MinAPIVersion, i.APIVersion, i.Package
	switch {
	case op.Version == "":
		return nil
	case op.Engine == "docker":
		api, low, high, fits = "Docker", i.DockerMinAPIVersion, i.DockerAPIVersion, i.DockerPackage
	case op.Engine != "podman":
		return nil
	}
	want, err := apiversion.Parse(op.Version)
	if err != nil {
		return r.Refuse(transport.ErrVersion, err)
	}
	if _, err := apiversion.Parse(high); err != nil {
		return r.Refuse(transport.ErrVersion, err)
	}
	if !want.Within(low, high) {
		return r.Refuse(transport.ErrVersion, &VersionError{api, op.Version, low, high, fits()})
	}
	if lost, ok := errors.AsType[*transport.UnknownMembersError](r.Err()); ok {
		lost.Package = apiversion.Newer(op.Engine, op.Version, fits())
	}
	return nil
}
