package enginetest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/gantry-go/gantry/internal/testimage"
)

func TestMain(m *testing.M) { Main(m) }

// must returns the answer of an engine that has to give one.
func must(t *testing.T, e *Engine, method, path string, in any) []byte {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	out, err := e.call(method, path, header{"Content-Type": "application/json"}, body)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestEngines runs a container on each engine.
func TestEngines(t *testing.T) {
	for kind, engine := range map[string]func(testing.TB) *Engine{"docker": Docker, "podman": Podman} {
		t.Run(kind, func(t *testing.T) {
			e := engine(t)
			if got := must(t, e, http.MethodGet, "/_ping", nil); string(got) != "OK" {
				t.Errorf("_ping answers %q", got)
			}
			if e.Version == "" || e.API == "" {
				t.Errorf("%+v has no version", e)
			}
			if again := engine(t); again != e {
				t.Error("the second call started another engine")
			}
			runContainer(t, e, e.LoadImage(t))
		})
	}
}

// runContainer creates, starts, awaits and removes a container that ends with 7.
func runContainer(t *testing.T, e *Engine, image string) {
	t.Helper()
	var created struct{ ID string }
	name := Name(t)
	answer := must(t, e, http.MethodPost, "/containers/create?name="+name, map[string]any{
		"Image": image, "Cmd": []string{"sh", "-c", "ls / | grep -q etc && exit 7"},
	})
	if err := json.Unmarshal(answer, &created); err != nil || created.ID == "" {
		t.Fatalf("create answered %s: %v", answer, err)
	}
	defer func() { must(t, e, http.MethodDelete, "/containers/"+name+"?force=1", nil) }()
	must(t, e, http.MethodPost, "/containers/"+name+"/start", nil)
	var waited struct{ StatusCode int }
	answer = must(t, e, http.MethodPost, "/containers/"+name+"/wait", nil)
	if err := json.Unmarshal(answer, &waited); err != nil || waited.StatusCode != 7 {
		t.Errorf("wait answered %s: %v", answer, err)
	}
}

// TestRegistry has Docker push what Podman and a second Docker then pull, all from the same address.
func TestRegistry(t *testing.T) {
	docker, podman := Docker(t), Podman(t)
	address, user, password := Registry(t)
	credential, err := json.Marshal(map[string]string{"username": user, "password": password, "serveraddress": address})
	if err != nil {
		t.Fatal(err)
	}
	auth := header{"X-Registry-Auth": base64.URLEncoding.EncodeToString(credential)}
	repository := address + "/" + Name(t)
	docker.LoadImage(t)
	must(t, docker, http.MethodPost, "/images/"+testimage.Name+"/tag?tag=1&repo="+repository, nil)
	transfer(t, docker, "/images/"+repository+"/push?tag=1", auth)
	must(t, docker, http.MethodDelete, "/images/"+repository+":1", nil)
	for _, e := range []*Engine{docker, podman} {
		transfer(t, e, "/images/create?tag=1&fromImage="+repository, auth)
		runContainer(t, e, repository+":1")
		must(t, e, http.MethodDelete, "/images/"+repository+":1", nil)
	}

	// And this process can reach it too, but not without the password.
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/v2/_catalog", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{http.StatusUnauthorized, http.StatusOK} {
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("the registry answers %s, want %d", resp.Status, want)
		}
		req.SetBasicAuth(user, password)
	}
}

// transfer pushes or pulls, and looks for an error in the stream that answers it.
func transfer(t *testing.T, e *Engine, path string, auth header) {
	t.Helper()
	answer, err := e.call(http.MethodPost, path, auth, nil)
	if err != nil || bytes.Contains(answer, []byte(`"error"`)) {
		t.Fatalf("POST %s: %v\n%s", path, err, answer)
	}
}

// TestRestart ends an engine and starts it again with what it had.
func TestRestart(t *testing.T) {
	for _, kind := range []string{"docker", "podman"} {
		t.Run(kind, func(t *testing.T) {
			e := New(t, Config{Kind: kind})
			image := e.LoadImage(t)
			e.Stop(t)
			if _, err := e.call(http.MethodGet, "/_ping", nil, nil); err == nil {
				t.Error("a stopped engine answers")
			}
			e.Start(t)
			runContainer(t, e, image)
		})
	}
}
