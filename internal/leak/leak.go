// Package leak fails tests that leave goroutines or file descriptors behind.
//
// Every package that opens connections has a TestMain that calls [Main]; a test that is about leaks calls [Check].
package leak

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// grace is how long what a test has closed may take to go away.
const grace = 2 * time.Second

// Main runs the tests of a package and exits, with a failure if they left anything behind.
func Main(m interface{ Run() int }) {
	before := take()
	code := m.Run()
	if left := before.left(grace); code == 0 && len(left) > 0 {
		fmt.Fprintf(os.Stderr, "left behind by the tests:\n\n%s\n", strings.Join(left, "\n\n"))
		code = 1
	}
	os.Exit(code)
}

// Check fails tb if, at its end, anything is left that was not there when Check was called. It sees the whole process,
// so tb must not run in parallel with others.
func Check(tb testing.TB) {
	tb.Helper()
	check(tb, grace)
}

func check(tb testing.TB, wait time.Duration) {
	tb.Helper()
	before := take()
	tb.Cleanup(func() {
		if left := before.left(wait); len(left) > 0 {
			tb.Errorf("left behind by the test:\n\n%s", strings.Join(left, "\n\n"))
		}
	})
}

// snapshot is what a process holds: descriptions by a key that is not used twice in its life.
type snapshot map[string]string

func take() snapshot {
	s := make(snapshot)
	addGoroutines(s)
	addDescriptors(s)
	return s
}

// left waits until all that is there was there before, and returns what is not once the wait is over.
func (s snapshot) left(wait time.Duration) []string {
	deadline := time.Now().Add(wait)
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		var left []string
		for key, description := range take() {
			if _, ok := s[key]; !ok {
				left = append(left, description)
			}
		}
		if len(left) == 0 || time.Now().After(deadline) {
			slices.Sort(left)
			return left
		}
		time.Sleep(pause)
	}
}
