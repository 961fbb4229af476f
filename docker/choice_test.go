package docker_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/transport"
)

// TestRow18And19NeverWithoutVerification holds that TLS that was asked for is never left out, nor verification,
// whatever is missing and whatever the values are. The table with the command line has the ways that succeed.
func TestRow18And19NeverWithoutVerification(t *testing.T) {
	f := newFakes(t)
	for _, engine := range []string{"plain", "rogue"} {
		for _, verify := range []string{"", "1", "0", "false"} {
			for _, tls := range []string{"", "1", "0"} {
				for _, certs := range []string{"", "full", "ca", "noca", "nokey", "bad", "nothing", "missing"} {
					for _, scheme := range []string{"tcp", "http", "https"} {
						if verify+tls+certs == "" {
							continue // nobody asks for TLS
						}
						isolate(t)
						t.Setenv("DOCKER_HOST", f.expand(scheme+"://$"+engine))
						t.Setenv("DOCKER_TLS_VERIFY", verify)
						t.Setenv("DOCKER_TLS", tls)
						if certs != "" {
							t.Setenv("DOCKER_CERT_PATH", filepath.Join(f.dir, "certs", certs))
						}
						_, err := docker.Open(t.Context())
						if err == nil || f.take() != "" || !errors.Is(err, transport.ErrTLS) && !errors.Is(err, transport.ErrInvalidInput) {
							t.Errorf("%s %s VERIFY=%s TLS=%s %s: %v", scheme, engine, verify, tls, certs, err)
						}
					}
				}
			}
		}
	}
}

// TestOptionsHaveTheLastWord holds that options win over what was found.
func TestOptionsHaveTheLastWord(t *testing.T) {
	f := newFakes(t)
	isolate(t)
	t.Setenv("DOCKER_HOST", f.expand("tcp://$rogue"))
	t.Setenv("DOCKER_CERT_PATH", filepath.Join(f.dir, "certs", "full"))
	e, err := docker.Open(t.Context(), transport.WithTLSFiles(transport.TLSFiles{SkipVerify: true}))
	if err != nil {
		t.Fatal(err)
	}
	_ = e.Close()
}

func TestOpenContext(t *testing.T) {
	f := newFakes(t)
	home, _ := isolate(t)
	config := filepath.Join(home, ".docker")
	addContext(t, config, aContext{name: "bee", host: "unix://$b"}, f)
	addContext(t, config, aContext{name: "far", host: "ssh://me@host"}, f)
	t.Setenv("DOCKER_HOST", f.expand("unix://$a")) // has no say
	e, err := docker.OpenContext(t.Context(), "bee")
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close() //nolint:errcheck // the test is over
	choice := e.Choice()
	if f.take() != "b" || choice.Context != "bee" || e.Source() != `the given context "bee"` || choice.Host != f.expand("unix://$b") || choice.TLS != nil {
		t.Errorf("%+v", choice)
	}
	if def, err := docker.OpenContext(t.Context(), "default"); err != nil || def.Source() != "DOCKER_HOST" || f.take() != "a" {
		t.Errorf("default: %v", err)
	} else {
		_ = def.Close()
	}
	for name, want := range map[string]string{"": "no context has such a name", "none": "there is no such context", "far": "transport/ssh"} {
		if _, err := docker.OpenContext(t.Context(), name); !errors.Is(err, transport.ErrInvalidInput) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if f.take() != "" {
		t.Error("another engine was asked")
	}
}

// TestFindSendsNothing holds that an engine that is named need not be there.
func TestFindSendsNothing(t *testing.T) {
	f := newFakes(t)
	home, _ := isolate(t)
	addContext(t, filepath.Join(home, ".docker"), aContext{name: "far", host: "tcp://nowhere.invalid:1", skip: true}, f)
	t.Setenv("DOCKER_CONTEXT", "far")
	choice, err := docker.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := `https://nowhere.invalid:1 by DOCKER_CONTEXT "far", not verified; passed by: DOCKER_HOST is not set`
	if choice.String() != want || !choice.TLS.SkipVerify {
		t.Errorf("%s, want %s", choice, want)
	}
}

// TestRow93HostileContexts holds that a context leads nowhere but to its own files, and that these are bounded.
func TestRow93HostileContexts(t *testing.T) {
	f := newFakes(t)
	for name, c := range map[string]struct {
		context string
		arrange func(meta string)
	}{
		"above":     {context: "../../../etc"},
		"NUL":       {context: "a\x00b"}, // not by the environment, which cannot hold it
		"line feed": {context: "a\nb"},
		"huge name": {context: strings.Repeat("x", 1<<20)},
		"option":    {context: "-x"},
		"slash":     {context: "a/b"},
		"huge": {arrange: func(meta string) {
			write(t, meta, []byte(`{"Endpoints":{"docker":{"Host":"unix:///x"}}}`+strings.Repeat(" ", 1<<20)))
		}},
		"deep":         {arrange: func(meta string) { write(t, meta, []byte(strings.Repeat(`{"Endpoints":`, 1<<15))) }},
		"empty":        {arrange: func(meta string) { write(t, meta, nil) }},
		"null":         {arrange: func(meta string) { write(t, meta, []byte("null")) }},
		"null docker":  {arrange: func(meta string) { write(t, meta, []byte(`{"Endpoints":{"docker":null}}`)) }},
		"two":          {arrange: func(meta string) { write(t, meta, []byte(`{"Endpoints":{"docker":{"Host":"unix:///x"}}}{}`)) }},
		"number":       {arrange: func(meta string) { write(t, meta, []byte(`{"Endpoints":{"docker":{"Host":5}}}`)) }},
		"folder":       {arrange: func(meta string) { _ = os.MkdirAll(meta, 0o700) }},
		"no end":       {arrange: func(meta string) { _ = os.MkdirAll(filepath.Dir(meta), 0o700); _ = os.Symlink("/dev/zero", meta) }},
		"endless link": {arrange: func(meta string) { _ = os.MkdirAll(filepath.Dir(meta), 0o700); _ = os.Symlink(meta, meta) }},
		"pipe": {arrange: func(meta string) {
			_ = os.MkdirAll(filepath.Dir(meta), 0o700)
			_ = exec.CommandContext(t.Context(), "mkfifo", meta).Run()
		}},
		"password": {arrange: func(meta string) {
			write(t, meta, []byte(`{"Endpoints":{"docker":{"Host":"tcp://me:s3cret@127.0.0.1:1"}}}`))
		}},
		"ssh password": {arrange: func(meta string) {
			write(t, meta, []byte(`{"Endpoints":{"docker":{"Host":"ssh://me:s3cret@127.0.0.1"}}}`))
		}},
		"control": {arrange: func(meta string) { write(t, meta, []byte(`{"Endpoints":{"docker":{"Host":"tcp://h\r\n:1"}}}`)) }},
		"no scheme": {arrange: func(meta string) { // which the environment may leave out, and a context may not
			write(t, meta, []byte(f.expand(`{"Endpoints":{"docker":{"Host":"$plain"}}}`)))
		}},
	} {
		home, runtime := isolate(t)
		offer(t, filepath.Join(runtime, "docker.sock"), version141) // which nobody is to fall back to
		if c.arrange != nil {
			c.context = "bad"
			c.arrange(metaFile(filepath.Join(home, ".docker"), "bad"))
		}
		_, err := docker.OpenContext(t.Context(), c.context)
		if !errors.Is(err, transport.ErrInvalidInput) || strings.Contains(err.Error(), "s3cret") || len(err.Error()) > 2000 || strings.ContainsAny(err.Error(), "\x00\n") {
			t.Errorf("%s: %v", name, err)
		}
		if strings.ContainsRune(c.context, 0) || len(c.context) > 1<<16 {
			continue
		}
		t.Setenv("DOCKER_CONTEXT", c.context)
		if _, err := docker.Open(t.Context()); !errors.Is(err, transport.ErrInvalidInput) {
			t.Errorf("%s by DOCKER_CONTEXT: %v", name, err)
		}
	}
	if asked := f.take(); asked != "" {
		t.Errorf("%s was asked", asked)
	}
}

// TestRow93OnlyTheChosenContext has contexts that nobody has chosen, one of them hostile, and one that is chosen.
func TestRow93OnlyTheChosenContext(t *testing.T) {
	f := newFakes(t)
	home, runtime := isolate(t)
	config := filepath.Join(home, ".docker")
	addContext(t, config, aContext{name: "bee", host: "unix://$b"}, f)
	addContext(t, config, aContext{name: "default", host: "unix://$b"}, f)
	write(t, metaFile(config, "broken"), []byte("{"))
	for _, current := range []string{`{}`, `{"currentContext":""}`, `{"currentContext":"default"}`} {
		write(t, filepath.Join(config, "config.json"), []byte(current))
		choice, err := docker.Find(t.Context())
		if err == nil && (choice.Context != "" && choice.Context != "default" || choice.Host == f.expand("unix://$b")) {
			t.Errorf("%s: %v", current, choice)
		}
		if none, is := errors.AsType[*docker.NoEngineError](err); err != nil && !is {
			t.Errorf("%s: %v, %v", current, err, none)
		}
	}
	write(t, filepath.Join(config, "config.json"), []byte(`{"currentContext":"bee"}`))
	if choice, err := docker.Find(t.Context()); err != nil || choice.Context != "bee" || choice.Host != f.expand("unix://$b") {
		t.Errorf("%v, %v", choice, err)
	}
	t.Setenv("DOCKER_HOST", "unix://"+filepath.Join(runtime, "own.sock"))
	if choice, err := docker.Find(t.Context()); err != nil || choice.Context != "" || choice.Source != "DOCKER_HOST" {
		t.Errorf("%v, %v", choice, err)
	}
	if asked := f.take(); asked != "" {
		t.Errorf("%s was asked", asked)
	}
}

// TestContextByLinks holds that a folder of settings may be kept elsewhere, as people do.
func TestContextByLinks(t *testing.T) {
	f := newFakes(t)
	home, _ := isolate(t)
	addContext(t, filepath.Join(home, "elsewhere"), aContext{name: "tls", host: "tcp://$mtls", certs: "full"}, f)
	if err := os.Symlink("elsewhere", filepath.Join(home, ".docker")); err != nil {
		t.Fatal(err)
	}
	e, err := docker.OpenContext(t.Context(), "tls")
	if err != nil {
		t.Fatal(err)
	}
	_ = e.Close()
}

// TestConfigThatMakesNoSense holds that a file which may have chosen an engine is not passed by.
func TestConfigThatMakesNoSense(t *testing.T) {
	for name, text := range map[string]string{
		"broken": `{"currentContext":"x`, "huge": `{"x":"` + strings.Repeat("x", 1<<20) + `"}`, "list": `[]`, "binary": "\x00\xff",
	} {
		home, runtime := isolate(t)
		offer(t, filepath.Join(runtime, "docker.sock"), version141)
		write(t, filepath.Join(home, ".docker", "config.json"), []byte(text))
		if _, err := docker.Open(t.Context()); !errors.Is(err, transport.ErrInvalidInput) || !strings.Contains(err.Error(), "config.json") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := docker.Find(t.Context()); !errors.Is(err, transport.ErrInvalidInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNoHome holds that nothing is looked up in the working folder for want of another.
func TestNoHome(t *testing.T) {
	isolate(t)
	t.Setenv("DOCKER_CONTEXT", "x1")
	t.Setenv("HOME", "/nowhere")
	if _, err := docker.Open(t.Context()); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "/nowhere") {
		t.Error(err)
	}
}
