package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/transport/transporttest"
)

func TestRun(t *testing.T) {
	fake := transporttest.New(t)
	fake.Handle("GET /v1.41/containers/json", transporttest.JSON(200, []any{map[string]any{"Id": "ab"}}))
	fake.Handle("GET /v1.41/containers/{id}/export", transporttest.Text(200, "application/x-tar", "tar"))
	fake.Handle("GET /v1.41/events", transporttest.Lines(map[string]any{"n": 1}, map[string]any{"n": 2}))
	fake.Handle("GET /v1.41/containers/{id}/json", transporttest.JSON(200, map[string]any{}))
	fake.Handle("GET /v1.41/containers/{id}/logs", transporttest.Frames(transporttest.Frame(1, "out\n"), transporttest.Frame(2, "err\n")))
	fake.Handle("POST /v1.41/containers/{id}/start", transporttest.Empty(204))
	fake.Handle("POST /v1.41/containers/{id}/attach", transporttest.Upgrade(func(c *transporttest.Conn) {
		line := make([]byte, 6)
		n, _ := c.Read(line)
		_, _ = c.Write(line[:n])
	}))
	fake.Handle("POST /v1.41/networks/create", transporttest.JSON(201, map[string]any{"Id": "net"}))
	body := filepath.Join(t.TempDir(), "body.json")
	if err := os.WriteFile(body, []byte(`{"Name":"net"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ args, in, out, err string }{
		{args: "", out: "docker 1.25 1.26 "},
		{args: "docker", out: "1.41\n"},
		{args: "docker 1.41", out: "ContainerList "},
		{args: "-doc docker 1.41 ContainerList", out: `"path": "/containers/json"`},
		{args: "docker 1.41 GET /v1.41/images/a/b/json", out: `"id": "ImageInspect"`},
		{args: `docker 1.41 ContainerList all=true filters={"label":["a"]}`, out: "[\n  {\n    \"Id\": \"ab\"\n  }\n]\n"},
		{args: "docker 1.41 ContainerExport id=conny", out: "tar"},
		{args: "docker 1.41 SystemEvents", out: "{\"n\":1}\n{\"n\":2}\n"},
		{args: "docker 1.41 ContainerLogs id=conny stdout=1 stderr=1", out: "out\n"},
		{args: "docker 1.41 ContainerStart id=conny"},
		{args: "docker 1.41 ContainerAttach id=conny stream=1", in: "hello\n", out: "hello\n"},
		{args: "docker 1.41 NetworkCreate body=@" + body, out: `"Id": "net"`},
		{args: "docker 1.41 NetworkCreate body=@-", in: `{"Name":"net"}`, out: `"Id": "net"`},
		{args: `docker 1.41 NetworkCreate body={"Name":"net"}`, out: `"Id": "net"`},
		{args: "rkt", err: `no engine "rkt"`},
		{args: "docker 9.9", err: `no version "9.9"`},
		{args: "docker 1.41 Polish", err: `no operation "Polish"`},
		{args: "docker 1.41 GET /polish", err: "no operation for GET /polish"},
		{args: "docker 1.41 ContainerList all", err: `"all" is not NAME=VALUE`},
		{args: "docker 1.41 ContainerList polish=1", err: `no parameter "polish"`},
	} {
		var out, errs bytes.Buffer
		args := append([]string{"-host", fake.Host()}, strings.Fields(tt.args)...)
		err := run(t.Context(), args, streams{strings.NewReader(tt.in), &out, &errs})
		switch {
		case tt.err == "" && err != nil, tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
			t.Errorf("gantry-call %s: %v, want %q", tt.args, err, tt.err)
		case !strings.Contains(out.String(), tt.out):
			t.Errorf("gantry-call %s printed %q without %q", tt.args, &out, tt.out)
		}
	}
}

func TestLists(t *testing.T) {
	args, err := parse([]string{"names=a", "names=b", "names=c", "x=1=2"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := json.Marshal(args); err != nil || string(text) != `{"names":["a","b","c"],"x":"1=2"}` {
		t.Errorf("%s %v", text, err)
	}
}
