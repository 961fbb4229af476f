package oracle

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestPodman compares every version of libpod's API with the types of that release of Podman. Which of the engine's
// types a definition is of says the specification, that is made from them.
func TestPodman(t *testing.T) {
	files, err := filepath.Glob("../../testdata/specs/podman/v*.json")
	if err != nil || len(files) != 24 {
		t.Fatalf("%d specifications: %v", len(files), err)
	}
	used := map[int]bool{}
	for _, spec := range files {
		version := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(spec), "v"), ".json")
		number, err := strconv.Atoi(strings.ReplaceAll(version, ".", ""))
		if err != nil {
			t.Fatal(err)
		}
		t.Run(version, func(t *testing.T) {
			theirs, err := ReadFacts("testdata/podman-" + version + ".json")
			if err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join("..", "..", "podman", "v"+strconv.Itoa(number))
			ours, err := ReadGenerated(dir)
			if err != nil {
				t.Fatal(err)
			}
			diffs, visited := Compare(ours, theirs, podmanPairs(t, spec, dir, ours))
			compared := 0
			for name := range visited {
				compared += len(ours[name])
			}
			t.Logf("%d types with %d members; %d differences", len(visited), compared, len(diffs))
			if compared < 700 {
				t.Errorf("%d members are too few", compared)
			}
			for i, e := range explainedPodman {
				if e.since > number || e.until != 0 && e.until < number || diffs[e.where] != e.what {
					continue
				}
				used[i] = true
				delete(diffs, e.where)
			}
			for _, where := range slices.Sorted(maps.Keys(diffs)) {
				t.Errorf("%s: %s", where, diffs[where])
			}
		})
	}
	for i, e := range explainedPodman {
		if !used[i] {
			t.Errorf("%s: no version needs the explanation: %s", e.where, e.what)
		}
	}
}

// renamed is how the comment of a type says that it has another name in the specification.
var renamed = regexp.MustCompile(`is\s+the\s+definition\s+(\w+),\s+which\s+other\s+versions\s+call\s+(\w+)\.`)

// podmanPairs pairs the definitions of a specification with our types, which are called like them but for capitals
// where the overlay does not rename them.
func podmanPairs(t *testing.T, spec, dir string, ours Types) (out []Pair) {
	t.Helper()
	definitions, err := ReadDefinitions(spec, "/libpod/")
	if err != nil {
		t.Fatal(err)
	}
	plain := func(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }
	names := map[string]string{}
	for name := range ours {
		names[plain(name)] = name
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.gen.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range renamed.FindAllStringSubmatch(strings.ReplaceAll(string(data), "\n//", ""), -1) {
			names[plain(found[1])] = found[2]
		}
	}
	for _, d := range definitions {
		if name := names[plain(d.Schema)]; name != "" {
			out = append(out, Pair{[]string{name}, []string{d.Theirs()}})
		}
	}
	return out
}

// The versions of these are libpod's without their dot.
var explainedPodman = []explanation{
	{"ImageLayer", "map here, object there", "the engine's type has no members", 31, 32},
	{"LibpodContainersRmReport.RawInput", "missing there", "the engine's own encoder writes it, whatever the type says: 4.3 sends it", 40, 57},
	{"PodSpecGenerator.static_ip", "a pointer there alone", "no text is no address: it is as if absent", 31, 34},
	{"PodSpecGenerator.static_mac", "a pointer there alone", "no bytes are no address: it is as if absent", 31, 34},
	{"SpecGenerator.static_ip", "a pointer there alone", "no text is no address: it is as if absent", 31, 34},
	{"SpecGenerator.static_ipv6", "a pointer there alone", "no text is no address: it is as if absent", 31, 34},
	{"SpecGenerator.static_mac", "a pointer there alone", "no bytes are no address: it is as if absent", 31, 34},
}
