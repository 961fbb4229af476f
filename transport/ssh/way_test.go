package ssh

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/gantry-go/gantry/transport"
	tt "github.com/gantry-go/gantry/transport/transporttest"
)

// said is what a program on the server prints, and how it ends.
type said struct {
	text   string
	status uint32
}

// TestWays holds which engine a URL without a path reaches: the one that the server's user means by the program there,
// and the system's only where there is no program that would know. It holds the questions, too, and that they are asked
// once.
func TestWays(t *testing.T) {
	e := tt.New(t)
	const (
		stdio    = "docker system dial-stdio"
		version  = "docker --version"
		own      = "/run/user/1000/docker.sock"
		podStdio = "podman system dial-stdio"
	)
	docker28 := said{"Docker version 28.2.2, build e6534b4\n", 0}
	missing, nologin := said{"", 127}, said{"This account is currently not available.\n", 1}
	for name, c := range map[string]struct {
		engine, user string
		says         map[string]said // by command; the others connect to the engine, or are not there
		refuses      []string        // sockets
		noPrograms   bool
		deaf         bool   // what connects to the engine goes on at the end of its input
		want         string // all that the server was asked for, or the beginning of it
		fails        string
	}{
		"the user's own":     {says: map[string]said{dockerEndpoint: {"gantry=unix://" + own + "\n", 0}}, want: dockerEndpoint + ", " + own},
		"the system's":       {says: map[string]said{dockerEndpoint: {"gantry=unix:///var/run/docker.sock\n", 0}}, want: dockerEndpoint + ", " + dockerSocket},
		"one elsewhere":      {says: map[string]said{dockerEndpoint: {"gantry=tcp://10.0.0.1:2376\n", 0}}, want: dockerEndpoint + ", " + stdio},
		"one behind ssh":     {says: map[string]said{dockerEndpoint: {"gantry=ssh://elsewhere\n", 0}}, want: dockerEndpoint + ", " + stdio},
		"on Windows":         {says: map[string]said{dockerEndpoint: {"gantry=npipe:////./pipe/docker_engine\r\n", 0}}, want: dockerEndpoint + ", " + stdio},
		"a shell that talks": {says: map[string]said{dockerEndpoint: {"Welcome!\nunix:///no\n  gantry=unix://" + own + "\r\n", 0}}, want: dockerEndpoint + ", " + own},
		"no socket there":    {says: map[string]said{dockerEndpoint: {"gantry=unix://" + own, 0}}, refuses: []string{own}, want: dockerEndpoint + ", " + own + ", " + stdio},
		"before 19.03":       {says: map[string]said{dockerEndpoint: {"", 1}}, want: dockerEndpoint + ", " + stdio},
		"no settings":        {says: map[string]said{dockerEndpoint: {"gantry=\n", 0}}, want: dockerEndpoint + ", " + stdio},
		"no path":            {says: map[string]said{dockerEndpoint: {"gantry=unix://run.sock\n", 0}}, want: dockerEndpoint + ", " + stdio},
		"a hostile path":     {says: map[string]said{dockerEndpoint: {"gantry=unix:///a'b\n", 0}}, want: dockerEndpoint + ", " + stdio},
		"a broken context": {
			says: map[string]said{dockerEndpoint: {"", 1}, stdio: {"", 1}, version: docker28},
			want: dockerEndpoint + ", " + stdio + ", " + version, fails: `"docker system dial-stdio" ended with status 1`,
		},
		"a forced command":                   {says: map[string]said{}, want: dockerEndpoint + ", " + stdio},
		"a forced command that hears no end": {deaf: true, want: dockerEndpoint + ", " + stdio},
		"no program":                         {says: map[string]said{dockerEndpoint: missing, stdio: missing}, want: dockerEndpoint + ", " + dockerSocket},
		"no program, no socket": {
			says: map[string]said{dockerEndpoint: missing, stdio: missing}, refuses: []string{dockerSocket},
			want: dockerEndpoint + ", " + dockerSocket + ", " + stdio, fails: "forwarding to /var/run/docker.sock",
		},
		"no login":     {says: map[string]said{dockerEndpoint: nologin, stdio: nologin, version: nologin}, want: strings.Join([]string{dockerEndpoint, stdio, version, dockerSocket}, ", ")},
		"a csh":        {says: map[string]said{dockerEndpoint: {"", 1}, stdio: {"", 1}, version: {"", 1}}, want: strings.Join([]string{dockerEndpoint, stdio, version, dockerSocket}, ", ")},
		"no commands":  {noPrograms: true, want: dockerSocket},
		"Podman's":     {engine: "podman", says: map[string]said{podmanSocketPath: {"gantry=false /run/user/1000/podman/podman.sock\n", 0}}, want: podmanSocketPath + ", /run/user/1000/podman/podman.sock"},
		"Podman 5's":   {engine: "podman", says: map[string]said{podmanSocketPath: {"gantry=false unix:///run/user/1000/podman/podman.sock\n", 0}}, want: podmanSocketPath + ", /run/user/1000/podman/podman.sock"},
		"root's":       {engine: "podman", user: "root", says: map[string]said{podmanSocketPath: {"gantry=false /mnt/podman.sock\n", 0}}, want: podmanSocketPath + ", /mnt/podman.sock"},
		"a remote one": {engine: "podman", user: "root", says: map[string]said{podmanSocketPath: {"gantry=true /run/podman/podman.sock\n", 0}}, want: podmanSocketPath + ", " + podStdio},
		"no Podman, for root": {
			engine: "podman", user: "root", says: map[string]said{podmanSocketPath: missing, podStdio: missing},
			want: podmanSocketPath + ", " + podmanSocket,
		},
		"no Podman": {
			engine: "podman", says: map[string]said{podmanSocketPath: missing, podStdio: missing},
			want: podmanSocketPath + ", " + podStdio, fails: "status 127",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var asked notes
			s := &server{forward: func(path string) (net.Conn, error) {
				asked.add(path)
				if slices.Contains(c.refuses, path) {
					return nil, errors.New("no")
				}
				return e.Dial(context.Background())
			}}
			if !c.noPrograms {
				s.command = func(command string, channel ssh.Channel) uint32 {
					asked.add(command)
					if says, does := c.says[command]; does {
						_, _ = io.WriteString(channel, says.text)
						return says.status
					}
					if c.deaf {
						return deafStdio(t.Context(), e, channel)
					}
					return stdioOf(t.Context(), e, channel)
				}
			}
			s.start(t)
			user := c.user
			if user == "" {
				user = "me"
			}
			client, err := transport.New("ssh://"+user+"@"+s.address, Hosts(isolated(t, WithKnownHosts(s.knownAs(t)))...), transport.WithEngine(c.engine))
			ok(t, err)
			defer client.Close() //nolint:errcheck // the test has what it wants
			if c.fails != "" {
				fails(t, ping(t.Context(), client), transport.ErrConnect, c.fails)
				if got := strings.Join(asked.take(), ", "); got != c.want {
					t.Errorf("the server was asked for %s, want %s", got, c.want)
				}
				return
			}
			var all sync.WaitGroup
			for range 5 {
				all.Go(func() {
					if err := ping(t.Context(), client); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			got := asked.take()
			taken := got[len(got)-1]
			for len(got) > 1 && got[len(got)-2] == taken {
				got = got[:len(got)-1]
			}
			if got := strings.Join(got, ", "); got != c.want {
				t.Errorf("the server was asked for %s, want %s", got, c.want)
			}
		})
	}
}

// deafStdio is a program that connects to the engine, and does not pass on the end of its input.
func deafStdio(ctx context.Context, e *tt.Engine, c ssh.Channel) uint32 {
	conn, err := e.Dial(ctx)
	if err != nil {
		return 1
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	go func() { _, _ = io.Copy(conn, c) }()
	_, _ = io.Copy(c, conn)
	_ = conn.Close()
	return 0
}

// TestPathIsTaken holds that a path in the URL decides: no program is asked.
func TestPathIsTaken(t *testing.T) {
	e := tt.New(t)
	var asked notes
	s := &server{
		forward: func(path string) (net.Conn, error) {
			asked.add(path)
			return e.Dial(context.Background())
		},
		command: func(command string, _ ssh.Channel) uint32 {
			asked.add(command)
			return 1
		},
	}
	s.start(t)
	for _, user := range []string{"me", "root"} {
		for _, engine := range []string{"", "docker", "podman"} {
			client, err := transport.New("ssh://"+user+"@"+s.address+"/x", Hosts(isolated(t, WithKnownHosts(s.knownAs(t)))...), transport.WithEngine(engine))
			ok(t, err)
			ok(t, ping(t.Context(), client))
			ok(t, client.Close())
			if got := strings.Join(asked.take(), ", "); got != "/x" {
				t.Errorf("%s, %s: %s", user, engine, got)
			}
		}
	}
}

// TestWayIsOfTheRoute holds that what one connection has found out about the server holds for the others, and that it is
// found out anew when there was no connection left.
func TestWayIsOfTheRoute(t *testing.T) {
	e := tt.New(t)
	var asked notes
	s := &server{maxSessions: 1, command: stdio(e), forward: func(path string) (net.Conn, error) {
		asked.add(path)
		return nil, errors.New("no")
	}}
	s.start(t)
	r := directRoute(t, s.url()+"/x", isolated(t, WithKnownHosts(s.knownAs(t)))...)
	for round := range 2 {
		var conns []net.Conn
		for range 3 {
			conn, err := r.Dial(t.Context())
			ok(t, err)
			conns = append(conns, conn)
		}
		if got := asked.take(); len(got) != 1 {
			t.Errorf("round %d: it was asked for %v", round, got)
		}
		for _, conn := range conns {
			ok(t, conn.Close())
		}
		s.drop()
		eventually(t, "the connections end", func() bool {
			r.mu.Lock()
			defer r.mu.Unlock()
			return len(r.links) == 0
		})
	}
}

// TestRow27FreshLinkStays holds a new connection between two steps of a dial, while another has room again: the new one is
// in use, though it has no stream at that moment.
func TestRow27FreshLinkStays(t *testing.T) {
	e := tt.New(t)
	at, goOn := make(chan struct{}), make(chan struct{})
	s := &server{command: stdio(e), forward: func(string) (net.Conn, error) {
		at <- struct{}{}
		<-goOn
		return nil, errors.New("no")
	}}
	s.start(t)
	r := directRoute(t, s.url()+"/x", isolated(t, WithKnownHosts(s.knownAs(t)))...)
	dial := func() (net.Conn, error) {
		type result struct {
			conn net.Conn
			err  error
		}
		came := make(chan result, 1)
		go func() {
			conn, err := r.Dial(t.Context())
			came <- result{conn, err}
		}()
		<-at
		r.mu.Lock()
		for _, l := range r.links[:len(r.links)-1] {
			l.mu.Lock()
			l.retired = false // it has room again
			l.mu.Unlock()
		}
		r.mu.Unlock()
		goOn <- struct{}{}
		c := <-came
		return c.conn, c.err
	}
	first, err := dial()
	ok(t, err)
	r.mu.Lock()
	r.links[0].mu.Lock()
	r.links[0].retired = true // it has no room
	r.links[0].mu.Unlock()
	r.way = nil // as if each connection had to find out
	r.mu.Unlock()
	second, err := dial()
	ok(t, err)
	ok(t, first.Close())
	ok(t, second.Close())
}
