package enginetest

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestNothingLeft starts engines, gives them work that outlives its request, and looks for traces after the end.
func TestNothingLeft(t *testing.T) {
	before := interfaces(t)
	for _, kind := range []string{"docker", "podman"} {
		Matrix(t, kind, func(t *testing.T, e *Engine) {
			work(t, e)
			pids, groups := processes(t, e), groups(t, e)
			if len(pids) < 4 {
				t.Errorf("processes %v are too few for a supervisor, an engine, a container and its helper", pids)
			}
			if len(groups) == 0 {
				t.Error("no control group of the engine was found")
			}

			if err := e.remove(); err != nil {
				t.Fatal(err)
			}
			if left := processes(t, e); len(left) > 0 {
				t.Errorf("processes %v are left", left)
			}
			for _, path := range append(groups, e.Dir) {
				if _, err := os.Stat(path); err == nil {
					t.Errorf("%s is left", path)
				}
			}
			if mounted(t, "self", e) {
				t.Errorf("something is still mounted below %s", e.Dir)
			}
			if after := interfaces(t); !slices.Equal(before, after) {
				t.Errorf("interfaces were %v and are %v", before, after)
			}
			if users, err := os.ReadFile("/etc/passwd"); err != nil || bytes.Contains(users, []byte("/run/gantry")) {
				t.Errorf("this machine knows the user of an engine: %v\n%s", err, users)
			}
		})
	}
}

// work makes what an engine could leave behind: bridges, a swarm's among them, a published port, and a container whose
// program ignores the request to end.
func work(t *testing.T, e *Engine) {
	t.Helper()
	image, network := e.LoadImage(t), Name(t)
	must(t, e, http.MethodPost, "/networks/create", map[string]any{"Name": network, "Driver": "bridge"})
	if e.Kind == "docker" {
		must(t, e, http.MethodPost, "/swarm/init", map[string]any{"AdvertiseAddr": "127.0.0.1", "ListenAddr": "127.0.0.1:22377"})
	}
	must(t, e, http.MethodPost, "/containers/create?name=busy", map[string]any{
		"Image":        image,
		"Cmd":          []string{"sh", "-c", "trap '' TERM; while :; do sleep 1; done"},
		"ExposedPorts": map[string]any{"80/tcp": map[string]any{}},
		"HostConfig": map[string]any{
			"NetworkMode":  network,
			"PortBindings": map[string]any{"80/tcp": []map[string]string{{"HostPort": "8080"}}},
		},
	})
	must(t, e, http.MethodPost, "/containers/busy/start", nil)
}

// TestOrphan kills a process that had an engine: nothing of it may stay.
func TestOrphan(t *testing.T) {
	if err := installed("podman"); err != nil {
		without(t, err)
	}
	scripts, err := scripts()
	if err != nil {
		t.Fatal(err)
	}
	e := &Engine{Kind: "podman", Dir: filepath.Join(t.TempDir(), "e")}
	owner := exec.CommandContext(t.Context(), "sh", "-c", `GANTRY_WATCH=$$ "$0" podman "$1" && exec cat`, filepath.Join(scripts, "start.sh"), e.Dir)
	in, err := owner.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close() //nolint:errcheck // it keeps cat waiting
	out, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	groups := groups(t, e)
	if len(processes(t, e)) == 0 {
		t.Error("no process of the engine was found")
	}
	if err := owner.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = owner.Wait() // it was killed
	eventually(t, "the engine ends and its folder and groups go", func() bool {
		for _, path := range append(groups, e.Dir) {
			if _, err := os.Stat(path); err == nil {
				return false
			}
		}
		return len(processes(t, e)) == 0
	})
}

// processes returns those that run within the engine's mount namespaces, its supervisor among them: only there is
// anything mounted below its folder.
func processes(t *testing.T, e *Engine) (pids []string) {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if name := entry.Name(); strings.Trim(name, "0123456789") == "" && mounted(t, name, e) {
			pids = append(pids, name)
		}
	}
	return pids
}

// mounted reports whether a process sees anything mounted below the engine's folder.
func mounted(t *testing.T, pid string, e *Engine) bool {
	t.Helper()
	// A process that has ended meanwhile sees nothing.
	mounts, err := os.ReadFile("/proc/" + pid + "/mountinfo")
	return err == nil && bytes.Contains(mounts, []byte(e.Dir))
}

// groups returns the engine's control groups, as far as this machine shows them.
func groups(t *testing.T, e *Engine) (paths []string) {
	t.Helper()
	noted, err := os.ReadFile(filepath.Join(e.Dir, "supervisor.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, _, _ := strings.Cut(string(noted), " ")
	for _, pattern := range []string{"/sys/fs/cgroup/gantry-", "/sys/fs/cgroup/*/gantry-"} {
		found, err := filepath.Glob(pattern + pid)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, found...)
	}
	return paths
}

// interfaces returns the network interfaces that this process sees.
func interfaces(t *testing.T) (names []string) {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		names = append(names, i.Name)
	}
	return names
}

// eventually polls for what nothing announces.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-deadline:
			t.Fatal("not in 30 s: " + what)
		case <-tick.C:
		}
	}
}
