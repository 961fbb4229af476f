package docker_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/images"
	"github.com/gantry-go/gantry/docker/v141/system"
	"github.com/gantry-go/gantry/transport"
)

func testBuild(t *testing.T, e *engine) {
	needBase(t, e)
	t.Run("tags, arguments, labels", func(t *testing.T) { testBuildOptions(t, e) })
	t.Run("quiet", func(t *testing.T) { testBuildQuiet(t, e) })
	t.Run("failing", func(t *testing.T) { testBuildFails(t, e) })
	t.Run("cancelled", func(t *testing.T) { testBuildCancelled(t, e) })
	t.Run("BuildKit and its cache", func(t *testing.T) { testBuildKit(t, e) })
}

// dockerfile is a build context with nothing in it but this.
func dockerfile(lines ...string) file {
	return file{name: "Dockerfile", content: "FROM " + baseImage + "\n" + strings.Join(lines, "\n") + "\n"}
}

// build builds to the end and returns what was said, and the image's id from the record that is for programs.
func build(t *testing.T, e *engine, opts *images.BuildOptions, context ...file) (said, id string) {
	t.Helper()
	var all strings.Builder
	for message, err := range must(images.New(e).Build(t.Context(), tarball(t, context...), opts))(t).All() {
		ok(t, err)
		all.WriteString(message.Stream)
		var image struct{ ID string }
		if len(message.Aux) > 0 && json.Unmarshal(message.Aux, &image) == nil && image.ID != "" {
			id = image.ID
		}
	}
	return all.String(), id
}

func testBuildOptions(t *testing.T, e *engine) {
	c, name := images.New(e), unique()
	said, id := build(t, e, &images.BuildOptions{
		Tags: []string{name + ":1", name + ":2"}, Dockerfile: "sub/Dockerfile.other", NoCache: true,
		BuildArgs: map[string]*string{"who": new("big world"), "unset": nil},
		Labels:    map[string]string{"com.example.role": "built by a test"},
		Rm:        new(true),
	},
		file{name: "sub/Dockerfile.other", content: dockerfile("ARG who=nobody", "ARG unset=default", "COPY greeting /greeting",
			`RUN echo "$who, $unset" >>/greeting`, `CMD ["cat", "/greeting"]`).content},
		file{name: "greeting", content: "hello\n"})
	removeImage(t, e, name+":1")
	removeImage(t, e, name+":2")
	contains(t, "progress", said, "ARG who=nobody")
	contains(t, "progress", said, "Successfully built")
	contains(t, "progress", said, "Successfully tagged "+name+":2")

	got := must(c.Inspect(t.Context(), name+":2"))(t)
	equal(t, "id", got.ID, id)
	equal(t, "label", got.Config.Labels["com.example.role"], "built by a test")
	equal(t, "command", got.Config.Cmd, []string{"cat", "/greeting"})
	for _, tag := range []string{":1", ":2"} {
		equal(t, "tagged "+tag, slices.Contains(got.RepoTags, full(e, name+tag)), true)
	}
	unset := "default"
	if e.isPodman() {
		unset = "" // to it, null is the empty word
	}
	stdout, _, _ := output(t, e, containers.CreateRequest{Image: name + ":1"})
	equal(t, "output", stdout, "hello\nbig world, "+unset+"\n")
}

func testBuildQuiet(t *testing.T, e *engine) {
	name := unique()
	said, _ := build(t, e, &images.BuildOptions{Tags: []string{name}, Quiet: true}, dockerfile("LABEL a=b"))
	removeImage(t, e, name)
	got := must(images.New(e).Inspect(t.Context(), name))(t)
	equal(t, "all that is said", "sha256:"+strings.TrimPrefix(strings.TrimSpace(said), "sha256:"), got.ID)
	equal(t, "label", got.Config.Labels["a"], "b")
}

// testBuildFails has a build fail when it was accepted long since.
func testBuildFails(t *testing.T, e *engine) {
	c, name := images.New(e), unique()
	var said strings.Builder
	var last error
	for message, err := range must(c.Build(t.Context(), tarball(t, dockerfile("RUN echo oops; exit 7")), &images.BuildOptions{
		Tags: []string{name}, NoCache: true, ForceRm: true,
	}))(t).All() {
		said.WriteString(message.Stream)
		last = err
	}
	contains(t, "progress", said.String(), "oops")
	word := "returned a non-zero code: 7"
	if e.isPodman() {
		word = "exit status 7"
	}
	fails(t, last, transport.ErrStream, 200, word)
	if e, is := errors.AsType[*transport.Error](last); !is || !e.MayHaveActed || !strings.Contains(string(e.Body), "errorDetail") {
		t.Errorf("the engine did act, and said more: %+v", e)
	}
	_, err := c.Inspect(t.Context(), name)
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, name)

	// Refused while the client is still sending: more than any buffer on the way holds.
	noTar := strings.Repeat("no archive\n", 1<<20)
	for range 10 {
		_, err = c.Build(t.Context(), io.MultiReader(strings.NewReader(noTar)), nil)
		fails(t, err, transport.ErrServer, http.StatusInternalServerError, "")
	}

	stream, err := c.Build(t.Context(), tarball(t, file{name: "README"}), nil)
	if e.isPodman() {
		ok(t, err)
		fails(t, stream.Wait(), transport.ErrStream, 200, "Dockerfile: no such file")
	} else {
		fails(t, err, transport.ErrServer, http.StatusInternalServerError, "Cannot locate specified Dockerfile")
	}
}

// testBuildCancelled gives a build up that would not end by itself.
func testBuildCancelled(t *testing.T, e *engine) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	why := errors.New("waited enough")
	limited, stop := context.WithCancelCause(ctx)
	stream := must(images.New(e).Build(limited, tarball(t, dockerfile("RUN echo ready; sleep 3600")), &images.BuildOptions{NoCache: true, ForceRm: true}))(t)
	var last error
	for message, err := range stream.All() {
		if strings.HasPrefix(message.Stream, "ready") {
			stop(why)
		}
		last = err
	}
	stop(nil)
	if !errors.Is(last, context.Canceled) || !errors.Is(last, why) {
		t.Errorf("ended with %v", last)
	}
	eventually(t, "nothing of the build runs", func() bool {
		running := must(containers.New(e).List(t.Context(), nil))(t)
		return !slices.ContainsFunc(running, func(c v141.ContainerSummary) bool { return strings.Contains(c.Command, "echo ready; sleep") })
	})
}

// testBuildKit has the other builder make what it keeps, and prunes that.
func testBuildKit(t *testing.T, e *engine) {
	c, name := images.New(e), unique()
	if e.isPodman() {
		// It has its own builder, whatever is asked for, and no cache but its images.
		_, err := c.BuildPrune(t.Context(), nil)
		fails(t, err, transport.ErrNotFound, http.StatusNotFound, "Not Found")
		return
	}
	// Its progress comes as text that is no JSON, so an aux can be a string.
	_, id := build(t, e, &images.BuildOptions{Tags: []string{name}, Version: images.BuilderBuildKit, NoCache: true},
		dockerfile("RUN echo "+name+" >/file", "COPY Dockerfile /"))
	removeImage(t, e, name)
	equal(t, "id", must(c.Inspect(t.Context(), name))(t).ID, id)

	cache := must(system.New(e).DataUsage(t.Context()))(t).BuildCache
	i := slices.IndexFunc(cache, func(b v141.BuildCache) bool { return strings.Contains(b.Description, name) })
	if i < 0 || cache[i].ID == "" || cache[i].Size < 1 || cache[i].CreatedAt.IsZero() || cache[i].Type != v141.BuildCacheTypeRegular {
		t.Fatalf("the step is not in the cache: %+v", cache)
	}
	_, err := c.Delete(t.Context(), name, nil)
	ok(t, err)
	kept := must(c.BuildPrune(t.Context(), &images.BuildPruneOptions{Filters: map[string][]string{"id": {unique()}}}))(t)
	equal(t, "pruned of what is not there", len(kept.CachesDeleted), 0)
	pruned := must(c.BuildPrune(t.Context(), &images.BuildPruneOptions{All: true}))(t)
	if !slices.Contains(pruned.CachesDeleted, cache[i].ID) || pruned.SpaceReclaimed < 1 {
		t.Errorf("%s is not among the pruned: %+v", cache[i].ID, pruned)
	}
}
