package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/hijack"
)

// TestNoCaller sends by callers that are none: each call is an error that says so, and none panics.
func TestNoCaller(t *testing.T) {
	callers := map[string]Caller{"nil": nil, "a nil pointer": (*Client)(nil), "a zero client": &Client{}}
	for name, c := range callers {
		calls := map[string]func() error{"upgrade": func() error { _, err := Upgrade(t.Context(), c, opGet.Request()); return err }}
		for kind, call := range each {
			calls[kind] = func() error { return call(t.Context(), c) }
		}
		for kind, call := range calls {
			if err := call(); !errors.Is(err, ErrInvalidInput) || !strings.Contains(fmt.Sprint(err), "no client") {
				t.Errorf("%s by %s: %v", kind, name, err)
			}
		}
	}
	if _, err := New("unix:///x", WithUserAgent("ok"), nil); !errors.Is(err, ErrInvalidInput) || fmt.Sprint(err) != "options: invalid input: option 2 of 2 is nil" {
		t.Errorf("a nil option: %v", err)
	}
	if _, err := New("unix:///x", WithUserAgent("a\nb")); !errors.Is(err, ErrInvalidInput) || !strings.HasPrefix(fmt.Sprint(err), "user agent: ") {
		t.Errorf("a user agent of two lines: %v", err)
	}
}

// TestOwnClasses gives failures on this side of the wire a class, and says nothing twice.
func TestOwnClasses(t *testing.T) {
	cancelled, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the user left"))
	plain, stop := context.WithCancel(t.Context())
	stop()
	for _, c := range []struct {
		ctx   context.Context
		err   error
		class error
		text  string
	}{
		{cancelled, io.EOF, context.Canceled, "context canceled: the user left"},
		{plain, io.EOF, context.Canceled, "context canceled"},
		{t.Context(), hijack.ErrClosed, hijack.ErrClosed, "stream closed: use of closed network connection"},
		{t.Context(), fmt.Errorf("logs are read once: %w", hijack.ErrClosed), hijack.ErrClosed, "logs are read once: stream closed: use of closed network connection"},
		{t.Context(), ErrUnsupported, ErrUnsupported, "stream: unsupported operation"},
		{t.Context(), &hijack.TruncatedError{Delivered: 551}, ErrTruncated, "stream truncated after 551 bytes of output"},
		{t.Context(), io.ErrUnexpectedEOF, ErrTruncated, "stream truncated: unexpected EOF"},
		{t.Context(), ErrTruncated, ErrTruncated, "stream truncated"},
	} {
		err := opGet.Request().bodyError(c.ctx, c.err)
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Class != c.class || err.Error() != "docker 1.41 ContainerInspect: "+c.text || !errors.Is(err, c.class) {
			t.Errorf("%v: %v of class %v", c.err, err, e.Class)
		}
	}
}
