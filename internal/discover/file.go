package discover

import (
	"strings"
	"unicode"

	"github.com/gantry-go/gantry/transport"
)

// Invalid is the error of settings that name no engine: "<what>: <err>".
func Invalid(what string, err error) error {
	return &transport.Error{Operation: what, Class: transport.ErrInvalidInput, Err: err}
}

// Quote quotes a name, shortened and made fit to print.
func Quote(name string) string {
	const limit = 64
	name = strings.ToValidUTF8(name, "\uFFFD")
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, name)
	if runes := []rune(name); len(runes) > limit {
		name = string(runes[:limit]) + "..."
	}
	return `"` + name + `"`
}
