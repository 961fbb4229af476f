package transporttest

import (
	"testing"

	"github.com/gantry-go/gantry/transport"
)

// Client returns a client of the engine, which trusts its certificate and is closed when the test ends. For a client
// without a test, give [transport.New] the engine's host.
func (e *Engine) Client(t testing.TB, options ...transport.Option) *transport.Client {
	t.Helper()
	var given []transport.Option
	if _, ok := e.listener.(*pipes); ok {
		given = append(given, transport.WithDialer(e.Dial))
	}
	if e.cert != nil {
		given = append(given, transport.WithTLS(e.clientTLS()))
	}
	client, err := transport.New(e.Host(), append(given, options...)...)
	if err != nil {
		t.Fatalf("transporttest: %v", err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}
