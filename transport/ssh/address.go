package ssh

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gantry-go/gantry/transport"
)

// address is a parsed ssh:// URL. What it does not say is left to the configuration.
type address struct {
	user, host, port, path string
}

// maxSocketPath is what a socket address holds on Linux: 108 bytes with the final zero.
const maxSocketPath = 107

// parseAddress reads ssh://[user@]host[:port][/path]. Its errors never repeat the URL, which may hold a password.
func parseAddress(raw string) (address, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Scheme != "ssh" || u.Opaque != "":
		return address{}, transport.InvalidHost("is not a URL of the form ssh://user@host:port/path")
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(raw, "#"):
		return address{}, transport.InvalidHost("holds a query or a fragment")
	}
	a := address{user: u.User.Username(), host: u.Hostname(), port: u.Port(), path: u.Path}
	if _, secret := u.User.Password(); secret {
		return address{}, transport.InvalidHost("holds a password, which belongs in no URL: use a key or an agent")
	}
	if u.User != nil && a.user == "" {
		return address{}, transport.InvalidHost("has an empty user name")
	}
	if a.path == "/" {
		a.path = ""
	}
	for _, check := range []error{checkUser(a.user), checkHost(a.host), checkPort(a.port), checkPath(a.path)} {
		if check != nil {
			return address{}, transport.InvalidHost(check.Error())
		}
	}
	return a, nil
}

// String is the address for people.
func (a address) String() string {
	u := url.URL{Scheme: "ssh", Host: a.host, Path: a.path}
	if strings.Contains(a.host, ":") {
		u.Host = "[" + a.host + "]"
	}
	if a.port != "" {
		u.Host = net.JoinHostPort(a.host, a.port)
	}
	if a.user != "" {
		u.User = url.User(a.user)
	}
	return u.String()
}

// Nothing here reaches a shell on this side, and what reaches one on the other is quoted. The checks refuse what no
// honest name holds, as ssh itself does, so that a name from elsewhere stays harmless wherever it is passed on to.

// checkUser refuses what ssh refuses in a user name. An empty one is left to the configuration.
func checkUser(user string) error {
	switch {
	case strings.HasPrefix(user, "-"):
		return fmt.Errorf("has a user name that begins with a dash")
	case strings.ContainsAny(user, "'`\":;&<>|(){}$") || strings.HasSuffix(user, `\`) || !plain(user) || strings.ContainsFunc(user, unicode.IsSpace):
		return fmt.Errorf("has a user name with a character that no user name holds")
	case len(user) > 255:
		return fmt.Errorf("has a user name of more than 255 bytes")
	}
	return nil
}

// checkHost takes names and IP addresses.
func checkHost(host string) error {
	if host == "" {
		return fmt.Errorf("has no host name")
	}
	if strings.Contains(host, ":") {
		if ip, err := netip.ParseAddr(host); err != nil || strings.ContainsFunc(ip.Zone(), func(r rune) bool { return !nameRune(r) }) {
			return fmt.Errorf("has a host that is no IPv6 address")
		}
		return nil
	}
	if strings.HasPrefix(host, "-") || len(host) > 253 || strings.ContainsFunc(host, func(r rune) bool { return !nameRune(r) }) {
		return fmt.Errorf("has a host name that no host has")
	}
	return nil
}

func nameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' || r == '_'
}

// checkPort takes 1 to 65535. An empty one is left to the configuration.
func checkPort(port string) error {
	if n, err := strconv.ParseUint(port, 10, 16); port != "" && (err != nil || n == 0) {
		return fmt.Errorf("has a port that is not one of 1 to 65535")
	}
	return nil
}

// checkPath takes a socket's path as far as the shells of all servers agree on how it is quoted.
func checkPath(path string) error {
	switch {
	case path == "":
		return nil
	case path[0] != '/':
		return fmt.Errorf("needs an absolute socket path")
	case strings.ContainsAny(path, "'\"`\\!") || !plain(path):
		return fmt.Errorf("has a socket path with a quote, a backslash, an exclamation mark or a control character")
	case len(path) > maxSocketPath:
		return fmt.Errorf("has a socket path of %d bytes, more than the %d that an address holds", len(path), maxSocketPath)
	}
	return nil
}

// plain reports whether text is valid and holds nothing that does not print.
func plain(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// printable makes one line of what the other side says, at most limit bytes.
func printable(text string, limit int) string {
	text = strings.ToValidUTF8(text, "?")
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return '?'
		}
		return r
	}, text))
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + "..."
	}
	return text
}

// quote quotes a word for the shell of the other side. Words that [checkPath] lets through hold nothing that sh, csh or
// fish would find within single quotes.
func quote(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }
