package podman_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/podman"
)

// TestConnectionsOfARealEngine opens a real engine by connections that the podman command lines make and choose, those
// before 5 in containers.conf and the others in podman-connections.json.
func TestConnectionsOfARealEngine(t *testing.T) {
	host := enginetest.Podman(t).Host
	for _, suite := range []string{"", "trixie", "sid", "experimental"} {
		t.Run("podman"+suite, func(t *testing.T) {
			tool := newCommandLine(t, suite)
			isolate(t)
			home := t.TempDir()
			conf, list := filepath.Join(home, "conf"), filepath.Join(home, "list")
			write(t, conf, "")
			cmd := exec.CommandContext(t.Context(), tool.args[0], append(tool.args[1:], "system", "connection", "add", "--default", "real", host)...)
			cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "CONTAINERS_CONF=" + conf, "PODMAN_CONNECTIONS_CONF=" + list}, tool.env...)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			t.Setenv("CONTAINERS_CONF", conf)
			t.Setenv("PODMAN_CONNECTIONS_CONF", list)
			open := func(want string, open func() (*podman.Engine, error)) {
				t.Helper()
				e, err := open()
				if err != nil {
					t.Errorf("%s: %v", want, err)
					return
				}
				defer e.Close() //nolint:errcheck // the test is over
				if _, err := e.Ping(t.Context()); err != nil || e.Host() != host || e.Choice().Connection != "real" || !strings.HasPrefix(e.Source(), want) {
					t.Errorf("%s: %v, %v", want, e.Choice(), err)
				}
			}
			open(`the default connection "real" of `+home, func() (*podman.Engine, error) { return podman.Open(t.Context()) })
			open(`the given connection "real"`, func() (*podman.Engine, error) { return podman.OpenConnection(t.Context(), "real") })
			t.Setenv("CONTAINER_CONNECTION", "real")
			open(`CONTAINER_CONNECTION "real"`, func() (*podman.Engine, error) { return podman.Open(t.Context()) })
			if choice, err := podman.Find(t.Context()); err != nil || choice.Host != host {
				t.Errorf("%v, %v", choice, err)
			}
		})
	}
}
