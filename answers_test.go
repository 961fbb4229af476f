package gantry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/catalog"
	"github.com/gantry-go/gantry/hijack"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/transporttest"
)

// failures are the documents with which engines report that something failed.
var failures = map[string]string{
	"Docker's":                    `{"message":"no such thing"}`,
	"Podman's":                    `{"cause":"gone","message":"no such thing","response":404}`,
	"that of Podman's statistics": `{"Error":{}}`,
	"that of a progress":          `{"errorDetail":{"code":1,"message":"no such thing"},"error":"no such thing"}`,
	"one with escapes":            `{"\u0065rror":"no such thing"}`,
}

// tellNothing are the documents that tell nothing.
var tellNothing = []string{"{}", "[]", "[{}]", "null"}

// mayTellNothing are the operations to which an empty object is a good answer, with the reason.
var mayTellNothing = map[string]string{
	"ContainerUpdate":    "it tells warnings, of which there may be none",
	"ServiceUpdate":      "it tells warnings, of which there may be none",
	"SystemDataUsage":    "an engine tells of what it was asked for, and leaves out what it has none of",
	"ImageBuild":         oneOfMany,
	"ImageCreate":        oneOfMany,
	"ImageLoad":          oneOfMany,
	"ImagePush":          oneOfMany,
	"PluginPull":         oneOfMany,
	"PluginPush":         oneOfMany,
	"PluginUpgrade":      oneOfMany,
	"ImageBuildLibpod":   oneOfMany,
	"LocalBuildLibpod":   oneOfMany,
	"ImagePullLibpod":    oneOfMany,
	"ImagePushLibpod":    oneOfMany,
	"ManifestPushLibpod": oneOfMany,

	"GenerateSystemdLibpod":       aMap,
	"ContainerShowMountedLibpod":  aMap,
	"ShowMountedContainersLibpod": aMap,
	"SystemPing":                  "that it answers is the answer; the rest is in headers, which a proxy may drop",
	"SystemPingHead":              "that it answers is the answer; the rest is in headers, which a proxy may drop",
}

const (
	oneOfMany = "each message of a progress tells one of many things"
	aMap      = "a map of nothing is empty, and of texts may have any key"
)

// answer is what an engine says to every request.
type answer struct {
	status int
	doc    string
}

// wrong reports why an answer must be an error of an operation, or nothing. statuses are those that its specification has.
func (a answer) wrong(op *catalog.Operation, statuses []string) string {
	reason := mayTellNothing[op.ID]
	nothing := op.Kind == catalog.KindNone || op.Kind == catalog.KindHeaders && reason != ""
	failed := ""
	for name, doc := range failures {
		if doc == a.doc {
			failed = name
		}
	}
	switch {
	case a.status == http.StatusNotModified && !slices.Contains(statuses, "304"):
		return "no 304 is specified"
	case a.status == http.StatusNoContent && !nothing:
		return "content is promised"
	case a.status != http.StatusOK, op.Method == http.MethodHead && nothing:
		return ""
	case op.Method == http.MethodHead:
		return "the header is missing"
	case failed != "":
		return "it is a failure, " + failed
	case nothing, op.Kind == catalog.KindBytes, op.Kind == catalog.KindUpgrade: // bytes are what they are
		return ""
	case a.doc == "{}" && reason != "":
		return ""
	case (a.doc == "[]" || a.doc == "null") && op.Kind == catalog.KindList:
		return "" // a list of nothing
	}
	return "it tells nothing"
}

// each gives every answer there is.
func each(f func(answer)) {
	docs := slices.Clone(tellNothing)
	for _, doc := range failures {
		docs = append(docs, doc)
	}
	for _, doc := range docs {
		f(answer{http.StatusOK, doc})
	}
	for _, status := range []int{http.StatusNoContent, http.StatusNotModified} {
		f(answer{status, ""})
	}
}

// saying is a caller that gives one answer. Upgrades go by an engine of tests, which gives it too.
type saying struct {
	answer
	upgrades *transport.Client
}

func newSaying(t *testing.T) *saying {
	t.Helper()
	s := &saying{}
	fake := transporttest.New(t, transporttest.AllowUnexpected())
	fake.Handle("/{rest...}", transporttest.Handler(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(s.status)
		_, _ = io.WriteString(w, s.doc)
	}))
	s.upgrades = fake.Client(t)
	return s
}

func (s *saying) Do(_ context.Context, r *transport.Request) (*http.Response, error) {
	if r.Err() != nil {
		return nil, r.Err()
	}
	body := s.doc
	if r.Operation().Method == http.MethodHead {
		body = ""
	}
	return &http.Response{
		StatusCode: s.status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)),
	}, nil
}

func (s *saying) Hijack(ctx context.Context, r *transport.Request) (*hijack.Conn, error) {
	return s.upgrades.Hijack(ctx, r)
}

// specifiedStatuses are the successes of every operation in the specification of a version.
func specifiedStatuses(t *testing.T, engine, version string) map[string][]string {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("testdata/specs/%s/v%s.json", engine, version))
	if err != nil {
		t.Fatal(err)
	}
	var spec struct {
		Paths map[string]map[string]struct {
			OperationID string                     `json:"operationId"`
			Responses   map[string]json.RawMessage `json:"responses"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(data, &spec); err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for _, methods := range spec.Paths {
		for _, op := range methods {
			for status := range op.Responses {
				if status < "4" {
					out[op.OperationID] = append(out[op.OperationID], status)
				}
			}
		}
	}
	return out
}

// TestAnswersByName answers every operation of every version, called by its name, with error documents, with documents that
// tell nothing, and with statuses that promise none: none of it is taken for a success where something was to be told.
func TestAnswersByName(t *testing.T) {
	said := newSaying(t)
	calls := 0
	for _, engine := range catalog.Engines() {
		for _, number := range engine.Versions() {
			version, statuses := engine.Version(number), specifiedStatuses(t, engine.Name(), number)
			for _, category := range version.Categories() {
				for _, op := range category.Operations {
					if engine.Name()+" "+number+" "+op.ID == "podman 4.0 ManifestPushLibpod" {
						continue // refused unsent: that engine makes a list in place of a push
					}
					each(func(a answer) {
						said.answer = a
						calls++
						verify(t, op, a, statuses[op.ID], byName(t, said, op))
					})
				}
			}
		}
	}
	t.Logf("%d calls", calls)
	if calls < 50_000 {
		t.Errorf("%d calls", calls)
	}
}

// verify compares the outcome of a call with what the answer was.
func verify(t *testing.T, op *catalog.Operation, a answer, statuses []string, err error) {
	t.Helper()
	name := fmt.Sprintf("%s %s %s (%s), answered %d %s", op.Engine, op.Version, op.ID, op.Kind, a.status, a.doc)
	e, ok := errors.AsType[*transport.Error](err)
	wrong := a.wrong(op, statuses)
	switch {
	case mayTellNothing[op.ID] == aMap && strings.HasPrefix(wrong, "it is a failure") && a.doc != failures["Podman's"]:
		return // it may be a member of such a name
	case wrong == "" && err != nil:
		t.Errorf("%s: a false alarm: %v", name, err)
	case wrong != "" && !ok:
		t.Errorf("%s: %s, but the error is %v", name, wrong, err)
	case ok && a.doc == failures["Podman's"] && op.Method != http.MethodHead && (!errors.Is(err, transport.ErrNotFound) || !errors.Is(err, transport.ErrStream) || e.Cause != "gone"):
		t.Errorf("%s: the class or the cause is lost: %+v", name, e)
	case ok && strings.HasPrefix(wrong, "it is a failure") && !errors.Is(err, transport.ErrStream):
		t.Errorf("%s: %v is no failure inside an answer", name, err)
	}
}

// byName calls an operation of the catalog and takes in all of its answer.
func byName(t *testing.T, c transport.Caller, op *catalog.Operation) error {
	args := catalog.Args{}
	for _, p := range op.Params {
		if p.Required {
			args[p.Name] = argument(p.Type)
		}
	}
	if op.Body != nil {
		args[catalog.BodyArg] = "{}"
	}
	if op.Kind == catalog.KindFramed {
		args[catalog.TTYArg] = false
	}
	result, err := op.Call(t.Context(), c, args)
	if err != nil {
		return err
	}
	defer result.Close() //nolint:errcheck // all of it is read
	switch {
	case result.Stream != nil:
		return taken(result.Stream)
	case result.Messages != nil:
		return result.Messages.Wait()
	case result.Pending != nil:
		_, err := result.Pending.Result()
		return err
	case result.Logs != nil:
		return taken(result.Logs)
	case result.Conn != nil:
		return taken(result.Conn)
	}
	return nil
}

func argument(typ string) any {
	switch typ {
	case "string", "[]string", "secret":
		return "x"
	case "bool":
		return true
	}
	return 1
}

// taken takes in all of an answer.
func taken(result any) error {
	switch r := result.(type) {
	case interface{ Wait() error }:
		return r.Wait()
	case *hijack.Logs:
		_, err := r.Demux(io.Discard, io.Discard)
		return err
	case io.Reader:
		_, err := io.Copy(io.Discard, r)
		return err
	}
	if late := reflect.ValueOf(result).MethodByName("Result"); late.IsValid() {
		err, _ := late.Call(nil)[1].Interface().(error)
		return err
	}
	return nil
}

// TestAnswersByMethod is [TestAnswersByName] by the generated methods of some versions.
func TestAnswersByMethod(t *testing.T) {
	said := newSaying(t)
	for version, clients := range generated(said) {
		statuses := specifiedStatuses(t, version[0], version[1])
		v := catalog.Find(version[0]).Version(version[1])
		for _, category := range v.Categories() {
			client := clients[category.Name]
			if client == nil {
				t.Errorf("%v has no %s", version, category.Name)
				continue
			}
			for _, op := range category.Operations {
				method := reflect.ValueOf(client).MethodByName(op.Name)
				each(func(a answer) {
					said.answer = a
					verify(t, op, a, statuses[op.ID], byMethod(t, method))
				})
			}
		}
	}
}

// byMethod calls a generated method and takes in all of its answer.
func byMethod(t *testing.T, method reflect.Value) error {
	in := []reflect.Value{reflect.ValueOf(t.Context())}
	for i := 1; i < method.Type().NumIn(); i++ {
		in = append(in, parameter(method.Type().In(i)))
	}
	out := method.Call(in)
	err, _ := out[len(out)-1].Interface().(error)
	if err != nil || len(out) == 1 {
		return err
	}
	return taken(out[0].Interface())
}

// parameter is a value of a type with which an operation is called.
func parameter(t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	switch t.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Slice:
		if t.Elem().Kind() == reflect.String {
			v = reflect.ValueOf([]string{"x"}).Convert(t)
		}
	case reflect.Interface:
		v.Set(reflect.ValueOf(bytes.NewReader(nil)))
	case reflect.Pointer: // options, or a body
		v = reflect.New(t.Elem())
		if tty := v.Elem().FieldByName("TTY"); tty.IsValid() && tty.Kind() == reflect.Pointer {
			tty.Set(reflect.ValueOf(new(false)))
		}
	}
	return v
}
