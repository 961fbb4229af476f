package catalog_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/catalog"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/transporttest"
)

func invalid(err error) bool {
	e, ok := errors.AsType[*transport.Error](err)
	return ok && errors.Is(err, transport.ErrInvalidInput) && e.Status == 0 && !e.MayHaveActed
}

// TestDocuments calls what answers JSON.
func TestDocuments(t *testing.T) {
	fake := transporttest.New(t)
	fake.Handle("GET /v1.41/containers/{id}/json", transporttest.JSON(200, json.RawMessage(`{"Id":"ab","SizeRw":9007199254740993}`)))
	fake.Handle("GET /v1.41/containers/json", transporttest.JSON(200, json.RawMessage(`[{"Id":"ab"},{"Id":"cd"}]`)), transporttest.JSON(200, nil))
	fake.Handle("POST /v1.41/swarm/init", transporttest.JSON(200, "node"))
	fake.Handle("POST /v1.41/containers/{id}/start", transporttest.Empty(204))
	fake.Handle("POST /v1.41/containers/{id}/wait", transporttest.JSON(200, map[string]any{"StatusCode": 3}))
	stat := func(alphabet *base64.Encoding) transporttest.Answer {
		return transporttest.Empty(200).Header("X-Docker-Container-Path-Stat", alphabet.EncodeToString([]byte(`{"name":"etc?>~","size":4096}`)))
	}
	fake.Handle("HEAD /v1.41/containers/{id}/archive", stat(base64.StdEncoding), stat(base64.URLEncoding))
	fake.Handle("GET /v1.41/_ping", transporttest.Text(200, "text/plain", "OK").Header("Api-Version", "1.41"))
	client := fake.Client(t)
	for _, tt := range []struct {
		op   string
		args catalog.Args
		want any
	}{
		{"ContainerInspect", catalog.Args{"id": "conny"}, map[string]any{"Id": "ab", "SizeRw": json.Number("9007199254740993")}},
		{"ContainerList", nil, []any{map[string]any{"Id": "ab"}, map[string]any{"Id": "cd"}}},
		{"ContainerList", nil, []any{}},
		{"SwarmInit", catalog.Args{"body": map[string]any{"ListenAddr": "127.0.0.1"}}, "node"},
		{"ContainerStart", catalog.Args{"id": "conny"}, nil},
		{"ContainerWait", catalog.Args{"id": "conny"}, map[string]any{"StatusCode": json.Number("3")}},
		{"ContainerArchiveInfo", catalog.Args{"id": "conny", "path": "/etc"}, map[string]any{
			"X-Docker-Container-Path-Stat": map[string]any{"name": "etc?>~", "size": json.Number("4096")},
		}},
		{"ContainerArchiveInfo", catalog.Args{"id": "conny", "path": "/as Podman writes it"}, map[string]any{
			"X-Docker-Container-Path-Stat": map[string]any{"name": "etc?>~", "size": json.Number("4096")},
		}},
	} {
		result, err := catalog.Docker("1.41").Operation(tt.op).Call(t.Context(), client, tt.args)
		if err != nil {
			t.Errorf("%s: %v", tt.op, err)
			continue
		}
		got, err := result.Data()
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s answers %#v, want %#v: %v", tt.op, got, tt.want, err)
		}
		if err := result.Close(); err != nil {
			t.Errorf("%s: closed: %v", tt.op, err)
		}
	}
	result, err := catalog.Docker("1.41").Operation("SystemPing").Call(t.Context(), client, nil)
	if err != nil {
		t.Fatal(err)
	}
	if data, err := result.Data(); err != nil || data.(map[string]any)["Api-Version"] != "1.41" {
		t.Errorf("ping: %v %v", data, err)
	}
}

// TestLogsThatSayWhatTheyAre holds that from API 1.42 on, where an answer says whether it is framed, nothing else is asked.
func TestLogsThatSayWhatTheyAre(t *testing.T) {
	fake := transporttest.New(t)
	fake.Handle("GET /v1.42/containers/{id}/logs",
		transporttest.Frames(transporttest.Frame(1, "out\n")).Header("Content-Type", "application/vnd.docker.multiplexed-stream"))
	result, err := catalog.Docker("1.42").Operation("ContainerLogs").Call(t.Context(), fake.Client(t), catalog.Args{"id": "conny", "stdout": true})
	if err != nil {
		t.Fatal(err)
	}
	var stdout bytes.Buffer
	if _, err := result.Logs.Demux(&stdout, io.Discard); err != nil || stdout.String() != "out\n" {
		t.Errorf("%q %v", &stdout, err)
	}
	if n := len(fake.Requests()); n != 1 {
		t.Errorf("%d requests were sent, want 1", n)
	}
}

// TestStreams calls what answers bytes, messages, logs and a connection.
func TestStreams(t *testing.T) {
	fake := transporttest.New(t)
	fake.Handle("GET /v1.41/containers/{id}/export", transporttest.Text(200, "application/x-tar", "tar"))
	fake.Handle("GET /v1.41/events", transporttest.Lines(map[string]any{"Action": "1"}, map[string]any{"Action": "2"}))
	fake.Handle("POST /v1.41/images/create", transporttest.Lines(map[string]any{"error": "no space left"}))
	fake.Handle("GET /v1.41/containers/{id}/json", transporttest.JSON(200, map[string]any{"Config": map[string]any{"Tty": false}}))
	fake.Handle("GET /v1.41/containers/{id}/logs", transporttest.Frames(transporttest.Frame(1, "out\n"), transporttest.Frame(2, "err\n")))
	fake.Handle("POST /v1.41/containers/{id}/attach", transporttest.Upgrade(func(c *transporttest.Conn) { _, _ = io.Copy(c, c) }))
	client := fake.Client(t)
	call := func(name string, args catalog.Args) *catalog.Result {
		t.Helper()
		result, err := catalog.Docker("1.41").Operation(name).Call(t.Context(), client, args)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = result.Close() })
		return result
	}

	data, err := io.ReadAll(call("ContainerExport", catalog.Args{"id": "conny"}).Stream)
	if err != nil || string(data) != "tar" {
		t.Errorf("export: %q %v", data, err)
	}

	n := 0
	for doc, err := range call("SystemEvents", nil).Messages.All() {
		n++
		v, decodeErr := catalog.Decode(doc)
		if err != nil || decodeErr != nil || v.(map[string]any)["Action"] != string(rune('0'+n)) {
			t.Errorf("event %d: %s %v %v", n, doc, err, decodeErr)
		}
	}
	if n != 2 {
		t.Errorf("%d events", n)
	}
	if err := call("ImageCreate", catalog.Args{"fromImage": "x"}).Messages.Wait(); !errors.Is(err, transport.ErrStream) {
		t.Errorf("a failure in the stream: %v", err)
	}

	for _, args := range []catalog.Args{{"id": "conny", "stdout": true}, {"id": "conny", "stdout": true, "tty": false}, {"id": "conny", "tty": "false"}} {
		var stdout, stderr bytes.Buffer
		if _, err := call("ContainerLogs", args).Logs.Demux(&stdout, &stderr); err != nil || stdout.String() != "out\n" || stderr.String() != "err\n" {
			t.Errorf("logs %v: %q %q %v", args, &stdout, &stderr, err)
		}
	}
	if !call("ContainerLogs", catalog.Args{"id": "conny", "tty": true}).Logs.TTY() {
		t.Error("the caller's word for a TTY is not taken")
	}

	conn := call("ContainerAttach", catalog.Args{"id": "conny", "stream": true}).Conn
	if _, err := io.WriteString(conn, "hello"); err != nil {
		t.Fatal(err)
	}
	if err := conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if echo, err := io.ReadAll(conn); err != nil || string(echo) != "hello" {
		t.Errorf("attach: %q %v", echo, err)
	}
}

// TestWire reads what arguments become on the wire.
func TestWire(t *testing.T) {
	fake := transporttest.New(t)
	type seen struct{ URL, Auth, Type, Body string }
	var last seen
	record := transporttest.Handler(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		last = seen{r.URL.RequestURI(), r.Header.Get("X-Registry-Auth"), r.Header.Get("Content-Type"), string(body)}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"Id":"x","NetworksDeleted":null,"Action":"x"}`)
	})
	fake.Handle("/v1.41/{rest...}", record)
	client := fake.Client(t)
	moment := time.Unix(1700000000, 5)
	const query = "?filters=%7B%22label%22%3A%5B%22a%22%5D%7D"
	for _, tt := range []struct {
		op   string
		args catalog.Args
		want seen
	}{
		{"NetworkPrune", catalog.Args{"filters": map[string][]string{"label": {"a"}}}, seen{URL: "/v1.41/networks/prune" + query}},
		{"NetworkPrune", catalog.Args{"filters": map[string]any{"label": []any{"a"}}}, seen{URL: "/v1.41/networks/prune" + query}},
		{"NetworkPrune", catalog.Args{"filters": `{"label":["a"]}`}, seen{URL: "/v1.41/networks/prune" + query}},
		{"NetworkPrune", catalog.Args{"filters": nil}, seen{URL: "/v1.41/networks/prune"}},
		{"ContainerInspect", catalog.Args{"id": "a b", "size": false}, seen{URL: "/v1.41/containers/a%20b/json?size=false"}},
		{"ContainerInspect", catalog.Args{"id": 12, "size": "1"}, seen{URL: "/v1.41/containers/12/json?size=true"}},
		{"ContainerInspect", catalog.Args{"id": new("conny"), "size": (*bool)(nil)}, seen{URL: "/v1.41/containers/conny/json"}},
		{"ContainerInspect", catalog.Args{"id": transport.Secret("conny"), "size": "T"}, seen{URL: "/v1.41/containers/conny/json?size=true"}}, // as it is, and no placeholder
		{"ContainerStop", catalog.Args{"id": uint8(7), "t": uint16(3)}, seen{URL: "/v1.41/containers/7/stop?t=3"}},
		{"ContainerStop", catalog.Args{"id": "c", "t": 1e15}, seen{URL: "/v1.41/containers/c/stop?t=1000000000000000"}},
		{"ContainerStop", catalog.Args{"id": "c", "t": 0}, seen{URL: "/v1.41/containers/c/stop?t=0"}},
		{"ContainerStop", catalog.Args{"id": "c", "t": 3.0}, seen{URL: "/v1.41/containers/c/stop?t=3"}},
		{"ContainerStop", catalog.Args{"id": "c", "t": json.Number("3")}, seen{URL: "/v1.41/containers/c/stop?t=3"}},
		{"ImageGetAll", catalog.Args{"names": []any{"a", "b"}}, seen{URL: "/v1.41/images/get?names=a&names=b"}},
		{"SystemEvents", catalog.Args{"since": moment, "until": 1700000001}, seen{URL: "/v1.41/events?since=1700000000.000000005&until=1700000001"}},
		{"SystemEvents", catalog.Args{"since": "2023-11-14T22:13:20Z", "until": "17.5"}, seen{URL: "/v1.41/events?since=1700000000.000000000&until=17.5"}},
		{"ImagePush", catalog.Args{"name": "host:5000/a/b"}, seen{URL: "/v1.41/images/host:5000/a/b/push", Auth: string(transport.Anonymous)}},
		{"ImagePush", catalog.Args{"name": "a", "X-Registry-Auth": transport.Secret("c2Vj")}, seen{URL: "/v1.41/images/a/push", Auth: "c2Vj"}},
		{"ContainerCreate", catalog.Args{"body": map[string]any{"Image": "x"}}, seen{URL: "/v1.41/containers/create", Type: "application/json", Body: `{"Image":"x"}`}},
		{"ContainerCreate", catalog.Args{"body": struct{ Image string }{"x"}}, seen{URL: "/v1.41/containers/create", Type: "application/json", Body: `{"Image":"x"}`}},
		{"ContainerCreate", catalog.Args{"body": json.RawMessage(`{"Image":"x"}`)}, seen{URL: "/v1.41/containers/create", Type: "application/json", Body: `{"Image":"x"}`}},
		{"ContainerCreate", catalog.Args{"body": strings.NewReader(`{"Image": "x"}`)}, seen{URL: "/v1.41/containers/create", Type: "application/json", Body: `{"Image": "x"}`}},
		{"PutContainerArchive", catalog.Args{"id": "c", "path": "/", "body": []byte("tar")}, seen{URL: "/v1.41/containers/c/archive?path=%2F", Type: "application/x-tar", Body: "tar"}},
		{"ImageLoad", catalog.Args{"body": strings.NewReader("tar")}, seen{URL: "/v1.41/images/load", Type: "application/x-tar", Body: "tar"}},
	} {
		last = seen{}
		result, err := catalog.Docker("1.41").Operation(tt.op).Call(t.Context(), client, tt.args)
		if err != nil {
			t.Errorf("%s: %v", tt.op, err)
			continue
		}
		if err := result.Close(); err != nil {
			t.Error(err)
		}
		if last != tt.want {
			t.Errorf("%s was sent as %+v, want %+v", tt.op, last, tt.want)
		}
	}
}

// TestEach sends lists of which each element is a document of its own.
func TestEach(t *testing.T) {
	type platform struct {
		OS string `json:"os"`
	}
	linux, both := "platforms=%7B%22os%22%3A%22linux%22%7D", "platforms=%7B%22os%22%3A%22linux%22%7D&platforms=%7B%7D"
	for _, tt := range []struct {
		given any
		want  string
	}{
		{[]platform{{"linux"}}, linux},
		{platform{"linux"}, linux},
		{map[string]any{"os": "linux"}, linux},
		{`{"os":"linux"}`, linux},
		{`[{"os":"linux"},{}]`, both},
		{[]any{map[string]any{"os": "linux"}, struct{}{}}, both},
		{[]platform{}, ""},
		{nil, ""},
	} {
		req, err := catalog.Docker("1.51").Operation("ImageDelete").Request(catalog.Args{"name": "a", "platforms": tt.given})
		if err != nil {
			t.Errorf("%v: %v", tt.given, err)
			continue
		}
		if _, query, _ := strings.Cut(req.URL(), "?"); query != tt.want {
			t.Errorf("%v was sent as %s, want %s", tt.given, query, tt.want)
		}
	}
	_, err := catalog.Docker("1.51").Operation("ImageDelete").Request(catalog.Args{"name": "a", "platforms": "linux/amd64"})
	if !errors.Is(err, transport.ErrInvalidInput) {
		t.Errorf("text that is no JSON: %v", err)
	}
}

// closer notes that it was closed.
type closer struct {
	io.Reader
	closed bool
}

func (c *closer) Close() error { c.closed = true; return nil }

// TestRefused checks that nothing is sent with arguments that are wrong, and that no value is printed.
func TestRefused(t *testing.T) {
	fake := transporttest.New(t)
	client := fake.Client(t)
	for _, tt := range []struct {
		op   string
		args catalog.Args
		want string
	}{
		{"ContainerInspect", nil, "path parameter id is missing"},
		{"ContainerInspect", catalog.Args{"id": ""}, "path argument id is empty"},
		{"ContainerInspect", catalog.Args{"id": "../x"}, "slash"},
		{"ContainerInspect", catalog.Args{"id": []string{"a"}}, "path parameter id: want a string, not a []string"},
		{"ContainerInspect", catalog.Args{"id": "a", "sise": true}, `it has no parameter "sise"; it has id, size`},
		{"ContainerInspect", catalog.Args{"id": "a", "size": "perhaps"}, "query parameter size: the text is no bool"},
		{"ContainerInspect", catalog.Args{"id": "a", "size": 1}, "query parameter size: want a bool, not a int"},
		{"ContainerInspect", catalog.Args{"id": "a", "body": "x"}, "it takes no body"},
		{"ContainerInspect", catalog.Args{"id": "a", "tty": true}, `it has no parameter "tty"`},
		{"ContainerStop", catalog.Args{"id": "a", "t": 1.5}, "query parameter t: want a int, not a float64"},
		{"ContainerStop", catalog.Args{"id": "a", "t": 1e16}, "query parameter t: want a int, not a float64"},
		{"ContainerStop", catalog.Args{"id": "a", "t": true}, "query parameter t: want a int, not a bool"},
		{"ContainerStop", catalog.Args{"id": "a", "t": "1.0"}, "query parameter t: the text is no int"},
		{"ContainerInspect", catalog.Args{"id": "a", "size": "s3cret"}, "query parameter size: the text is no bool"},
		{"ContainerCreate", catalog.Args{"body": "{s3cret"}, "the body is no JSON document"},
		{"ContainerCreate", catalog.Args{"body": []byte("")}, "the body is no JSON document"},
		{"ContainerStop", catalog.Args{"id": "a", "t": "soon"}, "query parameter t: the text is no int"},
		{"ContainerList", catalog.Args{"filters": "label=a"}, "query parameter filters: the text is no JSON document"},
		{"ContainerList", catalog.Args{"filters": func() {}}, "query parameter filters"},
		{"SystemEvents", catalog.Args{"since": "yesterday"}, "query parameter since: the text is neither"},
		{"SystemEvents", catalog.Args{"since": true}, "query parameter since: want a time, not a bool"},
		{"ImageGetAll", catalog.Args{"names": []any{"a", nil}}, "query parameter names: an element is nil"},
		{"ImagePush", catalog.Args{"name": "a", "X-Registry-Auth": 7.5}, "want a secret"},
		{"ContainerArchive", catalog.Args{"id": "a"}, "query parameter path is missing"},
		{"ContainerCreate", nil, "the body is missing"},
		{"ContainerCreate", catalog.Args{"body": "{"}, "the body is no JSON document"},
		{"ContainerCreate", catalog.Args{"body": (*bytes.Reader)(nil)}, "the body is missing"},
		{"PutContainerArchive", catalog.Args{"id": "a", "path": "/", "body": 7}, "want an io.Reader or bytes, not a int"},
		{"ContainerLogs", catalog.Args{"id": "a", "tty": 7}, "tty: want a bool"},
	} {
		_, err := catalog.Docker("1.41").Operation(tt.op).Call(t.Context(), client, tt.args)
		if !invalid(err) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %v: %v, want %s", tt.op, tt.args, err, tt.want)
		}
	}
	for _, args := range []catalog.Args{{"id": "a"}, {"id": "a", "path": "/", "x": 1}, {"id": "..", "path": "/"}} {
		body := &closer{Reader: strings.NewReader("x")}
		args["body"] = body
		if _, err := catalog.Docker("1.41").Operation("PutContainerArchive").Call(t.Context(), client, args); !invalid(err) || !body.closed {
			t.Errorf("%v: %v, closed: %v", args, err, body.closed)
		}
	}
	if n := fake.Accepted(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
}

// TestTyped takes an answer in a type, by the request.
func TestTyped(t *testing.T) {
	fake := transporttest.New(t)
	fake.Handle("GET /v1.41/containers/{id}/json", transporttest.JSON(200, map[string]any{"Id": "ab"}), transporttest.Error(404, "no such container: conny"))
	client := fake.Client(t)
	op := catalog.Docker("1.41").Operation("ContainerInspect")
	req, err := op.Request(catalog.Args{"id": "conny"})
	if err != nil {
		t.Fatal(err)
	}
	type container struct {
		ID string `json:"Id"`
	}
	if got, err := transport.Object[container](t.Context(), client, req); err != nil || got.ID != "ab" {
		t.Errorf("%v %v", got, err)
	}
	_, err = op.Call(t.Context(), client, catalog.Args{"id": "conny"})
	if e, ok := errors.AsType[*transport.Error](err); !ok || e.Status != 404 || e.Target != "conny" || e.Operation != "docker 1.41 ContainerInspect" {
		t.Errorf("an engine's no: %v", err)
	}
}

// TestUnset sends what keeps an engine from harm where the caller says nothing.
func TestUnset(t *testing.T) {
	for _, version := range catalog.Find("podman").Versions() {
		restart := catalog.Podman(version).Operation("containers.Restart")
		for _, tt := range []struct {
			args catalog.Args
			want string
		}{
			{catalog.Args{"name": "db"}, "timeout=10"},
			{catalog.Args{"name": "db", "timeout": nil}, "timeout=10"},
			{catalog.Args{"name": "db", "timeout": 0}, "timeout=0"},
			{catalog.Args{"name": "db", "timeout": "60"}, "timeout=60"},
		} {
			req, err := restart.Request(tt.args)
			if err != nil {
				t.Fatalf("%s: %v", version, err)
			}
			if _, query, _ := strings.Cut(req.URL(), "?"); query != tt.want {
				t.Errorf("%s: %v is sent as %s, want %s", version, tt.args, query, tt.want)
			}
		}
	}
}

// TestLogsWithTimesAndDetails holds that what the arguments ask for before each line is taken off it.
func TestLogsWithTimesAndDetails(t *testing.T) {
	const stamp = "2026-01-02T03:04:05.000000006Z"
	fake := transporttest.New(t)
	fake.Handle("GET /v1.41/containers/{id}/json", transporttest.JSON(200, map[string]any{"Config": map[string]any{"Tty": false}}))
	fake.Handle("GET /v1.41/containers/plain/logs", transporttest.Frames(transporttest.Frame(1, "out\n")))
	fake.Handle("GET /v1.41/containers/times/logs", transporttest.Frames(transporttest.Frame(1, stamp+" out\n")))
	fake.Handle("GET /v1.41/containers/details/logs", transporttest.Frames(transporttest.Frame(1, "a=b out\n")))
	client := fake.Client(t)
	for id, args := range map[string]catalog.Args{
		"plain": {}, "times": {"timestamps": "1"}, "details": {"details": true},
	} {
		args["id"], args["stdout"] = id, true
		result, err := catalog.Docker("1.41").Operation("ContainerLogs").Call(t.Context(), client, args)
		if err != nil {
			t.Fatal(err)
		}
		for line, err := range result.Logs.Lines() {
			if err != nil || line.Text != "out" || !line.Time.IsZero() != (id == "times") || (line.Details["a"] == "b") != (id == "details") {
				t.Errorf("%s: %+v, %v", id, line, err)
			}
		}
	}
}
