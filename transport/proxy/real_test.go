//go:build linux

package proxy_test

import (
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/gantry-go/gantry/internal/sshdtest"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/proxy"
	"github.com/gantry-go/gantry/transport/transporttest"
)

// realProxy starts a proxy by its program, which listens at the address that it is given.
func realProxy(t *testing.T, program string, args func(dir, host, port string) []string) (address string) {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v: scripts/engines/install.sh proxy installs it", err)
		}
		t.Skipf("%v: scripts/engines/install.sh proxy installs it", err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = free.Addr().String()
	_ = free.Close()
	host, port, _ := net.SplitHostPort(address)
	dir := t.TempDir()
	cmd := exec.Command(path, args(dir, host, port)...) //nolint:noctx // its end is below
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // by the signal
	})
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = conn.Close()
			return address
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not listen: %v", program, err)
		}
	}
}

func config(t *testing.T, dir, text string) string {
	t.Helper()
	path := filepath.Join(dir, "conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// realProxies are the proxies of the distribution, and whether each passes on the end of one direction.
func realProxies(t *testing.T) map[string]struct {
	start  func(t *testing.T) string
	passes bool
} {
	t.Helper()
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin")
	return map[string]struct {
		start  func(t *testing.T) string
		passes bool
	}{
		"tinyproxy": {func(t *testing.T) string {
			return "http://" + realProxy(t, "tinyproxy", func(dir, host, port string) []string {
				return []string{"-d", "-c", config(t, dir, "Listen "+host+"\nPort "+port+"\nTimeout 600\nMaxClients 100\nLogFile \"/dev/null\"\n")}
			})
		}, false},
		"squid": {func(t *testing.T) string {
			return "http://" + realProxy(t, "squid", func(dir, host, port string) []string {
				return []string{"-N", "-f", config(t, dir, "http_port "+host+":"+port+"\nhttp_access allow all\ncache deny all\npid_filename none\n"+
					"access_log none\ncache_log /dev/null\nhalf_closed_clients on\nshutdown_lifetime 0 seconds\nvisible_hostname localhost\n")}
			})
		}, false},
		"microsocks": {func(t *testing.T) string {
			return "socks5h://" + realProxy(t, "microsocks", func(_, host, port string) []string { return []string{"-i", host, "-p", port} })
		}, false},
		"ssh -D": {func(t *testing.T) string {
			sshdtest.Needs(t, sshdtest.Program, "ssh")
			s := sshdtest.Start(t)
			at, port, _ := net.SplitHostPort(s.Address)
			return "socks5://" + realProxy(t, "ssh", func(_, host, listen string) []string {
				return []string{
					"-F", "none", "-N", "-D", host + ":" + listen, "-i", s.Key, "-o", "IdentitiesOnly=yes", "-o", "UserKnownHostsFile=" + s.KnownHosts,
					"-p", port, "root@" + at,
				}
			})
		}, true},
	}
}

// TestHalfCloseThroughRealProxies holds that nothing that a container writes is lost without a word: through a proxy of which
// nothing is known CloseWrite is an error, and the connection goes on; through one that passes it on, everything comes.
func TestHalfCloseThroughRealProxies(t *testing.T) {
	for name, p := range realProxies(t) {
		t.Run(name, func(t *testing.T) {
			e := transporttest.New(t, transporttest.TCP())
			const size = 3 << 20
			e.Handle("POST /v1.41/containers/{id}/attach", transporttest.Upgrade(func(c *transporttest.Conn) {
				_, _ = io.CopyN(c, c, size)
				_, _ = io.Copy(io.Discard, io.LimitReader(c, 1)) // the end, or a byte that stands for it
				_, _ = io.WriteString(c, "the last words")
			}))
			url := p.start(t)
			try := func(end func(io.Writer, func() error) error, options ...proxy.Option) {
				t.Helper()
				conn, err := open(t, e.Host(), proxy.Through(url, options...)).Hijack(t.Context(), opAttach.Request("conny"))
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close() //nolint:errcheck // the test has what it wants
				data := make([]byte, size)
				_, _ = rand.Read(data)
				sent := make(chan error, 1)
				go func() {
					_, err := conn.Write(data)
					sent <- errors.Join(err, end(conn, conn.CloseWrite))
				}()
				got, err := io.ReadAll(conn)
				if err = errors.Join(err, <-sent); err != nil || string(got) != string(data)+"the last words" {
					t.Errorf("%d bytes of %d came back: %v", len(got), size+len("the last words"), err)
				}
			}
			try(func(w io.Writer, closeWrite func() error) error {
				if err := closeWrite(); !errors.Is(err, transport.ErrUnsupported) {
					t.Errorf("CloseWrite: %v", err)
				}
				_, err := w.Write([]byte("."))
				return err
			})
			if p.passes {
				try(func(_ io.Writer, closeWrite func() error) error { return closeWrite() }, proxy.WithHalfClose())
			}
		})
	}
}
