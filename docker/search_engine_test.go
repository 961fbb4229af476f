package docker_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/gantry-go/gantry/docker/v141/images"
)

// searchPort is one that scripts/engines tells Podman to speak plain HTTP to, as Docker does to all of the loopback.
const searchPort = "25063"

// testSearch searches an index of the test's own, on the engine's loopback: the one of Docker Hub needs the Internet.
func testSearch(t *testing.T, e *engine) {
	address := "127.0.0.1:" + searchPort
	asked := serveIndex(t, loopbackOf(t, e.env), address)
	got := must(images.New(e).Search(t.Context(), address+"/busybox", &images.SearchOptions{Limit: 7}))(t)
	equal(t, "question and limit", asked(), [2]string{"busybox", "7"})
	if len(got) != 2 {
		t.Fatalf("found %+v, want two", got)
	}
	equal(t, "description", got[0].Description, "Busybox base image.")
	if e.isPodman() {
		// It puts the registry before the name, and has words of its own for the rest: Stars, Official, Automated.
		equal(t, "name", got[0].Name, address+"/busybox")
		return
	}
	equal(t, "name", got[0].Name, "busybox")
	equal(t, "stars", got[0].StarCount, int64(1234))
	equal(t, "official", got[0].IsOfficial, true)
	equal(t, "second official", got[1].IsOfficial, false)
	equal(t, "second stars", got[1].StarCount, int64(0))
}

// serveIndex answers searches as an index does, and remembers the last one's question and limit.
func serveIndex(t *testing.T, l loopback, address string) (asked func() [2]string) {
	t.Helper()
	var mu sync.Mutex
	var last [2]string
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/search", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		last = [2]string{r.FormValue("q"), r.FormValue("n")}
		mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"num_results": 2, "query": r.FormValue("q"), "results": []map[string]any{
			{"name": "busybox", "description": "Busybox base image.", "star_count": 1234, "is_official": true},
			{"name": "somebody/busybox", "description": "", "star_count": 0},
		}})
	})
	mux.HandleFunc("/v1/_ping", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Docker-Registry-Standalone", "false")
	})
	mux.HandleFunc("/v2/", func(http.ResponseWriter, *http.Request) {})
	server := httptest.NewUnstartedServer(mux)
	ok(t, server.Listener.Close())
	server.Listener = l.listen(t, address)
	server.Start()
	t.Cleanup(server.Close)
	return func() [2]string {
		mu.Lock()
		defer mu.Unlock()
		return last
	}
}
