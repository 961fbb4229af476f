package docker_test

import (
	"crypto/tls"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/images"
	"github.com/gantry-go/gantry/docker/v141/system"
	"github.com/gantry-go/gantry/internal/canary"
	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/internal/testcert"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/keys"
	"github.com/gantry-go/gantry/transport/proxy"
	"github.com/gantry-go/gantry/transport/registryauth"
)

// look opens an engine, makes calls of each kind that succeed and that fail, and shows the trap all that there is to see.
// It returns the failure to open it.
func look(t *testing.T, c *canary.Trap, host string, options ...transport.Option) error {
	t.Helper()
	for _, option := range options {
		c.Value("an option", option)
	}
	e, err := docker.OpenHost(t.Context(), host, append(c.Options(), options...)...)
	c.Err("opening", err)
	if err != nil {
		return err
	}
	defer e.Close() //nolint:errcheck // the test has what it wants
	c.Value("the engine", e)
	c.Value("its values", *e)
	c.Value("its choice", e.Choice())
	c.Value("what it says", e.Info())
	c.Text("its host", e.Host()+e.Source())
	ctrs := containers.New(e)
	c.Value("a client", ctrs)
	c.Value("its values", *ctrs)
	_, err = ctrs.List(t.Context(), nil)
	ok(t, err)
	name := unique()
	c.Fails("a call", ctrs.Start(t.Context(), name, nil))
	_, err = ctrs.Attach(t.Context(), name, &containers.AttachOptions{Stream: true})
	c.Fails("an upgrade", err)
	_, err = ctrs.Logs(t.Context(), name, &containers.LogsOptions{Stdout: true})
	c.Fails("a stream", err)
	c.Fails("an upload", ctrs.PutArchive(t.Context(), name, "/", strings.NewReader("x"), nil))
	ok(t, e.Close())
	c.Fails("after the end", ctrs.Start(t.Context(), name, nil))
	return nil
}

// TestRow90MutualTLS has a real dockerd in mutual TLS, and keys that are encrypted, wrong, and given as bytes, directly and
// through a proxy with a password.
func TestRow90MutualTLS(t *testing.T) {
	m := newMutual(t)
	on := startOnTCP(t, m.flags...)
	host, dir := "tcp://"+on.address, t.TempDir()

	// A key whose passphrase is the secret.
	sealed := filepath.Join(dir, "sealed.pem")
	seal := exec.CommandContext(t.Context(), "openssl", "pkcs8", "-topk8", "-in", m.files.Key, "-out", sealed, "-passout", "pass:"+canary.Secret)
	if out, err := seal.CombinedOutput(); err != nil {
		t.Fatalf("openssl, which scripts/engines/install.sh proxy installs, encrypts no key: %v: %s", err, out)
	}
	pem := string(must(os.ReadFile(m.files.Key))(t))
	line := strings.Split(pem, "\n")[1]
	c := canary.New(t, line)
	decrypt := func(passphrase string) func([]byte) ([]byte, error) {
		return keys.Passphrase(func() ([]byte, error) { return []byte(passphrase), nil })
	}
	withKey := func(key string, decrypt func([]byte) ([]byte, error)) transport.TLSFiles {
		return transport.TLSFiles{CA: m.files.CA, Cert: m.files.Cert, Key: key, DecryptKey: decrypt}
	}
	inBytes := transport.TLSFiles{CAPEM: m.authority.CertPEM(), CertPEM: must(os.ReadFile(m.files.Cert))(t), KeyPEM: transport.Secret(pem)}
	half, broken := inBytes, filepath.Join(dir, "broken.pem")
	half.KeyPEM = transport.Secret(pem[:len(pem)/2])
	testcert.Write(t, broken, []byte("-----BEGIN PRIVATE KEY-----\n"+line+"\n-----END PRIVATE KEY-----\n"))
	other := inBytes
	other.CAPEM = testcert.Authority(t, "other").CertPEM()
	for name, tt := range map[string]struct {
		files transport.TLSFiles
		class error // of the failure, nil for a success
	}{
		"encrypted key":        {withKey(sealed, decrypt(canary.Secret)), nil},
		"wrong passphrase":     {withKey(sealed, decrypt(canary.Secret+"x")), keys.ErrPassphrase},
		"no passphrase":        {withKey(sealed, nil), transport.ErrKeyEncrypted},
		"nobody to ask":        {withKey(sealed, func([]byte) ([]byte, error) { return nil, errors.New("the keyring is locked") }), transport.ErrInvalidInput},
		"a bad hook":           {withKey(sealed, func([]byte) ([]byte, error) { return []byte(canary.Secret), nil }), transport.ErrInvalidInput},
		"a broken key":         {withKey(broken, nil), transport.ErrInvalidInput},
		"bytes":                {inBytes, nil},
		"half of them":         {half, transport.ErrInvalidInput},
		"another's engine":     {other, transport.ErrTLS},
		"no certificate":       {transport.TLSFiles{CA: m.files.CA}, transport.ErrTLS},
		"another's name":       {transport.TLSFiles{CA: m.files.CA, Cert: m.files.Cert, Key: m.files.Key, ServerName: "other.test"}, transport.ErrTLS},
		"an unverified engine": {transport.TLSFiles{SkipVerify: true, CertPEM: inBytes.CertPEM, KeyPEM: inBytes.KeyPEM}, nil},
	} {
		c.Value(name, tt.files)
		c.Value(name, &tt.files)
		if err := look(t, c, host, transport.WithTLSFiles(tt.files)); !errors.Is(err, tt.class) {
			t.Errorf("%s: %v, want %v", name, err, tt.class)
		}
	}
	ok(t, look(t, c, host, transport.WithTLS(&tls.Config{
		RootCAs: m.authority.Pool(), Certificates: []tls.Certificate{must(tls.X509KeyPair(inBytes.CertPEM, []byte(pem)))(t)}, MinVersion: tls.VersionTLS12,
	})))

	t.Run("proxy", func(t *testing.T) {
		p := startProxy(t, "BasicAuth alice "+canary.Secret)
		for name, url := range map[string]string{
			"password": "http://alice:" + canary.Secret + "@" + p.address, "wrong password": "http://alice:" + canary.Secret + "x@" + p.address,
			"wrong user": "http://" + canary.Secret + ":alice@" + p.address, "no proxy": "http://alice:" + canary.Secret + "@" + freeAddress(t),
			"no SOCKS": "socks5://alice:" + canary.Secret + "@" + freeAddress(t), "no proxy of TLS": "https://alice:" + canary.Secret + "@" + freeAddress(t),
			"no port": "http://alice:" + canary.Secret + "@host:" + canary.Secret, "no scheme": "ftp://alice:" + canary.Secret + "@" + p.address,
			"no host": "http://alice:" + canary.Secret + "@", "a path": "http://alice:" + canary.Secret + "@" + p.address + "/" + canary.Secret,
			"a colon": "http://a%3A" + canary.Secret + ":b@" + p.address, "no URL": "http://alice:" + canary.Secret + "@%zz",
		} {
			err := look(t, c, host, transport.WithTLSFiles(m.files), proxy.Through(url))
			if (err == nil) != (name == "password") {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	if c.Looked() < 2000 {
		t.Errorf("it looked %d times", c.Looked())
	}
}

// TestRow90Hosts has secrets in addresses, wherever these come from.
func TestRow90Hosts(t *testing.T) {
	c := canary.New(t)
	f := newFakes(t)
	for _, host := range []string{
		"tcp://alice:" + canary.Secret + "@127.0.0.1:1", "https://" + canary.Secret + "@127.0.0.1", "http://127.0.0.1:1?token=" + canary.Secret,
		"tcp://127.0.0.1:1/#" + canary.Secret, "ssh://alice:" + canary.Secret + "@127.0.0.1", "alice:" + canary.Secret + "@127.0.0.1:1",
		"tcp://alice:" + canary.Secret + "@127.0.0.1:port",
	} {
		home, _ := isolate(t)
		c.Fails("a host", look(t, c, host))
		t.Setenv("DOCKER_HOST", host)
		_, err := docker.Open(t.Context(), c.Options()...)
		c.Fails("DOCKER_HOST", err)
		choice, err := docker.Find(t.Context())
		c.Err("DOCKER_HOST", err)
		c.Value("a choice", choice)
		t.Setenv("DOCKER_HOST", "")
		addContext(t, filepath.Join(home, ".docker"), aContext{name: "bad", host: host}, f)
		t.Setenv("DOCKER_CONTEXT", "bad")
		_, err = docker.Open(t.Context(), c.Options()...)
		c.Fails("a context", err)
		choice, err = docker.Find(t.Context())
		c.Err("a context", err)
		c.Value("a choice", choice)
	}
}

// TestRow90Registry has a real engine and a real registry, and passwords that are right and wrong, in everything that takes
// one.
func TestRow90Registry(t *testing.T) {
	for name, start := range map[string]func(testing.TB) *enginetest.Engine{"docker": enginetest.Docker, "podman": enginetest.Podman} {
		t.Run(name, func(t *testing.T) {
			e := openEngine(t, name, start(t))
			r := registryOf(t)
			repository, tag := r.pushed(t, e)
			c := canary.New(t, r.password)
			watched := must(docker.OpenHost(t.Context(), e.Host(), c.Options()...))(t)
			defer watched.Close() //nolint:errcheck // the test has what it wants
			for _, password := range []string{r.password, canary.Secret} {
				credential := registryauth.Credential{Username: r.user, Password: password, ServerAddress: r.address}
				config := registryauth.Config{r.address: credential}
				login(t, map[string]any{"auths": r.auths(password)})
				notes := helperScript(t, "gantrytest", `echo '{"ServerURL": "'"$address"'", "Username": "`+r.user+`", "Secret": "`+password+`"}'`)
				files := filepath.Dir(notes)
				ok(t, os.WriteFile(filepath.Join(files, "helper.json"), []byte(`{"credsStore": "gantrytest"}`), 0o600))
				for what, auth := range map[string]transport.RegistryAuth{
					"header": credential.Header(), "keyring": registryauth.New(config), "config.json": registryauth.Default(),
					"helper": registryauth.File(filepath.Join(files, "helper.json")), "limited": registryauth.New(config).Only(r.address),
				} {
					err := lookAtRegistry(t, c, watched, repository, tag, auth, config)
					if wrong := password == canary.Secret; wrong && !isDenied(err) || !wrong && err != nil {
						t.Errorf("%s: %v", what, err)
					}
				}
				for what, v := range map[string]any{"a credential": credential, "its address": &credential, "a configuration": config} {
					c.Value(what, v)
				}
				if e.isPodman() {
					continue // it speaks TLS alone to who logs in
				}
				_, err := system.New(watched).Auth(t.Context(), v141.AuthConfig{Username: r.user, Password: password, ServerAddress: r.address})
				c.Err("logging in", err)
				if (err == nil) != (password == r.password) {
					t.Error(err)
				}
			}
			if c.Looked() < 1000 {
				t.Errorf("it looked %d times", c.Looked())
			}
		})
	}
}

// lookAtRegistry pushes, pulls and builds, and returns the failure to push.
func lookAtRegistry(t *testing.T, c *canary.Trap, e *docker.Engine, repository, tag string, auth transport.RegistryAuth, config registryauth.Config) error {
	t.Helper()
	imgs := images.New(e)
	pushing := &images.PushOptions{Tag: tag, RegistryAuth: auth}
	c.Value("options to push", *pushing)
	push, failure := imgs.Push(t.Context(), repository, pushing)
	if failure == nil {
		c.Value("a push", push)
		failure = push.Wait()
	}
	c.Err("pushing", failure)
	pulling := &images.CreateOptions{FromImage: repository, Tag: tag, RegistryAuth: auth}
	c.Value("options to pull", *pulling)
	pull, err := imgs.Create(t.Context(), nil, pulling)
	if err == nil {
		c.Value("a pull", pull)
		err = pull.Wait()
	}
	c.Err("pulling", err)
	building := &images.BuildOptions{Pull: true, RegistryConfig: config.Header(), BuildArgs: map[string]*string{"PASSWORD": new(canary.Secret)}}
	recipe := tarball(t, file{name: "Dockerfile", content: "FROM " + repository + ":none\n"})
	build, err := imgs.Build(t.Context(), recipe, building)
	if err == nil {
		c.Value("a build", build)
		err = build.Wait()
	}
	c.Fails("building", err)
	return failure
}
