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

// The API versions that there are generated packages of, from the oldest to the newest; a test holds them to the
// folders.
var (
	oldestPackage = apiVersion{1, 25}
	newestPackage = apiVersion{1, 56}
)

// Package returns the generated package that is best for the engine, the newest of those whose API version it offers,
// as "docker/v151"; or nothing, where it offers none of them.
func (i Info) Package() string {
	best, err := parseVersion(i.APIVersion)
	if err != nil || best.compare(oldestPackage) < 0 {
		return ""
	}
	if best.compare(newestPackage) > 0 {
		best = newestPackage
	}
	if oldest, err := parseVersion(i.MinAPIVersion); err == nil && best.compare(oldest) < 0 {
		return ""
	}
	return fmt.Sprintf("docker/v%d%d", best.major, best.minor)
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
		return r.Refuse(transport.ErrVersion, &VersionError{op.Version, i.MinAPIVersion, i.APIVersion, i.Package()})
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
