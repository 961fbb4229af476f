// Package smoke_test calls the same operations of libpod's API on Podmans of several ages, with and without root: with the
// package of the engine's own API version, and with the oldest that it accepts.
package smoke_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/hijack"
	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/internal/enginetest/smoke"
	"github.com/gantry-go/gantry/podman"
	"github.com/gantry-go/gantry/transport"
)

//go:generate go run ../../internal/enginetest/smoke/instantiate podman

func TestMain(m *testing.M) { enginetest.Main(m) }

// version is one of libpod's API, without its patch.
type version struct{ major, minor int }

func (v version) String() string { return fmt.Sprintf("%d.%d", v.major, v.minor) }

func (v version) less(w version) bool {
	return v.major < w.major || v.major == w.major && v.minor < w.minor
}

// smokes are the instances of the smoke.
var smokes = map[version]func(*engine, *testing.T){
	{4, 0}: func(e *engine, t *testing.T) { v40Smoke{e}.run(t) },
	{4, 3}: func(e *engine, t *testing.T) { v43Smoke{e}.run(t) },
	{5, 4}: func(e *engine, t *testing.T) { v54Smoke{e}.run(t) },
	{5, 8}: func(e *engine, t *testing.T) { v58Smoke{e}.run(t) },
	{6, 0}: func(e *engine, t *testing.T) { v60Smoke{e}.run(t) },
}

// explained are members that no type has, with the reason.
var explained = map[string]string{
	"SystemInfoLibpod /host/memAvailable": "Podman 6.1 sends it, and the newest package is of 6.0",
}

// models are those of specgen.
var models = smoke.Models{Engine: "podman", Specgen: "../../cmd/specgen"}

// TestPodman runs the smoke of each Podman's own version and that of the oldest one that it accepts.
func TestPodman(t *testing.T) {
	enginetest.Matrix(t, "podman", func(t *testing.T, env *enginetest.Engine) {
		opened := must(podman.OpenHost(t.Context(), env.Host))(t)
		info := opened.Info()
		ok(t, opened.Close())
		own := closest(parse(t, info.APIVersion))
		t.Run("own", func(t *testing.T) { runSmoke(t, env, own, own) })
		oldest := parse(t, info.MinAPIVersion)
		if smokes[oldest] == nil {
			t.Fatalf("the oldest API that the engine accepts is %v, of which there is no smoke", oldest)
		}
		t.Run("oldest", func(t *testing.T) { runSmoke(t, env, oldest, own) })
	})
}

// parse reads 4.3.1.
func parse(t *testing.T, s string) version {
	t.Helper()
	parts := strings.SplitN(s, ".", 3)
	if len(parts) < 2 {
		t.Fatalf("%q is no API version", s)
	}
	return version{must(strconv.Atoi(parts[0]))(t), must(strconv.Atoi(parts[1]))(t)}
}

// closest is the newest version with a smoke that is not newer than an engine's.
func closest(engine version) (best version) {
	for v := range smokes {
		if best.less(v) && !engine.less(v) {
			best = v
		}
	}
	return best
}

// runSmoke runs the smoke of one version and accounts for the operations and for what no type has.
func runSmoke(t *testing.T, env *enginetest.Engine, v, own version) {
	e := openEngine(t, env)
	smokes[v](e, t)
	if t.Failed() {
		return
	}
	var later []*smoke.Model
	for w := range smokes {
		if v.less(w) && !own.less(w) {
			later = append(later, models.Load(t, w.String()))
		}
	}
	kind := env.Kind
	if env.Rootless {
		kind = "rootless " + kind
	}
	what := fmt.Sprintf("%s %s (libpod %s) with package v%d%d", kind, env.Version, e.Info().APIVersion, v.major, v.minor)
	e.watch.Account(t, what, models.Load(t, v.String()), later, explained)
}

// engine is a real engine under test. Calls through it are watched.
type engine struct {
	*podman.Engine
	env   *enginetest.Engine
	watch *smoke.Watch
}

func openEngine(t *testing.T, env *enginetest.Engine) *engine {
	t.Helper()
	e := &engine{env: env, watch: smoke.NewWatch()}
	e.Engine = must(podman.OpenHost(t.Context(), env.Host, e.watch.Unknown()))(t)
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// Do implements [transport.Caller].
func (e *engine) Do(ctx context.Context, r *transport.Request) (*http.Response, error) {
	return e.watch.Do(ctx, e.Engine, r)
}

// Hijack implements [transport.Caller].
func (e *engine) Hijack(ctx context.Context, r *transport.Request) (*hijack.Conn, error) {
	return e.watch.Hijack(ctx, e.Engine, r)
}
