package transport_test

import (
	"bytes"
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/transporttest"
)

// replacing is a caller that puts another body in each answer.
type replacing struct {
	transport.Caller
	body func(io.ReadCloser) io.ReadCloser
}

func (c replacing) Do(ctx context.Context, r *transport.Request) (*http.Response, error) {
	resp, err := c.Caller.Do(ctx, r)
	if err == nil {
		resp.Body = c.body(resp.Body)
	}
	return resp, err
}

// replacements are the ways in which wrappers replace bodies.
var replacements = map[string]func(io.ReadCloser) io.ReadCloser{
	"another type": func(b io.ReadCloser) io.ReadCloser { return struct{ io.ReadCloser }{b} },
	"a copy": func(b io.ReadCloser) io.ReadCloser {
		data, err := io.ReadAll(b)
		return struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(data), readError{err}), b}
	},
	"a pipe": func(b io.ReadCloser) io.ReadCloser {
		r, w := io.Pipe()
		go func() {
			_, err := io.Copy(w, b)
			_ = w.CloseWithError(err)
		}()
		return struct {
			io.Reader
			io.Closer
		}{r, closers{b, r}}
	},
}

// closers are closed together.
type closers []io.Closer

func (c closers) Close() error {
	var errs []error
	for _, one := range c {
		errs = append(errs, one.Close())
	}
	return errors.Join(errs...)
}

// readError is a reader of an error, or of nothing.
type readError struct{ err error }

func (f readError) Read([]byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}

// settings are the options about answers, each with the effect that it has, for every replaced body to have it too. The
// others, with the reason why a body cannot matter to them.
var settings = map[string]func(t *testing.T, wrap func(transport.Caller) transport.Caller){
	"WithMaxAnswer":      holdsMaxAnswer,
	"WithUnknownMembers": holdsUnknownMembers,
	"WithObserver":       holdsObserver,
	"WithStreamIdleTimeout": func(t *testing.T, wrap func(transport.Caller) transport.Caller) {
		c := wrap(quiet(t).client(t, transport.WithStreamIdleTimeout(shortSilence)))
		events, err := transport.Sequence[thing](t.Context(), c, opEvents.Request())
		if err == nil {
			err = events.Wait()
		}
		if !errors.Is(err, transport.ErrTimeout) {
			t.Error(err)
		}
	},
}

var settingsBefore = map[string]string{
	"WithTLS": "connections", "WithTLSFiles": "connections", "WithDialer": "connections", "WithDialTimeout": "connections",
	"WithTLSTimeout": "connections", "WithFreshConnections": "connections", "WithIdleConnections": "connections",
	"WithProxy": "connections", "WithScheme": "connections",
	"WithIdentity": "connections", "WithMachine": "connections", "WithDecryptKey": "connections",
	"WithWarning": "connections", "WithStrictKeyFiles": "connections",
	"WithEngine": "what errors of hosts say", "WithUserAgent": "requests", "WithPolicy": "requests",
	"WithHeaderTimeout": "heads of answers, which come before bodies",
}

// TestSettingsHoldThroughWrappers has a wrapper replace the bodies of answers: every option about answers still holds.
func TestSettingsHoldThroughWrappers(t *testing.T) {
	for _, name := range options(t) {
		check, before := settings[name], settingsBefore[name]
		if (check != nil) == (before != "") {
			t.Errorf("%s is tried through wrappers, or there is a reason why not: exactly one of both", name)
		}
		if check == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Run("no wrapper", func(t *testing.T) { check(t, func(c transport.Caller) transport.Caller { return c }) })
			for how, body := range replacements {
				t.Run(how, func(t *testing.T) {
					check(t, func(c transport.Caller) transport.Caller { return replacing{c, body} })
				})
			}
		})
	}
}

// options are the functions of the package that return an Option.
func options(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Recv != nil || f.Type.Results == nil || !f.Name.IsExported() {
				continue
			}
			if result, ok := f.Type.Results.List[0].Type.(*ast.Ident); ok && result.Name == "Option" {
				names = append(names, f.Name.Name)
			}
		}
	}
	if len(names) < 15 {
		t.Fatalf("options: %v", names)
	}
	return names
}

// eachKind makes a call of every kind whose answer is decoded, and returns its error.
var eachKind = map[string]func(ctx context.Context, c transport.Caller) error{
	"object": func(ctx context.Context, c transport.Caller) error {
		_, err := transport.Object[thing](ctx, c, opInspect.Request("conny"))
		return err
	},
	"value": func(ctx context.Context, c transport.Caller) error {
		_, err := transport.Value[thing](ctx, c, opInspect.Request("conny"))
		return err
	},
	"list": func(ctx context.Context, c transport.Caller) error {
		_, err := transport.List[thing](ctx, c, opList.Request())
		return err
	},
	"late": func(ctx context.Context, c transport.Caller) error {
		p, err := transport.Late[thing](ctx, c, opInspect.Request("conny"))
		if err != nil {
			return err
		}
		_, err = p.Result()
		return err
	},
	"sequence": func(ctx context.Context, c transport.Caller) error {
		m, err := transport.Sequence[thing](ctx, c, opInspect.Request("conny"))
		if err != nil {
			return err
		}
		return m.Wait()
	},
	"the inspect before logs": func(ctx context.Context, c transport.Caller) error {
		logs, err := transport.Framed(ctx, c, opLogs.Request("conny"), transport.Framing{Inspect: opInspect.Request("conny"), Member: "Config.Tty"})
		if err != nil {
			return err
		}
		return logs.Close()
	},
}

// documentEngine answers with a document, or with a list of it.
func documentEngine(t *testing.T, doc string) *transporttest.Engine {
	t.Helper()
	fake := transporttest.New(t, transporttest.AllowUnexpected())
	fake.Handle("GET /v1.41/containers/{id}/json", transporttest.Text(200, "application/json", doc))
	fake.Handle("GET /v1.41/containers/json", transporttest.Text(200, "application/json", "["+doc+"]"))
	fake.Handle("GET /v1.41/containers/{id}/logs", transporttest.Frames(transporttest.Frame(3, "the daemon failed")))
	return fake
}

func holdsMaxAnswer(t *testing.T, wrap func(transport.Caller) transport.Caller) {
	fake := documentEngine(t, `{"Id":"`+strings.Repeat("x", 9000)+`"}`)
	for limit, class := range map[int64]error{8000: transport.ErrTooLarge, 10_000: nil} {
		c := wrap(fake.Client(t, transport.WithMaxAnswer(limit)))
		for kind, call := range eachKind {
			if err := call(t.Context(), c); !errors.Is(err, class) || class == nil && err != nil {
				t.Errorf("%s, of at most %d bytes: %v", kind, limit, err)
			}
		}
	}
}

func holdsUnknownMembers(t *testing.T, wrap func(transport.Caller) transport.Caller) {
	fake := documentEngine(t, `{"Id":"x","Novel":1}`)
	for kind, call := range eachKind {
		if kind == "the inspect before logs" {
			continue // it is decoded into no type
		}
		var told []string
		c := wrap(fake.Client(t, transport.WithUnknownMembers(func(op *transport.Operation, member string) { told = append(told, op.Name+member) })))
		if err := call(t.Context(), c); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if len(told) != 1 || !strings.HasSuffix(told[0], "/Novel") {
			t.Errorf("%s: told of %q", kind, told)
		}
		told = nil
		byHand := transport.Operation{Name: "inspect", Method: "GET", Path: "/v1.41/containers/conny/json"}
		if _, err := transport.Object[thing](t.Context(), c, byHand.Request()); err != nil || told != nil {
			t.Errorf("an operation made by hand: %v, told of %q", err, told)
		}
	}
}

// holdsObserver has an observer told how a call went once its answer was understood, not once it was read.
func holdsObserver(t *testing.T, wrap func(transport.Caller) transport.Caller) {
	fake := documentEngine(t, `{"Id":["no text"]}`)
	calls := maps.Clone(eachKind)
	delete(calls, "the inspect before logs")
	calls["logs"] = func(ctx context.Context, c transport.Caller) error {
		logs, err := transport.Framed(ctx, c, opLogs.Request("conny"), transport.Framing{TTY: new(false)})
		if err != nil {
			return err
		}
		_, err = logs.Demux(io.Discard, io.Discard)
		return err
	}
	for kind, call := range calls {
		w := newWatched()
		c := wrap(fake.Client(t, transport.WithObserver(w.observe)))
		err := call(t.Context(), c)
		seen := w.one(t)
		if err == nil || seen.Err == nil || seen.Err.Error() != err.Error() {
			t.Errorf("%s: the caller got %v, the observer %v", kind, err, seen.Err)
		}
	}
}
