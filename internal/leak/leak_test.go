package leak

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) { Main(m) }

func TestGoroutineIsSeenUntilItEnds(t *testing.T) {
	before := take()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		<-stop
	}()
	left := before.left(0)
	if len(left) != 1 || !strings.Contains(left[0], "TestGoroutineIsSeenUntilItEnds") {
		t.Errorf("left: %q, want the one goroutine of this test", left)
	}
	close(stop)
	<-stopped
	if left := before.left(grace); len(left) > 0 {
		t.Errorf("left after its end: %q", left)
	}
}

func TestDescriptorIsSeenUntilItIsClosed(t *testing.T) {
	if _, err := os.Stat(descriptorDir); err != nil {
		t.Skip("the system does not list descriptors")
	}
	before := take()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if left := before.left(0); len(left) != 2 {
		t.Errorf("left: %q, want both ends of a pipe", left)
	}
	_ = r.Close()
	_ = w.Close()
	if left := before.left(grace); len(left) > 0 {
		t.Errorf("left after the close: %q", left)
	}
}

func TestLeftWaits(t *testing.T) {
	before := take()
	timer := make(chan struct{})
	go func() {
		defer close(timer)
		time.Sleep(20 * time.Millisecond)
	}()
	if left := before.left(grace); len(left) > 0 {
		t.Errorf("left: %q, want to have waited for it", left)
	}
	<-timer
}

func TestCheckReportsAtTheEnd(t *testing.T) {
	r := &recorder{TB: t}
	check(r, time.Millisecond)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		<-stop
	}()
	r.cleanup()
	close(stop)
	<-stopped
	if !r.failed {
		t.Error("a goroutine that outlived its test was not reported")
	}
}

// recorder is a test that keeps its cleanup and its verdict to itself.
type recorder struct {
	testing.TB
	cleanup func()
	failed  bool
}

func (r *recorder) Helper()               {}
func (r *recorder) Cleanup(f func())      { r.cleanup = f }
func (r *recorder) Errorf(string, ...any) { r.failed = true }
