package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/networks"
	"github.com/gantry-go/gantry/internal/enginetest"
)

// asTour makes this test binary the tour: tests run it as a process of its own, to interrupt it and to see how it ends.
const asTour = "GANTRY_TEST_AS_TOUR"

func TestMain(m *testing.M) {
	if os.Getenv(asTour) != "" {
		main()
		os.Exit(0)
	}
	flag.Parse()
	// Tours wait more than they work.
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		_ = parallel.Value.Set("4")
	}
	enginetest.Main(m)
}

// route is a tour of one kind of engine, and what it has to show there.
type route struct {
	api    string // what -engine says
	kind   string // of the engine
	suite  string // the Debian suite that the engine is of; empty is the installed one
	shown  []shown
	around string // what stands around the calls that it shows, to compile them
	calls  int    // how many calls it shows at least
	failed string // how it ends with a registry that is not there

	// What a tour that is interrupted, or killed, when it shows this has made.
	interrupts map[string]string
	killed     string
	left       []string
}

// name is that of `make demo ENGINE=`, but for the suite.
func (r route) name() string {
	if r.kind == "podman" && r.api != r.kind+"-libpod" {
		return r.kind
	}
	return strings.TrimSuffix(r.api+"-"+r.suite, "-")
}

var (
	dockers = route{
		api: "docker", kind: "docker", shown: dockerShown, around: aroundDocker, calls: 40,
		failed:     "tour: push and pull with a password: docker 1.41 ImagePush 127.0.0.1:1/",
		interrupts: map[string]string{"stdout  2": "removed      conny, conny-network, "},
		killed:     "stdout  1", left: []string{"conny", "conny-network"},
	}
	libpods = route{
		api: "podman-libpod", kind: "podman", shown: libpodShown, around: aroundLibpod, calls: 70,
		failed: "tour: push and pull with a password: podman 4.3 ImagePushLibpod docker.io/library/busybox:musl: failure in the stream: ",
		interrupts: map[string]string{
			"stdout  2":        "removed      conny, conny-network, ",
			"with 1 container": "removed      conny-kube, conny, conny-reader, conny-network, ",
		},
		killed: "Running, 2 containers", left: []string{"conny-pod", "conny", "conny-reader", "conny-network"},
	}
)

// on returns the same route on another engine.
func (r route) on(kind, suite string) route {
	r.kind, r.suite = kind, suite
	return r
}

// engine is a real engine that nobody else uses, and a registry that it reaches.
type engine struct {
	*docker.Engine
	route
	private     *enginetest.Engine
	environment []string
	password    string
	enter       []string // the program that runs a tour elsewhere, with its arguments
	arguments   []string // for a tour
}

// start starts an engine, with more flags.
func start(t *testing.T, r route, flags ...string) *engine {
	t.Helper()
	env := enginetest.New(t, enginetest.Config{Kind: r.kind, Home: enginetest.Fetched(t, r.kind, r.suite), Flags: flags})
	address, user, password := env.Registry(t)
	opened, err := docker.OpenHost(t.Context(), env.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = opened.Close() })
	return &engine{Engine: opened, route: r, private: env, password: password, environment: []string{
		asTour + "=yes", "DOCKER_HOST=" + env.Host, "CONTAINER_HOST=" + env.Host,
		"TOUR_REGISTRY=" + address, "TOUR_REGISTRY_USER=" + user, "TOUR_REGISTRY_PASSWORD=" + password,
	}}
}

// outcome is how a tour ended.
type outcome struct {
	code           int
	stdout, stderr string
}

// tour runs the tour. At the first line of its output that has the text until, act is called.
func (e *engine) tour(t *testing.T, until string, act func(*os.Process) error, environment ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	words := slices.Concat(e.enter, []string{os.Args[0], "-engine", e.api}, e.arguments)
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Env = append(append(os.Environ(), e.environment...), environment...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out, stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		fmt.Fprintln(&out, lines.Text())
		if until != "" && strings.Contains(lines.Text(), until) {
			until = ""
			if err := act(cmd.Process); err != nil {
				t.Error(err)
			}
		}
	}
	_, _ = io.Copy(io.Discard, stdout) // should a line have been too long
	_ = cmd.Wait()                     // the code says it
	t.Logf("%s\n%s", &out, &stderr)
	return outcome{cmd.ProcessState.ExitCode(), out.String(), stderr.String()}
}

// send is what to do with a tour: give it a signal.
func send(signal os.Signal) func(*os.Process) error {
	return func(p *os.Process) error { return p.Signal(signal) }
}

func TestTour(t *testing.T) {
	t.Parallel()
	for _, r := range []route{dockers, dockers.on("podman", ""), libpods, libpods.on("podman", "sid")} {
		t.Run(r.name(), func(t *testing.T) {
			t.Parallel()
			e := start(t, r)
			clean := e.cleanliness(t)
			// One after the other: they are the same tour of the same engine.
			t.Run("to its end", func(t *testing.T) { _ = e.testWhole(t); clean(t) })
			if e.suite != "" {
				return // the rest is the tour's own affair, and not the engine's
			}
			for at, removed := range e.interrupts {
				t.Run("interrupted at "+at, func(t *testing.T) { e.testInterrupted(t, at, removed); clean(t) })
			}
			t.Run("failing", func(t *testing.T) { e.testFailing(t); clean(t) })
			t.Run("failing half way", func(t *testing.T) { e.testRobbed(t); clean(t) })
			t.Run("with names taken", func(t *testing.T) { e.testTaken(t); clean(t) })
			t.Run("after a killed one", func(t *testing.T) { e.testKilled(t) })
		})
	}
}

// cleanliness returns a function that holds that the engine has what it has now.
func (e *engine) cleanliness(t *testing.T) (clean func(*testing.T)) {
	t.Helper()
	before := e.has(t)
	return func(t *testing.T) {
		t.Helper()
		if after := e.has(t); !slices.Equal(after, before) {
			t.Errorf("the engine had %q, and has %q now", before, after)
		}
	}
}

// testWhole holds what a tour shows. It returns what it says of the engine.
func (e *engine) testWhole(t *testing.T) (title string) {
	t.Helper()
	end := e.tour(t, "", nil)
	if end.code != 0 || end.stderr != "" {
		t.Errorf("exit code %d: %s", end.code, end.stderr)
	}
	rest := end.stdout
	for i, s := range e.shown {
		_, text, found := strings.Cut(rest, fmt.Sprintf("\n%2d  %s\n", i+1, s.chapter))
		if !found {
			t.Fatalf("no chapter %q", s.chapter)
		}
		rest = text
		if i+1 < len(e.shown) {
			text, _, _ = strings.Cut(text, fmt.Sprintf("\n%2d  ", i+2))
		}
		if !regexp.MustCompile(s.pattern).MatchString(text) {
			t.Errorf("chapter %q does not show %s:\n%s", s.chapter, s.pattern, text)
		}
	}
	if !regexp.MustCompile(fmt.Sprintf(`\n%d chapters, \d+ requests in .*: all is well(\n|, save what this machine could not show:\n  not on this machine: checkpoints .*\n)$`, len(e.shown))).MatchString(rest) {
		t.Errorf("it ends with %s", rest)
	}
	if strings.Contains(end.stdout, e.password) || strings.Contains(end.stdout, base64.URLEncoding.EncodeToString([]byte(`{"username"`))[:14]) {
		t.Error("it shows a password")
	}
	e.compileShown(t, end.stdout)
	if strings.ContainsAny(end.stdout, "\x1b\r") {
		t.Error("it moves the cursor of what is no terminal")
	}
	title, _, _ = strings.Cut(end.stdout, "\n\n")
	return title
}

func (e *engine) testInterrupted(t *testing.T, at, removed string) {
	end := e.tour(t, at, send(os.Interrupt))
	if end.code != 1 || end.stderr != "tour: interrupted\n" {
		t.Errorf("exit code %d: %s", end.code, end.stderr)
	}
	if !strings.Contains(end.stdout, removed) {
		t.Errorf("it does not say that it %s", removed)
	}
}

func (e *engine) testFailing(t *testing.T) {
	end := e.tour(t, "", nil, "TOUR_REGISTRY=127.0.0.1:1")
	if end.code != 1 || !strings.HasPrefix(end.stderr, e.failed) {
		t.Errorf("exit code %d: %s", end.code, end.stderr)
	}
}

// testRobbed has somebody else rename the tour's container half way. Which chapter finds out is a matter of chance.
func (e *engine) testRobbed(t *testing.T) {
	end := e.tour(t, "  Copy a folder in and a path out", func(*os.Process) error {
		return containers.New(e).Rename(t.Context(), "conny", "nobody")
	})
	if end.code != 1 || !strings.HasPrefix(end.stderr, "tour: ") || strings.Contains(end.stderr, "clean up") || !regexp.MustCompile(`removed .*nobody`).MatchString(end.stdout) {
		t.Errorf("exit code %d: %s", end.code, end.stderr)
	}
}

func (e *engine) testTaken(t *testing.T) {
	nets := networks.New(e)
	created, err := nets.Create(t.Context(), networks.CreateRequest{Name: "conny-network"})
	if err != nil {
		t.Fatal(err)
	}
	end := e.tour(t, "", nil)
	if want := "tour: the engine has a network named conny-network that is not the tour's: rename or remove it first\n"; end.code != 1 || end.stderr != want {
		t.Errorf("exit code %d: %s", end.code, end.stderr)
	}
	if err := nets.Delete(t.Context(), created.ID); err != nil {
		t.Errorf("somebody else's network: %v", err)
	}
}

// testKilled has a tour leave things behind, and the next one remove them. The image stays: it might be anybody's.
func (e *engine) testKilled(t *testing.T) {
	e.tour(t, e.killed, send(os.Kill))
	there := func() (names []string) {
		for _, thing := range e.has(t) {
			if _, name, _ := strings.Cut(thing, " "); slices.Contains(e.left, name) {
				names = append(names, name)
			}
		}
		return names
	}
	if found := there(); len(found) != len(e.left) {
		t.Fatalf("the engine has %q of what was killed, want %q", found, e.left)
	}
	end := e.tour(t, "Ping", send(syscall.SIGTERM))
	if end.code != 1 || !strings.Contains(end.stdout, "An earlier tour left things behind, now removed: "+strings.Join(e.left, ", ")+"\n") {
		t.Errorf("exit code %d", end.code)
	}
	if found := there(); len(found) != 0 {
		t.Errorf("the engine still has %q", found)
	}
}

// TestNoSuchEngine names an API that there is no tour of.
func TestNoSuchEngine(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-engine", "rkt")
	cmd.Env = append(os.Environ(), asTour+"=yes")
	out, err := cmd.CombinedOutput()
	if want := "tour: -engine is docker or podman-libpod, not \"rkt\"\n"; err == nil || string(out) != want {
		t.Errorf("it says %q, %v", out, err)
	}
}
