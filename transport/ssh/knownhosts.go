package ssh

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // names in known_hosts are hashed by it
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/gantry-go/gantry/internal/userfile"
)

// known_hosts is read here, line by line, and not by a library: that refuses all servers for one line that it cannot read,
// as a newer ssh may write by itself. A line that is passed by makes a server less known, never more.

// hostLine is a line of known_hosts that is about a server.
type hostLine struct {
	at        string // file:line
	authority bool
	revoked   bool
	key       ssh.PublicKey // nil in a line that revokes a key of a kind that is not known here
	blob      []byte        // of the key; nil in a line that revokes and whose key cannot be read
}

// hostFiles is what the files know of one name.
type hostFiles struct {
	lines   []hostLine
	skipped []string // lines and files that could not be read, for people
}

const (
	maxHostFile = 64 << 20
	maxSkipped  = 8
)

// readHostFiles reads the lines about a name, "build1" or "[build1]:2222".
func readHostFiles(paths []string, name string) *hostFiles {
	h := new(hostFiles)
	for _, path := range paths {
		text, err := readHostFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			if failed, ok := errors.AsType[*fs.PathError](err); ok {
				err = failed.Err
			}
			h.skip(fmt.Sprintf("%s: %v", path, err))
			continue
		}
		number := 0
		for line := range bytes.Lines(text) {
			number++
			h.line(fmt.Sprintf("%s:%d", path, number), string(bytes.TrimSpace(line)), name)
		}
	}
	return h
}

func readHostFile(path string) ([]byte, error) {
	if err := userfile.Check(path); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	return io.ReadAll(io.LimitReader(f, maxHostFile))
}

func (h *hostFiles) skip(what string) {
	if len(h.skipped) < maxSkipped {
		h.skipped = append(h.skipped, what)
	}
}

// line takes a line in if it is about the name.
func (h *hostFiles) line(at, text, name string) {
	if text == "" || text[0] == '#' {
		return
	}
	fields := strings.Fields(text)
	l := hostLine{at: at}
	switch marker := fields[0]; {
	case marker == "@cert-authority":
		l.authority, fields = true, fields[1:]
	case marker == "@revoked":
		l.revoked, fields = true, fields[1:]
	case marker[0] == '@':
		h.skip(at)
		return
	}
	if len(fields) >= 3 {
		if blob, err := base64.StdEncoding.DecodeString(fields[2]); err == nil && keyType(blob) == fields[1] {
			l.blob = blob
			if l.key, err = ssh.ParsePublicKey(blob); err != nil && slices.Contains(kinds, fields[1]) {
				l.blob = nil // it was cut short
			}
		}
	}
	about := len(fields) == 0 || hostMatches(fields[0], name) // one that does not say it may be
	switch {
	case l.revoked && about, l.key != nil && about:
		h.lines = append(h.lines, l)
	case about, l.blob == nil:
		h.skip(at)
	}
}

// kinds are the kinds of keys that are known here.
var kinds = []string{
	ssh.KeyAlgoRSA, ssh.InsecureKeyAlgoDSA, ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521,
	ssh.KeyAlgoSKED25519, ssh.KeyAlgoSKECDSA256,
}

// keyType is the kind of key that a blob begins with.
func keyType(blob []byte) string {
	var head struct {
		Type string
		Rest []byte `ssh:"rest"`
	}
	if ssh.Unmarshal(blob, &head) != nil {
		return ""
	}
	return head.Type
}

// hostMatches reports whether the names of a line, patterns or a hashed one, are those of a server.
func hostMatches(names, name string) bool {
	if hash, hashed := strings.CutPrefix(names, "|1|"); hashed {
		saltText, sumText, _ := strings.Cut(hash, "|")
		salt, err := base64.StdEncoding.DecodeString(saltText)
		sum, second := base64.StdEncoding.DecodeString(sumText)
		if err != nil || second != nil || len(sum) == 0 {
			return false
		}
		mac := hmac.New(sha1.New, salt)
		mac.Write([]byte(name))
		return hmac.Equal(mac.Sum(nil), sum)
	}
	return matchList(strings.Split(names, ","), name)
}

// revokes returns the line that revokes a key, or may: one whose key cannot be read is about every key.
func (h *hostFiles) revokes(key ssh.PublicKey) string {
	blobs := [][]byte{key.Marshal()}
	if cert, ok := key.(*ssh.Certificate); ok {
		blobs = append(blobs, cert.Key.Marshal(), cert.SignatureKey.Marshal())
	}
	for _, l := range h.lines {
		for _, blob := range blobs {
			if l.revoked && (l.blob == nil || bytes.Equal(l.blob, blob)) {
				return l.at
			}
		}
	}
	return ""
}

// knows reports whether a key is known, by itself or as an authority's.
func (h *hostFiles) knows(key ssh.PublicKey, authority bool) bool {
	blob := key.Marshal()
	for _, l := range h.lines {
		if !l.revoked && l.authority == authority && bytes.Equal(l.blob, blob) {
			return true
		}
	}
	return false
}

// known returns where keys stand that the server should have.
func (h *hostFiles) known() (at []string) {
	for _, l := range h.lines {
		if !l.revoked && !l.authority {
			at = append(at, l.at)
		}
	}
	return at
}
