package transport

import (
	"context"
	"crypto/tls"
	"net"
	"testing"
	"time"
)

// TestSupplyCountsEachConnectionOnce has handshakes that time out, which close the connection from two sides.
func TestSupplyCountsEachConnectionOnce(t *testing.T) {
	silent := func(ctx context.Context) (net.Conn, error) {
		ours, theirs := net.Pipe()
		context.AfterFunc(t.Context(), func() { _ = theirs.Close() })
		return ours, ctx.Err()
	}
	c, err := New("tcp://engine", WithDialer(silent), WithTLS(&tls.Config{MinVersion: tls.VersionTLS12}), WithTLSTimeout(5*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // the test is over
	for range 5 {
		if err := None(t.Context(), c, opStart.Request("conny")); err == nil {
			t.Fatal("a call without a handshake succeeded")
		}
	}
	s := &c.writes.dialer.supply
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns != 0 || s.requests != 0 {
		t.Errorf("%d connections for %d requests are counted, none is there", s.conns, s.requests)
	}
}
