package leak

import (
	"bytes"
	"runtime"
	"strings"
)

// notOurs are functions by whose presence in a stack the goroutine is known to be the test runner's or the runtime's.
var notOurs = [...]string{
	"testing.(*T).Run(",
	"testing.(*F).Fuzz",
	"testing.(*M).",
	"testing.runTests",
	"testing.runFuzz",
	"testing.runExample",
	"internal/fuzz.",
	"os/signal.signal_recv",
	"os/signal.loop",
	"runtime/pprof.",
	"runtime.ReadTrace",
}

// addGoroutines adds the goroutines but the calling one. Their numbers are not used twice.
func addGoroutines(s snapshot) {
	for i, stack := range strings.Split(stacks(), "\n\n") {
		if i == 0 || isNotOurs(stack) { // the first is the one that asks
			continue
		}
		number, _, _ := strings.Cut(stack, " [")
		s[number] = stack
	}
}

func isNotOurs(stack string) bool {
	for _, name := range notOurs {
		if strings.Contains(stack, name) {
			return true
		}
	}
	return false
}

// stacks returns the stacks of all goroutines, in full.
func stacks() string {
	for size := 1 << 16; ; size *= 2 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, true); n < size {
			return string(bytes.TrimSpace(buf[:n]))
		}
	}
}
