package ssh

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gantry-go/gantry/internal/userfile"
)

// The format is that of ssh_config(5): the first value of a word counts, blocks apply by the host that was asked for,
// and files include others. It is read here and not by a library because a file that is right for ssh must never fail
// here, nor a block apply that ssh would not apply: the known library refuses a file for one Match that it does not
// know, and takes the criteria after the first of a Match for host names.

// Bounds on what files may make us read.
const (
	maxIncludes = 16
	maxFiles    = 256
)

// configuration is what the files say about one host.
type configuration struct {
	values map[string][]string
	final  bool // a Match asked for a second pass
}

// repeated are the words whose values add up.
var repeated = map[string]bool{"identityfile": true, "certificatefile": true}

// asked is what blocks are matched with.
type asked struct {
	host, user, local string
}

// configFile is a file to read. One that may be absent is of no concern if it is.
type configFile struct {
	path     string
	relative string // what names of included files are relative to
	optional bool
	own      bool // it is the user's, or included: no other user may write it
}

// readConfig reads what the files say about a host, the first files first.
func readConfig(files []configFile, who asked, home string) (*configuration, error) {
	c := &configuration{values: map[string][]string{}}
	for pass := range 2 {
		r := configReader{configuration: c, asked: who, home: home, last: pass == 1}
		for _, file := range files {
			if err := r.file(file, true, 0); err != nil {
				return nil, err
			}
		}
		if !c.final {
			break
		}
	}
	return c, nil
}

// first returns the first argument of a word, or "".
func (c *configuration) first(word string) string {
	if values := c.values[word]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// configReader is one pass over the files.
type configReader struct {
	*configuration
	asked
	home  string
	last  bool
	files int
}

// file reads a file, of which the part before its first block applies if active.
func (r *configReader) file(f configFile, active bool, depth int) error {
	text, err := userfile.Read(f.path)
	if err == nil && f.own {
		err = checkWriters(f.path)
	}
	switch {
	case f.optional && errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("configuration: %w", err)
	}
	if r.files++; r.files > maxFiles {
		return fmt.Errorf("configuration: more than %d files", maxFiles)
	}
	applies := active
	for i, line := range strings.Split(string(text), "\n") {
		word, args, err := splitLine(line)
		switch {
		case err != nil:
		case word == "host":
			applies = active && matchExactly(args, r.host)
		case word == "match":
			applies = active && r.match(args)
		case !applies || len(args) == 0:
		case word == "include":
			err = r.include(f, args, depth)
		default:
			r.set(word, args)
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w", f.path, i+1, err)
		}
	}
	return nil
}

func (r *configReader) set(word string, args []string) {
	old, there := r.values[word]
	switch {
	case word == "proxycommand" && r.values["proxyjump"] != nil, word == "proxyjump" && r.values["proxycommand"] != nil:
		// The first of the two counts.
	case !there:
		r.values[word] = args
	case repeated[word]:
		r.values[word] = append(slices.Clip(old), args...)
	}
}

func (r *configReader) include(f configFile, patterns []string, depth int) error {
	if depth == maxIncludes {
		return fmt.Errorf("files include each other more than %d deep", maxIncludes)
	}
	for _, pattern := range patterns {
		if strings.HasPrefix(pattern, "~") {
			var unknown error
			if pattern, unknown = tilde(pattern, r.home); unknown != nil {
				continue // as ssh passes it by
			}
		} else if !filepath.IsAbs(pattern) {
			pattern = filepath.Join(f.relative, pattern)
		}
		paths, err := filepath.Glob(pattern)
		if err != nil {
			return err
		}
		for _, path := range paths {
			if info, err := os.Stat(path); err == nil && info.IsDir() {
				continue // as ssh passes it by
			}
			if err := r.file(configFile{path: path, relative: f.relative, optional: true, own: true}, true, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// tilde replaces a leading ~ or ~user by that user's folder.
func tilde(path, home string) (string, error) {
	name, rest, _ := strings.Cut(path[1:], "/")
	if name != "" {
		u, err := user.Lookup(name)
		if err != nil {
			return "", fmt.Errorf("there is no user for ~%s", printable(name, 64))
		}
		home = u.HomeDir
	}
	return filepath.Join(home, rest), nil
}

// match evaluates a Match. What is not known here is taken not to hold, also when it is negated.
func (r *configReader) match(args []string) bool {
	if len(args) == 0 {
		return false
	}
	holds := true
	for len(args) > 0 {
		criterion, negated := strings.CutPrefix(args[0], "!")
		args = args[1:]
		if name, argument, joined := strings.Cut(criterion, "="); joined { // host=name, as well as host name
			criterion = name
			if argument != "" {
				args = append([]string{argument}, args...)
			}
		}
		criterion = strings.ToLower(criterion)
		var ok bool
		switch criterion {
		case "all":
			ok = true
		case "final":
			r.final = true
			ok = r.last
		case "host", "originalhost", "user", "localuser":
			if len(args) == 0 {
				return false
			}
			ok = matchList(strings.Split(args[0], ","), r.subject(criterion))
			args = args[1:]
		default:
			return false
		}
		holds = holds && ok != negated
	}
	return holds
}

// subject is what a criterion is about.
func (r *configReader) subject(criterion string) string {
	switch criterion {
	case "originalhost":
		return r.host
	case "localuser":
		return r.local
	case "user":
		if r.user != "" {
			return r.user
		}
		if user := r.first("user"); user != "" {
			return user
		}
		return r.local
	}
	if name := r.first("hostname"); name != "" {
		return strings.ReplaceAll(name, "%h", r.host)
	}
	return r.host
}

// matchList reports whether one of the patterns matches and none of those that begin with an exclamation mark does.
func matchList(patterns []string, text string) bool {
	found := false
	for _, pattern := range patterns {
		pattern, negated := strings.CutPrefix(pattern, "!")
		if wildcard(strings.ToLower(pattern), strings.ToLower(text)) {
			if negated {
				return false
			}
			found = true
		}
	}
	return found
}

// matchExactly is matchList for the patterns of Host, which tell capitals from small letters.
func matchExactly(patterns []string, text string) bool {
	found := false
	for _, pattern := range patterns {
		pattern, negated := strings.CutPrefix(pattern, "!")
		if wildcard(pattern, text) {
			if negated {
				return false
			}
			found = true
		}
	}
	return found
}

// wildcard matches * and ?, in time that grows with the product of the lengths at most.
func wildcard(pattern, text string) bool {
	star, resume := -1, 0
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			resume++
			p, t = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// splitLine splits a line into its word, in lower case, and its arguments, which may be quoted.
func splitLine(line string) (word string, args []string, err error) {
	line = strings.Trim(line, " \t\r\f\v")
	if line == "" || line[0] == '#' {
		return "", nil, nil
	}
	end := strings.IndexAny(line, " \t=\"")
	if end < 0 {
		return strings.ToLower(line), nil, nil
	}
	word = strings.ToLower(line[:end])
	rest := strings.TrimLeft(line[end:], " \t")
	if after, equals := strings.CutPrefix(rest, "="); equals {
		rest = after
	}
	args, err = splitArgs(rest)
	return word, args, err
}

func splitArgs(rest string) (args []string, err error) {
	for {
		rest = strings.TrimLeft(rest, " \t")
		if rest == "" || rest[0] == '#' {
			return args, nil
		}
		var arg strings.Builder
		var inside byte // the quote that is open
		i := 0
		for ; i < len(rest) && (inside != 0 || rest[i] != ' ' && rest[i] != '\t'); i++ {
			switch b := rest[i]; {
			case inside != 0 && b == inside:
				inside = 0
			case inside == 0 && (b == '"' || b == '\''):
				inside = b
			case b == '\\' && i+1 < len(rest) && (strings.IndexByte(`"'\`, rest[i+1]) >= 0 || inside == 0 && rest[i+1] == ' '):
				i++
				arg.WriteByte(rest[i])
			default:
				arg.WriteByte(b)
			}
		}
		if inside != 0 {
			return nil, errors.New("a quote is not closed")
		}
		args = append(args, arg.String())
		rest = rest[i:]
	}
}
