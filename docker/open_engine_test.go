package docker_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/internal/enginetest"
)

// TestContextsOfARealEngine opens a real engine by a context that the docker command line makes and chooses.
func TestContextsOfARealEngine(t *testing.T) {
	host := enginetest.Docker(t).Host
	for _, tool := range commandLines(t) {
		home, _ := isolate(t)
		run := func(args ...string) {
			t.Helper()
			cmd := exec.CommandContext(t.Context(), tool.path, args...)
			cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home}
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v: %v\n%s", tool.version, args, err, out)
			}
		}
		run("context", "create", "real", "--docker", "host="+host)
		open := func(what string, open func() (*docker.Engine, error)) {
			t.Helper()
			e, err := open()
			if err != nil {
				t.Errorf("%s: %s: %v", tool.version, what, err)
				return
			}
			defer e.Close() //nolint:errcheck // the test is over
			if _, err := e.Ping(t.Context()); err != nil || e.Host() != host || e.Choice().Context != "real" {
				t.Errorf("%s: %s: %v, %v", tool.version, what, e.Choice(), err)
			}
		}
		open("OpenContext", func() (*docker.Engine, error) { return docker.OpenContext(t.Context(), "real") })
		t.Setenv("DOCKER_CONTEXT", "real")
		open("DOCKER_CONTEXT", func() (*docker.Engine, error) { return docker.Open(t.Context()) })
		t.Setenv("DOCKER_CONTEXT", "")
		run("context", "use", "real")
		open("config.json", func() (*docker.Engine, error) { return docker.Open(t.Context()) })
	}
}
