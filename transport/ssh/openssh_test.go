//go:build linux

package ssh

import (
	"testing"

	"github.com/gantry-go/gantry/internal/sshdtest"
)

// openSSH is a real server.
type openSSH struct{ *sshdtest.Server }

// startOpenSSH starts a server with more lines of configuration. It ends with the test.
func startOpenSSH(t testing.TB, lines ...string) *openSSH {
	t.Helper()
	return &openSSH{sshdtest.Start(t, lines...)}
}

// options are those of who may log in.
func (s *openSSH) options(more ...Option) []Option {
	return append([]Option{WithConfigFiles(), WithAgentSocket(""), WithKnownHosts(s.KnownHosts), WithKeyFiles(s.Key)}, more...)
}
