package podman_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/catalog"
	dockerimages "github.com/gantry-go/gantry/docker/v141/images"
	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/podman"
	"github.com/gantry-go/gantry/podman/v43"
	"github.com/gantry-go/gantry/podman/v43/images"
	"github.com/gantry-go/gantry/podman/v43/manifests"
	"github.com/gantry-go/gantry/podman/v58/artifacts"
	"github.com/gantry-go/gantry/transport"
)

// TestNamesAreNoOtherRoutes gives engines of several ages names that are the paths of other operations: one that removes all
// images, one that removes all artifacts, and one that pushes a list. The engines are the test's own.
func TestNamesAreNoOtherRoutes(t *testing.T) {
	for _, suite := range []string{"", "sid", "experimental"} {
		t.Run(strings.Trim("podman-"+suite, "-"), func(t *testing.T) {
			env := enginetest.New(t, enginetest.Config{Kind: "podman", Home: enginetest.Fetched(t, "podman", suite)})
			e := counting{must(podman.OpenHost(t.Context(), env.Host))(t)}
			defer e.Close() //nolint:errcheck // the test is over
			needImage(t, e)
			t.Run("images", func(t *testing.T) { imageNamedRemove(t, e) })
			t.Run("manifests", func(t *testing.T) { listNamedRegistry(t, e, env) })
			t.Run("artifacts", func(t *testing.T) { artifactNamedRemove(t, e) })
			t.Run("what would have been", func(t *testing.T) { removesAll(t, e) })
		})
	}
}

func names(t *testing.T, e counting) []string {
	t.Helper()
	var out []string
	for _, image := range must(images.New(e).List(t.Context(), nil))(t) {
		out = append(out, image.RepoTags...)
	}
	slices.Sort(out)
	return out
}

func imageNamedRemove(t *testing.T, e counting) {
	c := images.New(e)
	ok(t, c.Tag(t.Context(), image, &images.TagOptions{Repo: "localhost/remove", Tag: "latest"}))
	before := names(t, e)
	equal(t, "names", before, []string{image, "localhost/remove:latest"})

	_, err := c.Delete(t.Context(), "remove", &images.DeleteOptions{Force: true})
	fails(t, err, transport.ErrInvalidInput, "ImageDeleteAllLibpod (DELETE /libpod/images/remove)")
	equal(t, "names after a refused removal", names(t, e), before)

	_, err = catalog.Podman("4.3").Operation("images.Delete").Call(t.Context(), e, catalog.Args{"name": "remove", "force": true})
	fails(t, err, transport.ErrInvalidInput, "ImageDeleteAllLibpod")
	equal(t, "names after the catalog's refusal", names(t, e), before)

	// Docker's API has no such route there: the name is a name.
	must(dockerimages.New(e).Delete(t.Context(), "remove", nil))(t)
	equal(t, "names after Docker's removal", names(t, e), []string{image})

	for _, name := range []string{"remove:latest", "localhost/remove"} {
		ok(t, c.Tag(t.Context(), image, &images.TagOptions{Repo: "localhost/remove", Tag: "latest"}))
		must(c.Delete(t.Context(), name, nil))(t)
		equal(t, "names after the removal of "+name, names(t, e), []string{image})
	}
}

func listNamedRegistry(t *testing.T, e counting, env *enginetest.Engine) {
	registry, user, password := env.Registry(t)
	c := manifests.New(e)
	list := "localhost/" + enginetest.Name(t)
	must(c.Create(t.Context(), list, []string{"containers-storage:" + image}, nil, nil))(t)
	repository := enginetest.Name(t)
	for _, name := range []string{list + "/registry/" + registry + "/" + repository, "a/registry/b"} {
		_, err := c.Create(t.Context(), name, nil, nil, nil)
		fails(t, err, transport.ErrInvalidInput, "ManifestPushLibpod (POST /libpod/manifests/{name...}/registry/{destination...})")
	}
	fails(t, c.Exists(t.Context(), "a/registry/b"), transport.ErrNotFound, "ManifestExistsLibpod")
	// The engine would take all that is before the last divide for the name of the list.
	_, err := c.Push(t.Context(), list, registry+"/registry/"+repository, nil)
	fails(t, err, transport.ErrInvalidInput, "destination")
	equal(t, "repositories", strings.Contains(repositories(t, registry, user, password), repository), false)
	ok(t, c.Exists(t.Context(), list))
	must(c.Delete(t.Context(), list))(t)
}

// repositories is what a registry says that it has.
func repositories(t *testing.T, registry, user, password string) string {
	t.Helper()
	req := must(http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+registry+"/v2/_catalog", nil))(t)
	req.SetBasicAuth(user, password)
	resp := must(http.DefaultClient.Do(req))(t)
	defer resp.Body.Close() //nolint:errcheck // it was read
	equal(t, "status", resp.StatusCode, 200)
	return string(must(io.ReadAll(resp.Body))(t))
}

func artifactNamedRemove(t *testing.T, e counting) {
	c := artifacts.New(e)
	before, err := c.List(t.Context())
	if errors.Is(err, transport.ErrVersion) {
		return // this Podman has none
	}
	ok(t, err)
	equal(t, "artifacts", len(before), 0)
	for _, name := range []string{"localhost/remove:latest", "localhost/kept:1"} {
		must(c.Add(t.Context(), name, "file", strings.NewReader("content of "+name), nil))(t)
	}
	_, err = c.Delete(t.Context(), "remove")
	fails(t, err, transport.ErrInvalidInput, "ArtifactDeleteAllLibpod (DELETE /libpod/artifacts/remove)")
	_, err = catalog.Podman("5.6").Operation("artifacts.Delete").Call(t.Context(), e, catalog.Args{"name": "remove"})
	fails(t, err, transport.ErrInvalidInput, "ArtifactDeleteAllLibpod")
	equal(t, "artifacts after refused removals", len(must(c.List(t.Context()))(t)), 2)
	must(c.Delete(t.Context(), "localhost/remove:latest"))(t)
	left := must(c.List(t.Context()))(t)
	equal(t, "artifacts after a removal", len(left) == 1 && left[0].Name == "localhost/kept:1", true)
}

// removesAll shows what a removal of the image "remove" does that is not refused.
func removesAll(t *testing.T, e counting) {
	byHand := transport.Operation{Name: "ByHand", Method: http.MethodDelete, Path: "/v4.3.1/libpod/images/{name...}"}
	report := must(transport.Object[v43.LibpodImagesRemoveReport](t.Context(), e, byHand.Request("remove")))(t)
	equal(t, "images are gone", len(report.Deleted) > 0 && len(names(t, e)) == 0, true)
}
