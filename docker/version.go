package docker

import (
	"errors"
	"fmt"

	"github.com/gantry-go/gantry/internal/apiversion"
	"github.com/gantry-go/gantry/transport"
)

// VersionError says that an engine does not offer the API version of an operation. It is the cause of a
// [transport.Error] of class [transport.ErrVersion].
type VersionError struct {
	// Package is the API version of the generated package.
	Package string
	// MinOffered and MaxOffered are the range that the engine offers. MinOffered is empty where it names none.
	MinOffered, MaxOffered string
	// Fits is the generated package that is best for the engine, "docker/v151"; empty where none is.
	Fits string
}

// Error names both sides, and what would do.
func (e *VersionError) Error() string {
	offered := e.MinOffered + " to " + e.MaxOffered
	if e.MinOffered == "" {
		offered = "up to " + e.MaxOffered
	}
	text := fmt.Sprintf("the package is of API %s, the engine offers %s", e.Package, offered)
	if e.Fits != "" {
		text += ": use " + e.Fits
	}
	return text
}

// Package returns the generated package that is best for the engine, the newest of those whose API version it offers,
// as "docker/v151"; or nothing, where it offers none of them.
func (i Info) Package() string { return apiversion.Package("docker", i.MinAPIVersion, i.APIVersion) }

// offers returns the error of an operation whose API version the engine does not offer. Operations that are not of
// a Docker API version, such as hand-made ones, pass.
func (i Info) offers(r *transport.Request) error {
	op := r.Operation()
	if op.Engine == "podman" && i.Name != "" && i.Name != "Podman Engine" {
		return r.Refuse(transport.ErrVersion, errors.New("the engine does not speak libpod's API: it is no Podman"))
	}
	if op.Engine != "docker" || op.Version == "" {
		return nil
	}
	want, err := apiversion.Parse(op.Version)
	if err != nil {
		return r.Refuse(transport.ErrVersion, err)
	}
	if !want.Within(i.MinAPIVersion, i.APIVersion) {
		return r.Refuse(transport.ErrVersion, &VersionError{op.Version, i.MinAPIVersion, i.APIVersion, i.Package()})
	}
	if lost, ok := errors.AsType[*transport.UnknownMembersError](r.Err()); ok {
		lost.Package = apiversion.Newer("docker", op.Version, i.Package())
	}
	return nil
}
