package podman_test

import (
	"testing"

	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/images"
	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/podman"
)

// TestDockersAPI calls operations of Docker's API on the socket of libpod's: the packages below docker are Podman's
// Docker-compatible endpoints, too. What Podman adds to Docker's answers is not looked at.
func TestDockersAPI(t *testing.T) {
	id := start(t, engine(t), sh("sleep 1000"))
	e := must(podman.OpenHost(t.Context(), enginetest.Podman(t).Host))(t)
	defer e.Close() //nolint:errcheck // the test is over
	got := must(containers.New(e).Inspect(t.Context(), id, nil))(t)
	equal(t, "id", got.ID, id)
	equal(t, "running", got.State.Running, true)
	list := must(images.New(e).List(t.Context(), nil))(t)
	equal(t, "images", len(list) > 0, true)
}
