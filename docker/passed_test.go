package docker_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/transport"
)

// TestWhatWasPassedBy holds the whole of what a choice says: what decided, and each thing that was looked at before,
// once and in order. Nothing is sent to an engine that is named.
func TestWhatWasPassedBy(t *testing.T) {
	f := newFakes(t)
	full := filepath.Join(f.dir, "certs", "full")
	noHost, noContext := "DOCKER_HOST is not set", "DOCKER_CONTEXT is not set"
	for name, c := range map[string]struct {
		variables map[string]string
		current   string // in config.json; "-" where there is no such file
		host      string
		source    string
		context   string
		passed    []string // $config stands for the path of config.json
	}{
		"DOCKER_HOST": {
			variables: map[string]string{"DOCKER_HOST": "unix://$a", "DOCKER_CONTEXT": "bee"}, host: "unix://$a", source: "DOCKER_HOST",
		},
		"DOCKER_CONTEXT": {
			variables: map[string]string{"DOCKER_CONTEXT": "bee"}, host: "unix://$b", source: `DOCKER_CONTEXT "bee"`, context: "bee",
			passed: []string{noHost},
		},
		"the current context": {
			current: "bee", host: "unix://$b", source: `the current context of $config "bee"`, context: "bee", passed: []string{noHost, noContext},
		},
		"TLS alone": {
			variables: map[string]string{"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": full}, current: "-",
			host: "https://localhost:2376", source: "DOCKER_TLS_VERIFY",
			passed: []string{noHost, noContext, "$config: file does not exist"},
		},
		"TLS alone, no context chosen": {
			variables: map[string]string{"DOCKER_TLS": "1", "DOCKER_CERT_PATH": full},
			host:      "https://localhost:2376", source: "DOCKER_TLS",
			passed: []string{noHost, noContext, "$config chooses no context"},
		},
		"TLS and the default context": {
			variables: map[string]string{"DOCKER_TLS": "1", "DOCKER_CERT_PATH": full, "DOCKER_CONTEXT": "default"},
			host:      "https://localhost:2376", source: "DOCKER_TLS",
			passed: []string{noHost, "DOCKER_CONTEXT is the default one, which names no engine"},
		},
		"TLS and the default context, current": {
			variables: map[string]string{"DOCKER_TLS": "1", "DOCKER_CERT_PATH": full}, current: "default",
			host: "https://localhost:2376", source: "DOCKER_TLS",
			passed: []string{noHost, noContext, "the current context of $config is the default one, which names no engine"},
		},
	} {
		home, _ := isolate(t)
		config := filepath.Join(home, ".docker")
		path := filepath.Join(config, "config.json")
		addContext(t, config, aContext{name: "bee", host: "unix://$b"}, f)
		if c.current != "-" {
			write(t, path, []byte(`{"currentContext":"`+c.current+`"}`))
		}
		f.hosts["config"] = path // for expand
		for variable, value := range c.variables {
			t.Setenv(variable, f.expand(value))
		}
		choice, err := docker.Find(t.Context())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var passed []string
		for _, err := range choice.Passed {
			passed = append(passed, err.Error())
		}
		for i, text := range c.passed {
			c.passed[i] = f.expand(text)
		}
		if choice.Host != f.expand(c.host) || choice.Source != f.expand(c.source) || choice.Context != c.context || !slices.Equal(passed, c.passed) {
			t.Errorf("%s: %+v, passed %q, want %q", name, choice, passed, c.passed)
		}
		if asked := f.take(); asked != "" {
			t.Errorf("%s: %s was asked", name, asked)
		}
	}
}

// TestFindRefuses holds that what cannot be opened is an error, and no choice, which names what decided.
func TestFindRefuses(t *testing.T) {
	for host, want := range map[string]string{
		"ftp://h": "DOCKER_HOST: ", "tcp://me:pw@h": "DOCKER_HOST: ", "ssh://h": "DOCKER_HOST: ", `\\.\pipe\x`: "DOCKER_HOST: ",
	} {
		isolate(t)
		t.Setenv("DOCKER_HOST", host)
		choice, err := docker.Find(t.Context())
		if choice != nil || !errors.Is(err, transport.ErrInvalidInput) || len(err.Error()) < len(want) || err.Error()[:len(want)] != want {
			t.Errorf("%s: %v, %v", host, choice, err)
		}
	}
	if _, err := os.Stat("/var/run/docker.sock"); err == nil {
		t.Skip("this machine has an engine at /var/run/docker.sock; remove it to run this test")
	}
	isolate(t)
	choice, err := docker.Find(t.Context())
	if _, ok := errors.AsType[*docker.NoEngineError](err); choice != nil || !ok {
		t.Errorf("%v, %v", choice, err)
	}
}
