//go:build linux

package sshdtest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Agent starts a real agent that holds the server's key, and returns its socket. It ends with the test.
func (s *Server) Agent(t testing.TB) (socket string) {
	t.Helper()
	Needs(t, "ssh-agent", "ssh-add")
	dir, err := os.MkdirTemp("", "a") //nolint:usetesting // the path of a socket is short
	succeed(t, err)
	socket = filepath.Join(dir, "agent")
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, "ssh-agent", "-D", "-a", socket)
	succeed(t, cmd.Start())
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // by the signal
		_ = os.RemoveAll(dir)
	})
	eventually(t, "the agent listens", func() bool { _, err := os.Stat(socket); return err == nil })
	add := exec.CommandContext(t.Context(), "ssh-add", "-q", s.Key)
	add.Env = append(os.Environ(), "SSH_AUTH_SOCK="+socket)
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("ssh-add: %v: %s", err, out)
	}
	return socket
}
