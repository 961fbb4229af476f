package leak

import (
	"os"
	"strings"
)

const descriptorDir = "/proc/self/fd"

// addDescriptors adds the open file descriptors, on systems that list them.
func addDescriptors(s snapshot) {
	entries, err := os.ReadDir(descriptorDir)
	if err != nil {
		return // not Linux: goroutines alone must do
	}
	for _, entry := range entries {
		target, err := os.Readlink(descriptorDir + "/" + entry.Name())
		// The directory was open while it was read, and is no longer; the runtime's poller comes with the first
		// connection and stays.
		if err != nil || strings.HasPrefix(target, "anon_inode:") {
			continue
		}
		// The number alone may have been closed and opened anew since; a socket's target is never the same again.
		key := "fd " + entry.Name() + " " + target
		s[key] = key
	}
}
