package docker_test

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gantry-go/gantry/internal/leak"
	"github.com/gantry-go/gantry/internal/testcert"
)

// fakes are engines that say which of them was asked.
type fakes struct {
	dir   string            // where the sockets and the certificates are
	hosts map[string]string // host:port or path, by name
	mu    sync.Mutex
	asked []string
}

// newFakes starts engines: a and b on sockets, plain on TCP, tls on TCP with TLS, mtls with TLS that wants the client's
// certificate, rogue with TLS by an authority that nobody trusts. The certificates are in folders below certs.
func newFakes(t *testing.T) *fakes {
	t.Helper()
	leak.Check(t)
	dir, err := os.MkdirTemp("", "fakes") //nolint:usetesting // t.TempDir is too long for the paths of sockets
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	f := &fakes{dir: dir, hosts: map[string]string{}}
	good, evil := testcert.Authority(t, "good"), testcert.Authority(t, "evil")
	client := good.Client(t)
	cert, key := client.CertPEM(), client.KeyPEM(t)
	for folder, files := range map[string]map[string][]byte{
		"full":    {"ca.pem": good.CertPEM(), "cert.pem": cert, "key.pem": key},
		"ca":      {"ca.pem": good.CertPEM()},
		"nokey":   {"ca.pem": good.CertPEM(), "cert.pem": cert},
		"noca":    {"cert.pem": cert, "key.pem": key},
		"bad":     {"ca.pem": []byte("nothing"), "cert.pem": cert, "key.pem": key},
		"evil":    {"ca.pem": evil.CertPEM()},
		"nothing": {},
	} {
		for name, data := range files {
			write(t, filepath.Join(dir, "certs", folder, name), data)
		}
		_ = os.MkdirAll(filepath.Join(dir, "certs", folder), 0o700)
	}
	loopback := []string{"localhost", "127.0.0.1"}
	server := good.Server(t, loopback)
	config := func(own *testcert.Pair, auth tls.ClientAuthType) *tls.Config {
		return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{own.TLS()}, ClientAuth: auth, ClientCAs: good.Pool()}
	}
	f.start(t, "a", "unix", nil)
	f.start(t, "b", "unix", nil)
	f.start(t, "plain", "tcp", nil)
	f.start(t, "tls", "tcp", config(server, tls.VerifyClientCertIfGiven))
	f.start(t, "mtls", "tcp", config(server, tls.RequireAndVerifyClientCert))
	f.start(t, "rogue", "tcp", config(evil.Server(t, loopback), tls.NoClientCert))
	return f
}

func (f *fakes) start(t *testing.T, name, network string, config *tls.Config) {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = filepath.Join(f.dir, name)
	}
	f.listen(t, name, network, address, config)
}

func (f *fakes) listen(t *testing.T, name, network, address string, config *tls.Config) {
	t.Helper()
	listener, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	f.hosts[name] = listener.Addr().String()
	server := &http.Server{
		ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0), // handshakes fail here on purpose
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked := name
			if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
				asked += "+cert"
			}
			f.mu.Lock()
			f.asked = append(f.asked, asked)
			f.mu.Unlock()
			w.Header().Set("Api-Version", "1.41")
			w.Header().Set("Ostype", "linux")
			if strings.HasSuffix(r.URL.Path, "/version") {
				_, _ = io.WriteString(w, version141)
			}
		}),
	}
	if config != nil {
		listener = tls.NewListener(listener, config)
	}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
}

// take returns which engine was asked since it was last called, if any was.
func (f *fakes) take() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	asked := f.asked
	f.asked = nil
	if len(asked) == 0 {
		return ""
	}
	return asked[0]
}

// expand puts addresses for $plain and the like, and the folder for $dir.
func (f *fakes) expand(s string) string {
	return os.Expand(s, func(name string) string {
		if name == "dir" {
			return f.dir
		}
		return f.hosts[name]
	})
}

// aContext is a docker context to be.
type aContext struct {
	name, host string
	skip       bool
	certs      string // a folder of certificates
}

// addContext writes a docker context as the docker command line does.
func addContext(t *testing.T, config string, c aContext, f *fakes) {
	t.Helper()
	meta, err := json.Marshal(map[string]any{
		"Name": c.name, "Metadata": map[string]any{},
		"Endpoints": map[string]any{"docker": map[string]any{"Host": f.expand(c.host), "SkipTLSVerify": c.skip}},
	})
	if err != nil {
		t.Fatal(err)
	}
	write(t, metaFile(config, c.name), meta)
	if c.certs == "" {
		return
	}
	tlsDir := filepath.Join(config, "contexts", "tls", contextID(c.name), "docker")
	if err := os.CopyFS(tlsDir, os.DirFS(filepath.Join(f.dir, "certs", c.certs))); err != nil {
		t.Fatal(err)
	}
}

func contextID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}

// metaFile is where a context is.
func metaFile(config, name string) string {
	return filepath.Join(config, "contexts", "meta", contextID(name), "meta.json")
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
