package transport_test

import (
	"context"
	"testing"

	"github.com/gantry-go/gantry/transport"
)

// BenchmarkObserver compares a client that is observed with one that is not, both calling the same engine: "ratio" is
// what being observed costs.
func BenchmarkObserver(b *testing.B) {
	plain, _ := benchEngine(b, "OK")
	observed, err := transport.New(plain.Host(), transport.WithObserver(func(_ context.Context, call *transport.Call) func() {
		return func() { _ = call.Class() }
	}))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = observed.Close() })
	ping := func(c *transport.Client) func() error {
		return func() error { return transport.None(b.Context(), c, opPing.Request()) }
	}
	compare(b, ping(observed), ping(plain))
}
