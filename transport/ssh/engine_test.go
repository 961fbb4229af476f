//go:build linux

package ssh

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	known "golang.org/x/crypto/ssh/knownhosts"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/exec"
	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/internal/sshdtest"
	"github.com/gantry-go/gantry/podman"
	"github.com/gantry-go/gantry/transport"
)

// TestEngines uses real engines behind a real server, by both ways to them.
func TestEngines(t *testing.T) {
	sshdtest.Needs(t, sshdtest.Program)
	for kind, engine := range map[string]func(testing.TB) *enginetest.Engine{"docker": enginetest.Docker, "podman": enginetest.Podman} {
		for way, line := range map[string]string{"socket": "AllowStreamLocalForwarding yes", "command": "AllowStreamLocalForwarding no"} {
			t.Run(kind+" by "+way, func(t *testing.T) {
				e := engine(t)
				if way == "command" {
					sshdtest.Needs(t, kind)
				}
				s := startOpenSSH(t, line)
				client, err := transport.New(s.URL(strings.TrimPrefix(e.Host, "unix://")), Hosts(s.options()...), transport.WithEngine(kind))
				ok(t, err)
				t.Cleanup(func() { ok(t, client.Close()) })
				u := &use{client: client, server: s, image: e.LoadImage(t), connections: 1}
				if way == "command" {
					u.connections = 2 // what has just ended may still count among the ten of one
				}
				t.Run("logs", u.logs)
				t.Run("attach", u.attach)
				t.Run("exec", u.exec)
				t.Run("at once", u.atOnce)
				t.Run("drop", u.drop)
			})
		}
	}
}

// use is an engine in use.
type use struct {
	client *transport.Client
	server *openSSH
	image  string

	connections int // at most, when there is much to do at once
}

// create creates a container that is removed at the end of the test.
func (u *use) create(t *testing.T, request containers.CreateRequest) string {
	t.Helper()
	c := containers.New(u.client)
	request.Image = u.image
	request.HostConfig.NetworkMode = "none"
	created, err := c.Create(t.Context(), request, &containers.CreateOptions{Name: enginetest.Name(t)})
	ok(t, err)
	t.Cleanup(func() {
		ok(t, c.Delete(context.WithoutCancel(t.Context()), created.ID, &containers.DeleteOptions{Force: true}))
	})
	return created.ID
}

func (u *use) logs(t *testing.T) {
	c := containers.New(u.client)
	id := u.create(t, containers.CreateRequest{Cmd: []string{"sh", "-c", "for i in 1 2 3; do echo out $i; echo err $i >&2; done"}})
	ok(t, c.Start(t.Context(), id, nil))
	logs, err := c.Logs(t.Context(), id, &containers.LogsOptions{Follow: true, Stdout: true, Stderr: true})
	ok(t, err)
	lines := map[string]int{}
	for line, err := range logs.Lines() {
		ok(t, err)
		lines[fmt.Sprint(line.Stream, " ", line.Text)]++
	}
	if len(lines) != 6 || lines["stdout out 3"] != 1 || lines["stderr err 1"] != 1 {
		t.Errorf("%v", lines)
	}
}

// echoed is what half-closed streams carry.
const echoed = 3<<20 + 17

// roundTrip sends data, ends, and holds what comes back to it.
func roundTrip(t *testing.T, conn interface {
	io.WriteCloser
	CloseWrite() error
	Demux(stdout, stderr io.Writer) (int64, error)
},
) {
	t.Helper()
	defer conn.Close() //nolint:errcheck // all was read by then, or the test has failed
	data := make([]byte, echoed)
	_, _ = rand.Read(data)
	sent := make(chan error, 1)
	go func() {
		_, err := conn.Write(data)
		sent <- errors.Join(err, conn.CloseWrite())
	}()
	back, stderr := sha256.New(), new(bytes.Buffer)
	n, err := conn.Demux(back, stderr)
	ok(t, err)
	ok(t, <-sent)
	if n != echoed+5 || stderr.String() != "done\n" || [32]byte(back.Sum(nil)) != sha256.Sum256(data) {
		t.Errorf("%d bytes came back of %d, and %q", n, len(data), stderr)
	}
}

// attach is row 57 with real servers.
func (u *use) attach(t *testing.T) {
	c := containers.New(u.client)
	id := u.create(t, containers.CreateRequest{Cmd: []string{"sh", "-c", "cat; echo done >&2"}, OpenStdin: true, StdinOnce: true})
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	conn, err := c.Attach(ctx, id, &containers.AttachOptions{Stream: true, Stdin: true, Stdout: true, Stderr: true})
	ok(t, err)
	ok(t, c.Start(ctx, id, nil))
	roundTrip(t, conn)
}

// idle starts a container that waits.
func (u *use) idle(t *testing.T) string {
	t.Helper()
	id := u.create(t, containers.CreateRequest{Cmd: []string{"sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done"}})
	ok(t, containers.New(u.client).Start(t.Context(), id, nil))
	return id
}

func (u *use) exec(t *testing.T) {
	id := u.idle(t)
	c := exec.New(u.client)
	created, err := c.Create(t.Context(), id, exec.CreateRequest{
		Cmd: []string{"sh", "-c", "cat; echo done >&2"}, AttachStdin: true, AttachStdout: true, AttachStderr: true,
	})
	ok(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	conn, err := c.Start(ctx, created.ID, exec.StartRequest{})
	ok(t, err)
	roundTrip(t, conn)
}

// atOnce has many calls at once, on one connection, or hardly more.
func (u *use) atOnce(t *testing.T) {
	id := u.create(t, containers.CreateRequest{})
	callers := 8
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for range 5 {
				if got, err := containers.New(u.client).Inspect(t.Context(), id, nil); err != nil || got.ID != id {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if pids := u.server.Connections(); len(pids) == 0 || len(pids) > u.connections {
		t.Errorf("connections are served by %v, want %d at most", pids, u.connections)
	}
}

// drop is row 27 with a real server.
func (u *use) drop(t *testing.T) {
	id := u.idle(t)
	conn, err := containers.New(u.client).Attach(t.Context(), id, &containers.AttachOptions{Stream: true, Stdout: true})
	ok(t, err)
	u.server.Drop(t)
	_, err = io.Copy(io.Discard, conn)
	fails(t, err, transport.ErrTransport, "connection is lost")
	ok(t, conn.Close())
	// A call that takes an idle connection before its loss has come through fails too.
	eventually(t, "a call connects anew", func() bool { return ping(t.Context(), u.client) == nil })
}

// TestOpen opens engines as programs do, by the packages' own functions.
func TestOpen(t *testing.T) {
	sshdtest.Needs(t, sshdtest.Program)
	e := enginetest.Docker(t)
	s := startOpenSSH(t)
	t.Setenv("DOCKER_HOST", s.URL(strings.TrimPrefix(e.Host, "unix://")))
	opened, err := docker.Open(t.Context(), Hosts(s.options()...))
	ok(t, err)
	if opened.Host() != os.Getenv("DOCKER_HOST") || opened.Info().Version != e.Version {
		t.Errorf("%s, %+v", opened.Host(), opened.Info())
	}
	ok(t, opened.Close())

	e = enginetest.Podman(t)
	for _, line := range []string{"yes", "no"} {
		s = startOpenSSH(t, "AllowStreamLocalForwarding "+line)
		pod, err := podman.OpenHost(t.Context(), s.URL(strings.TrimPrefix(e.Host, "unix://")), Hosts(s.options()...))
		ok(t, err)
		if pod.Info().Version != e.Version {
			t.Errorf("%+v", pod.Info())
		}
		ok(t, pod.Close())
	}
}

// TestDefaultSocket has no path in the URL, and no engine at the usual socket: the server's own docker knows where.
func TestDefaultSocket(t *testing.T) {
	sshdtest.Needs(t, sshdtest.Program, "docker")
	if _, err := os.Stat(dockerSocket); err == nil {
		t.Skip("this machine has an engine at " + dockerSocket)
	}
	e := enginetest.Docker(t)
	s := startOpenSSH(t, "SetEnv DOCKER_HOST="+e.Host)
	opened, err := docker.OpenHost(t.Context(), s.URL(""), Hosts(s.options()...))
	ok(t, err)
	if opened.Info().Version != e.Version {
		t.Errorf("%+v", opened.Info())
	}
	ok(t, opened.Close())
}

// TestRow27RealMaxSessions has more streams than a real server opens on a connection.
func TestRow27RealMaxSessions(t *testing.T) {
	sshdtest.Needs(t, sshdtest.Program, "docker")
	e := enginetest.Docker(t)
	s := startOpenSSH(t, "AllowStreamLocalForwarding no", "MaxSessions 2")
	r := directRoute(t, s.URL(strings.TrimPrefix(e.Host, "unix://")), s.options()...)
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			conn, err := r.Dial(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { ok(t, conn.Close()) })
		})
	}
	all.Wait()
	if n := len(s.Connections()); n != 3 {
		t.Errorf("5 streams took %d connections, want 3", n)
	}
}

// TestRealAgent logs in with what a real agent holds.
func TestRealAgent(t *testing.T) {
	s := startOpenSSH(t)
	e := enginetest.Docker(t)
	socket := s.Agent(t)
	c := open(t, s.URL(strings.TrimPrefix(e.Host, "unix://")), WithConfigFiles(), WithKnownHosts(s.KnownHosts), WithAgentSocket(socket))
	ok(t, ping(t.Context(), c))
}

// TestRow25RealHostKeys has a real server that is unknown, and one that has changed.
func TestRow25RealHostKeys(t *testing.T) {
	s := startOpenSSH(t)
	c := open(t, s.URL(""), s.options(WithKnownHosts(write(t, "k", "")))...)
	err := ping(t.Context(), c)
	fails(t, err, transport.ErrHostKey, "unknown", "SHA256:")
	changed := write(t, "k", known.Line([]string{s.Address}, newSigner(t).PublicKey())+"\n")
	fails(t, ping(t.Context(), open(t, s.URL(""), s.options(WithKnownHosts(changed))...)), transport.ErrHostKey, changed+":1")

	// What ssh-keyscan would add, the error says.
	refused, is := errors.AsType[*HostKeyError](err)
	if !is {
		t.Fatal(err)
	}
	r := directRoute(t, s.URL("/no/socket"), s.options(WithKnownHosts(write(t, "k", refused.Line())))...)
	_, err = r.Dial(t.Context())
	if errors.Is(err, transport.ErrHostKey) {
		t.Error(err)
	}
}

// TestRealRefusals holds what the errors of a real server say.
func TestRealRefusals(t *testing.T) {
	sshdtest.Needs(t, sshdtest.Program, "docker")
	s := startOpenSSH(t)
	other, _ := keyFile(t, "")
	c := open(t, s.URL(""), append(s.options(), func(o *options) { o.keyFiles = []string{other} })...)
	fails(t, ping(t.Context(), c), transport.ErrConnect, "ssh root@"+s.Address+": authentication", other)

	c = open(t, s.URL("/no/such.sock"), s.options()...)
	fails(t, ping(t.Context(), c), transport.ErrConnect, "forwarding to /no/such.sock", "docker --host 'unix:///no/such.sock' system dial-stdio", "status 1", "no such file")

	s = startOpenSSH(t, "SetEnv PATH=/nonexistent", "AllowStreamLocalForwarding no")
	c = open(t, s.URL(""), s.options()...)
	fails(t, ping(t.Context(), c), transport.ErrConnect, "status 127", "docker")

	s = startOpenSSH(t, "ForceCommand exit 3")
	c = open(t, s.URL("/no/such.sock"), s.options()...)
	fails(t, ping(t.Context(), c), transport.ErrConnect, "status 3")
}
