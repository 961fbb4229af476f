package ssh

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"slices"
	"strings"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	known "golang.org/x/crypto/ssh/knownhosts"

	"github.com/gantry-go/gantry/internal/userfile"
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
	return knownhosts.Line([]string{e.Host}, key)
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
	return fmt.Sprintf("%s shows the %s, which is unknown: compare the fingerprint with the server's, then add to %s: %s",
		e.Host, shown, file, e.Line())
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
	db       *knownhosts.HostKeyDB
}

// judge reads what is known about the server, anew for each connection, since files change.
func (s *settings) judge(o *options) (*hostKeys, error) {
	h := &hostKeys{lookup: s.lookup, callback: o.hostKeys}
	if h.callback != nil {
		return h, nil
	}
	h.files = s.knownHosts
	var there []string
	for _, path := range s.knownHosts {
		switch err := userfile.Check(path); {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, err
		}
		there = append(there, path)
	}
	db, err := knownhosts.NewDB(there...)
	if err != nil {
		return nil, err
	}
	h.db = db
	return h, nil
}

// check is the [ssh.HostKeyCallback]. The name that comes with it is ours; the address may be a tunnel's.
func (h *hostKeys) check(_ string, remote net.Addr, key ssh.PublicKey) error {
	refused := &HostKeyError{Host: knownhosts.Normalize(h.lookup), Key: key, Files: h.files}
	if h.callback != nil {
		if refused.Err = h.callback(h.lookup, remote, key); refused.Err == nil {
			return nil
		}
		return refused
	}
	err := h.db.HostKeyCallback()(h.lookup, &net.TCPAddr{IP: net.IPv4zero}, key)
	if err == nil {
		return nil
	}
	if unknown, ok := errors.AsType[*known.KeyError](err); ok {
		for _, want := range unknown.Want {
			refused.Known = append(refused.Known, fmt.Sprintf("%s:%d", want.Filename, want.Line))
		}
		return refused
	}
	if revoked, ok := errors.AsType[*known.RevokedError](err); ok {
		refused.Revoked = fmt.Sprintf("%s:%d", revoked.Revoked.Filename, revoked.Revoked.Line)
		return refused
	}
	refused.Err = err
	return refused
}

// algorithms are those of the server's key, best first. A server has keys of several kinds: it is asked for one of a
// kind that is known, and for the others only lest a changed server fail without a word on its key.
func (h *hostKeys) algorithms() []string {
	certified, usual := false, []string(nil)
	if h.db != nil {
		usual = h.db.HostKeyAlgorithms(h.lookup)
		certified = slices.ContainsFunc(h.db.HostKeys(h.lookup), func(k knownhosts.PublicKey) bool { return k.Cert })
	}
	rank := func(algorithm string) int {
		switch isCert := strings.Contains(algorithm, "-cert-"); {
		case isCert && certified: // whatever the kind of the authority's own key
			return 0
		case isCert:
			return 3
		case slices.Contains(usual, algorithm):
			return 1
		}
		return 2
	}
	all := ssh.SupportedAlgorithms().HostKeys
	slices.SortStableFunc(all, func(a, b string) int { return rank(a) - rank(b) })
	return all
}
