package transport_test

import (
	"errors"
	"syscall"
	"testing"

	"github.com/gantry-go/gantry/transport"
)

// TestRow13NoDescriptors takes all file descriptors away, and gives them back.
func TestRow13NoDescriptors(t *testing.T) {
	w := answers(t, 200, "{}")
	c := w.client(t, transport.WithFreshConnections())
	if err := transport.None(t.Context(), c, opStart.Request("conny")); err != nil {
		t.Fatal(err)
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	none := syscall.Rlimit{Cur: 0, Max: limit.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err) // to lower it takes no right
	}
	calls := map[string]error{
		"call":   transport.None(t.Context(), c, opStart.Request("conny")),
		"attach": hijacks(t, c),
		"events": streams(t, c),
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	for name, err := range calls {
		isError(t, name, err, transport.ErrConnect, false)
		if !errors.Is(err, syscall.EMFILE) {
			t.Errorf("%s: %v, want EMFILE", name, err)
		}
	}
	if err := transport.None(t.Context(), c, opStart.Request("conny")); err != nil {
		t.Errorf("with descriptors again: %v", err)
	}
}
