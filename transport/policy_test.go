package transport_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/catalog"
	"github.com/gantry-go/gantry/hijack"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/transporttest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// handMade is an operation of a method and a path.
func handMade(method, path string) *transport.Operation {
	return &transport.Operation{Name: "HandMade", Method: method, Path: path}
}

// TestReadOnlyOfEveryOperation asks the policy about every operation of every version. What passes is in a file, so
// that an operation that a new version brings is looked at before it is let pass.
func TestReadOnlyOfEveryOperation(t *testing.T) {
	var passed []string
	for _, engine := range catalog.Engines() {
		verdicts := map[string]bool{}
		for _, number := range engine.Versions() {
			for _, category := range engine.Version(number).Categories() {
				for _, known := range category.Operations {
					op := &transport.Operation{Name: known.ID, Method: known.Method, Path: "/v" + number + known.Path}
					r := op.Request(slices.Repeat([]string{"x"}, strings.Count(op.Path, "{"))...)
					if r.Err() != nil {
						t.Fatal(r.Err())
					}
					passes := transport.ReadOnly(r) == nil
					if before, seen := verdicts[op.Name]; seen && before != passes {
						t.Errorf("%s: versions differ", op.Name)
					}
					if _, seen := verdicts[op.Name]; !seen && passes {
						passed = append(passed, fmt.Sprintf("%s %s %s %s", engine.Name(), known.ID, known.Method, known.Path))
					}
					verdicts[op.Name] = passes
				}
			}
		}
	}
	slices.Sort(passed)
	got := strings.Join(passed, "\n") + "\n"
	const golden = "testdata/readonly.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(want), "\n")
	for _, line := range passed {
		if !slices.Contains(lines, line) {
			t.Errorf("passes, and is not in %s: %s", golden, line)
		}
	}
	for _, line := range lines {
		if line != "" && !slices.Contains(passed, line) {
			t.Errorf("is in %s, and does not pass: %s", golden, line)
		}
	}
}

// TestReadOnly is about what is made by hand, and about paths that an engine takes for others.
func TestReadOnly(t *testing.T) {
	cases := []struct {
		method, path string
		args         []string
		passes       bool
	}{
		{"GET", "/containers/json", nil, true},
		{"HEAD", "/_ping", nil, true},
		{"GET", "/v1.41/containers/{id}/checkpoints", []string{"x"}, true},
		{"GET", "/images/{name...}/json", []string{"containers/healthcheck"}, true},
		{"GET", "/v1.41/containers/{id}/json", []string{"healthcheck"}, true},
		{"GET", "/v5.0.0/libpod/containers/{name}/healthcheck", []string{"x"}, false},
		{"GET", "/libpod/containers/x/healthcheck/", nil, false},
		{"GET", "/v6.0.0-dev/libpod/containers/{name}/healthcheck", []string{"x"}, false},
		{"GET", "/v4/libpod/containers/{name}/healthcheck", []string{"x"}, false},
		{"GET", "/v5.0.0//libpod/containers/y/../x/./healthcheck", nil, false},
		{"GET", "/v1.41/containers/{id}/attach/ws", []string{"x"}, false},
		{"GET", "/containers/{id...}", []string{"x/attach/ws"}, false},
		{"POST", "/v1.41/containers/{id}/wait", []string{"x"}, true},
		{"POST", "/containers/{id}/wait", []string{"x"}, true},
		{"POST", "/v5.0.0/libpod/containers/{id}/wait", []string{"x"}, true},
		{"POST", "/v1.41/containers/wait", nil, false},
		{"POST", "/v1.41/images/{name}/wait", []string{"x"}, false},
		{"POST", "/v1.41/containers/{id}/kill", []string{"wait"}, false},
		{"POST", "/v1.41/containers/x/wait/../kill", nil, false},
		{"POST", "/v1.41/containers/{id}/attach", []string{"x"}, false},
		{"POST", "/auth", nil, false},
		{"DELETE", "/v1.41/containers/{id}/wait", []string{"x"}, false},
		{"PUT", "/containers/x/archive", nil, false},
		{"OPTIONS", "/", nil, false},
		{"get", "/containers/json", nil, false},
		{"", "/containers/json", nil, false},
	}
	for _, c := range cases {
		r := handMade(c.method, c.path).Request(c.args...)
		if err := transport.ReadOnly(r); (err == nil) != c.passes {
			t.Errorf("%q %s %v: %v", c.method, c.path, c.args, err)
		}
	}
}

// TestPolicyRefusesBeforeDialing holds that nothing is dialed, also for an upgrade, and what the error says.
func TestPolicyRefusesBeforeDialing(t *testing.T) {
	engine := transporttest.New(t)
	c := engine.Client(t, transport.WithPolicy(transport.ReadOnly), transport.WithPolicy(transport.Deny("ContainerExport")))
	source := &closing{Reader: strings.NewReader("x"), closed: make(chan struct{})}
	upload := opArchive.Request("conny")
	upload.Upload(source, "application/x-tar")
	calls := map[string]func() error{
		"start":  func() error { return transport.None(t.Context(), c, opStart.Request("conny")) },
		"upload": func() error { return transport.None(t.Context(), c, upload) },
		"attach": func() error { _, err := transport.Upgrade(t.Context(), c, opAttach.Request("conny")); return err },
		"denied": func() error { _, err := transport.Bytes(t.Context(), c, opExport.Request("conny")); return err },
		"raw":    func() error { _, err := c.Do(t.Context(), handMade("DELETE", "/x").Request()); return err },
		"socket": func() error {
			_, err := c.Hijack(t.Context(), handMade("GET", "/containers/x/attach/ws").Request())
			return err
		},
	}
	for name, call := range calls {
		err := call()
		isError(t, name, err, transport.ErrRefused, false)
		if !marked(err) {
			t.Errorf("%s: errdefs does not know it: %v", name, err)
		}
	}
	within(t, "closing the source", func() { <-source.closed })
	err := calls["start"]()
	if want := "docker 1.41 ContainerStart conny: refused by policy: read-only: POST changes something"; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
	if engine.Accepted() != 0 {
		t.Errorf("%d connections were opened", engine.Accepted())
	}
}

// TestPolicyNamesWhatItRefuses has logs whose inspect, of which the caller knows nothing, is refused.
func TestPolicyNamesWhatItRefuses(t *testing.T) {
	engine := transporttest.New(t)
	c := engine.Client(t, transport.WithPolicy(transport.Allow("ContainerExport")))
	_, err := transport.Framed(t.Context(), c, opExport.Request("conny"), transport.Framing{Inspect: opInspect.Request("conny"), Member: "Tty"})
	isError(t, "logs", err, transport.ErrRefused, false)
	if !strings.Contains(err.Error(), "ContainerInspect") {
		t.Errorf("%v does not name what was refused", err)
	}
}

// TestNilPolicyRefuses holds that a policy that is missing by mistake lets nothing pass.
func TestNilPolicyRefuses(t *testing.T) {
	engine := transporttest.New(t)
	for name, c := range map[string]transport.Caller{
		"client":     engine.Client(t, transport.WithPolicy(nil)),
		"restricted": transport.Restrict(engine.Client(t), nil),
	} {
		isError(t, name, transport.None(t.Context(), c, opList.Request()), transport.ErrRefused, false)
	}
}

// marked reports whether errdefs takes the error for one of permission.
func marked(err error) bool {
	_, ok := errors.AsType[interface {
		error
		Forbidden()
	}](err)
	return ok
}

// TestPolicyIsAskedLast has everything that may edit a request make another of it.
func TestPolicyIsAskedLast(t *testing.T) {
	engine := transporttest.New(t)
	engine.Handle("/{any...}", transporttest.Empty(204))
	redirect := func(r *transport.Request) { *r = *opStart.Request("conny") }
	lenient := transport.WithObserver(func(_ context.Context, call *transport.Call) func() { redirect(call.Request); return nil })
	callers := map[string]transport.Caller{
		"edited":                    transport.With(engine.Client(t, transport.WithPolicy(transport.ReadOnly)), redirect),
		"edited, then restricted":   transport.With(transport.Restrict(engine.Client(t), transport.ReadOnly), redirect),
		"by an observer":            engine.Client(t, transport.WithPolicy(transport.ReadOnly), lenient),
		"renamed to what is listed": renaming{engine.Client(t, transport.WithPolicy(transport.ReadOnly))},
	}
	for name, c := range callers {
		err := transport.None(t.Context(), c, opList.Request())
		isError(t, name, err, transport.ErrRefused, false)
		_, err = transport.Upgrade(t.Context(), c, opList.Request())
		isError(t, name, err, transport.ErrRefused, false)
	}
	if engine.Accepted() != 0 {
		t.Errorf("%d connections were opened", engine.Accepted())
	}
}

// renaming is a caller that sends what it likes under a harmless name.
type renaming struct{ *transport.Client }

func (c renaming) Do(ctx context.Context, _ *transport.Request) (*http.Response, error) {
	return c.Client.Do(ctx, disguised())
}

func (c renaming) Hijack(ctx context.Context, _ *transport.Request) (*hijack.Conn, error) {
	return c.Client.Hijack(ctx, disguised())
}

func disguised() *transport.Request {
	return (&transport.Operation{Engine: "docker", Version: "1.41", Name: "ContainerList", Method: "DELETE", Path: "/containers/x"}).Request()
}

func TestAllowAndDeny(t *testing.T) {
	r := opInspect.Request("conny")
	ids := []string{"ContainerInspect", "ContainerList"}
	allow, deny := transport.Allow(ids...), transport.Deny(ids...)
	ids[0] = "another"
	for name, c := range map[string]struct {
		policy transport.Policy
		r      *transport.Request
		passes bool
	}{
		"allowed": {allow, r, true}, "not allowed": {allow, opStart.Request("x"), false}, "nothing is allowed": {transport.Allow(), r, false},
		"denied": {deny, r, false}, "not denied": {deny, opStart.Request("x"), true}, "nothing is denied": {transport.Deny(), r, true},
	} {
		if err := c.policy(c.r); (err == nil) != c.passes {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func ExampleWithPolicy() {
	c, err := transport.New("unix:///var/run/docker.sock", transport.WithPolicy(transport.ReadOnly, transport.Deny("SwarmUnlockkey")))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close() //nolint:errcheck // nothing was opened

	err = transport.None(context.Background(), c, opStart.Request("conny"))
	fmt.Println(err)
	fmt.Println(errors.Is(err, transport.ErrRefused))
	// Output:
	// docker 1.41 ContainerStart conny: refused by policy: read-only: POST changes something
	// true
}
