package transport_test

import (
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/transport"
)

// TestRow7SecretsInTheHost holds that an address with a user, a query or a fragment is refused, and not repeated.
func TestRow7SecretsInTheHost(t *testing.T) {
	for _, host := range []string{
		"%s://me:s3cret@h:1", "%s://s3cret@h:1", "%s://h:1?token=s3cret", "%s://h:1/?s3cret", "%s://h:1/x#s3cret", "%s://h:1?", "%s://h:1#",
		"%s://me:s3cret@h:port", "%s://[s3cret", "%s://h:1:s3cret", "me:s3cret@%s://h", "%s:me:s3cret@h", "%s://h:1\x00s3cret", "%s://h%%zzs3cret", "%s://h:1:2", "%s://fe80::1",
	} {
		for _, scheme := range []string{"tcp", "http", "https"} {
			given := strings.Replace(strings.ReplaceAll(host, "%s", scheme), "%%", "%", 1)
			_, err := transport.New(given)
			isError(t, given, err, transport.ErrInvalidInput, false)
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("a secret in %q", err)
			}
		}
	}
}

// TestRow9SocketPaths holds which paths of sockets are refused.
func TestRow9SocketPaths(t *testing.T) {
	most := 107
	if runtime.GOOS == "darwin" {
		most = 103
	}
	for path, ok := range map[string]bool{
		"relative":                        false,
		"./x":                             false,
		"":                                false,
		"@":                               false,
		"/a\x00b":                         false,
		"@a\x00b":                         false,
		"\x00a":                           false,
		"/" + strings.Repeat("x", most-1): true,
		"/" + strings.Repeat("x", most):   false,
		"/" + strings.Repeat("x", 1<<20):  false,
		"@" + strings.Repeat("x", most):   false,
		"/with?mark":                      true, // it is no URL behind unix://
		"/with#mark":                      true,
		"/with%20percent":                 true,
		"@" + strings.Repeat("x", 106):    runtime.GOOS == "linux",
	} {
		c, err := transport.New("unix://" + path)
		if ok {
			if err != nil || c.Host() != "unix://"+path {
				t.Errorf("%q: %v", path, err)
			}
			continue
		}
		isError(t, path, err, transport.ErrInvalidInput, false)
	}
}

// TestAbstractSocket holds that a name of the abstract namespace is dialed there, and is no file.
func TestAbstractSocket(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there is no abstract namespace here")
	}
	name := "@gantry-" + filepath.Base(t.TempDir()) + "-" + filepath.Base(filepath.Dir(t.TempDir()))
	listener, err := net.Listen("unix", name)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.NotFoundHandler()}
	go func() { _ = server.Serve(listener) }()
	defer server.Close() //nolint:errcheck // the test is over
	c, err := transport.New("unix://" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // the test is over
	op := transport.Operation{Name: "Ping", Method: "GET", Path: "/_ping"}
	if err := transport.None(t.Context(), c, op.Request()); !errors.Is(err, transport.ErrNotFound) {
		t.Error(err)
	}
	if _, err := os.Lstat(name); err == nil {
		t.Error("there is a file")
	}
}

// FuzzRow7And9Host holds that an address, whatever it is, is taken or refused without being repeated.
func FuzzRow7And9Host(f *testing.F) {
	for _, seed := range []string{"tcp://", "unix:///", "unix://@", "me:@", "tcp://me:@h:1/", "tcp://h:1?token=", "http://h#", "https://", "ssh://me:", "[::1]:", ":", ""} {
		f.Add(seed, "")
		f.Add(seed, "@host:2375")
		f.Add(seed, "://h")
	}
	const canary = "s3cretcanary"
	f.Fuzz(func(t *testing.T, before, after string) {
		if strings.Contains(before+after, "s3cret") {
			return
		}
		host := before + canary + after
		c, err := transport.New(host)
		if err == nil { // the name of a host or a path is no secret
			if _, rest, _ := strings.Cut(host, "://"); !strings.HasPrefix(host, "unix://") && strings.ContainsAny(rest, "@?#") && !strings.Contains(rest, "/") {
				t.Errorf("%q was taken", host)
			}
			_ = c.Close()
			return
		}
		if !errors.Is(err, transport.ErrInvalidInput) || strings.Contains(err.Error(), canary) {
			t.Errorf("%q: %v", host, err)
		}
	})
}
