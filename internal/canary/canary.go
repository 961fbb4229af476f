// Package canary looks for secrets where none may be: a test uses [Secret] wherever the SDK wants a secret, and shows a
// [Trap] all that the SDK returns, prints, logs and tells observers.
package canary

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/slogcalls"
)

// Secret is to be in every secret of a test, and nowhere else. It has no character that any encoding changes.
const Secret = "CANARYsecret"

// Trap fails a test that shows it a secret. It is safe for concurrent use.
type Trap struct {
	t     testing.TB
	forms []string // in which a secret may show, in lower case

	mu     sync.Mutex
	looked int
}

// New returns a trap for [Secret] and for what else is a secret in a test.
func New(t testing.TB, more ...string) *Trap {
	c := &Trap{t: t}
	for _, secret := range append([]string{Secret}, more...) {
		c.forms = append(c.forms, secret, fmt.Sprintf("%x", secret), strings.Trim(fmt.Sprintf("%d", []byte(secret)), "[]"))
		for ahead := range 3 { // the characters of base64 depend on what is before and behind
			encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", ahead) + secret))
			c.forms = append(c.forms, encoded[(ahead*8+5)/6:len(encoded)-1])
		}
	}
	for i, form := range c.forms {
		c.forms[i] = strings.ToLower(form)
	}
	return c
}

// Looked is how many texts the trap was shown, for a test to see that it was shown any.
func (c *Trap) Looked() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.looked
}

// Text looks at a text.
func (c *Trap) Text(what, s string) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.looked++
	lower := strings.ToLower(s)
	for _, form := range c.forms {
		if strings.Contains(lower, form) {
			c.t.Errorf("%s shows the secret: %s", what, s)
			return
		}
	}
}

// Value prints a value in every way that there is.
func (c *Trap) Value(what string, v any) {
	c.t.Helper()
	if v == nil || reflect.ValueOf(v).Kind() == reflect.Pointer && reflect.ValueOf(v).IsNil() {
		return
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		c.Text(what+" by "+verb, fmt.Sprintf(verb, v))
	}
	c.Text(what+" inside others", fmt.Sprintf("%v %+v %s", struct{ V any }{v}, []any{v}, map[string]any{"v": v}))
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
	c.Text(what+" by slog", out.String())
	if doc, err := json.Marshal(v); err == nil {
		c.Text(what+" in JSON", string(doc))
	} else {
		c.Text(what+" refused by JSON", err.Error())
	}
}

// Err prints an error and every error in it.
func (c *Trap) Err(what string, err error) {
	c.t.Helper()
	if err == nil {
		return
	}
	c.Value(what, err)
	switch e := err.(type) { //nolint:errorlint // the walk itself
	case interface{ Unwrap() error }:
		c.Err(what, e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			c.Err(what, inner)
		}
	}
}

// Fails looks at the error of what is to fail.
func (c *Trap) Fails(what string, err error) {
	c.t.Helper()
	if err == nil {
		c.t.Errorf("%s: no failure", what)
	}
	c.Err(what, err)
}

// Write looks at what is logged.
func (c *Trap) Write(p []byte) (int, error) {
	c.t.Helper()
	c.Text("a log", string(p))
	return len(p), nil
}

func (c *Trap) observe(_ context.Context, call *transport.Call) func() {
	c.Value("a call that begins", call)
	return func() {
		c.Value("a call that ended", call)
		c.Value("its values", *call)
		c.Err("its error", call.Err)
		c.Text("its class", call.Class())
	}
}

// Options are those of a client that is watched by all that watch.
func (c *Trap) Options() []transport.Option {
	logger := slog.New(slog.NewTextHandler(c, &slog.HandlerOptions{Level: slog.LevelDebug}))
	inJSON := slog.New(slog.NewJSONHandler(c, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return []transport.Option{
		transport.WithObserver(c.observe),
		transport.WithObserver(slogcalls.New(logger, &slogcalls.Options{Begin: true})),
		transport.WithObserver(slogcalls.New(inJSON, nil)),
		transport.WithWarning(func(err error) { c.Err("a warning", err) }),
		transport.WithHeaderTimeout(time.Minute),
	}
}
