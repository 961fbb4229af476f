package ssh

import (
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/transport"
)

func TestAddress(t *testing.T) {
	for raw, want := range map[string]address{
		"ssh://build1":                          {host: "build1"},
		"ssh://build1/":                         {host: "build1"},
		"ssh://root@build1":                     {user: "root", host: "build1"},
		"ssh://root@build1:2222":                {user: "root", host: "build1", port: "2222"},
		"ssh://root@10.0.0.1:22/run/x.sock":     {user: "root", host: "10.0.0.1", port: "22", path: "/run/x.sock"},
		"ssh://DOMAIN%5Cme@my_host.example/a b": {user: `DOMAIN\me`, host: "my_host.example", path: "/a b"},
		"ssh://[fe80::1%25eth0]:22/x":           {host: "fe80::1%eth0", port: "22", path: "/x"},
		"ssh://[::1]":                           {host: "::1"},
		"ssh://h/run/$(reboot);&|<>.sock":       {host: "h", path: "/run/$(reboot);&|<>.sock"},
	} {
		got, err := parseAddress(raw)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", raw, got, err, want)
		}
		again, err := parseAddress(got.String())
		if err != nil || again != want {
			t.Errorf("%s says of itself %s, which is %+v, %v", raw, got, again, err)
		}
	}
}

// TestRow26HostileURL has URLs that are refused before anything is dialed, by errors that hold no secret.
func TestRow26HostileURL(t *testing.T) {
	const canary = "c4n4ry"
	for _, raw := range []string{
		"ssh://-oProxyCommand=" + canary + "/x",
		"ssh://-oProxyCommand=" + canary + "@h",
		"ssh://-h",
		"ssh://me:" + canary + "@h",
		"ssh://me:@h",
		"ssh://:" + canary + "@h",
		"ssh://@h",
		"ssh://",
		"ssh:///var/run/docker.sock",
		"ssh://me@/x",
		"ssh:h" + canary,
		"ssh://h:0",
		"ssh://h:65536",
		"ssh://h:22x" + canary,
		"ssh://h:-1",
		"ssh://h?" + canary,
		"ssh://h/x?",
		"ssh://h/x#" + canary,
		"ssh://h#",
		"ssh://h h/" + canary,
		"ssh://h%20h/",
		"ssh://h%0ah/",
		"ssh://h`" + canary + "`/",
		"ssh://$(" + canary + ")/",
		"ssh://h;" + canary + "/",
		"ssh://h'/x",
		"ssh://hé/",
		"ssh://[::1%25$(" + canary + ")]/",
		"ssh://[::g]/",
		"ssh://a:b:c/",
		"ssh://m%27e@h",
		"ssh://m%60e@h",
		"ssh://m%22e@h",
		"ssh://m%24(e)@h",
		"ssh://m%0Ae@h",
		"ssh://m%20e@h",
		"ssh://m%00e@h",
		"ssh://me%5C@h",
		"ssh://m%ffe@h",
		"ssh://" + strings.Repeat("u", 256) + "@h",
		"ssh://" + strings.Repeat("h", 254),
		"ssh://h/x%00",
		"ssh://h/x%0Arm",
		"ssh://h/x%1b[31m",
		"ssh://h/x%ff",
		"ssh://h/x'y",
		"ssh://h/x%22y",
		"ssh://h/x%60y",
		"ssh://h/x%5Cy",
		"ssh://h/x!y",
		"ssh://h/" + strings.Repeat("x", 107),
		"ssh://h/%zz" + canary,
	} {
		c, err := transport.New(raw, Hosts())
		if err == nil {
			t.Errorf("%s is taken, as %s", raw, c.Host())
			ok(t, c.Close())
			continue
		}
		fails(t, err, transport.ErrInvalidInput)
		if strings.Contains(err.Error(), canary) || strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Errorf("%s: %v repeats it", raw, err)
		}
	}
}

// TestRow26Quoted holds that a shell makes of a quoted path what it was.
func TestRow26Quoted(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip(err)
	}
	for _, path := range []string{
		"/plain", "/a b", "/$(echo x)", "/$HOME", "/a;b&c|d<e>f", "/*?[x]", "/~", "/#x", "/-x", "/{a,b}", "/é世",
	} {
		ok(t, checkPath(path))
		r := newRoute(address{path: path}, "docker", options{})
		command := strings.Replace(r.dialStdio(), "docker ", "printf '<%s>' ", 1)
		out, err := exec.CommandContext(t.Context(), "sh", "-c", command).Output()
		if want := "<--host><unix://" + path + "><system><dial-stdio>"; err != nil || string(out) != want {
			t.Errorf("%s: %s, %v; want %s", path, out, err, want)
		}
		ok(t, r.Close())
	}
	if got := quote("it's"); got != `'it'\''s'` {
		t.Error(got)
	}
}

func TestCommands(t *testing.T) {
	for want, r := range map[string]*route{
		"docker system dial-stdio":                       newRoute(address{}, "", options{}),
		"docker --host 'unix:///a b' system dial-stdio":  newRoute(address{path: "/a b"}, "docker", options{}),
		"podman system dial-stdio":                       newRoute(address{}, "podman", options{}),
		"podman --url 'unix:///run/p' system dial-stdio": newRoute(address{path: "/run/p"}, "podman", options{}),
	} {
		if got := r.dialStdio(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		ok(t, r.Close())
	}
}

func FuzzRow26Address(f *testing.F) {
	for _, raw := range []string{
		"ssh://root@build1:2222/run/x.sock", "ssh://-oProxyCommand=x@h", "ssh://me:p@h", "ssh://[fe80::1%25eth0]:22/x",
		"ssh://h/$(x)'", "ssh://D%5Cu@h", "ssh://h/%00", "ssh://h?x#y", "ssh:",
	} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		a, err := parseAddress(raw)
		if err != nil {
			if !errors.Is(err, transport.ErrInvalidInput) || len(err.Error()) > 200 || !plain(err.Error()) {
				t.Errorf("%q: %q", raw, err)
			}
			return
		}
		for what, s := range map[string]string{"user": a.user, "host": a.host} {
			if strings.HasPrefix(s, "-") || strings.ContainsAny(s, " \t\r\n'\"`$;&|<>(){}\x00") {
				t.Errorf("%q has the %s %q", raw, what, s)
			}
		}
		if strings.ContainsAny(a.path, "'\\\n\x00") || a.path != "" && a.path[0] != '/' {
			t.Errorf("%q has the path %q", raw, a.path)
		}
		if again, err := parseAddress(a.String()); err != nil || again != a {
			t.Errorf("%q is %+v, which says of itself %q, which is %+v, %v", raw, a, a, again, err)
		}
	})
}
