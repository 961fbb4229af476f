package ssh

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	known "golang.org/x/crypto/ssh/knownhosts"

	"github.com/gantry-go/gantry/transport"
	tt "github.com/gantry-go/gantry/transport/transporttest"
)

// refusesHost asks a server, which must be refused before it has learned the user's name.
func refusesHost(t *testing.T, s *server, knownHosts string) *HostKeyError {
	t.Helper()
	s.authorize = func(string, ssh.PublicKey) error {
		t.Error("the user was named to a server that is not trusted")
		return errors.New("no")
	}
	c := open(t, s.url(), isolated(t, WithKnownHosts(knownHosts))...)
	err := ping(t.Context(), c)
	fails(t, err, transport.ErrHostKey, "me@"+s.address, ssh.FingerprintSHA256(s.hostKey.PublicKey()))
	fails(t, err, transport.ErrConnect)
	refused, is := errors.AsType[*HostKeyError](err)
	if !is {
		t.Fatalf("%v is no HostKeyError", err)
	}
	if failure, is := errors.AsType[*transport.Error](err); !is || failure.MayHaveActed {
		t.Errorf("%v may have acted", err)
	}
	return refused
}

func TestRow25UnknownHostKey(t *testing.T) {
	s := (&server{}).start(t)
	for name, file := range map[string]string{
		"no file":    "/nonexistent/known_hosts",
		"empty":      write(t, "known_hosts", "# nothing\n\n"),
		"another":    s.knownAs(t, "127.0.0.2:22", "elsewhere"),
		"other port": s.knownAs(t, "[127.0.0.1]:22222"),
	} {
		t.Run(name, func(t *testing.T) {
			e := refusesHost(t, s, file)
			if !strings.Contains(e.Error(), "unknown") || !strings.Contains(e.Error(), file) || !strings.Contains(e.Error(), "ssh-ed25519") {
				t.Errorf("%v does not say what is unknown and where to add it", e)
			}
			if len(e.Known) > 0 || e.Revoked != "" {
				t.Errorf("%+v", e)
			}
			// What it says to add makes it known.
			good := (&server{hostKey: s.hostKey, forward: to(tt.New(t))})
			good.start(t)
			line := strings.ReplaceAll(e.Line(), strings.TrimPrefix(known.Normalize(s.address), "[127.0.0.1]"), strings.TrimPrefix(known.Normalize(good.address), "[127.0.0.1]"))
			ok(t, ping(t.Context(), open(t, good.url(), isolated(t, WithKnownHosts(write(t, "k", line)))...)))
		})
	}
}

func TestRow25ChangedHostKey(t *testing.T) {
	s := (&server{}).start(t)
	file := write(t, "known_hosts", "# one\n"+known.Line([]string{s.address}, newSigner(t).PublicKey())+"\n")
	e := refusesHost(t, s, file)
	if len(e.Known) != 1 || e.Known[0] != file+":2" || !strings.Contains(e.Error(), file+":2") || strings.Contains(e.Error(), "add to") {
		t.Errorf("%v does not say where the other key is", e)
	}
}

// TestRow25ChangedKind has a server whose key is of another kind than the one that is known.
func TestRow25ChangedKind(t *testing.T) {
	s := (&server{}).start(t)
	file := write(t, "known_hosts", known.Line([]string{s.address}, rsaSigner(t).PublicKey())+"\n")
	if e := refusesHost(t, s, file); len(e.Known) != 1 {
		t.Errorf("%v does not say that it has changed", e)
	}
}

func TestRow25RevokedHostKey(t *testing.T) {
	s := (&server{}).start(t)
	line := known.Line([]string{s.address}, s.hostKey.PublicKey()) + "\n"
	file := write(t, "known_hosts", line+"@revoked * "+line[strings.Index(line, " ")+1:])
	if e := refusesHost(t, s, file); e.Revoked != file+":2" || !strings.Contains(e.Error(), "revokes") {
		t.Errorf("%v does not say where it is revoked", e)
	}
}

// TestRow25HashedNames has names that cannot be read: that of another server, of another port, of a key that has changed
// and of one that is revoked.
func TestRow25HashedNames(t *testing.T) {
	s := (&server{}).start(t)
	hashed := func(name string, key ssh.PublicKey) string {
		return known.HashHostname(name) + " " + string(ssh.MarshalAuthorizedKey(key))
	}
	own, key := known.Normalize(s.address), s.hostKey.PublicKey()
	for name, line := range map[string]string{
		"another server": hashed("elsewhere", key), "another port": hashed("[127.0.0.1]:22222", key),
	} {
		if e := refusesHost(t, s, write(t, "k", line)); len(e.Known) > 0 || e.Revoked != "" || !strings.Contains(e.Error(), "unknown") {
			t.Errorf("%s: %v", name, e)
		}
	}
	file := write(t, "k", hashed(own, newSigner(t).PublicKey()))
	if e := refusesHost(t, s, file); len(e.Known) != 1 || e.Known[0] != file+":1" {
		t.Errorf("%v does not say where the other key is", e)
	}
	file = write(t, "k", hashed(own, key)+"@revoked "+hashed(own, key))
	if e := refusesHost(t, s, file); e.Revoked != file+":2" {
		t.Errorf("%v does not say where it is revoked", e)
	}
}

// TestRow25KnownHosts has servers that are known, in all the ways there are.
func TestRow25KnownHosts(t *testing.T) {
	s := (&server{forward: to(tt.New(t))}).start(t)
	key := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.hostKey.PublicKey())))
	_, port, err := net.SplitHostPort(s.address)
	ok(t, err)
	for name, text := range map[string]string{
		"plain":                    known.Normalize(s.address) + " " + key,
		"hashed":                   known.HashHostname(known.Normalize(s.address)) + " " + key,
		"wildcard":                 "127.* " + key,
		"no port":                  "127.0.0.1 " + key, // ssh looks again without it
		"hashed, without its port": known.HashHostname("127.0.0.1") + " " + key,
		"port":                     "[127.0.0.*]:" + port + " " + key,
		"of several":               known.Line([]string{s.address}, rsaSigner(t).PublicKey()) + "\n" + known.Normalize(s.address) + " " + key,
	} {
		t.Run(name, func(t *testing.T) {
			ok(t, ping(t.Context(), open(t, s.url(), isolated(t, WithKnownHosts(write(t, "k", text+"\n")))...)))
		})
	}
	t.Run("alias", func(t *testing.T) {
		config := write(t, "config", "HostKeyAlias Farm\nUserKnownHostsFile "+write(t, "k", "farm "+key+"\n")+"\nGlobalKnownHostsFile none\n")
		ok(t, ping(t.Context(), open(t, s.url(), isolated(t, WithConfigFiles(config))...)))
	})
	t.Run("callback", func(t *testing.T) {
		verdict := errors.New("I do not like it")
		asked := ""
		judge := func(name string, _ net.Addr, shown ssh.PublicKey) error {
			asked = name
			if string(shown.Marshal()) != string(s.hostKey.PublicKey().Marshal()) {
				t.Error("another key")
			}
			return verdict
		}
		options := isolated(t, WithKnownHosts(), WithHostKeyCallback(judge))
		err := ping(t.Context(), open(t, s.url(), options...))
		fails(t, err, transport.ErrHostKey, "do not like")
		fails(t, err, verdict)
		verdict = nil
		ok(t, ping(t.Context(), open(t, s.url(), options...)))
		if asked != s.address {
			t.Errorf("asked for %s", asked)
		}
	})
}

// TestKindOfKey has a server with keys of several kinds, of which one is known: it is asked for that one.
func TestKindOfKey(t *testing.T) {
	for _, knownKey := range []ssh.Signer{newSigner(t), rsaSigner(t)} {
		s := &server{forward: to(tt.New(t)), hostKey: knownKey, moreKeys: []ssh.Signer{rsaSigner(t)}}
		if knownKey.PublicKey().Type() == ssh.KeyAlgoRSA {
			s.moreKeys = []ssh.Signer{newSigner(t)}
		}
		ok(t, ping(t.Context(), s.start(t).client(t)))
	}
}

// TestCertifiedHost has a server whose key an authority has signed.
func TestCertifiedHost(t *testing.T) {
	authority, key := rsaSigner(t), newSigner(t) // not of one kind
	s := &server{forward: to(tt.New(t))}
	certificate := &ssh.Certificate{
		Key: key.PublicKey(), CertType: ssh.HostCert, ValidPrincipals: []string{"127.0.0.1"}, ValidBefore: ssh.CertTimeInfinity,
	}
	ok(t, certificate.SignCert(rand.Reader, authority))
	var err error
	s.hostKey, err = ssh.NewCertSigner(certificate, key)
	ok(t, err)
	s.moreKeys = []ssh.Signer{newSigner(t)} // a plain one of the same kind
	s.start(t)
	line := "@cert-authority %s " + string(ssh.MarshalAuthorizedKey(authority.PublicKey()))
	trusted := write(t, "k", strings.Replace(line, "%s", "127.0.0.*", 1))
	ok(t, ping(t.Context(), open(t, s.url(), isolated(t, WithKnownHosts(trusted))...)))

	other := write(t, "k", strings.Replace(line, "%s", "10.*", 1))
	err = ping(t.Context(), open(t, s.url(), isolated(t, WithKnownHosts(other))...))
	fails(t, err, transport.ErrHostKey)
}

// TestRow25UnreadableLines has lines, and a file, that cannot be read beside the one that knows the server. None makes it
// better known, none locks it out; and one that revokes counts, as far as it can be read.
func TestRow25UnreadableLines(t *testing.T) {
	s := (&server{forward: to(tt.New(t))}).start(t)
	key := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.hostKey.PublicKey())))
	name := known.Normalize(s.address)
	foreign := "ssh-mldsa-44@openssh.com " + base64.StdEncoding.EncodeToString(ssh.Marshal(struct{ Type, Key string }{"ssh-mldsa-44@openssh.com", "x"}))
	for what, line := range map[string]string{
		"a kind of key of the future": name + " " + foreign,
		"cut short":                   name + " " + key[:len(key)/2],
		"cut shorter":                 name + " ssh-ed25519",
		"a name alone":                name,
		"of SSH 1":                    name + " 1024 35 1234567890",
		"a marker of the future":      "@trusted " + name + " " + key,
		"words":                       "what is this",
		"one kind as another":         name + " ssh-rsa " + strings.Fields(key)[1],
		"bytes":                       "\x00\xff\xfe " + name,
	} {
		alone := write(t, "alone", line+"\n")
		err := ping(t.Context(), open(t, s.url(), isolated(t, WithKnownHosts(alone))...))
		fails(t, err, transport.ErrHostKey, "unknown", alone+":1")
		for _, text := range []string{line + "\n" + name + " " + key + "\n", name + " " + key + "\r\n" + line} {
			if err := ping(t.Context(), open(t, s.url(), isolated(t, WithKnownHosts(write(t, "k", text)))...)); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	good := s.knownAs(t)
	ok(t, ping(t.Context(), open(t, s.url(), isolated(t, WithKnownHosts(t.TempDir(), good))...))) // a folder

	for what, line := range map[string]string{
		"a foreign kind": "@revoked * " + foreign,
		"another server": "@revoked elsewhere " + key[:len(key)/2],
		"another key":    "@revoked * " + string(ssh.MarshalAuthorizedKey(newSigner(t).PublicKey())),
	} {
		if err := ping(t.Context(), open(t, s.url(), isolated(t, WithKnownHosts(good, write(t, "k", line)))...)); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, line := range map[string]string{
		"the key":          "@revoked " + name + " " + key,
		"without its port": "@revoked 127.0.0.1 " + key,
		"a key cut short":  "@revoked * " + key[:len(key)/2],
		"no key":           "@revoked *",
		"nothing":          "@revoked",
	} {
		file := write(t, "k", line)
		err := ping(t.Context(), open(t, s.url(), isolated(t, WithKnownHosts(good, file))...))
		fails(t, err, transport.ErrHostKey, file+":1")
		if err == nil {
			t.Error(what)
		}
	}
}

// TestRow25WithoutPort has an authority, as fleets name it, for a server on another port.
func TestRow25WithoutPort(t *testing.T) {
	authority, key := newSigner(t), newSigner(t)
	certificate := &ssh.Certificate{
		Key: key.PublicKey(), CertType: ssh.HostCert, ValidPrincipals: []string{"127.0.0.1"}, ValidBefore: ssh.CertTimeInfinity,
	}
	ok(t, certificate.SignCert(rand.Reader, authority))
	s := &server{forward: to(tt.New(t))}
	var err error
	s.hostKey, err = ssh.NewCertSigner(certificate, key)
	ok(t, err)
	s.start(t)
	line := "@cert-authority 127.0.0.* " + string(ssh.MarshalAuthorizedKey(authority.PublicKey()))
	ok(t, ping(t.Context(), open(t, s.url(), isolated(t, WithKnownHosts(write(t, "k", line)))...)))
	for _, other := range []string{
		"127.0.0.1 " + string(ssh.MarshalAuthorizedKey(newSigner(t).PublicKey())),
		"@cert-authority 10.0.0.* " + string(ssh.MarshalAuthorizedKey(authority.PublicKey())),
		line + "@revoked * " + string(ssh.MarshalAuthorizedKey(authority.PublicKey())),
		line + "@revoked * " + string(ssh.MarshalAuthorizedKey(key.PublicKey())),
	} {
		err := ping(t.Context(), open(t, s.url(), isolated(t, WithKnownHosts(write(t, "k", other)))...))
		fails(t, err, transport.ErrHostKey)
	}
}

// TestKindThatIsShown holds that of an unknown server the key is asked for that ssh would show.
func TestKindThatIsShown(t *testing.T) {
	s := &server{hostKey: rsaSigner(t), moreKeys: []ssh.Signer{newSigner(t)}}
	s.start(t)
	err := ping(t.Context(), open(t, s.url(), isolated(t, WithKnownHosts())...))
	fails(t, err, transport.ErrHostKey, "ssh-ed25519 key")
}

// TestMachine has Podman's virtual machine, of which the key is unknown or another one. It is taken as it is on the loopback
// alone, where the URL itself says so, and not when it is revoked.
func TestMachine(t *testing.T) {
	s := (&server{forward: to(tt.New(t))}).start(t)
	empty := write(t, "k", "")
	stale := write(t, "k", known.Line([]string{s.address}, newSigner(t).PublicKey())+"\n")
	revoked := write(t, "k", "@revoked * "+string(ssh.MarshalAuthorizedKey(s.hostKey.PublicKey())))
	_, port, err := net.SplitHostPort(s.address)
	ok(t, err)
	elsewhere := WithConfigFiles(write(t, "c", "HostName 127.0.0.1\nPort "+port+"\n"))
	dialed := WithDialer(func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, s.address)
	})
	for name, c := range map[string]struct {
		host    string
		machine bool
		works   bool
		options []Option
	}{
		"unknown":          {s.url(), true, true, []Option{WithKnownHosts(empty)}},
		"localhost":        {"ssh://me@localhost:" + port, true, true, []Option{WithKnownHosts(empty)}},
		"a stale key":      {s.url(), true, true, []Option{WithKnownHosts(stale)}},
		"revoked":          {s.url(), true, false, []Option{WithKnownHosts(revoked)}},
		"no machine":       {s.url(), false, false, []Option{WithKnownHosts(empty)}},
		"elsewhere by URL": {"ssh://me@build1", true, false, []Option{WithKnownHosts(empty), elsewhere}},
		"by a dialer":      {"ssh://me@127.0.0.1:22", true, false, []Option{WithKnownHosts(empty), dialed}},
	} {
		options := []transport.Option{Hosts(isolated(t, c.options...)...)}
		if c.machine {
			options = append(options, transport.WithMachine())
		}
		client, err := transport.New(c.host, options...)
		ok(t, err)
		err = ping(t.Context(), client)
		if c.works != (err == nil) || !c.works && !errors.Is(err, transport.ErrHostKey) {
			t.Errorf("%s: %v", name, err)
		}
		ok(t, client.Close())
	}
}
