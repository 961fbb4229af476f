package ssh

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/gantry-go/gantry/transport"
	tt "github.com/gantry-go/gantry/transport/transporttest"
)

// accepting is a server that takes some keys, or those that an authority has signed, and notes what it is offered.
func accepting(t *testing.T, keys ...ssh.PublicKey) (s *server, offered *notes) {
	offered = new(notes)
	s = &server{forward: to(tt.New(t)), banner: "go away\x1b[31m\n"}
	s.authorize = func(user string, key ssh.PublicKey) error {
		offered.add(string(key.Marshal()))
		if cert, ok := key.(*ssh.Certificate); ok {
			key = cert.SignatureKey
		}
		for _, k := range keys {
			if user == "me" && string(k.Marshal()) == string(key.Marshal()) {
				return nil
			}
		}
		return errors.New("no")
	}
	return s.start(t), offered
}

// notes are what a server has seen.
type notes struct {
	mu  sync.Mutex
	all []string
}

func (n *notes) add(note string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, note)
}

// take returns the notes so far, and forgets them.
func (n *notes) take() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := n.all
	n.all = nil
	return all
}

// only has the server's options without those of isolated that bring a key.
func (s *server) only(t *testing.T, options ...Option) *transport.Client {
	t.Helper()
	return open(t, s.url(), append([]Option{WithConfigFiles(), WithAgentSocket(""), WithKnownHosts(s.knownAs(t))}, options...)...)
}

// anAgent serves an agent on a socket.
func anAgent(t *testing.T, keys ...any) (socket string) {
	t.Helper()
	ring := agent.NewKeyring()
	for _, key := range keys {
		ok(t, ring.Add(agent.AddedKey{PrivateKey: key}))
	}
	dir, err := os.MkdirTemp("", "a") //nolint:usetesting // the path of a socket is short
	ok(t, err)
	socket = filepath.Join(dir, "a")
	listener, err := new(net.ListenConfig).Listen(t.Context(), "unix", socket)
	ok(t, err)
	t.Cleanup(func() {
		_ = listener.Close()
		_ = os.RemoveAll(dir)
	})
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				_ = agent.ServeAgent(ring, c)
				_ = c.Close()
			}()
		}
	}()
	return socket
}

// private reads a key file.
func private(t *testing.T, path string) any {
	t.Helper()
	text, err := os.ReadFile(path)
	ok(t, err)
	key, err := ssh.ParseRawPrivateKey(text)
	ok(t, err)
	return key
}

func TestKeys(t *testing.T) {
	file, public := keyFile(t, "")
	other, _ := keyFile(t, "")
	s, _ := accepting(t, public)
	for name, options := range map[string][]Option{
		"key file":      {WithKeyFiles(other, file)},
		"IdentityFile":  {WithConfigFiles(write(t, "c", "IdentityFile "+file+"\n"))},
		"agent":         {WithAgentSocket(anAgent(t, private(t, other), private(t, file)))},
		"IdentityAgent": {func(o *options) { o.agent = nil }, WithConfigFiles(write(t, "c", "IdentityAgent "+anAgent(t, private(t, file))+"\n"))},
		"RSA before":    {WithSigners(rsaSigner(t)), WithKeyFiles(file)},
	} {
		t.Run(name, func(t *testing.T) {
			c := s.only(t, options...)
			ok(t, ping(t.Context(), c))
			ok(t, c.Close())
		})
	}
	t.Run("SSH_AUTH_SOCK", func(t *testing.T) {
		t.Setenv("SSH_AUTH_SOCK", anAgent(t, private(t, file)))
		ok(t, ping(t.Context(), s.only(t, func(o *options) { o.agent = nil })))
	})
	t.Run("usual file", func(t *testing.T) {
		home := t.TempDir()
		ok(t, os.Mkdir(filepath.Join(home, ".ssh"), 0o700))
		ok(t, os.Link(file, filepath.Join(home, ".ssh", "id_ed25519")))
		t.Setenv("HOME", home)
		t.Setenv("USERPROFILE", home)
		ok(t, ping(t.Context(), s.only(t)))
	})
	t.Run("IdentitiesOnly", func(t *testing.T) {
		refusing, offered := accepting(t)
		socket := anAgent(t, private(t, other), private(t, file))
		for config, want := range map[string]int{"IdentitiesOnly yes\n": 1, "": 2} {
			c := refusing.only(t, WithAgentSocket(socket), WithConfigFiles(write(t, "c", config+"IdentityFile "+file+"\n")))
			fails(t, ping(t.Context(), c), transport.ErrConnect)
			if got := offered.take(); len(got) != want || got[0] != string(public.Marshal()) {
				t.Errorf("%q: %d keys were offered, want %d", config, len(got), want)
			}
		}
	})
	t.Run("public file of the agent's key", func(t *testing.T) {
		pub := write(t, "id.pub", string(ssh.MarshalAuthorizedKey(public)))
		config := WithConfigFiles(write(t, "c", "IdentitiesOnly yes\nIdentityFile "+pub+"\n"))
		ok(t, ping(t.Context(), s.only(t, WithAgentSocket(anAgent(t, private(t, file))), config)))
	})
}

const secret = "c4n4ry passphrase"

// legacy encrypts a key as OpenSSL used to, which does not tell the public key.
func legacy(t *testing.T) (string, ssh.PublicKey) {
	t.Helper()
	rsaSigner(t)
	key, err := rsaKey()
	ok(t, err)
	block, err := x509.EncryptPEMBlock(rand.Reader, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key), []byte(secret), x509.PEMCipherAES256) //nolint:staticcheck // old files are what is tested
	ok(t, err)
	return write(t, "id_rsa", string(pem.EncodeToMemory(block))), rsaSigner(t).PublicKey()
}

func TestPassphrases(t *testing.T) {
	sealed, public := keyFile(t, secret)
	old, oldPublic := legacy(t)
	tell := WithPassphrases(func(_ context.Context, file string) ([]byte, error) {
		if file != sealed && file != old {
			t.Errorf("asked for %s", file)
		}
		return []byte(secret), nil
	})
	for file, public := range map[string]ssh.PublicKey{sealed: public, old: oldPublic} {
		s, _ := accepting(t, public)
		ok(t, ping(t.Context(), s.only(t, WithKeyFiles(file), tell)))

		wrong := WithPassphrases(func(context.Context, string) ([]byte, error) { return []byte(secret + "!"), nil })
		err := ping(t.Context(), s.only(t, WithKeyFiles(file), wrong))
		fails(t, err, transport.ErrConnect, "passphrase", "wrong", file)
		noSecret(t, err)

		cause := errors.New("nobody is there")
		err = ping(t.Context(), s.only(t, WithKeyFiles(file), WithPassphrases(func(context.Context, string) ([]byte, error) { return nil, cause })))
		fails(t, err, transport.ErrConnect, "nobody is there", file)

		err = ping(t.Context(), s.only(t, WithKeyFiles(file)))
		fails(t, err, transport.ErrConnect, file, "encrypted", "ssh.WithPassphrases")
	}

	// What the agent holds takes no passphrase; nor does a key that the server does not want.
	never := WithPassphrases(func(context.Context, string) ([]byte, error) {
		t.Error("asked for a passphrase")
		return nil, errors.New("no")
	})
	s, _ := accepting(t, public)
	text, err := os.ReadFile(sealed)
	ok(t, err)
	key, err := ssh.ParseRawPrivateKeyWithPassphrase(text, []byte(secret))
	ok(t, err)
	ok(t, ping(t.Context(), s.only(t, WithKeyFiles(sealed), WithAgentSocket(anAgent(t, key)), never)))
	open, openPublic := keyFile(t, "")
	s, _ = accepting(t, openPublic)
	ok(t, ping(t.Context(), s.only(t, WithKeyFiles(sealed, open), never)))
}

// noSecret holds an error, in all its forms, to be free of the passphrase.
func noSecret(t *testing.T, err error) {
	t.Helper()
	if text := fmt.Sprintf("%v %+v %#v %q", err, err, err, err); strings.Contains(text, "c4n4ry") {
		t.Errorf("%s tells the passphrase", text)
	}
}

func TestCertificates(t *testing.T) {
	authority := newSigner(t)
	file, public := keyFile(t, "")
	certificate := &ssh.Certificate{Key: public, CertType: ssh.UserCert, ValidPrincipals: []string{"me"}, ValidBefore: ssh.CertTimeInfinity}
	ok(t, certificate.SignCert(rand.Reader, authority))
	line := ssh.MarshalAuthorizedKey(certificate)
	s, _ := accepting(t, authority.PublicKey())
	fails(t, ping(t.Context(), s.only(t, WithKeyFiles(file))), transport.ErrConnect, "authentication")
	named := WithConfigFiles(write(t, "c", "CertificateFile "+write(t, "x.pub", string(line))+"\n"))
	ok(t, ping(t.Context(), s.only(t, WithKeyFiles(file), named)))
	ok(t, ping(t.Context(), s.only(t, WithKeyFiles(file), named, WithAgentSocket(anAgent(t, private(t, file))))))
	ok(t, os.WriteFile(file+"-cert.pub", line, 0o600))
	ok(t, ping(t.Context(), s.only(t, WithKeyFiles(file))))
}

// TestRefusedUser holds that the error says what was tried, and what not.
func TestRefusedUser(t *testing.T) {
	s, _ := accepting(t)
	file, _ := keyFile(t, "")
	socket := anAgent(t, private(t, file))
	broken := write(t, "broken", "-----BEGIN "+"c4n4ry-----\n")
	err := ping(t.Context(), s.only(t, WithSigners(newSigner(t)), WithKeyFiles(file, "/no/such/key", broken), WithAgentSocket(socket)))
	fails(t, err, transport.ErrConnect, "ssh me@"+s.address+": authentication: it takes none of a given key, "+file,
		"/no/such/key: no such file", broken+": is no private key")
	noSecret(t, err)
	if errors.Is(err, transport.ErrHostKey) || strings.ContainsAny(err.Error(), "\n\x1b") {
		t.Error(err)
	}
	err = ping(t.Context(), s.only(t, WithAgentSocket("/no/agent"), WithConfigFiles(write(t, "c", "IdentityFile none\nIdentityFile /no/key\n"))))
	fails(t, err, transport.ErrConnect, "no key was there to try", "/no/agent", "/no/key")
}

var rsaKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// rsaSigner returns an RSA key, the same each time: they are slow to make.
func rsaSigner(t testing.TB) ssh.Signer {
	t.Helper()
	key, err := rsaKey()
	ok(t, err)
	signer, err := ssh.NewSignerFromKey(key)
	ok(t, err)
	return signer
}

// keyFile writes a new private key, encrypted if there is a passphrase, and returns its path and public key.
func keyFile(t testing.TB, passphrase string) (string, ssh.PublicKey) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	ok(t, err)
	var block *pem.Block
	if passphrase == "" {
		block, err = ssh.MarshalPrivateKey(key, "")
	} else {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	}
	ok(t, err)
	public, err := ssh.NewPublicKey(key.Public())
	ok(t, err)
	return write(t, "id", string(pem.EncodeToMemory(block))), public
}

// TestCertificateOfTheAgent has the private key in the agent alone, as tokens and services that sign for a day do.
func TestCertificateOfTheAgent(t *testing.T) {
	authority := newSigner(t)
	file, public := keyFile(t, "")
	other, _ := keyFile(t, "")
	certificate := &ssh.Certificate{Key: public, CertType: ssh.UserCert, ValidPrincipals: []string{"me"}, ValidBefore: ssh.CertTimeInfinity}
	ok(t, certificate.SignCert(rand.Reader, authority))
	s, offered := accepting(t, authority.PublicKey())
	named := "CertificateFile " + write(t, "c.pub", string(ssh.MarshalAuthorizedKey(certificate))) + "\n"
	agent := WithAgentSocket(anAgent(t, private(t, other), private(t, file)))
	ok(t, ping(t.Context(), s.only(t, agent, WithConfigFiles(write(t, "c", named)))))
	offered.take()
	// With IdentitiesOnly ssh uses none of the agent's keys that no file names.
	err := ping(t.Context(), s.only(t, agent, WithConfigFiles(write(t, "c", named+"IdentitiesOnly yes\nIdentityFile /no/key\n"))))
	fails(t, err, transport.ErrConnect, "no key was there")
	pub := write(t, "k.pub", string(ssh.MarshalAuthorizedKey(public)))
	ok(t, ping(t.Context(), s.only(t, agent, WithConfigFiles(write(t, "c", named+"IdentitiesOnly yes\nIdentityFile "+pub+"\n")))))
}
