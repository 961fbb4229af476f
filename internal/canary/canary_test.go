package canary_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/gantry-go/gantry/internal/canary"
)

// noted is a test that notes its failures instead of failing.
type noted struct {
	testing.TB
	failed bool
}

func (n *noted) Helper()               {}
func (n *noted) Errorf(string, ...any) { n.failed = true }

// TestTrap has secrets in every form that the trap is to see.
func TestTrap(t *testing.T) {
	const other = "another-secret"
	for name, show := range map[string]func(c *canary.Trap){
		"text":         func(c *canary.Trap) { c.Text("x", "a "+canary.Secret) },
		"another":      func(c *canary.Trap) { c.Text("x", "a "+other) },
		"bytes":        func(c *canary.Trap) { c.Value("x", []byte("a"+canary.Secret)) },
		"numbers":      func(c *canary.Trap) { c.Text("x", fmt.Sprintf("%d", []byte("abc"+canary.Secret+"d"))) },
		"base64 0":     func(c *canary.Trap) { c.Text("x", base64.StdEncoding.EncodeToString([]byte(canary.Secret))) },
		"base64 1":     func(c *canary.Trap) { c.Text("x", base64.URLEncoding.EncodeToString([]byte("abc:"+canary.Secret+"d"))) },
		"base64 2":     func(c *canary.Trap) { c.Text("x", base64.StdEncoding.EncodeToString([]byte("alice"+other+"de"))) },
		"a field":      func(c *canary.Trap) { c.Value("x", struct{ secret string }{canary.Secret}) },
		"JSON":         func(c *canary.Trap) { c.Value("x", json.RawMessage(`{"a":"`+canary.Secret+`"}`)) },
		"an error":     func(c *canary.Trap) { c.Err("x", errors.New(canary.Secret)) },
		"inside":       func(c *canary.Trap) { c.Err("x", hides{errors.Join(errors.New("a"), errors.New(canary.Secret))}) },
		"no failure":   func(c *canary.Trap) { c.Fails("x", nil) },
		"a log's line": func(c *canary.Trap) { _, _ = c.Write([]byte(canary.Secret)) },
	} {
		n := &noted{TB: t}
		show(canary.New(n, other))
		if !n.failed {
			t.Errorf("%s goes unnoticed", name)
		}
	}
	n := &noted{TB: t}
	c := canary.New(n, other)
	c.Value("nothing", nil)
	c.Value("nothing", (*noted)(nil))
	c.Value("harmless", struct{ A, B any }{"alice", []byte("password")})
	c.Fails("harmless", hides{errors.New("it is not there")})
	if n.failed || c.Looked() == 0 {
		t.Errorf("failed %v, looked %d times", n.failed, c.Looked())
	}
}

// TestPrints has values that print something else than they are to.
func TestPrints(t *testing.T) {
	for _, wrong := range []any{"", "[redacted]", hides{errors.New("a")}, mute{}} {
		n := &noted{TB: t}
		canary.Prints(n, wrong, "[redacted]")
		if !n.failed {
			t.Errorf("%#v goes unnoticed", wrong)
		}
	}
	n := &noted{TB: t}
	canary.Prints(n, hides{errors.New("a")}, "hidden")
	if n.failed {
		t.Error("what prints as it should fails")
	}
}

// mute prints its placeholder, and nothing as a text.
type mute struct{}

func (mute) Format(f fmt.State, _ rune)   { _, _ = f.Write([]byte("[redacted]")) }
func (mute) MarshalText() ([]byte, error) { return nil, nil }

// hides is an error that does not print what is in it.
type hides struct{ error }

func (hides) Error() string   { return "hidden" }
func (h hides) Unwrap() error { return h.error }
func (hides) Format(f fmt.State, _ rune) {
	_, _ = f.Write([]byte("hidden"))
}
func (hides) MarshalText() ([]byte, error) { return []byte("hidden"), nil }
