//go:build linux

package ssh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/crypto/ssh"
	known "golang.org/x/crypto/ssh/knownhosts"
)

// openSSH is a real server on the loopback, with a configuration, host key and authorised key of its own.
type openSSH struct {
	dir, address string
	knownHosts   string
	key          string // the private key that it takes, for root
	cmd          *exec.Cmd
}

// needs ends a test on a machine that cannot run programs of another package, or fails it where CI=true.
func needs(t testing.TB, programs ...string) {
	t.Helper()
	missing := error(nil)
	if os.Geteuid() != 0 {
		missing = errors.New("an OpenSSH server for root takes root")
	}
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			missing = fmt.Errorf("%w: scripts/engines/install.sh all installs it", err)
		}
	}
	switch {
	case missing == nil:
	case os.Getenv("CI") == "true":
		t.Fatal(missing)
	default:
		t.Skip(missing)
	}
}

// sshd is where distributions keep the server; it insists on being called by its path.
const sshd = "/usr/sbin/sshd"

// startOpenSSH starts a server with more lines of configuration. It ends with the test.
func startOpenSSH(t testing.TB, lines ...string) *openSSH {
	t.Helper()
	needs(t, sshd)
	// Where the server's unprivileged part is confined to.
	if err := os.Mkdir("/run/sshd", 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		t.Fatal(err)
	}
	s := &openSSH{dir: t.TempDir()}
	hostKey, public := keyFile(t, "")
	key, authorized := keyFile(t, "")
	s.key = key
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	ok(t, err)
	s.address = listener.Addr().String()
	ok(t, listener.Close())
	_, port, err := net.SplitHostPort(s.address)
	ok(t, err)
	authorizedKeys := filepath.Join(s.dir, "authorized_keys")
	ok(t, os.WriteFile(authorizedKeys, ssh.MarshalAuthorizedKey(authorized), 0o600))
	config := filepath.Join(s.dir, "sshd_config")
	text := strings.Join(append([]string{
		"ListenAddress 127.0.0.1", "Port " + port, "HostKey " + hostKey, "AuthorizedKeysFile " + authorizedKeys, "StrictModes no",
		"UsePAM no", "PasswordAuthentication no", "PermitRootLogin prohibit-password", "PidFile none", "MaxStartups 100",
	}, lines...), "\n") + "\n"
	ok(t, os.WriteFile(config, []byte(text), 0o600))
	s.knownHosts = write(t, "known_hosts", known.Line([]string{s.address}, public)+"\n")

	var log bytes.Buffer
	s.cmd = exec.Command(sshd, "-D", "-e", "-f", config) //nolint:noctx // its end is below
	s.cmd.Stderr = &log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	ok(t, s.cmd.Start())
	t.Cleanup(func() {
		s.dropConnections(t)
		ok(t, s.cmd.Process.Signal(syscall.SIGTERM))
		_ = s.cmd.Wait() // by the signal
		if t.Failed() {
			t.Logf("%s", log.Bytes())
		}
	})
	eventually(t, "sshd listens", func() bool {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.address)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	return s
}

// children are the processes of the server's connections.
func (s *openSSH) children() (pids []int) {
	pid := strconv.Itoa(s.cmd.Process.Pid)
	text, _ := os.ReadFile("/proc/" + pid + "/task/" + pid + "/children")
	for field := range strings.FieldsSeq(string(text)) {
		child, err := strconv.Atoi(field)
		// A child of a moment ago that has ended is a zombie until the server looks after it.
		if stat, _ := os.ReadFile("/proc/" + field + "/stat"); err == nil && !bytes.Contains(stat, []byte(") Z ")) {
			pids = append(pids, child)
		}
	}
	return pids
}

// dropConnections kills the server's side of all connections, as a crash would.
func (s *openSSH) dropConnections(t testing.TB) {
	t.Helper()
	for _, pid := range s.children() {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Error(err)
		}
	}
}

// url is the server's, for a socket.
func (s *openSSH) url(path string) string { return "ssh://root@" + s.address + path }

// options are those of who may log in.
func (s *openSSH) options(more ...Option) []Option {
	return append([]Option{ConfigFiles(), AgentSocket(""), KnownHosts(s.knownHosts), KeyFiles(s.key)}, more...)
}

// sshAgent starts a real agent that holds the server's key.
func (s *openSSH) sshAgent(t *testing.T) (socket string) {
	t.Helper()
	needs(t, "ssh-agent", "ssh-add")
	dir, err := os.MkdirTemp("", "a") //nolint:usetesting // the path of a socket is short
	ok(t, err)
	socket = filepath.Join(dir, "agent")
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, "ssh-agent", "-D", "-a", socket)
	ok(t, cmd.Start())
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // by the signal
		_ = os.RemoveAll(dir)
	})
	eventually(t, "the agent listens", func() bool { _, err := os.Stat(socket); return err == nil })
	add := exec.CommandContext(t.Context(), "ssh-add", "-q", s.key)
	add.Env = append(os.Environ(), "SSH_AUTH_SOCK="+socket)
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("ssh-add: %v: %s", err, out)
	}
	return socket
}
