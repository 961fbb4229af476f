package transport_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/transport"
)

// TestQueryStyle holds how parameters are written. That it is how oapi-codegen's runtime does it, module internal/compat
// holds.
func TestQueryStyle(t *testing.T) {
	type condition string
	for _, tt := range []struct {
		value any
		want  string
	}{
		{"a b&c=d", "p+q=a+b%26c%3Dd"},
		{condition("next-exit"), "p+q=next-exit"},
		{[]string{"a", "", "b/c"}, "p+q=a&p+q=&p+q=b%2Fc"},
		{[]condition{"running", "exited"}, "p+q=running&p+q=exited"},
		{new(false), "p+q=false"},
		{-7, "p+q=-7"},
		{uint64(1) << 63, "p+q=9223372036854775808"},
		{float32(0.1), "p+q=0.1"},
		{1e21, "p+q=1000000000000000000000"},
		{[]any{"a", 1}, "p+q=a&p+q=1"},
		{[2]int{1, 2}, "p+q=1&p+q=2"},
	} {
		op := transport.Operation{Name: "X", Method: "GET", Path: "/x"}
		r := op.Request()
		r.QueryRequired("p q", tt.value)
		if _, got, _ := strings.Cut(r.URL(), "?"); got != tt.want || r.Err() != nil {
			t.Errorf("%#v is %s, %v, want %s", tt.value, got, r.Err(), tt.want)
		}
	}
}

// TestQueryRefuses holds that what has no text is refused, not guessed.
func TestQueryRefuses(t *testing.T) {
	for _, value := range []any{map[string]string{"a": "b"}, struct{ A int }{1}, []any{"a", nil}, func() {}, &url.URL{Host: "x"}, (*int)(nil)} {
		op := transport.Operation{Name: "X", Method: "GET", Path: "/x"}
		r := op.Request()
		r.QueryRequired("p", value)
		if !errors.Is(r.Err(), transport.ErrInvalidInput) {
			t.Errorf("%T: %v", value, r.Err())
		}
	}
}
