package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
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
	"github.com/gantry-go/gantry/docker/v141/images"
	"github.com/gantry-go/gantry/docker/v141/networks"
	"github.com/gantry-go/gantry/docker/v141/volumes"
	"github.com/gantry-go/gantry/internal/enginetest"
)

// asTour makes this test binary the tour: tests run it as a process of its own, to interrupt it and to see how it ends.
const asTour = "GANTRY_TEST_AS_TOUR"

func TestMain(m *testing.M) {
	if os.Getenv(asTour) != "" {
		main()
		os.Exit(0)
	}
	enginetest.Main(m)
}

// engine is a real engine that nobody else uses, and a registry that it reaches.
type engine struct {
	*docker.Engine
	environment []string
	password    string
}

func start(t *testing.T, kind string) *engine {
	t.Helper()
	env := enginetest.New(t, enginetest.Config{Kind: kind})
	address, user, password := env.Registry(t)
	opened, err := docker.OpenHost(t.Context(), env.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = opened.Close() })
	return &engine{opened, []string{
		asTour + "=yes", "DOCKER_HOST=" + env.Host,
		"TOUR_REGISTRY=" + address, "TOUR_REGISTRY_USER=" + user, "TOUR_REGISTRY_PASSWORD=" + password,
	}, password}
}

// has lists what is on the engine.
func (e *engine) has(t *testing.T) []string {
	t.Helper()
	ctrs, err := containers.New(e).List(t.Context(), &containers.ListOptions{All: true})
	nets, err2 := networks.New(e).List(t.Context(), nil)
	imgs, err3 := images.New(e).List(t.Context(), nil)
	vols, err4 := volumes.New(e).List(t.Context(), nil)
	for _, err := range []error{err, err2, err3, err4} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var all []string
	for _, c := range ctrs {
		all = append(all, "container "+name(c.Names))
	}
	for _, n := range nets {
		all = append(all, "network "+n.Name)
	}
	for _, i := range imgs {
		all = append(all, "image "+strings.Join(i.RepoTags, " "))
	}
	for _, v := range vols.Volumes {
		all = append(all, "volume "+v.Name)
	}
	slices.Sort(all)
	return all
}

// outcome is how a tour ended.
type outcome struct {
	code           int
	stdout, stderr string
}

// tour runs the tour. At the first line of its output that has the text until, it gets the signal.
func (e *engine) tour(t *testing.T, until string, signal os.Signal, environment ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
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
			if err := cmd.Process.Signal(signal); err != nil {
				t.Error(err)
			}
		}
	}
	_, _ = io.Copy(io.Discard, stdout) // should a line have been too long
	_ = cmd.Wait()                     // the code says it
	t.Logf("%s\n%s", &out, &stderr)
	return outcome{cmd.ProcessState.ExitCode(), out.String(), stderr.String()}
}

// shown is what a tour says in each chapter, on any engine.
var shown = []struct{ chapter, pattern string }{
	{"Ping", `answer +in \d+ .s: API 1\.41, by (Docker|Libpod)/\d`},
	{"Pull busybox:musl", `image +[0-9a-f]{12}, [0-9.]+ MB, linux/`},
	{"Push and pull with a password", `sha256:[0-9a-f]{64}(?s:.*)without .*(authentication required|no basic auth)(?s:.*)wrong .*authentication required(?s:.*)(Pull|Download) complete`},
	{"Create conny and start it", `created +conny, [0-9a-f]{12}: sh -c i=1(?s:.*)running, pid \d+`},
	{"Connect conny to a network", `subnet +\d+\.\d+\.(?s:.*)conny +\d+\.\d+\.\d+\.\d+/\d+, ..:`},
	{"Follow the logs", `:\d\d\.\d{3} stdout  1\n.* stdout  2\n.* stdout  3\n`},
	{"Attach, and talk to stdin", `sent +6 B(?s:.*)/out +"hello\\n", 6 B`},
	{"Execute a command in conny", `stdout +hello from [0-9a-f]{12}\n +stderr +and this is stderr\n +exit code +3\n`},
	{"Wait for an exit", `exit code +137, `},
	{"Inspect", `network +conny-network: \d+\.\d+\.`},
	{"List with filters", `conny-reader +exited(?s:.*)conny +running`},
	{"Copy a folder in and a path out", `main.go +[0-9.]+ kB, -r(?s:.*)back +\d+ files, [0-9.]+ kB`},
	{"Download what does not exist", `404 Not Found, \d+ B, read to its end:\n +│ \{.*no.*such|404 Not Found, \d+ B, read to its end:\n +│ \{.*Could not find`},
	{"Watch events", ` conny  start\n(?s:.*) conny  pause\n.* conny  unpause\n`},
	{"Measure", `memory [0-9.]+ .B, \d+ processes, network (?s:.*)between +\d+.* of CPU time in`},
	{"Raw calls", `GET /v1.41/_ping\n +answer +200 OK(?s:.*)/conny/checkpoints\n +answer +(404|501) (?s:.*)PUT /v1.41/containers/conny/archive\n +answer +\d\d\d `},
	{"Leave nothing behind", `removed .*conny-reader.*conny-network.*busybox:musl`},
}

func TestTour(t *testing.T) {
	for _, kind := range []string{"docker", "podman"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			e := start(t, kind)
			before := e.has(t)
			clean := func(t *testing.T) {
				t.Helper()
				if after := e.has(t); !slices.Equal(after, before) {
					t.Errorf("the engine had %q, and has %q now", before, after)
				}
			}
			// One after the other: they are the same tour of the same engine.
			t.Run("to its end", func(t *testing.T) { e.testWhole(t); clean(t) })
			t.Run("interrupted", func(t *testing.T) { e.testInterrupted(t); clean(t) })
			t.Run("failing", func(t *testing.T) { e.testFailing(t); clean(t) })
			t.Run("with names taken", func(t *testing.T) { e.testTaken(t); clean(t) })
			t.Run("after a killed one", func(t *testing.T) { e.testKilled(t) })
		})
	}
}

func (e *engine) testWhole(t *testing.T) {
	end := e.tour(t, "", nil)
	if end.code != 0 || end.stderr != "" {
		t.Errorf("exit code %d: %s", end.code, end.stderr)
	}
	rest := end.stdout
	for i, s := range shown {
		_, text, found := strings.Cut(rest, fmt.Sprintf("\n%2d  %s\n", i+1, s.chapter))
		if !found {
			t.Fatalf("no chapter %q", s.chapter)
		}
		rest = text
		if i+1 < len(shown) {
			text, _, _ = strings.Cut(text, fmt.Sprintf("\n%2d  ", i+2))
		}
		if !regexp.MustCompile(s.pattern).MatchString(text) {
			t.Errorf("chapter %q does not show %s:\n%s", s.chapter, s.pattern, text)
		}
	}
	if !strings.Contains(rest, "17 chapters, ") || !strings.HasSuffix(rest, "all is well\n") {
		t.Errorf("it ends with %s", rest)
	}
	if strings.Contains(end.stdout, e.password) || strings.Contains(end.stdout, base64.URLEncoding.EncodeToString([]byte(`{"username"`))[:14]) {
		t.Error("it shows a password")
	}
	compileShown(t, end.stdout)
	if strings.ContainsAny(end.stdout, "\x1b\r") {
		t.Error("it moves the cursor of what is no terminal")
	}
}

func (e *engine) testInterrupted(t *testing.T) {
	end := e.tour(t, "stdout  2", os.Interrupt)
	if end.code != 1 || end.stderr != "tour: interrupted\n" {
		t.Errorf("exit code %d: %s", end.code, end.stderr)
	}
	if !strings.Contains(end.stdout, "removed      conny, conny-network, ") {
		t.Error("it does not say what it removed")
	}
}

func (e *engine) testFailing(t *testing.T) {
	end := e.tour(t, "", nil, "TOUR_REGISTRY=127.0.0.1:1")
	if end.code != 1 || !strings.HasPrefix(end.stderr, "tour: push and pull with a password: docker 1.41 ImagePush 127.0.0.1:1/") {
		t.Errorf("exit code %d: %s", end.code, end.stderr)
	}
}

func (e *engine) testTaken(t *testing.T) {
	nets := networks.New(e)
	created, err := nets.Create(t.Context(), networks.CreateRequest{Name: networkName})
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
	e.tour(t, "stdout  1", os.Kill)
	if left := e.has(t); !slices.Contains(left, "container conny") || !slices.Contains(left, "network conny-network") {
		t.Fatalf("the engine has %q", left)
	}
	end := e.tour(t, "Ping", syscall.SIGTERM)
	if end.code != 1 || !strings.Contains(end.stdout, "An earlier tour left things behind, now removed: conny, conny-network\n") {
		t.Errorf("exit code %d", end.code)
	}
	if left := e.has(t); slices.Contains(left, "container conny") || slices.Contains(left, "network conny-network") {
		t.Errorf("the engine has %q", left)
	}
}
