package transport_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/gantry-go/gantry/transport"
)

// together plays an engine that answers none of n requests before all are there, so that each has a connection.
func together(t *testing.T, n int, body string) *wire {
	var mu sync.Mutex
	waiting, all := 0, make(chan struct{})
	return play(t, func(c *wireConn) {
		for c.request() != nil {
			mu.Lock()
			turn := all
			if waiting++; waiting == n {
				close(all)
				waiting, all = 0, make(chan struct{})
			}
			mu.Unlock()
			select {
			case <-turn:
			case <-c.ctx.Done():
				return
			}
			c.answer(200, body)
		}
	})
}

// TestAnswersLeaveConnectionsToUse holds that calls which are made at once leave as many connections to those that are
// made afterwards, whatever each answers and does with what it answers.
func TestAnswersLeaveConnectionsToUse(t *testing.T) {
	const calls, rounds = 12, 3
	object := `{"Id":"x","Count":1,"Filler":"` + strings.Repeat("x", 10_000) + `"}`
	for name, c := range map[string]struct {
		body string
		call func(caller transport.Caller) error
	}{
		"none":       {object, func(c transport.Caller) error { return transport.None(t.Context(), c, opInspect.Request("conny")) }},
		"none, long": {strings.Repeat("x", 60<<10), func(c transport.Caller) error { return transport.None(t.Context(), c, opInspect.Request("conny")) }},
		"object": {object, func(c transport.Caller) error {
			_, err := transport.Object[thing](t.Context(), c, opInspect.Request("conny"))
			return err
		}},
		"an object that lacks something": {object, func(c transport.Caller) error {
			_, err := transport.Object[thing](t.Context(), c, opInspect.Request("conny"), "Name")
			if err != nil {
				return nil //nolint:nilerr // as it is to be
			}
			return transport.ErrProtocol
		}},
		"list": {"[" + object + "]", func(c transport.Caller) error {
			_, err := transport.List[thing](t.Context(), c, opList.Request())
			return err
		}},
		"value": {object, func(c transport.Caller) error {
			_, err := transport.Value[thing](t.Context(), c, opInspect.Request("conny"))
			return err
		}},
		"headers": {object, func(c transport.Caller) error {
			_, err := transport.Headers[struct{}](t.Context(), c, opInspect.Request("conny"))
			return err
		}},
		"bytes": {object, func(c transport.Caller) error {
			s, err := transport.Bytes(t.Context(), c, opExport.Request("conny"))
			if err != nil {
				return err
			}
			defer s.Close() //nolint:errcheck // all of it was read
			_, err = s.WriteTo(new(strings.Builder))
			return err
		}},
		"messages": {object + "\n" + object, func(c transport.Caller) error {
			m, err := transport.Sequence[thing](t.Context(), c, opEvents.Request())
			if err != nil {
				return err
			}
			return m.Wait()
		}},
	} {
		w := together(t, calls, c.body)
		client := w.client(t)
		for range rounds {
			var all sync.WaitGroup
			for range calls {
				all.Go(func() {
					if err := c.call(client); err != nil {
						t.Errorf("%s: %v", name, err)
					}
				})
			}
			all.Wait()
		}
		if n := w.accepted.Load(); n != calls {
			t.Errorf("%s: %d connections for %d rounds of %d calls", name, n, rounds, calls)
		}
	}
}
