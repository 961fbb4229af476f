// Package smoke_test calls the same operations on engines of many ages: with the package of the engine's own API version, and
// with the oldest that it accepts.
package smoke_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/hijack"
	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/internal/testimage"
	"github.com/gantry-go/gantry/transport"
)

//go:generate go run ./instantiate

func TestMain(m *testing.M) { enginetest.Main(m) }

// smokes are the instances of the smoke by API version, 1.minor.
var smokes = map[int]func(*engine, *testing.T){
	25: func(e *engine, t *testing.T) { v125Smoke{e}.run(t) },
	41: func(e *engine, t *testing.T) { v141Smoke{e}.run(t) },
	44: func(e *engine, t *testing.T) { v144Smoke{e}.run(t) },
	45: func(e *engine, t *testing.T) { v145Smoke{e}.run(t) },
	51: func(e *engine, t *testing.T) { v151Smoke{e}.run(t) },
}

// fewest is how many operations a smoke has to call.
const fewest = 40

// TestMatrix runs the smoke on the installed engines and on those of other Debian suites.
func TestMatrix(t *testing.T) {
	for _, m := range []struct{ kind, suite string }{
		{"docker", ""},
		{"docker", "trixie"},
		{"docker", "sid"},
		{"podman", ""},
		{"podman", "trixie"},
		{"podman", "sid"},
	} {
		t.Run(strings.TrimSuffix(m.kind+"-"+m.suite, "-"), func(t *testing.T) {
			env := enginetest.New(t, enginetest.Config{Kind: m.kind, Home: enginetest.Fetched(t, m.kind, m.suite)})
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
		})
	}
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
	if len(e.done) < fewest {
		t.Errorf("%d operations are too few: %q", len(e.done), slices.Sorted(maps.Keys(e.done)))
	}
	explained := loadModel(t, version)
	// A member may have come and gone between the two, and Podman is built with Docker's types of a later API than it
	// says that it speaks.
	var later []*model
	for v := range smokes {
		if v > version && (v <= own || e.isPodman()) {
			later = append(later, loadModel(t, v))
		}
	}
	added := 0
	for _, u := range slices.Sorted(maps.Keys(e.unknown)) {
		switch {
		case explained.ignored[u]:
		case slices.ContainsFunc(later, func(m *model) bool { return m.knows(u) }):
			added++
		default:
			t.Errorf("the engine sends what no type has: %s", u)
		}
	}
	if err := enginetest.Report("%s %s (API %s) with package v1%d: %d operations; it sent %d members that came with a later API",
		env.Kind, env.Version, env.API, version, len(e.done), added); err != nil {
		t.Error(err)
	}
}

// engine is a real engine under test. Calls through it are watched.
type engine struct {
	*docker.Engine
	kind string

	mu      sync.Mutex
	done    map[string]bool   // operations that succeeded
	types   map[string]string // content type of the last answer, by operation
	unknown map[string]bool   // "Operation /member" that the engine sent and no type has
}

func openEngine(t *testing.T, env *enginetest.Engine) *engine {
	t.Helper()
	e := &engine{kind: env.Kind, done: map[string]bool{}, types: map[string]string{}, unknown: map[string]bool{}}
	e.Engine = must(docker.OpenHost(t.Context(), env.Host, transport.WithUnknownMembers(func(op *transport.Operation, member string) {
		if op.Version == "" {
			return // one that OpenHost made by hand, for a few members
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		e.unknown[op.Name+" "+member] = true
	})))(t)
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// Do implements [transport.Caller].
func (e *engine) Do(ctx context.Context, r *transport.Request) (*http.Response, error) {
	resp, err := e.Engine.Do(ctx, r)
	if err == nil && (resp.StatusCode < 300 || resp.StatusCode == http.StatusNotModified) {
		e.saw(r, resp.Header.Get("Content-Type"))
	}
	return resp, err
}

// Hijack implements [transport.Caller].
func (e *engine) Hijack(ctx context.Context, r *transport.Request) (*hijack.Conn, error) {
	conn, err := e.Engine.Hijack(ctx, r)
	if err == nil {
		e.saw(r, conn.MediaType())
	}
	return conn, err
}

func (e *engine) saw(r *transport.Request, contentType string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.done[r.Operation().Name] = true
	e.types[r.Operation().Name] = contentType
}

// wantContentType checks how the engine called its last answer to an operation. Podman's logs have no name.
func (e *engine) wantContentType(t *testing.T, operation, want string) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.isPodman() {
		want = ""
	}
	equal(t, "content type of "+operation, e.types[operation], want)
}

// isPodman tells where the engines are known to differ.
func (e *engine) isPodman() bool { return e.kind == "podman" }

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

// updates reports whether the engine can update a container: Podman's compatible socket has it from 5 on.
func (e *engine) updates() bool {
	return !e.isPodman() || !strings.HasPrefix(e.Info().Version, "4.")
}

// baseArchive is the base image as images.Load takes it.
func baseArchive(t *testing.T) []byte {
	t.Helper()
	return must(testimage.Archive(baseImage))(t)
}

// model is what specgen generates for one version, as far as it says which members are known.
type model struct {
	Files []struct {
		Package   string
		Operation *struct {
			ID     string
			Result struct{ Call string }
		}
		Types []struct {
			Name, Kind, Type string
			Fields           []struct{ Type, Wire string }
		}
	}
	Ignored []struct{ Operation, Path, Reason string }

	root    string                       // the package of the types that operations share
	ignored map[string]bool              // "Operation /member" that is left out on purpose
	results map[string]string            // type of an operation's answer
	fields  map[string]map[string]string // types of a type's fields, by their names on the wire
	named   map[string]string            // types that another one stands behind
}

// models are those that were loaded.
var models = map[int]*model{}

func loadModel(t *testing.T, version int) *model {
	t.Helper()
	if m := models[version]; m != nil {
		return m
	}
	command := exec.CommandContext(t.Context(), "go", "run", ".", "model", "-engine", "docker", "-version", "1."+strconv.Itoa(version))
	command.Dir = "../../cmd/specgen"
	command.Stderr = os.Stderr
	m := &model{
		root: "v1" + strconv.Itoa(version), ignored: map[string]bool{}, results: map[string]string{},
		fields: map[string]map[string]string{}, named: map[string]string{},
	}
	ok(t, json.Unmarshal(must(command.Output())(t), m))
	for _, i := range m.Ignored {
		if strings.TrimSpace(i.Reason) == "" {
			t.Errorf("the overlay gives no reason for %s %s", i.Operation, i.Path)
		}
		m.ignored[i.Operation+" "+i.Path] = true
	}
	for _, f := range m.Files {
		if f.Operation != nil {
			kind, argument, _ := strings.Cut(strings.TrimSuffix(f.Operation.Result.Call, "]"), "[")
			if kind == "transport.List" {
				argument = "[]" + argument
			}
			m.results[f.Operation.ID] = m.qualify(f.Package, argument)
		}
		for _, declared := range f.Types {
			name := f.Package + "." + declared.Name
			m.named[name] = m.qualify(f.Package, declared.Type)
			m.fields[name] = map[string]string{}
			for _, field := range declared.Fields {
				m.fields[name][field.Wire] = m.qualify(f.Package, field.Type)
			}
		}
	}
	models[version] = m
	return m
}

// qualify writes a type with its package: []*Name in v141 is []v141.Name.
func (m *model) qualify(pkg, name string) string {
	name = strings.ReplaceAll(name, "*", "")
	i := strings.LastIndex(name, "]") + 1
	if strings.Contains(name[i:], ".") {
		return name
	}
	return name[:i] + pkg + "." + name[i:]
}

// knows reports whether the answer of an operation has a member, "Operation /a/[]/b".
func (m *model) knows(member string) bool {
	operation, path, _ := strings.Cut(member, " ")
	at := m.results[operation]
	for _, step := range strings.Split(path, "/")[1:] {
		for m.named[at] != "" && len(m.fields[at]) == 0 {
			if next := m.named[at]; next != at && !strings.HasSuffix(next, ".") {
				at = next
				continue
			}
			break
		}
		switch step {
		case "[]":
			at = strings.TrimPrefix(at, "[]")
		case "{}":
			_, at, _ = strings.Cut(at, "]")
		default:
			next, has := m.fields[at][step]
			if !has {
				return false
			}
			at = next
		}
	}
	return true
}
