// Package smoke_test calls the same operations on engines of many ages: with the package of the engine's own API version, and
// with the oldest that it accepts.
package smoke_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/hijack"
	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/internal/enginetest/smoke"
	"github.com/gantry-go/gantry/internal/testimage"
	"github.com/gantry-go/gantry/transport"
)

//go:generate go run ../../internal/enginetest/smoke/instantiate docker

func TestMain(m *testing.M) { enginetest.Main(m) }

// smokes are the instances of the smoke by API version, 1.minor.
var smokes = map[int]func(*engine, *testing.T){
	25: func(e *engine, t *testing.T) { v125Smoke{e}.run(t) },
	40: func(e *engine, t *testing.T) { v140Smoke{e}.run(t) },
	41: func(e *engine, t *testing.T) { v141Smoke{e}.run(t) },
	44: func(e *engine, t *testing.T) { v144Smoke{e}.run(t) },
	45: func(e *engine, t *testing.T) { v145Smoke{e}.run(t) },
	51: func(e *engine, t *testing.T) { v151Smoke{e}.run(t) },
	56: func(e *engine, t *testing.T) { v156Smoke{e}.run(t) },
}

// explained are members that no type has, with the reason.
var explained = map[string]string{
	"SystemDataUsage /Containers/[]/Health": "a summary has it from 1.52 on, which has no Containers; Docker 29 tells everybody",
}

// models are those of specgen.
var models = smoke.Models{Engine: "docker", Specgen: "../../cmd/specgen"}

// TestDocker runs the smoke on every Docker.
func TestDocker(t *testing.T) { enginetest.Matrix(t, "docker", runBoth) }

// TestPodman runs it on every Podman, by the socket that is compatible with Docker's.
func TestPodman(t *testing.T) { enginetest.Matrix(t, "podman", runBoth) }

// runBoth runs the smoke of the engine's own version and that of the oldest one that it accepts.
func runBoth(t *testing.T, env *enginetest.Engine) {
	opened := must(docker.OpenHost(t.Context(), env.Host))(t)
	info := opened.Info()
	ok(t, opened.Close())
	newest, oldest := minor(t, info.APIVersion), max(25, minor(t, info.MinAPIVersion))
	own := closest(newest)
	if own < newest {
		t.Logf("the engine speaks 1.%d, of which there is no smoke; the newest before it is 1.%d", newest, own)
	}
	t.Run("own", func(t *testing.T) { runSmoke(t, env, own, own) })
	if smokes[oldest] == nil {
		t.Fatalf("the oldest API that the engine accepts is 1.%d, of which there is no smoke", oldest)
	}
	t.Run("oldest", func(t *testing.T) { runSmoke(t, env, oldest, own) })
}

// minor is the second number of an API version.
func minor(t *testing.T, version string) int {
	t.Helper()
	digits, one := strings.CutPrefix(version, "1.")
	if !one {
		t.Fatalf("%q is no API version of Docker's", version)
	}
	return must(strconv.Atoi(digits))(t)
}

// closest is the newest version with a smoke that is not newer than an engine's.
func closest(version int) (best int) {
	for v := range smokes {
		if v <= version {
			best = max(best, v)
		}
	}
	return best
}

// runSmoke runs the smoke of one version and accounts for the operations and for what no type has.
func runSmoke(t *testing.T, env *enginetest.Engine, version, own int) {
	e := openEngine(t, env)
	smokes[version](e, t)
	if t.Failed() {
		return
	}
	// A member may have come and gone between the two, and Podman is built with Docker's types of a later API than it
	// says that it speaks.
	var later []*smoke.Model
	for v := range smokes {
		if v > version && (v <= own || e.isPodman()) {
			later = append(later, loadModel(t, v))
		}
	}
	what := fmt.Sprintf("%s %s (API %s) with package v1%d", e.name(), env.Version, env.API, version)
	e.watch.Account(t, what, loadModel(t, version), later, explained)
}

func loadModel(t *testing.T, version int) *smoke.Model {
	t.Helper()
	return models.Load(t, "1."+strconv.Itoa(version))
}

// engine is a real engine under test. Calls through it are watched.
type engine struct {
	*docker.Engine
	env   *enginetest.Engine
	watch *smoke.Watch
}

func openEngine(t *testing.T, env *enginetest.Engine) *engine {
	t.Helper()
	e := &engine{env: env, watch: smoke.NewWatch()}
	e.Engine = must(docker.OpenHost(t.Context(), env.Host, e.watch.Unknown()))(t)
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

// wantContentType checks how the engine called its last answer to an operation. Podman's logs have no name.
func (e *engine) wantContentType(t *testing.T, operation, want string) {
	t.Helper()
	if e.isPodman() {
		want = ""
	}
	equal(t, "content type of "+operation, e.watch.ContentType(operation), want)
}

// isPodman tells where the engines are known to differ.
func (e *engine) isPodman() bool { return e.env.Kind == "podman" }

// name is what the report calls the engine.
func (e *engine) name() string {
	if e.env.Rootless {
		return "rootless " + e.env.Kind
	}
	return e.env.Kind
}

// full is an image's name as the engine writes it out.
func (e *engine) full(name string) string {
	if e.isPodman() {
		return "docker.io/library/" + name
	}
	return name
}

// lastEvent is what the engine calls the removal of a container.
func (e *engine) lastEvent() string {
	if e.isPodman() {
		return "remove"
	}
	return "destroy"
}

// untilNow is the end of a span of events that have been. Podman answers a time in the past with nothing, and a coming
// one with what was, at once.
func (e *engine) untilNow() time.Time {
	if e.isPodman() {
		return time.Now().Add(time.Hour)
	}
	return time.Now()
}

// bridge is the name of the default network.
func (e *engine) bridge() string {
	if e.isPodman() {
		return "podman"
	}
	return "bridge"
}

// anyVolume are the filters for volumes with a label, whether they were given a name or not: Docker leaves the named ones
// out from 1.42 on unless it is told, which Podman does not understand.
func (e *engine) anyVolume(minor int, label string) map[string][]string {
	filters := map[string][]string{"label": {label}}
	if minor >= 42 && !e.isPodman() {
		filters["all"] = []string{"true"}
	}
	return filters
}

// limit is a limit where the engine can set one, and else none.
func (e *engine) limit(n int64) int64 {
	if e.env.Limits {
		return n
	}
	return 0
}

// updates reports whether the engine can update a container: Podman's compatible socket has it from 5 on.
func (e *engine) updates() bool {
	return e.env.Limits && (!e.isPodman() || !strings.HasPrefix(e.Info().Version, "4."))
}

// baseArchive is the base image as images.Load takes it.
func baseArchive(t *testing.T) []byte {
	t.Helper()
	return must(testimage.Archive(baseImage))(t)
}
