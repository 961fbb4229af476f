package docker_test

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/internal/testcert"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/proxy"
)

// tinyproxy is a real HTTP proxy on this machine's loopback.
type tinyproxy struct{ address, log string }

// startProxy starts a proxy with more lines of configuration. It ends with the test.
func startProxy(t *testing.T, lines ...string) *tinyproxy {
	t.Helper()
	if _, err := exec.LookPath("tinyproxy"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v: scripts/engines/install.sh proxy installs it", err)
		}
		t.Skipf("%v: scripts/engines/install.sh proxy installs it", err)
	}
	dir := t.TempDir()
	p := &tinyproxy{address: freeAddress(t), log: filepath.Join(dir, "log")}
	host, port, err := net.SplitHostPort(p.address)
	ok(t, err)
	config := filepath.Join(dir, "tinyproxy.conf")
	ok(t, os.WriteFile(config, []byte(strings.Join(append([]string{
		"Listen " + host, "Port " + port, "Timeout 600", "MaxClients 100", "LogLevel Connect",
	}, lines...), "\n")+"\n"), 0o600))
	log := must(os.Create(p.log))(t)
	cmd := exec.Command("tinyproxy", "-d", "-c", config) //nolint:noctx // its end is below
	cmd.Stdout, cmd.Stderr = log, log
	ok(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // by the signal
		_ = log.Close()
		if t.Failed() {
			t.Logf("%s", p.said(t))
		}
	})
	ctx := t.Context()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", p.address)
		if err == nil {
			_ = conn.Close()
			return p
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the proxy does not listen: %v\n%s", err, p.said(t))
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// said is the proxy's log.
func (p *tinyproxy) said(t *testing.T) string {
	t.Helper()
	return string(must(os.ReadFile(p.log))(t))
}

// freeAddress is a port of the loopback that was free a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	ok(t, listener.Close())
	return listener.Addr().String()
}

// tcpEngine is a real dockerd that listens on TCP too, brought to this machine's loopback.
type tcpEngine struct {
	env     *enginetest.Engine
	address string
}

func startOnTCP(t *testing.T, flags ...string) tcpEngine {
	t.Helper()
	env := enginetest.New(t, enginetest.Config{Kind: "docker", Flags: append([]string{"--host", "tcp://" + tlsAddress}, flags...)})
	if env.Dir == "" {
		t.Skip("only a private engine has a loopback of its own")
	}
	listener := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	t.Cleanup(func() { _ = listener.Close() })
	go bridge(listener, loopbackOf(t, env), tlsAddress)
	return tcpEngine{env, listener.Addr().String()}
}

// mutual is the material for a dockerd that takes clients of one authority alone, and that of such a client.
type mutual struct {
	authority *testcert.Pair
	flags     []string
	files     transport.TLSFiles
}

func newMutual(t *testing.T) mutual {
	t.Helper()
	dir, m := t.TempDir(), mutual{authority: testcert.Authority(t, "authority")}
	ok(t, os.Chmod(dir, 0o755))
	ca, _ := m.authority.Files(t, dir, "ca")
	cert, key := m.authority.Server(t, []string{"127.0.0.1"}).Files(t, dir, "engine")
	m.flags = []string{"--tlsverify", "--tlscacert", ca, "--tlscert", cert, "--tlskey", key}
	m.files.CA = ca
	m.files.Cert, m.files.Key = m.authority.Client(t).Files(t, dir, "client")
	return m
}

// TestRow22ThroughARealProxy has calls, streams and upgrades go through a real proxy, to a real dockerd on TCP and in mutual
// TLS, with and without a password.
func TestRow22ThroughARealProxy(t *testing.T) {
	m := newMutual(t)
	open, closed := startProxy(t), startProxy(t, "BasicAuth alice s3cret")
	for name, flags := range map[string][]string{"plain": nil, "TLS": m.flags} {
		t.Run(name, func(t *testing.T) {
			on := startOnTCP(t, flags...)
			var options []transport.Option
			if name == "TLS" {
				options = append(options, transport.WithTLSFiles(m.files))
			}
			for url, p := range map[string]*tinyproxy{"http://" + open.address: open, "http://alice:s3cret@" + closed.address: closed} {
				t.Run(strings.Split(url, "@")[0], func(t *testing.T) {
					opened := must(docker.OpenHost(t.Context(), "tcp://"+on.address, append(options, proxy.Through(url))...))(t)
					defer opened.Close() //nolint:errcheck // the test has what it wants
					e := &engine{Engine: opened, name: "docker", env: on.env, done: map[string]bool{}, unknown: map[string]bool{}}
					t.Run("logs", func(t *testing.T) { testFollow(t, e) })
					t.Run("attach to a TTY", func(t *testing.T) { testAttachTTY(t, e) })
					if name == "TLS" { // this proxy ends both directions of a plain connection when one has ended
						t.Run("attach", func(t *testing.T) { testAttach(t, e) })
						t.Run("exec", func(t *testing.T) { testExec(t, e) })
					}
					if n := strings.Count(p.said(t), "CONNECT "+on.address+" "); n < 3 {
						t.Errorf("%d connections went through the proxy", n)
					}
				})
			}
			t.Run("refused", func(t *testing.T) { testProxyRefusals(t, on.address, closed, options) })
		})
	}
}

// testProxyRefusals has a proxy that wants another password, that does not go to the engine's port, that finds nobody there,
// and that is not there. Nothing reaches the engine.
func testProxyRefusals(t *testing.T, engine string, closed *tinyproxy, options []transport.Option) {
	elsewhere := startProxy(t, "ConnectPort 443")
	for name, c := range map[string]struct{ url, host, word string }{
		"no password":    {"http://" + closed.address, engine, "407"},
		"wrong password": {"http://alice:wrong@" + closed.address, engine, "refuses these credentials"},
		"another port":   {"http://" + elsewhere.address, engine, "403"},
		"no engine":      {"http://alice:s3cret@" + closed.address, freeAddress(t), "500"},
		"no proxy":       {"http://alice:s3cret@" + freeAddress(t), engine, "refused"},
	} {
		client := must(transport.New("tcp://"+c.host, append(options, proxy.Through(c.url))...))(t)
		_, attach := containers.New(client).Attach(t.Context(), "conny", &containers.AttachOptions{Stream: true})
		for what, err := range map[string]error{"start": containers.New(client).Start(t.Context(), "conny", nil), "attach": attach} {
			failure, is := errors.AsType[*transport.Error](err)
			if !is || !errors.Is(err, transport.ErrConnect) || failure.MayHaveActed || !strings.Contains(err.Error(), c.word) {
				t.Errorf("%s, %s: %v, want %q", name, what, err, c.word)
			}
		}
		ok(t, client.Close())
	}
}
