package ssh

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settings is how one server is reached: the options, the configuration and the defaults, put together.
type settings struct {
	host, port, user string
	lookup           string // "name:port" for known_hosts
	key              string // the name without the port

	identities     []string // private key files
	explicit       bool     // they were named, so that one that cannot be read is worth a word
	certificates   []string
	identitiesOnly bool
	noKeys         bool   // PubkeyAuthentication no
	agent          string // socket, or ""

	knownHosts []string
	machine    bool      // a server on the loopback is trusted
	jumps      []address // outermost first

	connectTimeout time.Duration // 0 for none of its own
	aliveInterval  time.Duration
	aliveCount     int
}

// String names the server for people.
func (s *settings) String() string { return s.user + "@" + net.JoinHostPort(s.host, s.port) }

const (
	defaultAliveInterval = 15 * time.Second
	defaultAliveCount    = 3
	maxJumps             = 8
)

// environment is what this side's files and user are, apart for tests of the settings.
type environment struct {
	home, user string
	getenv     func(string) string
}

func localEnvironment() environment {
	e := environment{getenv: os.Getenv}
	e.home, _ = os.UserHomeDir()
	if u, err := user.Current(); err == nil {
		e.user = u.Username[strings.LastIndexByte(u.Username, '\\')+1:] // without a Windows domain
		if e.home == "" {
			e.home = u.HomeDir
		}
	}
	return e
}

// configFiles are the usual ones, or those that were given.
func (o *options) configFiles(e environment) []configFile {
	dir := filepath.Join(e.home, ".ssh")
	if o.config != nil {
		var files []configFile
		for _, path := range *o.config {
			files = append(files, configFile{path: path, relative: dir})
		}
		return files
	}
	system := systemDir(e)
	return []configFile{
		{path: filepath.Join(dir, "config"), relative: dir, optional: true, own: true},
		{path: filepath.Join(system, "ssh_config"), relative: system, optional: true},
	}
}

func systemDir(e environment) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(e.getenv("ProgramData"), "ssh")
	}
	return "/etc/ssh"
}

// resolve puts together what is known about a server. The last jump host is reached through those before it, if there
// are any, and else as its own configuration says.
func (o *options) resolve(a address, e environment) (*settings, error) {
	c, err := readConfig(o.configFiles(e), asked{host: a.host, user: a.user, local: e.user}, e.home)
	if err != nil {
		return nil, err
	}
	s := &settings{
		host: a.host,
		port: firstOf(a.port, c.first("port"), "22"),
		user: firstOf(a.user, c.first("user"), e.user),
	}
	if name := c.first("hostname"); name != "" {
		if s.host, err = expand("HostName", name, map[byte]string{'h': a.host, 'n': a.host}); err != nil {
			return nil, err
		}
	}
	for _, check := range []error{checkUser(s.user), checkHost(s.host), checkPort(s.port)} {
		if check != nil {
			return nil, fmt.Errorf("the configuration of %s %w", a.host, check)
		}
	}
	if s.user == "" {
		return nil, errors.New("no user name: name one in the URL")
	}
	s.lookup = net.JoinHostPort(strings.ToLower(s.host), s.port)
	if alias := c.first("hostkeyalias"); alias != "" {
		s.lookup = net.JoinHostPort(strings.ToLower(alias), "22")
	}
	s.key, _, _ = net.SplitHostPort(s.lookup)
	f := o.filer(a, s, e)
	for _, step := range []func(*options, *configuration, filer) error{s.keys, s.known, s.route, s.times} {
		if err := step(o, c, f); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// filer knows the tokens of a server. %C is left out: what it stands for depends on the release of ssh.
func (o *options) filer(a address, s *settings, e environment) filer {
	name, _ := os.Hostname()
	short, _, _ := strings.Cut(name, ".")
	return filer{environment: e, tokens: map[byte]string{
		'h': strings.ToLower(s.host), 'n': a.host, 'p': s.port, 'r': s.user, 'u': e.user, 'd': e.home, 'i': strconv.Itoa(os.Getuid()),
		'k': s.key, 'l': name, 'L': short,
	}}
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// keys says which keys are tried.
func (s *settings) keys(o *options, c *configuration, f filer) (err error) {
	if s.identitiesOnly, err = flag(c, "IdentitiesOnly", false); err != nil {
		return err
	}
	takesKeys, err := flag(c, "PubkeyAuthentication", true)
	if err != nil {
		return err
	}
	s.noKeys = !takesKeys
	named, err := f.all("IdentityFile", c.values["identityfile"])
	if err != nil {
		return err
	}
	s.identities = append(s.identities, o.keyFiles...)
	s.identities = append(s.identities, named...)
	if s.explicit = len(s.identities) > 0 || c.values["identityfile"] != nil; !s.explicit { // "none" is a name, too
		for _, name := range []string{"id_ed25519", "id_ecdsa", "id_rsa"} {
			s.identities = append(s.identities, filepath.Join(f.home, ".ssh", name))
		}
	}
	if s.certificates, err = f.all("CertificateFile", c.values["certificatefile"]); err != nil {
		return err
	}
	switch named := c.first("identityagent"); {
	case o.agent != nil:
		s.agent = *o.agent
	case strings.EqualFold(named, "none"):
	case named == "" || named == "SSH_AUTH_SOCK":
		s.agent = f.getenv("SSH_AUTH_SOCK")
	case strings.HasPrefix(named, "$") && !strings.HasPrefix(named, "${"):
		s.agent = f.getenv(named[1:])
	default:
		s.agent, err = f.path("IdentityAgent", named)
	}
	return err
}

// known says where the server's key is looked up.
func (s *settings) known(o *options, c *configuration, f filer) error {
	if c.values["revokedhostkeys"] != nil && !strings.EqualFold(c.first("revokedhostkeys"), "none") && o.hostKeys == nil {
		return errors.New("the configuration sets RevokedHostKeys, which is not read here: mark the keys @revoked in known_hosts")
	}
	if o.knownHosts != nil {
		s.knownHosts = *o.knownHosts
		return nil
	}
	system := systemDir(f.environment)
	for _, source := range []struct {
		word     string
		defaults []string
	}{
		{"UserKnownHostsFile", []string{filepath.Join(f.home, ".ssh", "known_hosts"), filepath.Join(f.home, ".ssh", "known_hosts2")}},
		{"GlobalKnownHostsFile", []string{filepath.Join(system, "ssh_known_hosts"), filepath.Join(system, "ssh_known_hosts2")}},
	} {
		files := source.defaults
		if named := c.values[strings.ToLower(source.word)]; named != nil {
			var err error
			if files, err = f.all(source.word, named); err != nil {
				return err
			}
		}
		s.knownHosts = append(s.knownHosts, files...)
	}
	return nil
}

// route says through which other servers the way goes.
func (s *settings) route(o *options, c *configuration, _ filer) error {
	if command := c.values["proxycommand"]; command != nil && o.dial == nil && !strings.EqualFold(command[0], "none") {
		return errors.New("the configuration sets ProxyCommand, and no shell is run here: use ProxyJump, or the option ssh.WithDialer")
	}
	jump := c.first("proxyjump")
	if jump == "" || strings.EqualFold(jump, "none") {
		return nil
	}
	hops := strings.Split(jump, ",")
	if len(hops) > maxJumps {
		return fmt.Errorf("ProxyJump names more than %d hosts", maxJumps)
	}
	for _, hop := range hops {
		if !strings.HasPrefix(hop, "ssh://") {
			// A user name may hold what a URL escapes.
			if at := strings.LastIndexByte(hop, '@'); at >= 0 {
				hop = url.User(hop[:at]).String() + hop[at:]
			}
			hop = "ssh://" + hop
		}
		a, err := parseAddress(hop)
		if err != nil || a.path != "" {
			return errors.New("ProxyJump holds what is not of the form user@host:port")
		}
		s.jumps = append(s.jumps, a)
	}
	return nil
}

// times says how long the server may be silent.
func (s *settings) times(_ *options, c *configuration, _ filer) error {
	connect, err := seconds(c, "ConnectTimeout")
	if err != nil {
		return err
	}
	interval, err := seconds(c, "ServerAliveInterval")
	if err != nil {
		return err
	}
	s.connectTimeout, s.aliveInterval, s.aliveCount = connect, interval, defaultAliveCount
	if interval == 0 {
		s.aliveInterval = defaultAliveInterval
	}
	if text := c.first("serveralivecountmax"); text != "" {
		if s.aliveCount, err = strconv.Atoi(text); err != nil || s.aliveCount < 0 {
			return errors.New("ServerAliveCountMax is not a number")
		}
		s.aliveCount = max(s.aliveCount, 1) // with 0 ssh gives a server one interval, too
	}
	return nil
}

// flag reads yes or no in all the spellings that ssh takes.
func flag(c *configuration, word string, otherwise bool) (bool, error) {
	switch text := strings.ToLower(c.first(strings.ToLower(word))); text {
	case "":
		return otherwise, nil
	case "yes", "true":
		return true, nil
	case "no", "false":
		return false, nil
	}
	return false, fmt.Errorf("%s is neither yes nor no", word)
}

// maxTime bounds times, which ssh counts in 31 bits of seconds.
const maxTime = (1<<31 - 1) * time.Second

// units are those of times; a number alone is of seconds.
var units = map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}

// seconds reads a time as ssh writes them: 90, 1m30s, 1d, 2W.
func seconds(c *configuration, word string) (time.Duration, error) {
	text := c.first(strings.ToLower(word))
	if text == "" || strings.EqualFold(text, "none") {
		return 0, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 && d <= maxTime { // with fractions, too
		return d, nil
	}
	wrong := fmt.Errorf("%s is not a time as ssh writes it", word)
	var total time.Duration
	for rest := text; rest != ""; {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		n, err := strconv.ParseInt(rest[:digits], 10, 32)
		if err != nil {
			return 0, wrong
		}
		unit := time.Second
		if rest = rest[digits:]; rest != "" {
			if unit = units[rest[0]|0x20]; unit == 0 {
				return 0, wrong
			}
			rest = rest[1:]
		}
		if total += time.Duration(n) * unit; n > int64(maxTime/unit) || total > maxTime {
			return 0, wrong
		}
	}
	return total, nil
}

// filer makes paths of what the configuration says.
type filer struct {
	environment
	tokens map[byte]string
}

// all makes the paths of a word; "none" stands for none.
func (f filer) all(word string, values []string) (paths []string, err error) {
	for _, value := range values {
		if strings.EqualFold(value, "none") {
			continue
		}
		path, err := f.path(word, value)
		if err != nil {
			return nil, err
		}
		if path != "" && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths, nil
}

// path expands a leading ~, ${VARIABLE} and %x.
func (f filer) path(word, value string) (string, error) {
	folder := ""
	if strings.HasPrefix(value, "~") { // before tokens, which are no part of a user's name
		name, rest, _ := strings.Cut(value, "/")
		var err error
		if folder, err = tilde(name, f.home); err != nil {
			return "", fmt.Errorf("%s: %w", word, err)
		}
		value = "/" + rest
	}
	rest, err := expand(word, value, f.tokens)
	var path strings.Builder
	for err == nil {
		before, after, found := strings.Cut(rest, "${")
		path.WriteString(before)
		if !found {
			break
		}
		name, following, closed := strings.Cut(after, "}")
		content := f.getenv(name)
		if !closed || content == "" {
			err = fmt.Errorf("%s: ${ is not followed by a variable that is set", word)
		}
		path.WriteString(content)
		rest = following
	}
	return folder + path.String(), err
}

// expand replaces %x by a token's value, and %% by a percent sign.
func expand(word, value string, tokens map[byte]string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] != '%' {
			b.WriteByte(value[i])
			continue
		}
		i++
		if i < len(value) && value[i] == '%' {
			b.WriteByte('%')
			continue
		}
		if i < len(value) {
			if content, known := tokens[value[i]]; known {
				b.WriteString(content)
				continue
			}
		}
		return "", fmt.Errorf("%s holds a %% that is not followed by a token known here", word)
	}
	return b.String(), nil
}
