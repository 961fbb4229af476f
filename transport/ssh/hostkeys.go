package ssh

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
	known "golang.org/x/crypto/ssh/knownhosts"

	"github.com/gantry-go/gantry/transport"
)

// HostKeyError says that a server is not who it should be: its key is unknown, another one, or revoked. Nothing was
// sent to it but the name of this package. It is a [transport.ErrHostKey].
type HostKeyError struct {
	// Host is the server as known_hosts names it: "build1", or "[build1]:2222" where the port is not 22.
	Host string
	// Key is what the server has shown.
	Key ssh.PublicKey
	// Files are those that were read for what is known.
	Files []string
	// Known says where the keys stand that the server should have: "/root/.ssh/known_hosts:3". It is empty if the
	// server is unknown.
	Known []string
	// Revoked says where the key is marked as revoked, if it is.
	Revoked string
	// Skipped says which lines and files could not be read, of which one may be about the server.
	Skipped []string
	// Err is what else is wrong with the key, or what the callback that replaces known_hosts said; or nil.
	Err error
}

// Fingerprint is that of the key, as ssh-keygen -l prints it: "SHA256:...".
func (e *HostKeyError) Fingerprint() string { return ssh.FingerprintSHA256(e.Key) }

// Line is what makes the server known once it is added to a known_hosts file, without a line end. Whoever adds it
// vouches for the key: its fingerprint has to be compared with the server's own first.
func (e *HostKeyError) Line() string {
	key := e.Key
	if cert, ok := key.(*ssh.Certificate); ok {
		key = cert.Key
	}
	return known.Line([]string{e.Host}, key)
}

// Error says what is wrong, and how a key is made known.
func (e *HostKeyError) Error() string {
	shown := fmt.Sprintf("%s key %s", e.Key.Type(), e.Fingerprint())
	switch {
	case e.Revoked != "":
		return fmt.Sprintf("%s shows the %s, which %s revokes", e.Host, shown, e.Revoked)
	case e.Err != nil:
		return fmt.Sprintf("%s shows the %s: %v", e.Host, shown, e.Err)
	case len(e.Known) > 0:
		return fmt.Sprintf("%s shows the %s, but another one stands in %s: it was replaced, or somebody is in between",
			e.Host, shown, strings.Join(e.Known, ", "))
	}
	file := "known_hosts"
	if len(e.Files) > 0 {
		file = e.Files[0]
	}
	text := fmt.Sprintf("%s shows the %s, which is unknown: compare the fingerprint with the server's, then add to %s: %s",
		e.Host, shown, file, e.Line())
	if len(e.Skipped) > 0 {
		text += "; could not be read: " + strings.Join(e.Skipped, ", ")
	}
	return text
}

// Unwrap returns [transport.ErrHostKey] and Err.
func (e *HostKeyError) Unwrap() []error {
	if e.Err != nil {
		return []error{transport.ErrHostKey, e.Err}
	}
	return []error{transport.ErrHostKey}
}

// hostKeys judges one server's key.
type hostKeys struct {
	lookup   string
	files    []string
	callback ssh.HostKeyCallback // instead of the files
	machine  bool                // a server on the loopback is trusted, unless its key is revoked
	byName   []*hostFiles        // what is known of the name with its port, and then of the name alone, as ssh looks
}

// judge reads what is known about the server, anew for each connection, since files change.
func (s *settings) judge(o *options) *hostKeys {
	h := &hostKeys{lookup: s.lookup, callback: o.hostKeys, machine: s.machine}
	if h.callback != nil {
		return h
	}
	h.files = s.knownHosts
	h.byName = []*hostFiles{readHostFiles(h.files, known.Normalize(h.lookup))}
	if host, port, err := net.SplitHostPort(h.lookup); err == nil && port != "22" {
		h.byName = append(h.byName, readHostFiles(h.files, host))
	}
	return h
}

// check is the [ssh.HostKeyCallback]. The name that comes with it is ours; the address may be a tunnel's.
func (h *hostKeys) check(_ string, remote net.Addr, key ssh.PublicKey) error {
	refused := &HostKeyError{Host: known.Normalize(h.lookup), Key: key, Files: h.files}
	if h.callback != nil {
		if refused.Err = h.callback(h.lookup, remote, key); refused.Err == nil {
			return nil
		}
		return refused
	}
	for _, files := range h.byName {
		if refused.Revoked = files.revokes(key); refused.Revoked != "" {
			return refused
		}
	}
	if at, ok := remote.(*net.TCPAddr); ok && h.machine && at.IP.IsLoopback() {
		return nil
	}
	plain := key
	cert, certified := key.(*ssh.Certificate)
	if certified {
		plain = cert.Key
	}
	for _, files := range h.byName {
		if files.knows(plain, false) {
			return nil
		}
		if !certified || !files.knows(cert.SignatureKey, true) {
			continue
		}
		checker := ssh.CertChecker{IsHostAuthority: func(ssh.PublicKey, string) bool { return true }} // it is known by this name
		if refused.Err = checker.CheckHostKey(h.lookup, remote, key); refused.Err == nil {
			return nil
		}
		return refused
	}
	refused.Known = h.byName[0].known()
	refused.Skipped = h.byName[0].skipped
	return refused
}

// algorithms are those of the server's key, best first. A server has keys of several kinds: it is asked for one of a
// kind that is known, and for the others so that the error of a changed server can name its key. Of an unknown server
// the key is asked for that ssh would show.
func (h *hostKeys) algorithms() []string {
	certified, usual := false, map[string]bool{}
	for _, files := range h.byName {
		for _, l := range files.lines {
			switch {
			case l.revoked:
			case l.authority:
				certified = true
			default:
				usual[l.key.Type()] = true
			}
		}
		if certified || len(usual) > 0 {
			break
		}
	}
	rank := func(algorithm string) int {
		kind := slices.IndexFunc(kindsOfKey, func(k string) bool { return strings.HasPrefix(algorithm, k) })
		switch isCert := strings.Contains(algorithm, "-cert-"); {
		case isCert && certified: // whatever the kind of the authority's own key
			return kind
		case isCert:
			return 300 + kind
		case usual[algorithm], usual[ssh.KeyAlgoRSA] && strings.HasPrefix(algorithm, "rsa-sha2-"):
			return 100 + kind
		}
		return 200 + kind
	}
	all := ssh.SupportedAlgorithms().HostKeys
	slices.SortStableFunc(all, func(a, b string) int { return rank(a) - rank(b) })
	return all
}

// kindsOfKey are the beginnings of algorithms, in the order in which ssh prefers them.
var kindsOfKey = []string{
	"ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-512", "rsa-sha2-256", "",
}
