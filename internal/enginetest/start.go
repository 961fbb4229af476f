package enginetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Config says which engine to start.
type Config struct {
	Kind  string   // docker or podman
	Home  string   // folder of scripts/engines/fetch.sh; empty for the installed engine
	Flags []string // more flags for dockerd, or for podman system service
}

// Fetched returns the folder of an engine of another Debian suite for [Config].Home; for no suite, which means the
// installed engine, it is empty. A test is skipped, or fails where CI=true, if scripts/engines/fetch.sh has not fetched
// the engine. If GANTRY_TEST_ENGINES lists engines, "docker-sid podman-sid", tests of others are skipped.
func Fetched(t testing.TB, kind, suite string) string {
	t.Helper()
	if suite == "" {
		return ""
	}
	name := kind + "-" + suite
	if list, set := os.LookupEnv("GANTRY_TEST_ENGINES"); set && !slices.Contains(strings.Fields(list), name) {
		t.Skipf("GANTRY_TEST_ENGINES does not name %s", name)
	}
	dir := filepath.Join(cacheDir(), name)
	if _, err := os.Stat(filepath.Join(dir, "fetched")); err != nil {
		missing := fmt.Sprintf("no %s: scripts/engines/fetch.sh %s %s fetches it, as `make test-engines` does", name, kind, suite)
		if os.Getenv("CI") != "true" {
			t.Skip(missing)
		}
		t.Fatal(missing)
	}
	return dir
}

// cacheDir is where scripts/engines/fetch.sh keeps engines; see lib.sh.
func cacheDir() string {
	if dir := os.Getenv("GANTRY_ENGINES"); dir != "" {
		return dir
	}
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		home := os.Getenv("HOME")
		if home == "" {
			home = "/root"
		}
		cache = filepath.Join(home, ".cache")
	}
	return filepath.Join(cache, "gantry", "engines")
}

// args are the arguments of start.sh.
func (c *Config) args(dir string) []string {
	args := []string{c.Kind, dir}
	if c.Home != "" {
		args = append(args, c.Home)
	}
	return append(append(args, "--"), c.Flags...)
}

// New starts an engine for this test alone, for what would disturb others: a swarm, pruning, an engine that goes
// away. It ends with the test.
func New(t testing.TB, c Config) *Engine {
	t.Helper()
	e, err := launch(c)
	if err != nil {
		without(t, err)
	}
	t.Cleanup(func() {
		if err := e.remove(); err != nil {
			t.Errorf("stopping %s: %v", e.Kind, err)
		}
	})
	return e
}

// Stop ends an engine of [New] and keeps its data; [Engine.Start] starts it again.
func (e *Engine) Stop(t testing.TB) {
	t.Helper()
	if _, err := script("stop.sh", e.Dir); err != nil {
		t.Fatal(err)
	}
}

// Start starts a stopped engine again, at the socket that it had.
func (e *Engine) Start(t testing.TB) {
	t.Helper()
	if _, err := script("start.sh", e.config.args(e.Dir)...); err != nil {
		t.Fatal(err)
	}
}

// launch starts an engine that this process has to end.
func launch(c Config) (*Engine, error) {
	program := map[string]string{"docker": "dockerd", "podman": "podman"}[c.Kind]
	if program == "" {
		return nil, fmt.Errorf("no engine is called %q", c.Kind)
	}
	if c.Home != "" {
		program = "unshare"
	}
	if err := installed(program); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "gantry")
	if err != nil {
		return nil, err
	}
	// Sockets have short paths, and TMPDIR may be long.
	if len(dir) > 80 {
		if err := os.Remove(dir); err != nil {
			return nil, err
		}
		if dir, err = os.MkdirTemp("/tmp", "gantry"); err != nil {
			return nil, err
		}
	}
	host, err := script("start.sh", c.args(dir)...)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	e := &Engine{Kind: c.Kind, Host: host, Dir: dir, config: &c}
	if err := e.identify(); err != nil {
		return nil, errors.Join(err, e.remove())
	}
	return e, nil
}

// remove ends an engine and deletes all that it had.
func (e *Engine) remove() error {
	_, err := script("stop.sh", "--remove", e.Dir)
	return err
}

// script runs one of scripts/engines and returns what it says. What the script leaves running ends with this process.
func script(name string, args ...string) (string, error) {
	dir, err := scripts()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(dir, name), args...)
	cmd.Env = append(os.Environ(), "GANTRY_WATCH="+strconv.Itoa(os.Getpid()))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, &stderr)
	}
	return strings.TrimSpace(string(out)), nil
}

// scripts finds the folder of the scripts: tests run in the folder of their package, somewhere below the project.
func scripts() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		found := filepath.Join(dir, "scripts", "engines")
		if _, err := os.Stat(filepath.Join(found, "start.sh")); err == nil {
			return found, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("no scripts/engines above the working folder; %w", errAbsent)
		}
		dir = parent
	}
}
