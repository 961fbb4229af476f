package podman_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/podman"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/transporttest"
)

// saying has an answer say in its header which versions the engine is of.
func saying(a transporttest.Answer, version string) transporttest.Answer {
	return a.Header("Libpod-Api-Version", version).Header("Api-Version", "1.44").Header("Server", "Libpod/"+version+" (linux)")
}

// TestOpenBehindAProxyThatLetsPingsPass learns from the header of a ping what /version would say, and tells what the proxy
// says where it does not.
func TestOpenBehindAProxyThatLetsPingsPass(t *testing.T) {
	const rule = "Request forbidden by administrative rules."
	fake := transporttest.New(t)
	fake.Handle("GET /version", transporttest.Text(403, "text/html", "<html><body><h1>403 Forbidden</h1>\n"+rule+"</body></html>"))
	fake.Handle("GET /_ping", saying(transporttest.Text(200, "text/plain", "OK"), "5.8.6"))
	e, err := podman.OpenHost(t.Context(), fake.Host())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := e.Info(), (podman.Info{APIVersion: "5.8.6", Version: "5.8.6", DockerAPIVersion: "1.44"}); got != want || got.Package() != "podman/v58" {
		t.Errorf("%+v, for %s", got, got.Package())
	}
	_ = e.Close()

	fake.Handle("GET /_ping", transporttest.Text(200, "text/plain", "OK").Header("Api-Version", "1.51")) // Docker's
	if _, err := podman.OpenHost(t.Context(), fake.Host()); !errors.Is(err, transport.ErrForbidden) || !strings.Contains(err.Error(), rule) {
		t.Error(err)
	}
}

// TestInfoOfAnEngineThatWasReplaced has another version answer at the same address.
func TestInfoOfAnEngineThatWasReplaced(t *testing.T) {
	fake := transporttest.New(t)
	become := func(version string) {
		fake.Handle("GET /version", saying(transporttest.JSON(200, map[string]any{
			"ApiVersion": "1.44", "MinAPIVersion": "1.24", "Os": "linux", "Arch": "amd64",
			"Components": []any{map[string]any{
				"Name": "Podman Engine", "Version": version + "-dev", "Details": map[string]string{"APIVersion": version, "MinAPIVersion": "4.0.0"},
			}},
		}), version))
		fake.Handle("POST /libpod/containers/{name}/start", saying(transporttest.PodmanError(404, "no such container", "no such container"), version))
	}
	become("5.8.6")
	e, err := podman.OpenHost(t.Context(), fake.Host())
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close() //nolint:errcheck // the test is over
	start := transport.Operation{
		Engine: "podman", Version: "5.0", Name: "ContainerStartLibpod", Method: "POST", Path: "/v5.0.0/libpod/containers/{name}/start",
	}
	for _, version := range []string{"5.8.6", "6.1.1", "6.1.1", "5.4.2"} {
		become(version)
		asked, other := len(fake.Requests()), e.Info().APIVersion != version
		_ = transport.None(t.Context(), e, start.Request("conny"))
		if more := len(fake.Requests()) - asked; (more == 2) != other {
			t.Errorf("%d requests for a call of %s, which is another: %v", more, version, other)
		}
		if got := e.Info(); got.APIVersion != version || got.Version != version+"-dev" || got.MinAPIVersion != "4.0.0" || got.Arch != "amd64" {
			t.Errorf("%+v after a call of %s", got, version)
		}
	}
}
