package catalog

import (
	"sync"
	"testing"
)

// TestDecodedOnce has goroutines use an engine first, all at once.
func TestDecodedOnce(t *testing.T) {
	e := &Engine{name: "docker", text: &dockerFacts}
	found := make([]*Operation, 16)
	var all sync.WaitGroup
	for i := range found {
		all.Go(func() { found[i], _ = e.Lookup("GET", "/v1.41/info") })
	}
	all.Wait()
	for _, op := range found {
		if op == nil || op != e.Version("1.41").Operation("SystemInfo") {
			t.Errorf("found %v", op)
		}
	}
}

// TestUndecoded holds that nothing is decoded before it is asked for.
func TestUndecoded(t *testing.T) {
	e := &Engine{name: "docker", text: &dockerFacts}
	if e.Name(); e.versions != nil {
		t.Error("an engine's name has it decoded")
	}
	e.Version("1.41")
	for i := range e.versions {
		if v := &e.versions[i]; v.byName != nil && v.number != "1.41" {
			t.Errorf("version %s was made, and nobody asked for it", v.number)
		}
	}
}

// BenchmarkDecode is what the first use of an engine costs.
func BenchmarkDecode(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		e := &Engine{name: "docker", text: &dockerFacts}
		if e.Version("1.41").Err() != nil {
			b.Fatal("no 1.41")
		}
	}
}
