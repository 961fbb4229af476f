package oracle

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// explanation is why one difference is as it should be, in the versions of API 1.since to 1.until; 0 is an open end.
type explanation struct {
	where, what, why string
	since, until     int
}

// unmet marks types of ours that are compared with nothing.
const unmet = "unmet"

// TestDocker compares every version of Docker's API with the types of an engine of that version. Where there is no
// module of one, it takes the next later one: what ours have and that one has must agree, and what it has and the next
// older one has, ours must have. A package up to API 1.35 also serves engines that are newer than the one of its facts,
// which may have more.
func TestDocker(t *testing.T) {
	pairs, err := ReadPairs("testdata/docker.pairs")
	if err != nil {
		t.Fatal(err)
	}
	used := map[int]bool{}
	for minor := 25; minor <= 56; minor++ {
		t.Run(fmt.Sprintf("1.%d", minor), func(t *testing.T) {
			older, theirs := factsAround(t, minor)
			exact := older == nil
			ours, err := ReadGenerated(filepath.Join("..", "..", "docker", fmt.Sprintf("v1%d", minor)))
			if err != nil {
				t.Fatal(err)
			}
			diffs, visited := Compare(ours, theirs, pairs)
			compared := 0
			for name := range visited {
				compared += len(ours[name])
			}
			t.Logf("%d types with %d members; exact: %v; %d differences", len(visited), compared, exact, len(diffs))
			if compared < 450 {
				t.Errorf("%d members are too few", compared)
			}
			before, _ := Compare(ours, older, pairs)
			maps.DeleteFunc(diffs, func(where, what string) bool {
				switch what {
				case "missing here":
					return !exact && before[where] != what
				case "missing there":
					return !exact || minor <= 35
				}
				return false
			})
			explained := map[string]explanation{}
			for i, e := range explainedDocker {
				if e.since > minor || e.until != 0 && e.until < minor {
					continue
				}
				if explained[e.where].where != "" {
					t.Errorf("%s is explained twice", e.where)
				}
				explained[e.where] = e
				used[i] = used[i] || diffs[e.where] == e.what || e.what == unmet
				if exact && diffs[e.where] == "" && e.what != unmet {
					t.Errorf("%s: explained, but there is no difference: %s", e.where, e.what)
				}
			}
			for _, where := range slices.Sorted(maps.Keys(diffs)) {
				if e := explained[where]; e.what != diffs[where] {
					t.Errorf("%s: %s; explained is %q", where, diffs[where], e.what)
				}
			}
			for name, members := range ours {
				if _, plain := members[""]; plain || visited[name] || !exact || minor <= 35 {
					continue
				}
				if explained[name].what != unmet {
					t.Errorf("%s: compared with nothing", name)
				}
			}
		})
	}
	for i, e := range explainedDocker {
		if !used[i] {
			t.Errorf("%s: no version needs the explanation: %s", e.where, e.what)
		}
	}
}

// factsAround returns the facts of a version of Docker's API; or, with the next older ones, the next later.
func factsAround(t *testing.T, minor int) (older, theirs Types) {
	t.Helper()
	find := func(step int) Types {
		for at := minor; at >= 25 && at <= 56; at += step {
			name := fmt.Sprintf("testdata/docker-1.%d.json", at)
			if _, err := os.Stat(name); err != nil {
				continue
			}
			facts, err := ReadFacts(name)
			if err != nil {
				t.Fatal(err)
			}
			if at == minor {
				return nil
			}
			return facts
		}
		return Types{}
	}
	if older = find(-1); older != nil {
		return older, find(1)
	}
	theirs, err := ReadFacts(fmt.Sprintf("testdata/docker-1.%d.json", minor))
	if err != nil {
		t.Fatal(err)
	}
	return nil, theirs
}
