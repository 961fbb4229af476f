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

// TestPodman compares every version of libpod's API with the types of that release of Podman: what an operation decodes
// with what the handler of its route encodes, and then the other definitions with the types that the specification, which
// is made from them, says that they are of.
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
			handlers, err := ReadHandlers("../../testdata/handlers/podman/v" + version + ".json")
			if err != nil {
				t.Fatal(err)
			}
			pairs := answers(t, dir, number, handlers)
			diffs, visited := Compare(ours, theirs, pairs)
			if len(pairs) < 45 || len(visited) < 80 {
				t.Errorf("%d answers with %d types are too few", len(pairs), len(visited))
			}
			definitions := slices.DeleteFunc(podmanPairs(t, spec, dir, ours), func(p Pair) bool { return visited[p.Ours[0]] })
			more, others := Compare(ours, theirs, definitions)
			maps.Copy(more, diffs)
			maps.Copy(others, visited)
			diffs, visited = more, others
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
	{"LibpodContainersRmReport.RawInput", "missing there", "the engine's own encoder writes it, whatever the type says: 4.3 sends it", 40, 57},
	{"PodSpecGenerator.static_ip", "a pointer there alone", "no text is no address: it is as if absent", 31, 34},
	{"PodSpecGenerator.static_mac", "a pointer there alone", "no bytes are no address: it is as if absent", 31, 34},
	{"SpecGenerator.static_ip", "a pointer there alone", "no text is no address: it is as if absent", 31, 34},
	{"SpecGenerator.static_ipv6", "a pointer there alone", "no text is no address: it is as if absent", 31, 34},
	{"SpecGenerator.static_mac", "a pointer there alone", "no bytes are no address: it is as if absent", 31, 34},
	{"ContainersStatsReport.Error", "missing here", "a value that is not null is the failure of the call, not a member of its answer", 31, 0},
	{"ContainerStats.AvgCPU", "missing there", "members of newer versions, which share the schema that the overlay adds", 31, 32},
	{"ContainerStats.DataPoints", "missing there", "members of other versions, which share the schema that the overlay adds", 31, 40},
	{"ContainerStats.Duration", "missing there", "members of newer versions, which share the schema that the overlay adds", 31, 32},
	{"ContainerStats.UpTime", "missing there", "members of newer versions, which share the schema that the overlay adds", 31, 32},
	{"Event.HealthStatus", "missing there", "members of newer versions, which share the schema that the overlay adds", 31, 41},
	{"ImageBuildReport.aux", "missing there", "members of newer versions, which share the schema that the overlay adds", 31, 34},
	{"ImagePushReport.manifestdigest", "missing there", "members of newer versions, which share the schema that the overlay adds", 42, 45},
	{"ManifestPushReport.error", "missing there", "members of newer versions, which share the schema that the overlay adds", 40, 42},
	{"ManifestPushReport.stream", "missing there", "members of newer versions, which share the schema that the overlay adds", 40, 42},
	{"RestoreReport.criu_statistics", "missing there", "members of newer versions, which share the schema that the overlay adds", 31, 34},
	{"RestoreReport.runtime_restore_duration", "missing there", "members of newer versions, which share the schema that the overlay adds", 31, 34},
	{"RestoreReport.RawInput", "missing here", "4.3 alone writes it: the name that the path has", 43, 43},
}
