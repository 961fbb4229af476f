// Package apiversion compares versions of the engines' APIs, and knows which of them have generated packages. Packages
// docker and podman share it.
package apiversion

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Version is the first two numbers of a version; patches do not change an API. 1.9 comes before 1.41.
type Version struct{ Major, Minor int }

// Parse reads "1.41", "4.3.1" and "6.0.0-rc1".
func Parse(s string) (Version, error) {
	major, rest, _ := strings.Cut(s, ".")
	minor, _, _ := strings.Cut(rest, ".")
	a, errA := strconv.ParseUint(major, 10, 16)
	b, errB := strconv.ParseUint(minor, 10, 16)
	if errA != nil || errB != nil {
		return Version{}, fmt.Errorf("%.32q is no API version", s)
	}
	return Version{int(a), int(b)}, nil
}

// String returns the version as paths have it: "1.41".
func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// Compare is negative where v comes before w, and positive where it comes after.
func (v Version) Compare(w Version) int {
	return cmp.Or(cmp.Compare(v.Major, w.Major), cmp.Compare(v.Minor, w.Minor))
}

// Within reports whether v is one of those from oldest to newest. A bound that is no version is none.
func (v Version) Within(oldest, newest string) bool {
	low, lowErr := Parse(oldest)
	high, highErr := Parse(newest)
	return (lowErr != nil || v.Compare(low) >= 0) && (highErr != nil || v.Compare(high) <= 0)
}

// minors are the minor versions that there are generated packages of, by major version; a test holds them to the folders.
func minors(engine string) []span {
	if engine == "podman" {
		return []span{{3, 1, 4}, {4, 0, 9}, {5, 0, 8}, {6, 0, 0}}
	}
	return []span{{1, 25, 56}}
}

// span are the minor versions of a major one.
type span struct{ major, first, last int }

// Best returns the newest version that there is a generated package of among those that an engine, "docker" or "podman",
// offers; false where it offers none of them or says no version.
func Best(engine, oldest, newest string) (best Version, found bool) {
	if _, err := Parse(newest); err != nil {
		return Version{}, false
	}
	for _, s := range minors(engine) {
		for minor := s.first; minor <= s.last; minor++ {
			if v := (Version{s.major, minor}); v.Within(oldest, newest) {
				best, found = v, true
			}
		}
	}
	return best, found
}

// Package returns the generated package that is best for an engine, "docker" or "podman": that of [Best], as "docker/v151",
// or nothing.
func Package(engine, oldest, newest string) string {
	best, found := Best(engine, oldest, newest)
	if !found {
		return ""
	}
	return fmt.Sprintf("%s/v%d%d", engine, best.Major, best.Minor)
}
