package ssh

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/internal/userfile"
	"github.com/gantry-go/gantry/transport"
)

// resolved returns what a configuration makes of a host, in a home of its own.
func resolved(t *testing.T, text, host string) (*settings, error) {
	t.Helper()
	a, err := parseAddress("ssh://" + host)
	ok(t, err)
	o := options{config: &[]string{write(t, "config", text)}}
	return o.resolve(a, environment{home: "/home/me", user: "me", getenv: func(name string) string {
		return map[string]string{"SSH_AUTH_SOCK": "/agent", "KEYS": "/keys", "OTHER": "/other"}[name]
	}})
}

func TestConfig(t *testing.T) {
	const text = `
# words in any case, with = or without, quoted or not
Host build1 "b*"   # the first of a word counts
	HostName = %h.example.com
	port 2222
	User	root
	IdentityFile ~/.ssh/a
	IdentityFile "${KEYS}/with space"
	IdentityFile %d/%r-%h-%p-%n
Host !build2 build?
	User ignored
	IdentitiesOnly yes
	IdentityFile ~/.ssh/a
	ServerAliveInterval 5
	ServerAliveCountMax 2
	ConnectTimeout 1m
Match host *.EXAMPLE.com,other user root
	IdentityAgent $OTHER
Match originalhost build2 !user root
	CertificateFile never
Match exec "touch /tmp/never" host *
	User never
Match tagged x
	Port 1
Match final host build1.example.com
	CertificateFile ~/cert
Match all
	UserKnownHostsFile ~/k1 /k2
	GlobalKnownHostsFile none
	StrictHostKeyChecking no
`
	s, err := resolved(t, text, "build1")
	ok(t, err)
	same(t, "address", s.String(), "root@build1.example.com:2222")
	same(t, "lookup", s.lookup, "build1.example.com:2222")
	same(t, "identities", s.identities, []string{"/home/me/.ssh/a", "/keys/with space", "/home/me/root-build1.example.com-2222-build1"})
	same(t, "certificates", s.certificates, []string{"/home/me/cert"})
	same(t, "agent", s.agent, "/other")
	same(t, "known", s.knownHosts, []string{"/home/me/k1", "/k2"})
	same(t, "times", []any{s.identitiesOnly, s.aliveInterval, s.aliveCount, s.connectTimeout}, []any{true, 5 * time.Second, 2, time.Minute})

	s, err = resolved(t, text, "build2")
	ok(t, err)
	same(t, "build2", []any{s.String(), s.identitiesOnly}, []any{"root@build2.example.com:2222", false})
	s, err = resolved(t, text, "you@elsewhere:23")
	ok(t, err)
	same(t, "elsewhere", []any{s.String(), s.agent, len(s.certificates), s.explicit}, []any{"you@elsewhere:23", "/agent", 0, false})

	s, err = resolved(t, "", "you@B.example")
	ok(t, err)
	same(t, "defaults", []any{s.String(), s.lookup}, []any{"you@B.example:22", "b.example:22"})
	same(t, "identities", s.identities, []string{"/home/me/.ssh/id_ed25519", "/home/me/.ssh/id_ecdsa", "/home/me/.ssh/id_rsa"})
	same(t, "known", s.knownHosts[0], "/home/me/.ssh/known_hosts")
	same(t, "times", []any{s.aliveInterval, s.aliveCount, s.connectTimeout}, []any{15 * time.Second, 3, time.Duration(0)})
}

func TestConfigRefused(t *testing.T) {
	for text, want := range map[string]string{
		"ProxyCommand nc %h %p":           "ssh.WithDialer",
		"RevokedHostKeys /etc/revoked":    "@revoked",
		"HostName -oProxyCommand=x":       "host name",
		"HostName $(x)":                   "host name",
		"HostName %x":                     "HostName",
		"User a;b":                        "user name",
		"Port 0":                          "port",
		"Port 22a":                        "port",
		"IdentityFile ~no-such-user/x":    "~",
		"IdentityFile %Z":                 "IdentityFile",
		"IdentityFile ${UNSET}":           "IdentityFile",
		"IdentityFile ${":                 "IdentityFile",
		"UserKnownHostsFile %":            "UserKnownHostsFile",
		"ConnectTimeout soon":             "ConnectTimeout",
		"ServerAliveInterval 10000000000": "ServerAliveInterval",
		"ServerAliveCountMax -1":          "ServerAliveCountMax",
		"ProxyJump a b":                   "",
		"ProxyJump -oX":                   "ProxyJump",
		"ProxyJump a,,b":                  "ProxyJump",
		"ProxyJump a,a,a,a,a,a,a,a,a,a":   "ProxyJump",
		"ProxyJump me:secret@a":           "ProxyJump",
		`Host "a`:                         "config:1",
		"\nInclude [":                     "config:2",
		"Include /dev/zero":               "/dev/zero: it is no regular file",
		"Include /dev/tty":                "/dev/tty: it is no regular file",
		"ProxyJump none\nProxyCommand nc": "",
		"ProxyCommand none":               "",
		"Include /dev/null":               "",
		"Include /no/such/file":           "",
		"Unknown word\nHost":              "",
		"Match":                           "",
		"Match host":                      "",
	} {
		_, err := resolved(t, text, "h")
		if want == "" {
			if err != nil {
				t.Errorf("%q: %v", text, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	o := options{config: &[]string{"/no/such/file"}}
	if _, err := o.resolve(address{host: "h"}, environment{user: "me"}); err == nil {
		t.Error("a named file may be absent")
	}
}

func TestConfigJumps(t *testing.T) {
	s, err := resolved(t, "ProxyJump a,DOM\\me@b:23,ssh://[::1]:24", "h")
	ok(t, err)
	same(t, "jumps", s.jumps, []address{{host: "a"}, {user: `DOM\me`, host: "b", port: "23"}, {host: "::1", port: "24"}})
}

func TestConfigInclude(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		ok(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	put("1.conf", "Host x\nPort 1\nHost h\nPort 2")
	put("2.conf", "Port 3")
	main := put("main", fmt.Sprintf("Host other\nInclude %s/none %[1]s/2.conf\nHost h\nInclude %[1]s/*.conf\nUser u\n", dir))
	read := func(path string) (*configuration, error) {
		return readConfig([]configFile{{path: path}}, asked{host: "h", local: "me"}, dir)
	}
	c, err := read(main)
	ok(t, err)
	same(t, "values", []string{c.first("port"), c.first("user")}, []string{"2", "u"})

	itself := put("itself", "Include "+dir+"/itself")
	if _, err := read(itself); err == nil || !strings.Contains(err.Error(), "deep") {
		t.Errorf("a file that includes itself: %v", err)
	}
	many := put("many", "Include "+dir+"/many "+dir+"/many "+dir+"/main "+dir+"/main\n")
	if _, err := read(many); err == nil {
		t.Error("files that include each other without end are read")
	}
	ok(t, os.WriteFile(filepath.Join(dir, "large"), make([]byte, userfile.Max+1), 0o600))
	if _, err := read(filepath.Join(dir, "large")); err == nil || !strings.Contains(err.Error(), "larger") {
		t.Errorf("a large file: %v", err)
	}
	if _, err := read(dir); err == nil {
		t.Error("a folder is read")
	}
}

func TestWildcard(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"*", "", true},
		{"", "", true},
		{"", "a", false},
		{"?", "", false},
		{"a*c", "abbc", true},
		{"a*c", "abbd", false},
		{"*.x", "a.x", true},
		{"a?c", "abc", true},
		{"**a", "a", true},
		{"*a*b", "xaxb", true},
		{"a", "ab", false},
		{strings.Repeat("a*", 50) + "b", strings.Repeat("a", 200), false},
	} {
		if wildcard(c.pattern, c.text) != c.want {
			t.Errorf("%q on %q is not %t", c.pattern, c.text, c.want)
		}
	}
}

func FuzzConfig(f *testing.F) {
	for _, text := range []string{
		"Host a b !c\nPort 2\n", "Match final user root !host x,y\nUser a\n", `IdentityFile "a\"b" 'c' # d`,
		"ProxyJump a@b:1,c", "HostName %h%%", "UserKnownHostsFile ~/x ${KEYS}", "=\n\"\n\\", "ConnectTimeout 3",
	} {
		f.Add(text)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(strings.ToLower(text), "include") {
			t.Skip() // it would read files of this machine
		}
		path := filepath.Join(dir, "config")
		ok(t, os.WriteFile(path, []byte(text), 0o600))
		o := options{config: &[]string{path}}
		s, err := o.resolve(address{host: "h"}, environment{home: "/home/me", user: "me", getenv: func(string) string { return "${x}" }})
		if err != nil {
			return
		}
		for _, check := range []error{checkUser(s.user), checkHost(s.host), checkPort(s.port)} {
			ok(t, check)
		}
		if s.port == "" || s.user == "" || s.aliveInterval <= 0 || s.aliveCount < 1 || len(s.jumps) > maxJumps {
			t.Errorf("%+v", s)
		}
	})
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// TestWritersAndReaders has files that others may write or read: ssh refuses them, and so does this package.
func TestWritersAndReaders(t *testing.T) {
	home := t.TempDir()
	ok(t, os.Mkdir(filepath.Join(home, ".ssh"), 0o700))
	config, included := filepath.Join(home, ".ssh", "config"), filepath.Join(home, "included")
	ok(t, os.WriteFile(included, []byte("Port 4\n"), 0o600))
	ok(t, os.WriteFile(config, []byte("User u\nInclude "+included+"\n"), 0o600))
	e := environment{home: home, user: "me", getenv: func(string) string { return "" }}
	var o options
	_, err := o.resolve(address{host: "h"}, e)
	ok(t, err)
	for _, path := range []string{config, included} {
		for _, mode := range []os.FileMode{0o666, 0o620, 0o602} {
			ok(t, os.Chmod(path, mode))
			if _, err := o.resolve(address{host: "h"}, e); err == nil || !strings.Contains(err.Error(), path+": another user may write it") {
				t.Errorf("%s of mode %o: %v", path, mode, err)
			}
		}
		ok(t, os.Chmod(path, 0o600))
	}

	file, public := keyFile(t, "")
	s, offered := accepting(t, public)
	ok(t, os.Chmod(file, 0o640))
	fails(t, ping(t.Context(), s.only(t, WithKeyFiles(file))), transport.ErrConnect, file+": other users may read it")
	if got := offered.take(); len(got) != 0 {
		t.Errorf("%d keys were offered", len(got))
	}
	ok(t, ping(t.Context(), s.only(t, WithKeyFiles(file), WithAgentSocket(anAgent(t, private(t, file))))))
}
