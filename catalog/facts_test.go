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

// TestEveryOperationOnce holds, for every version, that no category is there twice, that operations stand in their own, and
// that paths begin with the version: the release's, or the one that the facts say where an engine keeps to an old one.
func TestEveryOperationOnce(t *testing.T) {
	elsewhere := 0
	for _, e := range Engines() {
		for _, number := range e.Versions() {
			v := e.Version(number)
			seen := map[string]bool{}
			for _, c := range v.Categories() {
				if seen[c.Name] {
					t.Errorf("%s %s has category %s twice", e.Name(), number, c.Name)
				}
				seen[c.Name] = true
				for _, op := range c.Operations {
					before := "/v" + v.release
					if op.record.At != "" {
						before, elsewhere = "/v"+op.record.At, elsewhere+1
					}
					if op.Category != c.Name || seen[op.ID+" "] || op.wire.Path != before+op.record.Path {
						t.Errorf("%s %s %s in %s: %s", e.Name(), number, op.ID, c.Name, op.wire.Path)
					}
					seen[op.ID+" "] = true
				}
			}
		}
	}
	if elsewhere == 0 {
		t.Error("no operation is at another version than its own: nothing tests where those are")
	}
}
