//go:build linux

package ssh

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/internal/sshdtest"
	"github.com/gantry-go/gantry/podman"
	"github.com/gantry-go/gantry/transport"
	tt "github.com/gantry-go/gantry/transport/transporttest"
)

// dockerProgram runs the docker command line with its ssh pointed at a configuration, and returns its output.
func dockerProgram(t *testing.T, s *openSSH, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "config")
	ok(t, os.WriteFile(config, []byte("IdentityFile "+s.Key+"\nIdentitiesOnly yes\nUserKnownHostsFile "+s.KnownHosts+"\n"), 0o600))
	script := "#!/bin/sh\nexec /usr/bin/ssh -F " + config + " \"$@\"\n"
	ok(t, os.WriteFile(filepath.Join(dir, "ssh"), []byte(script), 0o700)) //nolint:gosec // it is a program
	cmd := exec.CommandContext(t.Context(), "docker", args...)
	cmd.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "DOCKER_CONFIG=" + dir, "HOME=" + dir}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Logf("docker %v: %v", args, err)
	}
	return string(out)
}

// TestLikeDocker holds that a URL without a path reaches the engine that docker's own command reaches by it: the one that
// the user of the server has chosen there, by the environment or by a context.
func TestLikeDocker(t *testing.T) {
	sshdtest.Needs(t, sshdtest.Program, "docker", "/usr/bin/ssh")
	var asked notes
	engine := func(name string) *tt.Engine {
		e := tt.New(t)
		for _, method := range []string{"GET", "HEAD"} {
			e.Handle(method+" /_ping", tt.Handler(func(w http.ResponseWriter, _ *http.Request) {
				asked.add(name)
				w.Header().Set("Api-Version", "1.41")
				w.Header().Set("Ostype", "linux")
			}))
		}
		return e
	}
	one, two := engine("one"), engine("two")
	home := t.TempDir()
	create := exec.CommandContext(t.Context(), "docker", "context", "create", "mine", "--docker", "host="+two.Host())
	create.Env = append(os.Environ(), "DOCKER_CONFIG="+home)
	if out, err := create.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	current := t.TempDir()
	ok(t, os.CopyFS(current, os.DirFS(home)))
	ok(t, os.WriteFile(filepath.Join(current, "config.json"), []byte(`{"currentContext":"mine"}`), 0o600))
	for name, c := range map[string]struct{ variables, forwarding, want string }{
		"DOCKER_HOST":                       {"DOCKER_HOST=" + one.Host(), "yes", "one"},
		"DOCKER_HOST, no forwarding":        {"DOCKER_HOST=" + one.Host(), "no", "one"},
		"DOCKER_CONTEXT":                    {"DOCKER_CONFIG=" + home + " DOCKER_CONTEXT=mine", "yes", "two"},
		"current context":                   {"DOCKER_CONFIG=" + current, "yes", "two"},
		"current context, no forwarding":    {"DOCKER_CONFIG=" + current, "no", "two"},
		"DOCKER_HOST and a current context": {"DOCKER_CONFIG=" + current + " DOCKER_HOST=" + one.Host(), "yes", "one"},
		"TCP":                               {"DOCKER_HOST=tcp://127.0.0.1:1", "yes", ""},
		"no such context":                   {"DOCKER_CONFIG=" + home + " DOCKER_CONTEXT=other", "yes", ""},
		"no such socket":                    {"DOCKER_HOST=unix:///no/socket", "yes", ""},
		"the distribution's docker":         {"DOCKER_CONFIG=" + current + " PATH=/usr/bin:/bin", "yes", "two"},
	} {
		t.Run(name, func(t *testing.T) {
			s := startOpenSSH(t, "AllowStreamLocalForwarding "+c.forwarding, "SetEnv "+c.variables)
			out := dockerProgram(t, s, "-H", s.URL(""), "version")
			docker := strings.Join(first(asked.take()), "")
			client, err := transport.New(s.URL(""), Hosts(s.options()...))
			ok(t, err)
			defer client.Close() //nolint:errcheck // the test has what it wants
			err = ping(t.Context(), client)
			own := strings.Join(first(asked.take()), "")
			if own != c.want || own != docker || (err == nil) != (own != "") {
				t.Errorf("it reached %q (%v), docker %q, want %q: %s", own, err, docker, c.want, out)
			}
		})
	}
}

// first returns the first of some notes.
func first(all []string) []string { return all[:min(1, len(all))] }

// TestLikePodman holds the same for Podman, whose user on the server has chosen another engine by the environment.
func TestLikePodman(t *testing.T) {
	sshdtest.Needs(t, sshdtest.Program, "podman")
	e := enginetest.Podman(t)
	for _, forwarding := range []string{"yes", "no"} {
		s := startOpenSSH(t, "AllowStreamLocalForwarding "+forwarding, "SetEnv CONTAINER_HOST="+e.Host)
		pod, err := podman.OpenHost(context.WithoutCancel(t.Context()), s.URL(""), Hosts(s.options()...))
		ok(t, err)
		if pod.Info().Version != e.Version {
			t.Errorf("%+v", pod.Info())
		}
		ok(t, pod.Close())
	}
}

// TestPodmanMachine opens the default connection of podman's files, which is one to its own virtual machine.
func TestPodmanMachine(t *testing.T) {
	sshdtest.Needs(t, sshdtest.Program)
	e := enginetest.Podman(t)
	s := startOpenSSH(t)
	list := fmt.Sprintf(`{"Connection":{"Default":"m","Connections":{"m":{"URI":%q,"Identity":%q,"IsMachine":true}}}}`,
		s.URL(strings.TrimPrefix(e.Host, "unix://")), s.Key)
	for _, name := range []string{"CONTAINER_HOST", "CONTAINER_CONNECTION", "CONTAINERS_CONF", "CONTAINERS_CONF_OVERRIDE"} {
		t.Setenv(name, "")
	}
	t.Setenv("PODMAN_CONNECTIONS_CONF", write(t, "connections.json", list))
	pod, err := podman.Open(t.Context(), Hosts(WithConfigFiles(), WithAgentSocket(""), WithKnownHosts(write(t, "k", ""))))
	ok(t, err)
	if pod.Info().Version != e.Version || !pod.Choice().Machine {
		t.Errorf("%+v, %+v", pod.Info(), pod.Choice())
	}
	ok(t, pod.Close())
}
