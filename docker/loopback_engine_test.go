package docker_test

import (
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/internal/enginetest"
)

// loopback reaches the network of a private engine, which has none of this machine's addresses.
type loopback struct{ namespace, program string }

// loopbackOf prepares to listen and to dial on an engine's loopback.
func loopbackOf(t *testing.T, env *enginetest.Engine) loopback {
	t.Helper()
	l := loopback{program: compileProgram(t, "socket")}
	if env.Dir == "" {
		return l // not a private engine: its loopback is this machine's
	}
	pid, _, _ := strings.Cut(string(must(os.ReadFile(filepath.Join(env.Dir, "init.pid")))(t)), " ")
	l.namespace = "/proc/" + pid + "/ns/net"
	return l
}

// compileProgram makes one of the programs of testdata, static, and returns its path.
func compileProgram(t *testing.T, name string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), name)
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "./testdata/"+name)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// listen opens a port of the engine's loopback. It is closed with the test.
func (l loopback) listen(t *testing.T, address string) net.Listener {
	t.Helper()
	file := must(l.socket("listen", address))(t)
	defer file.Close() //nolint:errcheck // the listener is a copy
	listener := must(net.FileListener(file))(t)
	t.Cleanup(func() { _ = listener.Close() })
	return listener
}

// dial connects to what listens on the engine's loopback.
func (l loopback) dial(address string) (net.Conn, error) {
	file, err := l.socket("dial", address)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // the connection is a copy
	return net.FileConn(file)
}

// bridge carries whatever connects to a listener on to another engine's loopback, until the listener is closed.
func bridge(listener net.Listener, to loopback, address string) {
	for {
		from, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer from.Close() //nolint:errcheck // it is at its end
			onward, err := to.dial(address)
			if err != nil {
				return
			}
			defer onward.Close() //nolint:errcheck // it is at its end
			go func() {
				_, _ = io.Copy(onward, from)
				_ = onward.(*net.TCPConn).CloseWrite()
			}()
			_, _ = io.Copy(from, onward)
		}()
	}
}
