package transport

import (
	"context"
	"fmt"
)

// redacted stands for every secret that is printed.
const redacted = "[redacted]"

// Secret is a value for the engine's eyes only, such as an X-Registry-Auth header. It prints as [redacted] with
// every verb of fmt, in slog and as text, so that options that hold one can be logged; only in a field that is not
// exported, of a struct of your own, fmt does not see what it has before it, nor inside a pointer to a struct that is printed
// within something else by a verb that pointers do not have, such as %s. Package registryauth makes them; convert to
// string to get at the value.
type Secret string

// Anonymous is the X-Registry-Auth header of nobody: an empty credential, encoded. Engines insist on the header when
// they push, whether the registry asks for a credential or not.
const Anonymous = Secret("e30=")

// String returns a placeholder, never the secret.
func (s Secret) String() string { return s.placeholder() }

// GoString returns a placeholder, never the secret.
func (s Secret) GoString() string { return s.placeholder() }

// Format writes the placeholder for whichever verb and flags.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.placeholder())) }

// MarshalText hides the secret from encoders and structured logs.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.placeholder()), nil }

// RegistryHeader implements [RegistryAuth]: the secret is the header, whatever the request is about.
func (s Secret) RegistryHeader(context.Context, RegistryQuery) (Secret, error) { return s, nil }

func (s Secret) placeholder() string {
	if s == "" {
		return ""
	}
	return redacted
}

// What answers a request keeps it, and fmt finds it there. These write the method and the path alone, as the request does.

// Format writes what the stream answers, whatever the verb.
func (s *Stream) Format(f fmt.State, verb rune) { s.req.Format(f, verb) }

// Format writes what the messages answer, whatever the verb.
func (m *Messages[T]) Format(f fmt.State, verb rune) { m.req.Format(f, verb) }

// Format writes what the promise answers, whatever the verb.
func (p *Pending[T]) Format(f fmt.State, verb rune) { p.req.Format(f, verb) }

// Format writes that it is a body, whatever the verb.
func (b *body) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, "body") }
