package registryauth

import (
	"context"
	"time"
)

// HelperTimeout is how long a helper may take.
const HelperTimeout = helperTimeout

// RunHelper runs a helper with another limit.
func RunHelper(ctx context.Context, name string, limit time.Duration) error {
	_, _, err := helper(name).runWithin(ctx, limit, "get", "registry.example")
	return err
}

// FromText is [File] for what a file holds.
func FromText(text []byte) *Keyring {
	return New(source(func() ([]*file, error) {
		f, err := parseFile("the text", text)
		if err != nil {
			return nil, err
		}
		f.namespaced = true
		return []*file{f}, nil
	}))
}
