package enginetest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// suites are where the engines of a matrix come from: the installed one first, and then those that
// scripts/engines/fetch.sh knows.
var suites = map[string][]string{
	"docker": {"", "trixie", "sid", "29"},
	"podman": {"", "trixie", "sid", "experimental"},
}

// Matrix runs a test on every engine of a kind that this kind of machine can have, one after the other: the installed
// one and those that scripts/engines/fetch.sh has fetched, and then the same Podmans without root. GANTRY_TEST_ENGINES,
// "docker-sid podman-sid podman-sid-rootless", names those that are wanted beside the installed one, which always is.
func Matrix(t *testing.T, kind string, test func(t *testing.T, e *Engine)) {
	t.Helper()
	for _, rootless := range []bool{false, true} {
		if rootless && kind != "podman" {
			continue
		}
		for _, suite := range suites[kind] {
			name := strings.TrimSuffix(kind+"-"+suite, "-")
			if rootless {
				name += "-rootless"
			}
			t.Run(name, func(t *testing.T) {
				if name != kind {
					wantedOrSkip(t, name)
				}
				test(t, New(t, Config{Kind: kind, Home: folder(t, kind, suite), Rootless: rootless}))
			})
		}
	}
}

// wantedOrSkip skips a test of an engine that GANTRY_TEST_ENGINES does not name.
func wantedOrSkip(t testing.TB, name string) {
	t.Helper()
	if list, set := os.LookupEnv("GANTRY_TEST_ENGINES"); set && !slices.Contains(strings.Fields(list), name) {
		t.Skipf("GANTRY_TEST_ENGINES does not name %s", name)
	}
}

// Fetched returns the folder of one engine of the matrix for [Config].Home; for no suite, which means the installed engine,
// it is empty. A test is skipped if GANTRY_TEST_ENGINES is set and does not name the engine. If scripts/engines/fetch.sh has
// not fetched it, the test is skipped, too, or fails where CI=true.
func Fetched(t testing.TB, kind, suite string) string {
	t.Helper()
	if suite != "" {
		wantedOrSkip(t, kind+"-"+suite)
	}
	return folder(t, kind, suite)
}

// folder is Fetched of an engine that is wanted.
func folder(t testing.TB, kind, suite string) string {
	t.Helper()
	if suite == "" {
		return ""
	}
	name := kind + "-" + suite
	dir := filepath.Join(cacheDir(), name)
	if _, err := os.Stat(filepath.Join(dir, "fetched")); err != nil {
		missing := fmt.Sprintf("no %s: scripts/engines/fetch.sh %s %s fetches it, as `make test-engines` does", name, kind, suite)
		if os.Getenv("CI") != "true" {
			t.Skip(missing)
		}
		t.Fatal(missing)
	}
	return dir
}

// cacheDir is where scripts/engines/fetch.sh keeps engines; see lib.sh.
func cacheDir() string {
	if dir := os.Getenv("GANTRY_ENGINES"); dir != "" {
		return dir
	}
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		home := os.Getenv("HOME")
		if home == "" {
			home = "/root"
		}
		cache = filepath.Join(home, ".cache")
	}
	return filepath.Join(cache, "gantry", "engines")
}
