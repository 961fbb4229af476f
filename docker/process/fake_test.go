package process_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/transport"
	tt "github.com/gantry-go/gantry/transport/transporttest"
)

// fake is an engine in this process that plays a command, or a container, called "conny".
type fake struct{ *tt.Engine }

// newFake returns one whose calls all succeed: what runs writes "out" and "err" and ends with 0. A test replaces the
// answers that it is about.
func newFake(t *testing.T, options ...tt.Option) *fake {
	t.Helper()
	f := &fake{Engine: tt.New(t, options...)}
	f.Handle("POST /containers/{id}/exec", tt.JSON(201, map[string]any{"Id": "e1"}))
	f.Handle("POST /exec/{id}/start", says("out", "err"))
	f.Handle("GET /exec/{id}/json", execEnded(0))
	f.Handle("GET /containers/{id}/json", inspected(nil))
	f.Handle("POST /containers/{id}/attach", says("out", "err"))
	f.Handle("POST /containers/{id}/wait", waited(0))
	f.Handle("POST /containers/{id}/start", tt.Empty(204))
	f.Handle("POST /containers/{id}/kill", tt.Empty(204))
	f.Handle("DELETE /containers/{id}", tt.Empty(204))
	return f
}

// calls returns the calls so far: "create", "start", "inspect" of an exec, the verb of a container's.
func (f *fake) calls() string {
	var names []string
	for _, r := range f.Requests() {
		path := r.Path[strings.LastIndexByte(r.Path, '/')+1:]
		if r.Method == http.MethodDelete {
			path = "delete"
		}
		names = append(names, path)
	}
	return strings.Join(names, " ")
}

// request returns the last call of a kind.
func (f *fake) request(t *testing.T, name string) tt.Request {
	t.Helper()
	requests := f.Requests()
	for i := range requests {
		if r := requests[len(requests)-1-i]; strings.HasSuffix(r.Path, "/"+name) || strings.EqualFold(r.Method, name) {
			return r
		}
	}
	t.Fatalf("no call of %s among %s", name, f.calls())
	return tt.Request{}
}

// body returns the body of the last call of a kind.
func (f *fake) body(t *testing.T, name string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(f.request(t, name).Body, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// says is the upgrade of a process that writes this and ends.
func says(stdout, stderr string) tt.Answer {
	return tt.Upgrade(func(c *tt.Conn) {
		_, _ = c.Write(append(tt.Frame(1, stdout), tt.Frame(2, stderr)...))
	})
}

func execEnded(code int) tt.Answer {
	return tt.JSON(200, map[string]any{"ID": "e1", "Running": false, "ExitCode": code, "Pid": 17})
}

// execRuns is what Docker says, and with a code what Podman does.
func execRuns(code any) tt.Answer {
	return tt.JSON(200, map[string]any{"ID": "e1", "Running": true, "ExitCode": code, "Pid": 17})
}

func waited(code int) tt.Answer { return tt.JSON(200, map[string]any{"StatusCode": code}) }

func inspected(config map[string]any) tt.Answer {
	if config == nil {
		config = map[string]any{}
	}
	return tt.JSON(200, map[string]any{"Id": "c1", "State": map[string]any{"Running": config["Running"] == true},
		"Config": config, "HostConfig": map[string]any{"AutoRemove": config["AutoRemove"]}})
}

// wrapper is a caller of somebody's own, of which nothing is known.
type wrapper struct{ transport.Caller }

// knower is one that passes on what is known of the engine.
type knower struct{ transport.Caller }

func (k knower) OfferedVersions(api string) (oldest, newest string) {
	return transport.OfferedVersions(k.Caller, api)
}
