//go:build linux

package sshdtest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
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
	"time"

	"golang.org/x/crypto/ssh"
	known "golang.org/x/crypto/ssh/knownhosts"
)

// Program is where distributions keep the server; it insists on being called by its path.
const Program = "/usr/sbin/sshd"

// Server is a running server.
type Server struct {
	Address    string // host:port
	KnownHosts string // a file that knows the server
	Key        string // file of the private key that it takes, for root

	cmd *exec.Cmd
}

// Needs ends a test on a machine that cannot run these programs, or fails it where CI=true.
func Needs(t testing.TB, programs ...string) {
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

// Start starts a server with more lines of configuration.
func Start(t testing.TB, lines ...string) *Server {
	t.Helper()
	Needs(t, Program)
	// Where the server's unprivileged part is confined to.
	if err := os.Mkdir("/run/sshd", 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := &Server{KnownHosts: filepath.Join(dir, "known_hosts"), Key: filepath.Join(dir, "id")}
	hostKeyFile, authorizedKeys, config := filepath.Join(dir, "host_key"), filepath.Join(dir, "authorized_keys"), filepath.Join(dir, "sshd_config")
	hostKey, authorized := writeKey(t, hostKeyFile), writeKey(t, s.Key)
	s.Address = freeAddress(t)
	_, port, err := net.SplitHostPort(s.Address)
	succeed(t, err)
	write(t, authorizedKeys, string(ssh.MarshalAuthorizedKey(authorized)))
	write(t, s.KnownHosts, known.Line([]string{s.Address}, hostKey)+"\n")
	write(t, config, strings.Join(append([]string{
		"ListenAddress 127.0.0.1", "Port " + port, "HostKey " + hostKeyFile, "AuthorizedKeysFile " + authorizedKeys, "StrictModes no",
		"UsePAM no", "PasswordAuthentication no", "PermitRootLogin prohibit-password", "PidFile none", "MaxStartups 100",
	}, lines...), "\n")+"\n")

	var log bytes.Buffer
	s.cmd = exec.Command(Program, "-D", "-e", "-f", config) //nolint:noctx // its end is below
	s.cmd.Stderr = &log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	succeed(t, s.cmd.Start())
	t.Cleanup(func() {
		s.Drop(t)
		succeed(t, s.cmd.Process.Signal(syscall.SIGTERM))
		_ = s.cmd.Wait() // by the signal
		if t.Failed() {
			t.Logf("%s", log.Bytes())
		}
	})
	eventually(t, "sshd listens", func() bool {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.Address)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	return s
}

// URL is the server's, for a socket.
func (s *Server) URL(path string) string { return "ssh://root@" + s.Address + path }

// Connections are the processes that serve the server's connections.
func (s *Server) Connections() (pids []int) {
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

// Drop kills the server's side of all connections, as a crash would.
func (s *Server) Drop(t testing.TB) {
	t.Helper()
	for _, pid := range s.Connections() {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Error(err)
		}
	}
}

// freeAddress is one of the loopback where nobody listens.
func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	succeed(t, err)
	succeed(t, listener.Close())
	return listener.Addr().String()
}

// writeKey writes a new private key, and returns the public one.
func writeKey(t testing.TB, path string) ssh.PublicKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	succeed(t, err)
	block, err := ssh.MarshalPrivateKey(key, "")
	succeed(t, err)
	public, err := ssh.NewPublicKey(key.Public())
	succeed(t, err)
	write(t, path, string(pem.EncodeToMemory(block)))
	return public
}

func write(t testing.TB, path, text string) {
	t.Helper()
	succeed(t, os.WriteFile(path, []byte(text), 0o600))
}

func succeed(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually polls for what nothing announces.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-deadline:
			t.Fatal("not in 30 s: " + what)
		case <-tick.C:
		}
	}
}
