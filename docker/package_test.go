package docker_test

import (
	"path/filepath"
	"testing"

	"github.com/gantry-go/gantry/docker"
)

func TestPackageForAnEngine(t *testing.T) {
	for _, c := range []struct{ min, max, want string }{
		{"1.12", "1.41", "docker/v141"},
		{"1.24", "1.51", "docker/v151"},
		{"", "1.30", "docker/v130"},
		{"1.25", "1.25", "docker/v125"},
		{"1.40", "1.99", "docker/v156"},
		{"1.60", "1.70", ""},
		{"1.12", "1.24", ""},
		{"1.5", "1.9", ""},
		{"", "", ""},
	} {
		if got := (docker.Info{APIVersion: c.max, MinAPIVersion: c.min}).Package(); got != c.want {
			t.Errorf("%s to %s: %q, want %q", c.min, c.max, got, c.want)
		}
	}
}

// TestPackagesAreThere holds what Package names to the folders.
func TestPackagesAreThere(t *testing.T) {
	folders := versions(t)
	oldest := docker.Info{APIVersion: "1.25"}.Package()
	newest := docker.Info{APIVersion: "9.99"}.Package()
	if filepath.Base(oldest) != folders[0] || filepath.Base(newest) != folders[len(folders)-1] {
		t.Errorf("from %s to %s, the folders are %v", oldest, newest, folders)
	}
}
