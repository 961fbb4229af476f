//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/internal/sshdtest"
	"github.com/gantry-go/gantry/internal/testcert"
)

// Where engines listen, on a loopback of their own.
const (
	plainPort, plainAddress = 2375, "127.0.0.1:2375"
	tlsPort, tlsAddress     = 2376, "127.0.0.1:2376"
)

// inside returns the engine for tours that run in its network.
func (e *engine) inside(t *testing.T) *engine {
	t.Helper()
	there := *e
	there.enter = []string{"nsenter", "--net=" + e.private.Network(t), "--"}
	return &there
}

// with returns the engine for tours with these variables.
func (e *engine) with(environment ...string) *engine {
	changed := *e
	changed.environment = slices.Concat(e.environment, environment)
	return &changed
}

// testWay has a whole tour that gets to the engine in this way, and says so.
func (e *engine) testWay(t *testing.T, host string) {
	t.Helper()
	clean := e.cleanliness(t)
	if title := e.testWhole(t); !strings.Contains(title, " at "+host+" (") {
		t.Errorf("it says %q, want %s", title, host)
	}
	clean(t)
}

// testNoWay has a tour end before it has begun, with an error that says these words.
func (e *engine) testNoWay(t *testing.T, words ...string) {
	t.Helper()
	clean := e.cleanliness(t)
	end := e.tour(t, "", nil)
	if end.code != 1 || end.stdout != "" || !strings.HasPrefix(end.stderr, "tour: ") || strings.Count(end.stderr, "\n") != 1 {
		t.Errorf("exit code %d: %s%s", end.code, end.stdout, end.stderr)
	}
	for _, word := range words {
		if !strings.Contains(end.stderr, word) {
			t.Errorf("it says %q, without %q", end.stderr, word)
		}
	}
	clean(t)
}

// TestWays makes the tour by each way in that is not a socket of this machine.
func TestWays(t *testing.T) {
	t.Parallel()
	t.Run("docker", func(t *testing.T) {
		t.Parallel()
		e := start(t, dockers, "--host", "tcp://"+plainAddress)
		t.Run("tcp", func(t *testing.T) {
			e.inside(t).with("DOCKER_HOST="+plainAddress).testWay(t, "http://"+plainAddress)
		})
		t.Run("ssh", func(t *testing.T) { e.testSSH(t, "DOCKER_HOST") })
	})
	t.Run("docker by TLS", func(t *testing.T) {
		t.Parallel()
		files := makeTLS(t)
		e := start(t, dockers, "--host", "tcp://"+tlsAddress, "--tlsverify", "--tlscacert", files.ca, "--tlscert", files.cert, "--tlskey", files.key)
		e.testTLS(t, files, func(folder string) []string { return []string{"DOCKER_TLS_VERIFY=1", "DOCKER_CERT_PATH=" + folder} })
	})
	t.Run("podman-libpod", func(t *testing.T) {
		t.Parallel()
		e := start(t, libpods)
		host := e.private.ServeTCP(t, plainPort)
		t.Run("tcp", func(t *testing.T) {
			e.inside(t).with("CONTAINER_HOST="+host).testWay(t, "http://"+plainAddress)
		})
		t.Run("ssh", func(t *testing.T) { e.testSSH(t, "CONTAINER_HOST") })
	})
	t.Run("podman-libpod by TLS", func(t *testing.T) {
		t.Parallel()
		e := start(t, libpods.on("podman", "sid")) // Podman 4 speaks none
		files := makeTLS(t)
		e.private.ServeTCP(t, tlsPort, "--tls-client-ca", files.ca, "--tls-cert", files.cert, "--tls-key", files.key)
		e.testTLS(t, files, func(folder string) []string {
			return []string{"CONTAINER_TLS_CA=" + folder + "/ca.pem", "CONTAINER_TLS_CERT=" + folder + "/cert.pem", "CONTAINER_TLS_KEY=" + folder + "/key.pem"}
		})
	})
}

// tlsFiles are those of an engine, and folders with those of clients: ca.pem, cert.pem and key.pem.
type tlsFiles struct {
	ca, cert, key string
	client        string
	stranger      string // whom another authority vouches for
}

func makeTLS(t *testing.T) tlsFiles {
	t.Helper()
	dir, authority, other := t.TempDir(), testcert.Authority(t, "authority"), testcert.Authority(t, "other")
	var files tlsFiles
	files.ca, _ = authority.Files(t, dir, "ca")
	files.cert, files.key = authority.Server(t, []string{"127.0.0.1"}).Files(t, dir, "engine")
	folder := func(client *testcert.Pair) string {
		dir := t.TempDir()
		testcert.Write(t, filepath.Join(dir, "ca.pem"), authority.CertPEM())
		testcert.Write(t, filepath.Join(dir, "cert.pem"), client.CertPEM())
		testcert.Write(t, filepath.Join(dir, "key.pem"), client.KeyPEM(t))
		return dir
	}
	files.client, files.stranger = folder(authority.Client(t)), folder(other.Client(t))
	return files
}

// testTLS has an engine that takes clients of one authority alone; named says which variables name a client's folder.
func (e *engine) testTLS(t *testing.T, files tlsFiles, named func(folder string) []string) {
	e = e.inside(t)
	e.arguments = []string{"-host", "tcp://" + tlsAddress} // in place of the socket that the environment names
	t.Run("another's certificate", func(t *testing.T) {
		e.with(named(files.stranger)...).testNoWay(t, "TLS", "certificate", "of another authority")
	})
	t.Run("plain", func(t *testing.T) { e.testNoWay(t, "HTTPS server") })
	t.Run("tour", func(t *testing.T) { e.with(named(files.client)...).testWay(t, "https://"+tlsAddress) })
}

// testSSH has a real server before the engine's socket, of which ~/.ssh/config and known_hosts tell.
func (e *engine) testSSH(t *testing.T, variable string) {
	server := sshdtest.Start(t)
	known, err := os.ReadFile(server.KnownHosts)
	succeed(t, err)
	socket := strings.TrimPrefix(e.Host(), "unix://")
	t.Run("unknown host key", func(t *testing.T) {
		e.with("HOME="+sshHome(t, server, ""), variable+"=ssh://build"+socket).testNoWay(t, "host key", "unknown", "SHA256:")
	})
	t.Run("tour", func(t *testing.T) {
		e.with("HOME="+sshHome(t, server, string(known)), variable+"=ssh://build"+socket).testWay(t, "ssh://build"+socket)
	})
}

// sshHome makes a home whose ~/.ssh/config has a server by the name of "build".
func sshHome(t *testing.T, server *sshdtest.Server, knownHosts string) string {
	t.Helper()
	address, port, err := net.SplitHostPort(server.Address)
	succeed(t, err)
	home := t.TempDir()
	succeed(t, os.Mkdir(filepath.Join(home, ".ssh"), 0o700))
	config := fmt.Sprintf("Host build\n HostName %s\n Port %s\n User root\n IdentityFile %s\n IdentitiesOnly yes\n IdentityAgent none\n"+
		" GlobalKnownHostsFile none\n", address, port, server.Key)
	succeed(t, os.WriteFile(filepath.Join(home, ".ssh", "config"), []byte(config), 0o600),
		os.WriteFile(filepath.Join(home, ".ssh", "known_hosts"), []byte(knownHosts), 0o600))
	return home
}
