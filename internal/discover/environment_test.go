package discover_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/internal/discover"
)

// made is an environment of a system of the test's, whose user has a folder.
func made(system string, uid int, variables map[string]string) *discover.Environment {
	return &discover.Environment{OS: system, UID: uid, Home: "/home/me", Getenv: func(name string) string { return variables[name] }}
}

// TestPodmanSockets holds all places of each system: that none is missing, and that none is anybody's. TMPDIR is set
// everywhere, and is the user's own on darwin alone.
func TestPodmanSockets(t *testing.T) {
	machine := []string{
		"unix:///home/me/.local/share/containers/podman/machine/podman.sock",
		"unix:///home/me/.local/share/containers/podman/machine/podman-machine-default/podman.sock",
		"unix:///home/me/.local/share/containers/podman/machine/qemu/podman.sock",
	}
	own := []string{"unix:///run/user/1000/podman/podman.sock", "unix:///run/podman/podman.sock", "unix:///run/user/1000/podman/podman-machine-default-api.sock"}
	for _, c := range []struct {
		name    string
		system  string
		uid     int
		runtime string
		want    []string
	}{
		{"linux", "linux", 1000, "", append(own, machine...)},
		{"linux, root", "linux", 0, "", append([]string{"unix:///run/podman/podman.sock"}, machine...)},
		{"linux, a session", "linux", 1000, "/r", append([]string{
			"unix:///r/podman/podman.sock", "unix:///run/podman/podman.sock", "unix:///r/podman/podman-machine-default-api.sock",
		}, machine...)},
		{"linux, root in a session of the system's", "linux", 0, "/run", append([]string{
			"unix:///run/podman/podman.sock", "unix:///run/podman/podman-machine-default-api.sock", // the first is two in one
		}, machine...)},
		{"freebsd", "freebsd", 1000, "", append([]string{"unix:///run/podman/podman.sock", "unix:///var/run/podman/podman.sock"}, machine...)},
		{"darwin", "darwin", 501, "", append([]string{
			"unix:///run/podman/podman.sock", "unix:///tmp/podman/podman-machine-default-api.sock",
		}, machine...)},
		{"windows", "windows", -1, "", []string{"npipe:////./pipe/podman-machine-default"}},
	} {
		env := made(c.system, c.uid, map[string]string{"TMPDIR": "/tmp", "XDG_RUNTIME_DIR": c.runtime})
		if got := env.PodmanSockets(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestFolders holds where a user's files are, and that there is no path where there is no folder.
func TestFolders(t *testing.T) {
	set := map[string]string{"XDG_RUNTIME_DIR": "/r", "XDG_CONFIG_HOME": "/c"}
	for _, c := range []struct {
		name                  string
		env                   *discover.Environment
		runtime, config, home string
	}{
		{"linux", made("linux", 1000, nil), "/run/user/1000/x/y", "/home/me/.config/x/y", "/home/me/x/y"},
		{"root", made("linux", 0, nil), "", "/home/me/.config/x/y", "/home/me/x/y"}, // who has no folder of that kind
		{"no users", made("linux", -1, nil), "", "/home/me/.config/x/y", "/home/me/x/y"},
		{"darwin", made("darwin", 501, nil), "", "/home/me/.config/x/y", "/home/me/x/y"},
		{"set", made("linux", 1000, set), "/r/x/y", "/c/x/y", "/home/me/x/y"},
		{"set for root", made("linux", 0, set), "/r/x/y", "/c/x/y", "/home/me/x/y"},
		{"no home", &discover.Environment{OS: "darwin", Getenv: func(string) string { return "" }}, "", "", ""},
	} {
		for what, got := range map[string][2]string{
			"runtime": {c.env.InRuntime("x", "y"), c.runtime},
			"config":  {c.env.InConfig("x", "y"), c.config},
			"home":    {c.env.InHome("x", "y"), c.home},
		} {
			if got[0] != got[1] {
				t.Errorf("%s, %s: %q, want %q", c.name, what, got[0], got[1])
			}
		}
	}
}

// TestSettings holds that files are read as the command lines read them.
func TestSettings(t *testing.T) {
	type settings struct {
		CurrentContext string `json:"currentContext"`
	}
	read := map[string]func([]byte, any) error{"Settings": discover.Settings, "Document": discover.Document}
	for text, want := range map[string]struct{ settings, document string }{
		`{"currentContext":"a"}`:                        {"a", "a"},
		`{"CURRENTcontext":"a"}`:                        {"a", "a"},
		`{"currentContext":"a","currentContext":"b"}`:   {"b", "b"},
		`{"x":1,"x":2,"currentContext":"a"}`:            {"a", "a"},
		"{\"currentContext\":\"a\",\"x\":\"\xff\"}":     {"a", "a"},
		"{\"currentContext\":\"a\xff\"}":                {"a\uFFFD", "a\uFFFD"},
		`{"unheard":{"of":[]},"currentContext":"a"}`:    {"a", "a"},
		`{"currentContext":"a"} {"currentContext":"b"}`: {"a", "refused"},
		`{"currentContext":"a"} behind`:                 {"a", "refused"},
		"":                                              {"", "refused"},
		" \n":                                           {"", "refused"},
		"{":                                             {"refused", "refused"},
		`{"currentContext":5}`:                          {"refused", "refused"},
		`[]`:                                            {"refused", "refused"},
	} {
		for name, wanted := range map[string]string{"Settings": want.settings, "Document": want.document} {
			var got settings
			err := read[name]([]byte(text), &got)
			if (err != nil) != (wanted == "refused") || err == nil && got.CurrentContext != wanted {
				t.Errorf("%s of %q: %q, %v, want %q", name, text, got.CurrentContext, err, wanted)
			}
		}
	}
}

// TestQuote holds that a name of anybody's cannot spoil a message.
func TestQuote(t *testing.T) {
	for name, want := range map[string]string{
		"":                       `""`,
		"colima":                 `"colima"`,
		"a\nb\x00\x1b[2J":        "\"a\uFFFDb\uFFFD\uFFFD[2J\"",
		"\xff":                   "\"\uFFFD\"",
		strings.Repeat("é", 64):  `"` + strings.Repeat("é", 64) + `"`,
		strings.Repeat("é", 65):  `"` + strings.Repeat("é", 64) + `..."`,
		strings.Repeat("x", 1e6): `"` + strings.Repeat("x", 64) + `..."`,
	} {
		if got := discover.Quote(name); got != want {
			t.Errorf("%.80q: %s, want %s", name, got, want)
		}
	}
}
