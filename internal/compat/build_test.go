package compat

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkBuild measures the CPU that a build of one category with all that it needs takes, the standard library
// included, on an empty cache. The floor is the same program by hand, with net/http and the JSON library.
func BenchmarkBuild(b *testing.B) {
	cost := func(name string) time.Duration {
		build := exec.CommandContext(b.Context(), "go", "build", "-o", filepath.Join(b.TempDir(), name), "./programs/"+name)
		build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOCACHE="+b.TempDir())
		if output, err := build.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, output)
		}
		return build.ProcessState.UserTime() + build.ProcessState.SystemTime() // its compilers' too
	}
	var floor, ours time.Duration
	for b.Loop() {
		floor += cost("plain")
		ours += cost("gantry")
	}
	b.ReportMetric(floor.Seconds()/float64(b.N), "floor-s/op")
	b.ReportMetric(ours.Seconds()/float64(b.N), "gantry-s/op")
	b.ReportMetric(ours.Seconds()/floor.Seconds(), "ratio")
}
