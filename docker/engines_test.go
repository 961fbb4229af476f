package docker_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/hijack"
	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/transport"
)

// group is a part of the API that is tried on every engine.
type group struct {
	name string
	run  func(t *testing.T, e *engine)
}

// groups are run in this order, on one engine after the other. What one makes it removes.
var groups = []group{
	{"system", testSystem},
	{"images", testImages},
	{"build", testBuild},
	{"containers", testContainers},
	{"streams", testStreams},
	{"exec", testExec},
	{"networks", testNetworks},
	{"volumes", testVolumes},
	{"registry", testRegistry},
	{"plugins", testPlugins},
	{"swarm", testSwarm},
}

// leftOut are the operations that a group cannot bring to a success, by engine, with the reason.
var leftOut = map[string]map[string]string{
	"docker": leftOutDocker,
	"podman": leftOutPodman,
}

// engine is a real engine under test. Calls through it are watched.
type engine struct {
	*docker.Engine
	name string // "docker", "podman"
	env  *enginetest.Engine

	mu      sync.Mutex
	done    map[string]bool // operations that a test saw succeed
	unknown map[string]bool // "Operation /member" that the engine sent and no type has
}

// isPodman tells where the engines are known to differ.
func (e *engine) isPodman() bool { return e.name == "podman" }

// Do implements [transport.Caller].
func (e *engine) Do(ctx context.Context, r *transport.Request) (*http.Response, error) {
	resp, err := e.Engine.Do(ctx, r)
	if err == nil && (resp.StatusCode < 300 || resp.StatusCode == http.StatusNotModified) {
		e.saw(r)
	}
	return resp, err
}

// Hijack implements [transport.Caller].
func (e *engine) Hijack(ctx context.Context, r *transport.Request) (*hijack.Conn, error) {
	conn, err := e.Engine.Hijack(ctx, r)
	if err == nil {
		e.saw(r)
	}
	return conn, err
}

func (e *engine) saw(r *transport.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.done[r.Operation().Name] = true
}

func openEngine(t *testing.T, name string, env *enginetest.Engine) *engine {
	t.Helper()
	e := &engine{name: name, env: env, done: map[string]bool{}, unknown: map[string]bool{}}
	opened, err := docker.OpenHost(t.Context(), env.Host, transport.WithUnknownMembers(func(op *transport.Operation, member string) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.unknown[op.Name+" "+member] = true
	}))
	if err != nil {
		t.Fatal(err)
	}
	e.Engine = opened
	t.Cleanup(func() { _ = opened.Close() })
	return e
}

// TestEngines calls the operations of API 1.41 on a real Docker and on a real Podman's compatible socket, and checks
// what they answer. In the end it accounts for every operation and for every member that no type has.
func TestEngines(t *testing.T) {
	for name, start := range map[string]func(testing.TB) *enginetest.Engine{"docker": enginetest.Docker, "podman": enginetest.Podman} {
		t.Run(name, func(t *testing.T) {
			e := openEngine(t, name, start(t))
			ran := 0
			for _, g := range groups {
				t.Run(g.name, func(t *testing.T) {
					ran++
					g.run(t, e)
				})
			}
			if ran == len(groups) && !t.Failed() {
				e.account(t)
			}
		})
	}
}

// account compares what was called with the specification, and what came with the types.
func (e *engine) account(t *testing.T) {
	all := specified(t)
	var missing []string
	for _, op := range all {
		reason, excused := leftOut[e.name][op]
		switch {
		case !e.done[op] && !excused:
			t.Errorf("%s never succeeded, and no reason is given", op)
			missing = append(missing, op)
		case !e.done[op]:
			missing = append(missing, op+" ("+reason+")")
		case excused:
			t.Errorf("%s succeeded, though it is said that it cannot: %s", op, reason)
		}
	}
	report(t, "%s %s: %d of %d operations of API 1.41 answered", e.name, e.Info().Version, len(all)-len(missing), len(all))
	for _, m := range missing {
		report(t, "  left out: %s", m)
	}
	explained := ignoredMembers(t)
	for _, u := range slices.Sorted(maps.Keys(e.unknown)) {
		if !explained[u] {
			t.Errorf("the engine sends what no type has: %s", u)
		}
	}
}

// report prints a line that is worth reading after the tests have passed.
func report(t *testing.T, format string, args ...any) {
	t.Helper()
	if err := enginetest.Report(format, args...); err != nil {
		t.Error(err)
	}
}

// specified returns the operation ids of API 1.41, sorted.
func specified(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile("../testdata/specs/docker/v1.41.json")
	if err != nil {
		t.Fatal(err)
	}
	var spec struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(data, &spec); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, methods := range spec.Paths {
		for _, op := range methods {
			ids = append(ids, op.OperationID)
		}
	}
	slices.Sort(ids)
	return ids
}

// ignoredMembers returns what the overlay says is left out of the types on purpose.
func ignoredMembers(t *testing.T) map[string]bool {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "run", ".", "model", "-engine", "docker", "-version", "1.41")
	command.Dir = "../cmd/specgen"
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var model struct {
		Ignored []struct{ Operation, Path, Reason string }
	}
	if err := json.Unmarshal(out, &model); err != nil {
		t.Fatal(err)
	}
	explained := map[string]bool{}
	for _, i := range model.Ignored {
		if strings.TrimSpace(i.Reason) == "" {
			t.Errorf("the overlay gives no reason for %s %s", i.Operation, i.Path)
		}
		explained[i.Operation+" "+i.Path] = true
	}
	return explained
}
