package enginetest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Network returns the file of the network namespace of a private engine, for `nsenter --net=`: what the engine listens
// on by TCP is reached from there alone.
func (e *Engine) Network(t testing.TB) string {
	t.Helper()
	return "/proc/" + e.init(t) + "/ns/net"
}

// init returns the first process of an engine's namespaces.
func (e *Engine) init(t testing.TB) string {
	t.Helper()
	noted, err := os.ReadFile(filepath.Join(e.Dir, "init.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, _, _ := strings.Cut(string(noted), " ")
	return pid
}

// joinGroups moves the shell into the control groups of the engine whose namespaces it is in, and becomes its arguments.
const joinGroups = `cd /sys/fs/cgroup
if [ -f cgroup.procs ]; then groups=init; else groups=*; fi
for group in $groups; do echo 0 >$group/cgroup.procs || exit; done
cd /
exec "$@"`

// ServeTCP has a Podman of [New] also listen on a port of its own loopback, with more flags of `podman system service`,
// and returns the URL. Podman listens on one address, so this is a second service, of the same containers. It ends with
// the engine.
func (e *Engine) ServeTCP(t testing.TB, port int, flags ...string) (host string) {
	t.Helper()
	address := fmt.Sprintf("127.0.0.1:%d", port)
	// The service that there is has all that the second needs: flags, variables, namespaces.
	service, args := e.service(t)
	host = "tcp://" + address
	args = slices.Concat(args[:len(args)-1], flags, []string{host})
	log, err := os.OpenFile(filepath.Join(e.Dir, e.Kind+".log"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close() //nolint:errcheck // the service has its own
	enter := []string{"--all", "--target", service, "--", "sh", "-c", joinGroups, "sh"}
	cmd := exec.Command("nsenter", append(enter, args...)...) //nolint:noctx // its end is below
	cmd.Env, cmd.Stdout, cmd.Stderr = fields(read(t, "/proc/"+service+"/environ")), log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // the log has why
		close(ended)
	}()
	t.Cleanup(func() {
		// The service itself is a child of it, and ends with the namespace of processes, which New ends next.
		_ = cmd.Process.Kill()
		<-ended
	})
	listening := fmt.Sprintf(" 0100007F:%04X 00000000:0000 0A ", port)
	deadline, tick := time.After(30*time.Second), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for !strings.Contains(read(t, "/proc/"+service+"/net/tcp"), listening) {
		select {
		case <-ended:
			t.Fatalf("the service has ended: %s", read(t, log.Name()))
		case <-deadline:
			t.Fatal("nothing listens on " + address + " in 30 s")
		case <-tick.C:
		}
	}
	return host
}

// service returns the process that serves a Podman's socket, and its command line.
func (e *Engine) service(t testing.TB) (pid string, args []string) {
	t.Helper()
	init := e.init(t)
	for pid := range strings.FieldsSeq(read(t, "/proc/"+init+"/task/"+init+"/children")) {
		text, err := os.ReadFile("/proc/" + pid + "/cmdline")
		if err != nil {
			continue // it has ended
		}
		if args := fields(string(text)); e.Kind == "podman" && args[len(args)-1] == e.Host {
			return pid, args
		}
	}
	t.Fatalf("no podman of root's serves %s", e.Host)
	return "", nil
}

func read(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// fields splits what the kernel shows of a process.
func fields(text string) []string { return strings.Split(strings.TrimSuffix(text, "\x00"), "\x00") }
