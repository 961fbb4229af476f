package podman_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/internal/leak"
	"github.com/gantry-go/gantry/internal/testcert"
	"github.com/gantry-go/gantry/podman"
	"github.com/gantry-go/gantry/transport"
)

// said is a choice with what was passed by as text.
type said struct {
	podman.Choice
	passed []string
	text   string
}

func sayingOf(c podman.Choice) said {
	s := said{Choice: c, text: c.String()}
	for _, err := range c.Passed {
		s.passed = append(s.passed, err.Error())
	}
	s.Choice.Passed = nil
	return s
}

// TestFindAndOpenChoose holds the whole of what is decided: the engine, what decided, and each thing that was looked at
// before, once and in order. Find sends nothing to an engine that is named, and Open decides as Find does.
func TestFindAndOpenChoose(t *testing.T) {
	dir := t.TempDir()
	ca := filepath.Join(dir, "ca.pem")
	write(t, ca, string(testcert.Authority(t, "authority").CertPEM()))
	none, noConnection := "CONTAINER_HOST is not set", "CONTAINER_CONNECTION is not set"
	route := transport.WithScheme("ssh", func(to transport.Target) (transport.Route, error) { return nil, errors.New("no way to " + to.Host) })
	for name, c := range map[string]struct {
		variables map[string]string
		list      string // podman-connections.json
		conf      string // containers.conf
		want      said   // $socket, $list and $conf stand for paths
	}{
		"CONTAINER_HOST": {
			variables: map[string]string{"CONTAINER_HOST": "unix://$socket", "CONTAINER_CONNECTION": "far"},
			want: said{
				Choice: podman.Choice{Host: "unix://$socket", Source: "CONTAINER_HOST"},
				text:   "unix://$socket by CONTAINER_HOST",
			},
		},
		"CONTAINER_HOST, TLS": {
			variables: map[string]string{"CONTAINER_HOST": "tcp://127.0.0.1:1", "CONTAINER_TLS_CA": ca, "CONTAINER_SSHKEY": "/key"},
			want: said{
				Choice: podman.Choice{Host: "https://127.0.0.1:1", Source: "CONTAINER_HOST", TLS: &transport.TLSFiles{CA: ca}},
				text:   "https://127.0.0.1:1 by CONTAINER_HOST",
			},
		},
		"CONTAINER_CONNECTION": {
			variables: map[string]string{"CONTAINER_CONNECTION": "own"},
			list:      `{"Connection":{"Default":"other","Connections":{"own":{"URI":"unix://$socket"}}}}`,
			want: said{
				Choice: podman.Choice{Host: "unix://$socket", Source: `CONTAINER_CONNECTION "own"`, Connection: "own"},
				passed: []string{none},
				text:   `unix://$socket by CONTAINER_CONNECTION "own"; passed by: ` + none,
			},
		},
		"a machine": {
			variables: map[string]string{"CONTAINER_CONNECTION": "machine"},
			list:      `{"Connection":{"Connections":{"machine":{"URI":"unix://$socket","IsMachine":true}}}}`,
			want: said{
				Choice: podman.Choice{Host: "unix://$socket", Source: `CONTAINER_CONNECTION "machine"`, Connection: "machine", Machine: true},
				passed: []string{none},
				text:   `unix://$socket by CONTAINER_CONNECTION "machine"; passed by: ` + none,
			},
		},
		"the default connection": {
			list: `{"Connection":{"Default":"own","Connections":{"own":{"URI":"unix://$socket"}}}}`,
			want: said{
				Choice: podman.Choice{Host: "unix://$socket", Source: `the default connection "own" of $list`, Connection: "own"},
				passed: []string{none, noConnection},
				text:   `unix://$socket by the default connection "own" of $list; passed by: ` + none + "; " + noConnection,
			},
		},
		"the active service": {
			conf: "[engine]\nactive_service='tls'\n[engine.service_destinations.tls]\nuri='tcp://127.0.0.1:1'\ntls_ca='" + ca + "'\n",
			want: said{
				Choice: podman.Choice{
					Host: "https://127.0.0.1:1", Source: `the default connection "tls" of $conf`, Connection: "tls", TLS: &transport.TLSFiles{CA: ca},
				},
				passed: []string{none, noConnection},
				text:   `https://127.0.0.1:1 by the default connection "tls" of $conf; passed by: ` + none + "; " + noConnection,
			},
		},
		"a usual socket": {
			conf: "[engine]\n",
			want: said{
				Choice: podman.Choice{Host: "unix://$usual", Source: "$usual"},
				passed: []string{none, noConnection, "no default connection is set in $conf"},
				text:   "unix://$usual by $usual; passed by: " + none + "; " + noConnection + "; no default connection is set in $conf",
			},
		},
	} {
		runtime := isolate(t)
		paths := map[string]string{
			"socket": filepath.Join(runtime, "own.sock"), "usual": filepath.Join(runtime, "podman", "podman.sock"),
			"list": filepath.Join(runtime, "list.json"), "conf": filepath.Join(runtime, "containers.conf"),
		}
		expand := func(s string) string { return os.Expand(s, func(name string) string { return paths[name] }) }
		own, usual := offer(t, paths["socket"], versions("4.0.0", "4.3.1")), offer(t, paths["usual"], versions("4.0.0", "4.3.1"))
		for variable, value := range c.variables {
			t.Setenv(variable, expand(value))
		}
		t.Setenv("PODMAN_CONNECTIONS_CONF", paths["list"])
		if c.list != "" {
			write(t, paths["list"], expand(c.list))
		}
		write(t, paths["conf"], c.conf)
		t.Setenv("CONTAINERS_CONF", paths["conf"])
		want := c.want
		want.Host, want.Source, want.text = expand(want.Host), expand(want.Source), expand(want.text)
		for i := range want.passed {
			want.passed[i] = expand(want.passed[i])
		}

		found, err := podman.Find(t.Context(), route)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := sayingOf(*found); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: Find: %+v, want %+v", name, got, want)
		}
		if n := own.asked.Load(); n != 0 {
			t.Errorf("%s: Find asked the engine %d times", name, n)
		}
		if n := usual.asked.Load(); (n != 0) != (name == "a usual socket") {
			t.Errorf("%s: Find asked the usual engine %d times", name, n)
		}
		if strings.HasPrefix(want.Host, "https") {
			continue // where there is no engine
		}
		e, err := podman.Open(t.Context(), route)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := sayingOf(e.Choice()); !reflect.DeepEqual(got, want) || e.Source() != want.Source || e.Host() != want.Host || fmt.Sprintf("%v %+v", e, e) != e.Host()+" "+e.Host() {
			t.Errorf("%s: Open: %+v, want %+v", name, got, want)
		}
		_ = e.Close()
	}
}

// TestFindRefuses holds that what cannot be opened is an error, and no choice, which names what decided.
func TestFindRefuses(t *testing.T) {
	for host, want := range map[string]error{
		"ftp://h": transport.ErrInvalidInput, "tcp://me:pw@h": transport.ErrInvalidInput, "ssh://h": transport.ErrInvalidInput,
	} {
		isolate(t)
		t.Setenv("CONTAINER_HOST", host)
		choice, err := podman.Find(t.Context())
		if choice != nil || !errors.Is(err, want) || !strings.HasPrefix(err.Error(), "CONTAINER_HOST: ") {
			t.Errorf("%s: %v, %v", host, choice, err)
		}
	}
	isolate(t)
	t.Setenv("CONTAINER_CONNECTION", "none")
	if choice, err := podman.Find(t.Context()); choice != nil || !errors.Is(err, transport.ErrInvalidInput) {
		t.Errorf("%v, %v", choice, err)
	}
	if _, err := os.Stat("/run/podman/podman.sock"); err == nil {
		t.Skip("this machine has an engine at /run/podman/podman.sock; remove it to run this test")
	}
	isolate(t)
	choice, err := podman.Find(t.Context())
	if _, ok := errors.AsType[*podman.NoEngineError](err); choice != nil || !ok {
		t.Errorf("%v, %v", choice, err)
	}
}

// TestVersionErrors holds what an error of a version says: both sides, in this order, and the package that fits.
func TestVersionErrors(t *testing.T) {
	runtime := isolate(t)
	for i, c := range []struct{ engine, pkg, low, high, fits, text string }{
		{"podman", "6.0", "4.0.0", "4.3.1", "podman/v43", "the package is of libpod API 6.0, the engine offers 4.0.0 to 4.3.1: use podman/v43"},
		{"podman", "3.4", "4.0.0", "5.8.2", "podman/v58", "the package is of libpod API 3.4, the engine offers 4.0.0 to 5.8.2: use podman/v58"},
		{"podman", "4.3", "", "3.4.4", "podman/v34", "the package is of libpod API 4.3, the engine offers up to 3.4.4: use podman/v34"},
		{"podman", "4.3", "7.0.0", "7.1.0", "", "the package is of libpod API 4.3, the engine offers 7.0.0 to 7.1.0"},
		{"docker", "1.44", "4.0.0", "4.3.1", "docker/v141", "the package is of Docker API 1.44, the engine offers 1.24 to 1.41: use docker/v141"},
	} {
		o := offer(t, filepath.Join(runtime, fmt.Sprint(i, ".sock")), versions(c.low, c.high))
		e, err := podman.OpenHost(t.Context(), "unix://"+o.socket)
		if err != nil {
			t.Fatal(err)
		}
		op := transport.Operation{Engine: c.engine, Version: c.pkg, Name: "Some", Method: "GET", Path: "/some"}
		err = transport.None(t.Context(), e, op.Request())
		failure, ok := errors.AsType[*transport.Error](err)
		v, versions := errors.AsType[*podman.VersionError](err)
		if !ok || failure.Class != transport.ErrVersion || !versions || v.Fits != c.fits || v.Error() != c.text { //nolint:errorlint // the very class
			t.Errorf("%s %s for %s to %s: %+v, %v, want %q", c.engine, c.pkg, c.low, c.high, v, err, c.text)
		}
		fits := e.Info().Package()
		if c.engine == "docker" {
			fits = e.Info().DockerPackage()
		}
		if fits != c.fits {
			t.Errorf("%s %s to %s: %q fits, want %q", c.engine, c.low, c.high, fits, c.fits)
		}
		_ = e.Close()
	}
}

// TestFailedOpenLeavesNothing has engines refuse to be opened, and stay: what was open to them is not.
func TestFailedOpenLeavesNothing(t *testing.T) {
	runtime := isolate(t)
	for i, version := range []string{versions("4.0.0", "x"), `{"ApiVersion":"1.41"}`, `[]`, `<html>`} {
		o := offer(t, filepath.Join(runtime, fmt.Sprint(i, ".sock")), version)
		t.Run(version, func(t *testing.T) {
			leak.Check(t)
			if _, err := podman.OpenHost(t.Context(), "unix://"+o.socket); err == nil {
				t.Error("it was opened")
			}
		})
	}
}
