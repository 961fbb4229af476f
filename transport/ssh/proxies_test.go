package ssh

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/transport"
	tt "github.com/gantry-go/gantry/transport/transporttest"
)

// TestRow22NoProxies has an environment full of proxies, and one by option: none is asked for a server of ssh, whether for
// calls, streams or upgrades.
func TestRow22NoProxies(t *testing.T) {
	snare, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	ok(t, err)
	defer snare.Close() //nolint:errcheck // it was never used
	go func() {
		for {
			c, err := snare.Accept()
			if err != nil {
				return
			}
			t.Error("a proxy of the environment was dialed")
			_ = c.Close()
		}
	}()
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, "http://"+snare.Addr().String())
		t.Setenv(strings.ToLower(name), "http://"+snare.Addr().String())
	}
	t.Setenv("NO_PROXY", "")
	t.Setenv("no_proxy", "")
	e := tt.New(t)
	e.Handle("POST /echo", tt.Upgrade(func(c *tt.Conn) { _, _ = io.Copy(c, c) }))
	e.Handle("GET /events", tt.Lines(map[string]string{"Type": "container"}))
	ways(t, e, func(t *testing.T, s *server) {
		byOption := transport.WithProxy(func() (transport.ProxyFunc, error) {
			return func(context.Context, string) (net.Conn, error) {
				t.Error("the option's proxy was asked")
				return nil, errors.New("no")
			}, nil
		})
		c, err := transport.New(s.url(), Hosts(isolated(t, WithKnownHosts(s.knownAs(t)))...), byOption)
		ok(t, err)
		defer c.Close() //nolint:errcheck // the test has what it wants
		ok(t, ping(t.Context(), c))
		opEvents := transport.Operation{Name: "Events", Method: "GET", Path: "/events"}
		events, err := transport.Sequence[map[string]string](t.Context(), c, opEvents.Request())
		ok(t, err)
		ok(t, events.Wait())
		opEcho := transport.Operation{Name: "Echo", Method: "POST", Path: "/echo"}
		conn, err := transport.Upgrade(t.Context(), c, opEcho.Request())
		ok(t, err)
		ok(t, conn.CloseWrite())
		_, err = io.ReadAll(conn)
		ok(t, err)
		ok(t, conn.Close())
	})
}
