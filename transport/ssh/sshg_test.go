//go:build linux

package ssh

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/internal/sshdtest"
)

// sshSays returns what `ssh -G` makes of a configuration, by word; or false where it refuses the file.
func sshSays(t *testing.T, path string, a address) (map[string][]string, bool) {
	t.Helper()
	args := []string{"-G", "-F", path}
	if a.port != "" {
		args = append(args, "-p", a.port)
	}
	if a.user != "" {
		args = append(args, "-l", a.user)
	}
	out, err := exec.CommandContext(t.Context(), "ssh", append(args, "--", a.host)...).Output()
	if err != nil {
		return nil, false
	}
	words := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		word, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		words[word] = append(words[word], value)
	}
	return words, true
}

// expanded are values as ssh -G has them, with ~ and tokens replaced as ours are.
func expanded(f filer, values []string) (all []string) {
	for _, value := range values {
		if value == "none" {
			continue
		}
		path, err := f.path("", value)
		if err != nil {
			path = "cannot be read: " + value
		}
		all = append(all, path)
	}
	return all
}

// TestLikeSSH holds that a configuration means here what it means to ssh, word by word.
func TestLikeSSH(t *testing.T) {
	sshdtest.Needs(t, "ssh")
	here := localEnvironment()
	dir := t.TempDir()
	ok(t, os.Mkdir(filepath.Join(dir, "folder"), 0o700))
	included := write(t, "included", "Host h\nUser included\n")
	for name, text := range map[string]string{
		"Match host=":         "Match host=h\nUser x\n",
		"Match originalhost=": "Match originalhost=h user=me\nUser x\nPort 3\n",
		"Match, two forms":    "Match host=h localuser " + here.user + "\nPort 3\n",
		"Match negated":       "Match !host=h\nPort 3\nMatch !host=x\nPort 4\n",
		"Match all":           "Match all\nPort 3\n",
		"Match case":          "Match HOST H\nPort 3\n",
		"flag true":           "IdentitiesOnly true\n",
		"flag Yes":            "IdentitiesOnly Yes\n",
		"flag FALSE":          "IdentitiesOnly FALSE\n",
		"flag maybe":          "IdentitiesOnly maybe\n",
		"no keys":             "PubkeyAuthentication no\n",
		"identity none":       "IdentityFile none\n",
		"escaped blank":       "IdentityFile /a/my\\ key\n",
		"escaped in quotes":   "IdentityFile \"/a/my\\ key\"\n",
		"single quotes":       "IdentityFile '/a/b c'\n",
		"another's home":      "IdentityFile ~root/key\n",
		"tokens":              "IdentityFile /a/%d%h%i%k%l%L%n%p%r%u%%\n",
		"known hosts by key":  "UserKnownHostsFile /a/%k /b\n",
		"a folder included":   "Include " + filepath.Join(dir, "folder") + "\nPort 3\n",
		"all of a folder":     "Include " + dir + "/*\nPort 3\n",
		"included":            "Include " + included + "\nUser own\n",
		"home of a user":      "Include ~root/.no-such-file\nPort 3\n",
		"no such user":        "Include ~no-such-user/x\nPort 3\n",
		"a day":               "ServerAliveInterval 1d\n",
		"a week":              "ConnectTimeout 1w\n",
		"capitals":            "ConnectTimeout 5M\n",
		"a sum":               "ConnectTimeout 1h30m5s\n",
		"more than a day":     "ServerAliveInterval 100000\n",
		"no count":            "ServerAliveCountMax 0\n",
		"a jump":              "ProxyJump a,me@b:23\n",
		"a comment":           "Port 3 # three\n",
		"equals":              "Port=3\nUser = x\n",
		"first counts":        "Port 3\nPort 4\n",
		"Host negated":        "Host * !h\nPort 3\nHost *\nPort 4\n",
		"Host pattern":        "Host ?\nPort 3\n",
		"HostName %h":         "HostName %h.example.com\n",
		"CRLF":                "Port 3\r\nUser x\r\n",
	} {
		path := write(t, "config", text)
		for _, a := range []address{{host: "h"}, {host: "h", user: "me", port: "9"}, {host: "x"}, {host: "H"}} {
			says, reads := sshSays(t, path, a)
			o := options{config: &[]string{path}}
			s, err := o.resolve(a, here)
			if !reads || err != nil {
				if reads != (err == nil) {
					t.Errorf("%s, %v: ssh reads it: %v; here: %v", name, a, reads, err)
				}
				continue
			}
			f := o.filer(a, s, here)
			identities := expanded(f, says["identityfile"])
			if !s.explicit { // these are the usual ones, of which ssh has more kinds
				identities = s.identities
			}
			for word, both := range map[string][2]any{
				"hostname":            {strings.ToLower(s.host), says["hostname"][0]}, // names are the same in small letters
				"port":                {s.port, says["port"][0]},
				"user":                {s.user, says["user"][0]},
				"identityfile":        {s.identities, identities},
				"identitiesonly":      {s.identitiesOnly, says["identitiesonly"][0] == "yes"},
				"pubkey":              {!s.noKeys, says["pubkeyauthentication"][0] != "false" && says["pubkeyauthentication"][0] != "no"},
				"connecttimeout":      {fmt.Sprint(s.connectTimeout.Seconds()), strings.Replace(says["connecttimeout"][0], "none", "0", 1)},
				"serveralivecountmax": {max(s.aliveCount, 1), max(atoi(says["serveralivecountmax"][0]), 1)},
			} {
				if fmt.Sprint(both[0]) != fmt.Sprint(both[1]) {
					t.Errorf("%s, %v: %s is %v, to ssh %v", name, a, word, both[0], both[1])
				}
			}
		}
	}
}

func atoi(text string) (n int) {
	_, _ = fmt.Sscan(text, &n)
	return n
}
