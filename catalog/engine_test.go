package catalog_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/catalog"
	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/internal/testimage"
	"github.com/gantry-go/gantry/transport"
)

// TestEngine calls a real engine by names: every kind of operation, of the newest version that both have.
func TestEngine(t *testing.T) {
	engine, err := docker.OpenHost(t.Context(), enginetest.Docker(t).Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	version := catalog.Docker(engine.Info().APIVersion)
	called := map[string]bool{}
	do := func(name string, args catalog.Args) (*catalog.Result, error) {
		called[name] = true
		return version.Operation(name).Call(t.Context(), engine, args)
	}
	call := func(name string, args catalog.Args) *catalog.Result {
		t.Helper()
		result, err := do(name, args)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = result.Close() })
		return result
	}
	// at follows member names into the answer's data.
	at := func(r *catalog.Result, path ...string) any {
		t.Helper()
		v, err := r.Data()
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range path {
			object, _ := v.(map[string]any)
			v = object[name]
		}
		return v
	}
	check := func(what string, got, want any) {
		t.Helper()
		if got != want {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}

	check("the version of a ping", at(call("SystemPing", nil), "Api-Version"), engine.Info().APIVersion)
	check("the version", at(call("SystemVersion", nil), "Version"), engine.Info().Version)
	if id, _ := at(call("SystemInfo", nil), "ID").(string); id == "" {
		t.Error("info has no ID")
	}

	image, err := testimage.Archive(testimage.Name)
	if err != nil {
		t.Fatal(err)
	}
	if err := call("ImageLoad", catalog.Args{"body": image, "quiet": true}).Messages.Wait(); err != nil {
		t.Fatal(err)
	}
	if id, _ := at(call("ImageInspect", catalog.Args{"name": testimage.Name}), "Id").(string); id == "" {
		t.Error("the image has no Id")
	}

	name := "gantry-" + strings.ToLower(rand.Text()[:12])
	id := at(call("ContainerCreate", catalog.Args{"name": name, "body": map[string]any{
		"Image": testimage.Name, "Cmd": []string{"sh", "-c", "echo out; echo err >&2; read line; echo $line; exit 3"}, "OpenStdin": true, "StdinOnce": true,
		"AttachStdin": true, "Labels": map[string]string{"gantry": name}, "HostConfig": map[string]any{"NetworkMode": "none"},
	}}), "Id")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 30*time.Second)
		defer cancel()
		_, err := version.Operation("ContainerDelete").Call(ctx, engine, catalog.Args{"id": id, "force": true})
		if err != nil && !errors.Is(err, transport.ErrNotFound) {
			t.Error(err)
		}
	})

	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	if err := w.WriteHeader(&tar.Header{Name: "hello", Mode: 0o644, Size: 5}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, "world"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	call("PutContainerArchive", catalog.Args{"id": id, "path": "/", "body": io.NopCloser(&archive)})
	stat := at(call("ContainerArchiveInfo", catalog.Args{"id": id, "path": "/hello"}), "X-Docker-Container-Path-Stat", "size")
	check("the size of the file", stat, json.Number("5"))
	r := tar.NewReader(call("ContainerArchive", catalog.Args{"id": id, "path": "/hello"}).Stream)
	if _, err := r.Next(); err != nil {
		t.Error(err)
	}
	content, err := io.ReadAll(r)
	check("the file", string(content), "world")
	if err != nil {
		t.Error(err)
	}

	conn := call("ContainerAttach", catalog.Args{"id": id, "stream": true, "stdin": true, "stdout": true, "stderr": true}).Conn
	wait := call("ContainerWait", catalog.Args{"id": id, "condition": "next-exit"})
	call("ContainerStart", catalog.Args{"id": id})
	check("whether it runs", at(call("ContainerInspect", catalog.Args{"id": name}), "State", "Running"), true)
	list, _ := at(call("ContainerList", catalog.Args{"all": "true", "filters": map[string]any{"label": []string{"gantry=" + name}}})).([]any)
	check("the number of containers", len(list), 1)
	if _, err := io.WriteString(conn, "in\n"); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if _, err := conn.Demux(&stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	check("stdout", stdout.String(), "out\nin\n")
	check("stderr", stderr.String(), "err\n")
	check("the exit code", at(wait, "StatusCode"), json.Number("3"))

	stdout.Reset()
	if _, err := call("ContainerLogs", catalog.Args{"id": id, "stdout": true}).Logs.Demux(&stdout, io.Discard); err != nil {
		t.Fatal(err)
	}
	check("the logs", stdout.String(), "out\nin\n")

	events := 0
	for doc, err := range call("SystemEvents", catalog.Args{"since": time.Now().Add(-time.Hour), "until": time.Now(), "filters": `{"container":["` + name + `"]}`}).Messages.All() {
		if err != nil || !json.Valid(doc) {
			t.Fatalf("event %s: %v", doc, err)
		}
		events++
	}
	if events == 0 {
		t.Error("there were no events")
	}

	call("VolumeCreate", catalog.Args{"body": json.RawMessage(`{"Name":"` + name + `"}`)})
	call("VolumeDelete", catalog.Args{"name": name, "force": true})
	call("ContainerDelete", catalog.Args{"id": id})
	if _, err := do("ContainerInspect", catalog.Args{"id": id}); !errors.Is(err, transport.ErrNotFound) {
		t.Errorf("inspecting what is gone: %v", err)
	}
	t.Logf("%d operations of API %s", len(called), version.Number())
}
