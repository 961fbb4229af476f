package gen

import (
	"go/token"
	"strings"
	"unicode"
)

// initialisms are the words that Go writes in capitals: those of the project's style and those that Go's linters
// know. The key is the word in lower case.
var initialisms = func() map[string]string {
	m := map[string]string{"ipv4": "IPv4", "ipv6": "IPv6"}
	for word := range strings.FieldsSeq(`
		ID IP IPAM IPC MAC DNS URL URI HTTP HTTPS TLS CA CPU PID GID UID OOM OS TTY IO RW UTS API JSON OCI VIP
		ACL ASCII CSS EOF GUID HTML LHS QPS RAM RHS RPC SLA SMTP SQL SSH TCP TTL UDP UI UUID UTF8 VM XML XMPP
		XSRF XSS`) {
		m[strings.ToLower(word)] = word
	}
	for _, word := range []string{"ID", "IP", "CPU", "PID", "GID", "UID", "URL", "URI", "DNS"} {
		m[strings.ToLower(word)+"s"] = word + "s"
	}
	delete(m, "dnss")
	return m
}()

// splitWords splits a name at its capitals and at everything that is neither a letter nor a digit:
// "OomKillDisable", "io_service_bytes", "X-Registry-Auth".
func splitWords(name string) []string {
	var out []string
	rs := []rune(name)
	start := -1
	flush := func(end int) {
		if start >= 0 && end > start {
			out = append(out, string(rs[start:end]))
		}
		start = -1
	}
	for i, r := range rs {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush(i)
		case start < 0:
			start = i
		case isIPv(rs, i):
		case unicode.IsUpper(r) && !unicode.IsUpper(rs[i-1]),
			unicode.IsUpper(r) && i+1 < len(rs) && unicode.IsLower(rs[i+1]) && !isIPv(rs, i+1):
			flush(i)
			start = i
		}
	}
	flush(len(rs))
	return out
}

// isIPv reports whether the letter at i is the v of IPv4 or IPv6, which ends no word, or the P before it.
func isIPv(rs []rune, i int) bool {
	at := func(j int, set string) bool { return j >= 0 && j < len(rs) && strings.ContainsRune(set, rs[j]) }
	return at(i, "v") && at(i+1, "46") && at(i-1, "P") && at(i-2, "I") ||
		at(i, "P") && at(i+1, "v") && at(i+2, "46") && at(i-1, "I")
}

// goName is the exported Go name of a name on the wire.
func goName(wire string) string {
	var b strings.Builder
	for _, w := range splitWords(wire) {
		if known, ok := initialisms[strings.ToLower(w)]; ok {
			b.WriteString(known)
			continue
		}
		rs := []rune(w)
		rs[0] = unicode.ToUpper(rs[0])
		b.WriteString(string(rs))
	}
	name := b.String()
	if name == "" {
		return "Empty"
	}
	if unicode.IsDigit(rune(name[0])) {
		name = "N" + name
	}
	return name
}

// taken are the names that generated methods use for themselves.
var taken = map[string]bool{
	"c": true, "ctx": true, "req": true, "opts": true, "body": true,
	"context": true, "io": true, "time": true, "transport": true, "hijack": true,
}

// argName is the name of a Go parameter for a name on the wire.
func argName(wire string) string {
	parts := splitWords(goName(strings.TrimPrefix(wire, "X-")))
	parts[0] = strings.ToLower(parts[0])
	name := strings.Join(parts, "")
	if token.IsKeyword(name) || taken[name] {
		name += "Arg"
	}
	return name
}

// snakeName is the file name for a Go name. The go command reads endings such as _linux as constraints.
func snakeName(name string) string {
	parts := splitWords(name)
	for i, p := range parts {
		parts[i] = strings.ToLower(p)
	}
	if constraints[parts[len(parts)-1]] && len(parts) > 1 {
		parts = append(parts, "type")
	}
	return strings.Join(parts, "_")
}

var constraints = map[string]bool{
	"test": true, "linux": true, "windows": true, "darwin": true, "unix": true, "freebsd": true, "amd64": true,
	"arm64": true, "arm": true, "386": true, "wasm": true, "js": true, "plan9": true, "solaris": true,
}

// singular is the name of one item of what has a plural name; the same name where that is not plain.
func singular(name string) string {
	switch {
	case strings.HasSuffix(name, "ies"):
		return strings.TrimSuffix(name, "ies") + "y"
	case strings.HasSuffix(name, "sses"):
		return strings.TrimSuffix(name, "es")
	case strings.HasSuffix(name, "ss"), strings.HasSuffix(name, "us"), strings.HasSuffix(name, "is"):
		return name
	default:
		return strings.TrimSuffix(name, "s")
	}
}

// uncountable are the categories that have no plural.
var uncountable = map[string]bool{"exec": true, "system": true, "swarm": true, "distribution": true, "session": true}

// categoryName is the Go package of the operations with a tag.
func categoryName(tag string) string {
	name, _, _ := strings.Cut(strings.ToLower(tag), " ")
	if uncountable[name] || strings.HasSuffix(name, "s") {
		return name // libpod's tags are plurals
	}
	return name + "s"
}

// methodName is an operation id without the noun of its category; "" where nothing is left.
func methodName(id, noun string) string {
	noun, _, _ = strings.Cut(noun, " ")
	noun = goName(singular(noun))
	before, after, found := strings.Cut(id, noun)
	if !found || after != "" && !unicode.IsUpper(rune(after[0])) {
		return goName(id)
	}
	if before == "Get" {
		before = "" // GetPluginPrivileges: the method says no more than what it gets
	}
	if before+after == "" {
		return ""
	}
	return goName(before + after)
}
