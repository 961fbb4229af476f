package catalog_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/catalog"
)

// TestReadsThatAreDueSoon compares the reads whose first byte is due within the header timeout, because the engine only looks
// something up for them, with a list by hand. What measures, runs something or asks a registry or a plugin is not in it: the
// overlay calls it slow.
func TestReadsThatAreDueSoon(t *testing.T) {
	due := map[string]bool{}
	for _, engine := range catalog.Engines() {
		for _, number := range engine.Versions() {
			for op := range operations(engine.Version(number)) {
				if op.Method != "GET" && op.Method != "HEAD" || !slices.Contains(documents, op.Kind) {
					continue
				}
				req, err := op.Request(argsOf(op, nil))
				if err != nil {
					t.Fatal(err)
				}
				if !req.Operation().Slow {
					due[engine.Name()+" "+op.ID] = true
				}
			}
		}
	}
	data, err := os.ReadFile("testdata/prompt.txt")
	if err != nil {
		t.Fatal(err)
	}
	listed := strings.Fields(strings.ReplaceAll(string(data), " ", "_"))
	for _, op := range slices.Sorted(maps.Keys(due)) {
		if !slices.Contains(listed, strings.ReplaceAll(op, " ", "_")) {
			t.Errorf("%s is due within the header timeout: list it in testdata/prompt.txt, or mark it as slow in the overlay", op)
		}
	}
	for _, name := range listed {
		if !due[strings.ReplaceAll(name, "_", " ")] {
			t.Errorf("%s is listed, and slow or gone", name)
		}
	}
}
