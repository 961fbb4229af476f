package docker

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
	// Package is the API version of the generated package.
	Package string
	// MinOffered and MaxOffered are the range that the engine offers. MinOffered is empty where it names none.
	MinOffered, MaxOffered string
}

// Error names both sides.
func (e *VersionError) Error() string {
	if e.MinOffered == "" {
		return fmt.Sprintf("the package is of API %s, the engine offers up to %s", e.Package, e.MaxOffered)
	}
	return fmt.Sprintf("the package is of API %s, the engine offers %s to %s", e.Package, e.MinOffered, e.MaxOffered)
}

// offers returns the error of an operation whose API version the engine does not offer. Operations that are not of
// a Docker API version, such as hand-made ones, pass.
func (i Info) offers(r *transport.Request) error {
	op := r.Operation()
	if op.Engine != "docker" || op.Version == "" {
		return nil
	}
	want, err := parseVersion(op.Version)
	if err != nil {
		return r.Refuse(transport.ErrVersion, err)
	}
	newest, _ := parseVersion(i.APIVersion) // checked when the engine was opened
	oldest, err := parseVersion(i.MinAPIVersion)
	if want.compare(newest) > 0 || err == nil && want.compare(oldest) < 0 {
		return r.Refuse(transport.ErrVersion, &VersionError{op.Version, i.MinAPIVersion, i.APIVersion})
	}
	return nil
}

// apiVersion is a version of two numbers; 1.9 comes before 1.41.
type apiVersion struct{ major, minor int }

func parseVersion(s string) (apiVersion, error) {
	major, minor, found := strings.Cut(s, ".")
	a, errA := strconv.ParseUint(major, 10, 16)
	b, errB := strconv.ParseUint(minor, 10, 16)
	if !found || errA != nil || errB != nil {
		return apiVersion{}, fmt.Errorf("%.32q is no API version", s)
	}
	return apiVersion{int(a), int(b)}, nil
}

func (v apiVersion) compare(w apiVersion) int {
	return cmp.Or(cmp.Compare(v.major, w.major), cmp.Compare(v.minor, w.minor))
}
