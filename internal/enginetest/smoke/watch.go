package smoke

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gantry-go/gantry/hijack"
	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/transport"
)

// Fewest is how many operations a smoke has to call.
const Fewest = 40

// Watch sees what is called through it. It is safe for concurrent use.
type Watch struct {
	began time.Time

	mu      sync.Mutex
	ended   time.Time         // of the last answer
	done    map[string]bool   // operations that succeeded
	types   map[string]string // content type of the last answer, by operation
	unknown map[string]bool   // "Operation /member" that the engine sent and no type has
}

// NewWatch begins to watch.
func NewWatch() *Watch {
	return &Watch{began: time.Now(), done: map[string]bool{}, types: map[string]string{}, unknown: map[string]bool{}}
}

// Unknown is the option that has the watch hear of members that no type has a field for.
func (w *Watch) Unknown() transport.Option {
	return transport.WithUnknownMembers(func(op *transport.Operation, member string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.unknown[op.Name+" "+member] = true
	})
}

// Do calls an engine.
func (w *Watch) Do(ctx context.Context, engine transport.Caller, r *transport.Request) (*http.Response, error) {
	resp, err := engine.Do(ctx, r)
	if err == nil && (resp.StatusCode < 300 || resp.StatusCode == http.StatusNotModified) {
		w.saw(r, resp.Header.Get("Content-Type"))
	}
	return resp, err
}

// Hijack calls an engine that shall upgrade.
func (w *Watch) Hijack(ctx context.Context, engine transport.Caller, r *transport.Request) (*hijack.Conn, error) {
	conn, err := engine.Hijack(ctx, r)
	if err == nil {
		w.saw(r, conn.MediaType())
	}
	return conn, err
}

func (w *Watch) saw(r *transport.Request, contentType string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = time.Now()
	w.done[r.Operation().Name] = true
	w.types[r.Operation().Name] = contentType
}

// ContentType is how the engine called its last answer to an operation.
func (w *Watch) ContentType(operation string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.types[operation]
}

// Account fails the test if too little was called, or if the engine sent what neither the model of the package's own
// version has nor one of later versions, and what explained, "Operation /member" with a reason, does not name. It
// reports a line that says what was done.
func (w *Watch) Account(t *testing.T, what string, own *Model, later []*Model, explained map[string]string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.done) < Fewest {
		t.Errorf("%d operations are too few: %q", len(w.done), slices.Sorted(maps.Keys(w.done)))
	}
	added, others := 0, 0
	for _, u := range slices.Sorted(maps.Keys(w.unknown)) {
		switch {
		case own.Ignores(u):
		case slices.ContainsFunc(later, func(m *Model) bool { return m.Knows(u) }):
			added++
		case explained[u] != "":
			others++
		default:
			t.Errorf("the engine sends what no type has: %s", u)
		}
	}
	line := fmt.Sprintf("%s: %d operations in %.1f s", what, len(w.done), w.ended.Sub(w.began).Seconds())
	if added > 0 {
		line += fmt.Sprintf("; it sent %d members that came with a later API", added)
	}
	if others > 0 {
		line += fmt.Sprintf("; %d that no package has, each explained", others)
	}
	if err := enginetest.Report("%s", line); err != nil {
		t.Error(err)
	}
}
