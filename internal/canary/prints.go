package canary

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// Prints fails a test whose value prints anything but the placeholder that stands for it: that no secret shows is also
// true of a value that prints nothing, which leaves a reader to guess. It tries all verbs, flags and methods; a value
// that is no text for encoders is not tried with them.
func Prints(t testing.TB, v any, placeholder string) {
	t.Helper()
	check := func(how, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%T prints %q by %s, want %q", v, got, how, want)
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%30v", "%-3s", "%.1s"} {
		check(verb, fmt.Sprintf(verb, v), placeholder)
	}
	check("Sprint", fmt.Sprint(v), placeholder)
	check("a struct", fmt.Sprintf("%+v", struct{ V any }{v}), "{V:"+placeholder+"}")
	check("a list", fmt.Sprintf("%v", []any{v}), "["+placeholder+"]")
	if s, ok := v.(fmt.Stringer); ok {
		check("String", s.String(), placeholder)
	}
	if s, ok := v.(fmt.GoStringer); ok {
		check("GoString", s.GoString(), placeholder)
	}
	if s, ok := v.(slog.LogValuer); ok {
		check("LogValue", s.LogValue().String(), placeholder)
	}
	text, ok := v.(encoding.TextMarshaler)
	if !ok {
		return
	}
	got, err := text.MarshalText()
	check("MarshalText", string(got), placeholder)
	doc, encodingErr := json.Marshal(map[string]any{"v": v})
	if err != nil || encodingErr != nil {
		t.Errorf("%T: %v, %v", v, err, encodingErr)
	}
	check("JSON", string(doc), jsonOf(map[string]any{"v": placeholder}))
	// Logs print it as they print a string of the same text.
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"slog's text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"slog's JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		logged := func(v any) string {
			var b bytes.Buffer
			slog.New(handler(&b)).With("v", v).Info("x")
			_, after, _ := strings.Cut(b.String(), "x") // without the time
			return after
		}
		check(name, logged(v), logged(placeholder))
	}
}

func jsonOf(v any) string {
	doc, _ := json.Marshal(v)
	return string(doc)
}
