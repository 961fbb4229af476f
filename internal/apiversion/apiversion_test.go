package apiversion_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/internal/apiversion"
)

func TestParse(t *testing.T) {
	for s, want := range map[string]apiversion.Version{
		"1.41": {Major: 1, Minor: 41}, "4.3.1": {Major: 4, Minor: 3}, "6.0.0-rc1": {Major: 6}, "4.10.0": {Major: 4, Minor: 10},
	} {
		if got, err := apiversion.Parse(s); err != nil || got != want {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "1", "1.", ".1", "x", "1.x", "-1.2", "1.-2", "1.99999", "1 .2"} {
		if got, err := apiversion.Parse(s); err == nil {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func TestPackage(t *testing.T) {
	for _, c := range []struct{ engine, oldest, newest, want string }{
		{"docker", "1.12", "1.41", "docker/v141"},
		{"docker", "", "1.30", "docker/v130"},
		{"docker", "1.40", "1.99", "docker/v156"},
		{"docker", "1.60", "1.70", ""},
		{"docker", "1.12", "1.24", ""},
		{"docker", "", "", ""},
		{"podman", "4.0.0", "4.3.1", "podman/v43"},
		{"podman", "4.0.0", "4.10.0", "podman/v49"},
		{"podman", "4.0.0", "5.9.0", "podman/v58"},
		{"podman", "4.0.0", "6.1.0-rc2", "podman/v60"},
		{"podman", "3.1.0", "3.4.4", "podman/v34"},
		{"podman", "2.0.0", "3.0.1", ""},
		{"podman", "7.0.0", "7.1.0", ""},
	} {
		if got := apiversion.Package(c.engine, c.oldest, c.newest); got != c.want {
			t.Errorf("%s %s to %s: %q, want %q", c.engine, c.oldest, c.newest, got, c.want)
		}
	}
}

// TestPackagesAreThere holds the packages that are named to the folders.
func TestPackagesAreThere(t *testing.T) {
	for _, engine := range []string{"docker", "podman"} {
		entries, err := os.ReadDir(filepath.Join("..", "..", engine))
		if err != nil {
			t.Fatal(err)
		}
		var folders, named []string
		for _, e := range entries {
			if e.IsDir() && strings.HasPrefix(e.Name(), "v") {
				folders = append(folders, engine+"/"+e.Name())
			}
		}
		for major := range 10 {
			for minor := range 100 {
				one := fmt.Sprintf("%d.%d", major, minor)
				if p := apiversion.Package(engine, one, one); p != "" {
					named = append(named, p)
				}
			}
		}
		slices.Sort(folders)
		slices.Sort(named)
		if !slices.Equal(folders, named) {
			t.Errorf("the folders are %v, named are %v", folders, named)
		}
	}
}
