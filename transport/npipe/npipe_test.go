package npipe

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/transport"
)

func TestPipeName(t *testing.T) {
	cases := map[string]string{
		"npipe:////./pipe/docker_engine":         "docker_engine",
		"npipe://./pipe/docker_engine":           "docker_engine",
		`npipe://\\.\pipe\docker_engine`:         "docker_engine",
		`npipe:////.\pipe\docker_engine`:         "docker_engine",
		"npipe:////./PIPE/podman-machine-x":      "podman-machine-x",
		"npipe:////./pipe/ProtectedPrefix/A/b c": `ProtectedPrefix\A\b c`,

		"npipe://":                                           "",
		"npipe:////./pipe/":                                  "",
		"npipe:////./pipe":                                   "",
		"npipe:////./other/x":                                "",
		"npipe:////server/pipe/x":                            "",
		"npipe://s3cret@./pipe/x":                            "",
		"npipe://s3cret:x@host/pipe/x":                       "",
		"npipe:////./pipe/../x":                              "",
		"npipe:////./pipe/a//x":                              "",
		"npipe:////./pipe/./x":                               "",
		"npipe:////./pipe/x\x00y":                            "",
		"npipe:////./pipe/x?s3cret":                          "",
		"npipe:////./pipe/x#s3cret":                          "",
		"npipe://///./pipe/x":                                "",
		"npipe:////?/pipe/x":                                 "",
		"npipe:////./pipe/" + strings.Repeat("x", maxName):   strings.Repeat("x", maxName),
		"npipe:////./pipe/" + strings.Repeat("x", maxName+1): "",
	}
	for host, want := range cases {
		got, err := pipeName(host)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", host, got, err)
		}
		if err != nil && (!errors.Is(err, transport.ErrInvalidInput) || strings.Contains(err.Error(), "s3cret")) {
			t.Errorf("%q: %v", host, err)
		}
		if err == nil {
			if again, err := pipeName(pipe{got}.Host()); again != got || err != nil {
				t.Errorf("%q: its Host is %s: %v", host, pipe{got}.Host(), err)
			}
		}
	}
}

func FuzzPipeName(f *testing.F) {
	f.Add("npipe:////./pipe/docker_engine")
	f.Fuzz(func(t *testing.T, host string) {
		name, err := pipeName(host)
		if err == nil && (name == "" || strings.Contains(`\`+name+`\`, `\..\`) || strings.Contains(name, "/")) {
			t.Errorf("%q: %q", host, name)
		}
	})
}

// TestElsewhere holds that a program for several systems is told what is missing.
func TestElsewhere(t *testing.T) {
	c, err := transport.New("npipe:////./pipe/docker_engine", Hosts())
	if runtime.GOOS == "windows" {
		if err != nil || c.Host() != "npipe:////./pipe/docker_engine" {
			t.Errorf("%v, %v", c, err)
		}
		return
	}
	if !errors.Is(err, transport.ErrInvalidInput) || !strings.Contains(err.Error(), "needs Windows") {
		t.Error(err)
	}
}
