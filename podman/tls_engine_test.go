package podman_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/internal/testcert"
	"github.com/gantry-go/gantry/podman"
	"github.com/gantry-go/gantry/podman/v58"
	"github.com/gantry-go/gantry/podman/v58/containers"
	"github.com/gantry-go/gantry/podman/v58/images"
	"github.com/gantry-go/gantry/transport"
)

// startTLS runs a second service beside a fetched engine, with its data and in its namespaces but for the network, on this
// machine's loopback. It ends with the engine.
func startTLS(t *testing.T, e *enginetest.Engine, flags ...string) (address string) {
	t.Helper()
	pid, _, _ := strings.Cut(string(must(os.ReadFile(filepath.Join(e.Dir, "init.pid")))(t)), " ")
	listener := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	address = listener.Addr().String()
	ok(t, listener.Close())
	log := must(os.Create(filepath.Join(t.TempDir(), "log")))(t)
	args := []string{
		"--target", pid, "--mount", "--pid", "--cgroup", "podman", "--root", filepath.Join(e.Dir, "data"), "--runroot", "/run/containers/storage",
		"--tmpdir", "/run/libpod", "--network-config-dir", filepath.Join(e.Dir, "net"), "--volumepath", filepath.Join(e.Dir, "data", "volumes"),
		"system", "service", "-t", "0",
	}
	cmd := exec.Command("nsenter", append(append(args, flags...), "tcp://"+address)...) //nolint:noctx // its end is below
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(e.Dir, "home"), "TMPDIR=" + filepath.Join(e.Dir, "tmp"),
		"CONTAINERS_CONF=" + filepath.Join(e.Dir, "containers.conf"), "CONTAINERS_STORAGE_CONF=" + filepath.Join(e.Dir, "storage.conf"),
		"CONTAINERS_REGISTRIES_CONF=" + filepath.Join(e.Dir, "registries.conf"),
	}
	cmd.Stdout, cmd.Stderr = log, log
	ok(t, cmd.Start())
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
		_ = log.Close()
	})
	for {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = conn.Close()
			return address
		}
		select {
		case <-ended:
			t.Fatalf("the service has ended:\n%s", must(os.ReadFile(log.Name()))(t))
		case <-t.Context().Done():
			t.Fatalf("the service does not listen: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// TestMutualTLS has a real Podman that speaks TLS alone on TCP, and takes clients of one authority alone; and one that takes
// everybody.
func TestMutualTLS(t *testing.T) {
	e := enginetest.New(t, enginetest.Config{Kind: "podman", Home: enginetest.Fetched(t, "podman", "sid")})
	dir, authority, other := t.TempDir(), testcert.Authority(t, "authority"), testcert.Authority(t, "other")
	ok(t, os.Chmod(dir, 0o755))
	ca, _ := authority.Files(t, dir, "ca")
	cert, key := authority.Server(t, []string{"127.0.0.1"}).Files(t, dir, "engine")
	flags := []string{"--tls-cert", cert, "--tls-key", key}
	address := startTLS(t, e, append(flags, "--tls-client-ca", ca)...)
	good := transport.TLSFiles{CA: ca}
	good.Cert, good.Key = authority.Client(t).Files(t, dir, "client")
	image := e.LoadImage(t)

	t.Run("environment", func(t *testing.T) {
		isolate(t)
		t.Setenv("CONTAINER_HOST", "tcp://"+address)
		t.Setenv("CONTAINER_TLS_CA", good.CA)
		t.Setenv("CONTAINER_TLS_CERT", good.Cert)
		t.Setenv("CONTAINER_TLS_KEY", good.Key)
		opened := must(podman.Open(t.Context()))(t)
		defer opened.Close() //nolint:errcheck // the test has what it wants
		choice := opened.Choice()
		if choice.Source != "CONTAINER_HOST" || choice.TLS == nil || choice.TLS.Key != good.Key || opened.Info().Version != e.Version {
			t.Errorf("%v, %+v", choice, opened.Info())
		}
		testTLSCalls(t, opened, image)
		t.Setenv("CONTAINER_TLS_CERT", "")
		t.Setenv("CONTAINER_TLS_KEY", "")
		_, err := podman.Open(t.Context())
		refusedTLS(t, "no certificate", err, "there is none")
		t.Setenv("CONTAINER_TLS_CA", "")
		_, err = podman.Open(t.Context())
		if err == nil || errors.Is(err, transport.ErrConnect) {
			t.Errorf("without TLS: %v", err)
		}
	})
	as := func(p *testcert.Pair) transport.TLSFiles {
		return transport.TLSFiles{CA: ca, CertPEM: p.CertPEM(), KeyPEM: transport.Secret(p.KeyPEM(t))}
	}
	wrongCA := good
	wrongCA.CA, wrongCA.CAPEM = "", other.CertPEM()
	wrongName := good
	wrongName.ServerName = "engine.test"
	for name, c := range map[string]struct {
		files transport.TLSFiles
		word  string // of the failure, empty for a success
	}{
		"files":                 {good, ""},
		"bytes":                 {as(authority.Client(t)), ""},
		"wrong CA":              {wrongCA, "unknown authority"},
		"wrong name":            {wrongName, "wanted to match engine.test"},
		"no certificate":        {transport.TLSFiles{CA: ca}, "there is none"},
		"another's certificate": {as(other.Client(t)), "was not sent"},
		"expired":               {as(authority.Client(t, testcert.Expired)), "expired on 2020-01-02"},
		"a server's":            {as(authority.Server(t, nil)), "bad certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			opened, err := podman.OpenHost(t.Context(), "tcp://"+address, transport.WithTLSFiles(c.files))
			if c.word == "" {
				ok(t, err)
				ok(t, opened.Close())
				return
			}
			refusedTLS(t, name, err, c.word)
			client := must(transport.New("tcp://"+address, transport.WithTLSFiles(c.files)))(t)
			defer client.Close() //nolint:errcheck // the test has what it wants
			_, err = containers.New(client).Attach(t.Context(), "conny", nil)
			refusedTLS(t, name, err, c.word)
			refusedTLS(t, name, containers.New(client).Start(t.Context(), "conny", nil), c.word)
		})
	}
	t.Run("for everybody", func(t *testing.T) {
		address := startTLS(t, e, flags...)
		opened := must(podman.OpenHost(t.Context(), "https://"+address, transport.WithTLSFiles(transport.TLSFiles{CA: ca})))(t)
		ok(t, opened.Close())
		_, err := podman.OpenHost(t.Context(), "https://"+address)
		refusedTLS(t, "the system's authorities", err, "unknown authority")
	})
}

// testTLSCalls calls, streams, and attaches with half-close.
func testTLSCalls(t *testing.T, e *podman.Engine, image string) {
	t.Helper()
	c, ctx, name := containers.New(e), t.Context(), enginetest.Name(t)
	if list := must(images.New(e).List(ctx, nil))(t); len(list) == 0 {
		t.Error("no images")
	}
	must(c.Create(ctx, v58.SpecGenerator{
		Image: image, Name: name, Command: []string{"sh", "-c", "cat; echo done >&2"}, Stdin: new(true), NetNS: v58.Namespace{NSMode: "none"},
	}))(t)
	defer c.Delete(ctx, name, &containers.DeleteOptions{Force: true}) //nolint:errcheck // the engine ends with the test
	conn := must(c.Attach(ctx, name, &containers.AttachOptions{Stdin: true, Stdout: true, Stderr: true}))(t)
	defer conn.Close() //nolint:errcheck // all was read by then, or the test has failed
	ok(t, c.Start(ctx, name, nil))
	data := bytes.Repeat([]byte("hello, engine\n"), 100_000)
	sent := make(chan error, 1)
	go func() {
		_, err := conn.Write(data)
		sent <- errors.Join(err, conn.CloseWrite())
	}()
	var out, stderr bytes.Buffer
	must(conn.Demux(&out, &stderr))(t)
	ok(t, <-sent)
	if !bytes.Equal(out.Bytes(), data) || stderr.String() != "done\n" {
		t.Errorf("%d of %d bytes came back, and %q", out.Len(), len(data), &stderr)
	}
	exported := must(c.Export(ctx, name))(t)
	if n, err := io.Copy(io.Discard, exported); err != nil || n == 0 {
		t.Errorf("%d bytes: %v", n, err)
	}
	ok(t, exported.Close())
}

// refusedTLS checks the error of a handshake.
func refusedTLS(t *testing.T, name string, err error, word string) {
	t.Helper()
	failure, is := errors.AsType[*transport.Error](err)
	if !is || !errors.Is(err, transport.ErrTLS) || failure.MayHaveActed || !strings.Contains(err.Error(), word) {
		t.Errorf("%s: %v, want %v with %q", name, err, transport.ErrTLS, word)
	}
}
