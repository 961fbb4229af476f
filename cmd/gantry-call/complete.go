package main

import (
	"io"
	"slices"
	"strings"

	"github.com/gantry-go/gantry/catalog"
)

// The completions of shells. Both hand the line up to the cursor to gantry-call itself, which asks no engine.
const (
	bashCompletion = `_gantry_call() {
	local line=${COMP_LINE:0:COMP_POINT} word found
	word=${line##*[[:space:]]}
	found=$(gantry-call -complete "$line" 2>/dev/null) || return
	COMPREPLY=()
	while IFS= read -r match; do
		[ -n "$match" ] || continue
		COMPREPLY+=("${match#"${word%"${word##*[=:]}"}"}") # readline replaces what is behind = and : alone
	done <<<"$found"
	case ${COMPREPLY-} in *=) compopt -o nospace 2>/dev/null ;; esac
}
complete -F _gantry_call gantry-call
`
	zshCompletion = `#compdef gantry-call
_gantry_call() {
	local -a found
	found=("${(@f)$(gantry-call -complete "${(j: :)words[1,CURRENT]}" 2>/dev/null)}")
	compadd -U -S '' -- ${(M)found:#*=}
	compadd -U -- ${found:#*=}
}
compdef _gantry_call gantry-call
`
)

func completion(out io.Writer, shell string) error {
	script := map[string]string{"bash": bashCompletion, "zsh": zshCompletion}[shell]
	if script == "" {
		return misused("there is no completion for %.32q, only for bash and zsh", shell)
	}
	_, err := io.WriteString(out, script)
	return err
}

// complete returns what the last word of a command line may be: all of the word each time.
func complete(line string) []string {
	words := strings.Fields(line)
	if len(words) > 0 {
		words = words[1:] // the program's name
	}
	last := ""
	if len(words) > 0 && !strings.HasSuffix(line, " ") {
		last, words = words[len(words)-1], words[:len(words)-1]
	}
	for len(words) > 0 && strings.HasPrefix(words[0], "-") {
		if valued := strings.TrimLeft(words[0], "-") == "host"; valued && len(words) > 1 {
			words = words[1:]
		}
		words = words[1:]
	}
	return matching(candidates(words, last), last)
}

// candidates are what may come behind words.
func candidates(words []string, last string) []string {
	if len(words) == 0 {
		if strings.HasPrefix(last, "-") {
			return []string{"-completion", "-doc", "-h", "-host", "-i", "-v"}
		}
		var names []string
		for _, e := range catalog.Engines() {
			names = append(names, e.Name())
		}
		return names
	}
	family, err := findEngine(words[0])
	if err != nil {
		return nil
	}
	words = words[1:]
	version, chosen := newest(family), false
	if len(words) > 0 && isVersion(words[0]) {
		if chosen = true; !strings.EqualFold(words[0], auto) {
			version = family.Version(words[0])
		}
		words = words[1:]
	}
	if len(words) == 0 {
		names := ids(version, strings.Contains(last, "."))
		if !chosen {
			names = append(append(names, auto), family.Versions()...)
		}
		return names
	}
	op, err := findOperation(version, words[0])
	if err != nil {
		return nil
	}
	return arguments(op, words[1:], last)
}

// ids are the operations of a version, by id or by package and method.
func ids(v *catalog.Version, methods bool) []string {
	var names []string
	for _, c := range v.Categories() {
		for _, op := range c.Operations {
			if methods {
				names = append(names, op.Category+"."+op.Name)
			} else {
				names = append(names, op.ID)
			}
		}
	}
	return names
}

// arguments are NAME= of those that are not given yet, and the values of the one that is being typed.
func arguments(op *catalog.Operation, given []string, last string) []string {
	if name, _, found := strings.Cut(last, "="); found {
		var values []string
		p := op.Param(findParam(op, name))
		switch {
		case p == nil:
		case p.Type == "bool":
			values = []string{"false", "true"}
		default:
			values = slices.Clone(p.Values)
		}
		for i := range values {
			values[i] = name + "=" + values[i]
		}
		return values
	}
	var names []string
	for _, name := range paramNames(op) {
		p := op.Param(name)
		again := p != nil && strings.HasPrefix(p.Type, "[]")
		if !again && slices.ContainsFunc(given, func(g string) bool { return strings.HasPrefix(strings.ToLower(g), strings.ToLower(name)+"=") }) {
			continue
		}
		names = append(names, name+"=")
	}
	return names
}

// matching are the candidates that begin with a word, whatever the case.
func matching(all []string, word string) []string {
	found := slices.DeleteFunc(all, func(c string) bool {
		return len(c) < len(word) || !strings.EqualFold(c[:len(word)], word)
	})
	slices.Sort(found)
	return slices.Compact(found)
}
