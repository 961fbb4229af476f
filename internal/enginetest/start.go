package enginetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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

	// Rootless has Podman run by a user that exists for it alone.
	Rootless bool
}

// start runs start.sh and returns the URL of the engine.
func (c *Config) start(dir string) (string, error) {
	args, env := []string{c.Kind, dir}, []string(nil)
	if c.Home != "" {
		args = append(args, c.Home)
	}
	if c.Rootless {
		env = append(env, "ENGINE_ROOTLESS=yes")
	}
	return scriptWith(env, "start.sh", append(append(args, "--"), c.Flags...)...)
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
	if _, err := e.config.start(e.Dir); err != nil {
		t.Fatal(err)
	}
}

// launch starts an engine that this process has to end.
func launch(c Config) (*Engine, error) {
	program := map[string]string{"docker": "dockerd", "podman": "podman"}[c.Kind]
	if program == "" {
		return nil, fmt.Errorf("no engine is called %q", c.Kind)
	}
	programs := []string{program}
	if c.Home != "" {
		programs = []string{"unshare"}
	}
	if c.Rootless {
		programs = append(programs, "newuidmap", "slirp4netns")
	}
	if err := installed(programs...); err != nil {
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
	host, err := c.start(dir)
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
func script(name string, args ...string) (string, error) { return scriptWith(nil, name, args...) }

// scriptWith is script with variables of the environment.
func scriptWith(env []string, name string, args ...string) (string, error) {
	dir, err := scripts()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(dir, name), args...)
	cmd.Env = append(append(os.Environ(), "GANTRY_WATCH="+strconv.Itoa(os.Getpid())), env...)
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
