package podman

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

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
}

// Error names both sides.
func (e *VersionError) Error() string {
	if e.MinOffered == "" {
		return fmt.Sprintf("the package is of %s API %s, the engine offers up to %s", e.API, e.Package, e.MaxOffered)
	}
	return fmt.Sprintf("the package is of %s API %s, the engine offers %s to %s", e.API, e.Package, e.MinOffered, e.MaxOffered)
}

// offers returns the error of an operation whose API version the engine does not offer. An engine itself compares
// nothing: one that is older than the package would leave out what it does not know, and say nothing of it. Operations
// that are of no version, such as hand-made ones, pass.
func (i Info) offers(r *transport.Request) error {
	op := r.Operation()
	api, low, high := "libpod", i.MinAPIVersion, i.APIVersion
	switch {
	case op.Version == "":
		return nil
	case op.Engine == "docker":
		api, low, high = "Docker", i.DockerMinAPIVersion, i.DockerAPIVersion
	case op.Engine != "podman":
		return nil
	}
	want, err := parseVersion(op.Version)
	if err != nil {
		return r.Refuse(transport.ErrVersion, err)
	}
	newest, err := parseVersion(high)
	if err != nil {
		return r.Refuse(transport.ErrVersion, err)
	}
	oldest, err := parseVersion(low)
	if want.compare(newest) > 0 || err == nil && want.compare(oldest) < 0 {
		return r.Refuse(transport.ErrVersion, &VersionError{api, op.Version, low, high})
	}
	return nil
}

// apiVersion is the first two numbers of a version; patches do not change an API. 1.9 comes before 1.41.
type apiVersion struct{ major, minor int }

// parseVersion reads "4.3", "4.3.1" and "6.0.0-rc1".
func parseVersion(s string) (apiVersion, error) {
	parts := strings.SplitN(s, ".", 3)
	if len(parts) < 2 {
		return apiVersion{}, fmt.Errorf("%.32q is no API version", s)
	}
	minor, _, _ := strings.Cut(parts[1], "-")
	a, errA := strconv.ParseUint(parts[0], 10, 16)
	b, errB := strconv.ParseUint(minor, 10, 16)
	if errA != nil || errB != nil {
		return apiVersion{}, fmt.Errorf("%.32q is no API version", s)
	}
	return apiVersion{int(a), int(b)}, nil
}

func (v apiVersion) compare(w apiVersion) int {
	return cmp.Or(cmp.Compare(v.major, w.major), cmp.Compare(v.minor, w.minor))
}
