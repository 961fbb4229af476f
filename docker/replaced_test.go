package docker_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/transporttest"
)

// forbidden is what a proxy before an engine's socket answers.
func forbidden() transporttest.Answer {
	return transporttest.Text(403, "text/html", "<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>\n")
}

// TestOpenBehindAProxyThatLetsPingsPass learns from a ping's header what /version would say.
func TestOpenBehindAProxyThatLetsPingsPass(t *testing.T) {
	for server, want := range map[string]docker.Info{
		"Docker/28.5.2+dfsg4 (linux)": {APIVersion: "1.51", Version: "28.5.2+dfsg4", Name: "Engine", OS: "linux"},
		"Libpod/5.8.6 (linux)":        {APIVersion: "1.51", Version: "5.8.6", Name: "Podman Engine", OS: "linux"},
		"nginx/1.2":                   {APIVersion: "1.51", OS: "linux"},
	} {
		fake := transporttest.New(t)
		fake.Handle("GET /version", forbidden())
		fake.Handle("GET /_ping", transporttest.Text(200, "text/plain", "OK").
			Header("Api-Version", "1.51").Header("Ostype", "linux").Header("Server", server))
		e, err := docker.OpenHost(t.Context(), fake.Host())
		if err != nil {
			t.Fatal(err)
		}
		if got := e.Info(); got != want || got.Package() != "docker/v151" {
			t.Errorf("%s: %+v, for %s", server, got, got.Package())
		}
		_ = e.Close()
	}
}

// TestOpenTellsWhatTheProxySays holds the proxy's text to be the error where a ping tells nothing either.
func TestOpenTellsWhatTheProxySays(t *testing.T) {
	for what, ping := range map[string]transporttest.Answer{
		"refused, too": forbidden(), "without a version": transporttest.Text(200, "text/plain", "OK"),
		"of no version": transporttest.Text(200, "text/plain", "OK").Header("Api-Version", "new"),
	} {
		fake := transporttest.New(t)
		fake.Handle("GET /version", forbidden())
		fake.Handle("GET /_ping", ping)
		_, err := docker.OpenHost(t.Context(), fake.Host())
		if !errors.Is(err, transport.ErrForbidden) || !strings.Contains(err.Error(), "403 Forbidden Request forbidden by administrative rules.") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestInfoOfAnEngineThatWasReplaced has another version answer at the same address.
func TestInfoOfAnEngineThatWasReplaced(t *testing.T) {
	fake := transporttest.New(t)
	become := func(api, version string) {
		says := func(a transporttest.Answer) transporttest.Answer {
			return a.Header("Api-Version", api).Header("Server", "Docker/"+version+" (linux)")
		}
		fake.Handle("GET /version", says(transporttest.JSON(200, map[string]any{
			"ApiVersion": api, "MinAPIVersion": "1.24", "Version": version + "-dev", "Arch": "amd64",
		})))
		fake.Handle("GET /_ping", says(transporttest.Text(200, "text/plain", "OK").Header("Ostype", "linux")))
		fake.Handle("POST /containers/{id}/start", says(transporttest.Error(404, "no such container")))
	}
	become("1.41", "20.10.24")
	e, err := docker.OpenHost(t.Context(), fake.Host())
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close() //nolint:errcheck // the test is over
	start := transport.Operation{Engine: "docker", Version: "1.41", Name: "ContainerStart", Method: "POST", Path: "/v1.41/containers/{id}/start"}
	calls := []func(){
		func() { _ = transport.None(t.Context(), e, start.Request("conny")) },
		func() { _, _ = e.Ping(t.Context()) },
		func() { _ = transport.None(t.Context(), e, start.Request("conny")) },
	}
	for i, versions := range [][2]string{{"1.51", "28.5.2"}, {"1.51", "28.5.3"}, {"1.44", "25.0.0"}} {
		calls[i]() // of the engine that was there
		asked := len(fake.Requests())
		calls[i]()
		if more := len(fake.Requests()) - asked; more != 1 {
			t.Errorf("%d requests for a call of an engine that is the same", more)
		}
		become(versions[0], versions[1])
		calls[i]()
		want := docker.Info{APIVersion: versions[0], MinAPIVersion: "1.24", Version: versions[1] + "-dev", Arch: "amd64"}
		if got := e.Info(); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}
