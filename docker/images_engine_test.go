package docker_test

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/images"
	"github.com/gantry-go/gantry/transport"
)

func testImages(t *testing.T, e *engine) {
	t.Run("load and inspect", func(t *testing.T) { testLoad(t, e) })
	t.Run("tag, list, delete", func(t *testing.T) { testTag(t, e) })
	t.Run("save", func(t *testing.T) { testSave(t, e) })
	t.Run("import", func(t *testing.T) { testImport(t, e) })
	t.Run("commit and history", func(t *testing.T) { testCommit(t, e) })
	t.Run("prune", func(t *testing.T) { testImagePrune(t, e) })
	t.Run("refused", func(t *testing.T) { testImageRefused(t, e) })
	t.Run("unreachable registry", func(t *testing.T) { testUnreachable(t, e) })
	t.Run("search", func(t *testing.T) { testSearch(t, e) })
}

// full is an image's name as the engine writes it out.
func full(e *engine, name string) string {
	if e.isPodman() {
		return "docker.io/library/" + name
	}
	return name
}

func testLoad(t *testing.T, e *engine) {
	c := images.New(e)
	for name, quiet := range map[string]*bool{"quietly": new(true), "with progress": new(false)} {
		var said strings.Builder
		for message, err := range must(c.Load(t.Context(), bytes.NewReader(baseArchive(t)), &images.LoadOptions{Quiet: quiet}))(t).All() {
			ok(t, err)
			said.WriteString(message.Stream)
		}
		contains(t, "loading "+name, said.String(), "Loaded image: "+full(e, baseImage))
	}
	got := must(c.Inspect(t.Context(), baseImage))(t)
	equal(t, "kind of id", strings.HasPrefix(got.ID, "sha256:"), true)
	equal(t, "tagged", slices.Contains(got.RepoTags, full(e, baseImage)), true)
	equal(t, "platform", got.OS+"/"+got.Architecture, e.Info().OS+"/"+e.Info().Arch)
	equal(t, "command", got.Config.Cmd, []string{"sh"})
	equal(t, "layers", len(got.RootFS.Layers), 1)
	equal(t, "stop timeout", got.Config.StopTimeout, (*int)(nil))
	if got.Size < 1<<20 || got.Created.Year() != 2024 {
		t.Errorf("size %d, made at %v", got.Size, got.Created)
	}
	byID := must(c.Inspect(t.Context(), got.ID))(t)
	equal(t, "by id", byID.RootFS, got.RootFS)

	junk, err := c.Load(t.Context(), strings.NewReader(strings.Repeat("this is no archive ", 100)), nil)
	if e.isPodman() {
		fails(t, err, transport.ErrServer, http.StatusInternalServerError, "payload does not match")
		return
	}
	// The engine has said 200 by the time it looks.
	ok(t, err)
	fails(t, junk.Wait(), transport.ErrStream, 200, "Error processing tar file")
}

func testTag(t *testing.T, e *engine) {
	needBase(t, e)
	c, repo := images.New(e), unique()
	base := must(c.Inspect(t.Context(), baseImage))(t)
	for _, tag := range []string{"one", "two"} {
		ok(t, c.Tag(t.Context(), baseImage, &images.TagOptions{Repo: repo, Tag: tag}))
		removeImage(t, e, repo+":"+tag)
	}
	filters := map[string][]string{"reference": {repo + ":*"}}
	got := must(c.List(t.Context(), &images.ListOptions{Filters: filters}))(t)
	if len(got) != 1 {
		t.Fatalf("%d images, want one: %+v", len(got), got)
	}
	equal(t, "id", got[0].ID, base.ID)
	equal(t, "size", got[0].Size, base.Size)
	equal(t, "made", got[0].Created, base.Created.Unix())
	for _, tag := range []string{"one", "two"} {
		equal(t, "tagged "+tag, slices.Contains(got[0].RepoTags, full(e, repo+":"+tag)), true)
	}
	digests, err := c.List(t.Context(), &images.ListOptions{Filters: filters, Digests: true})
	if e.isPodman() {
		fails(t, err, transport.ErrProtocol, http.StatusOK, "") // it answers 200 and nothing at all
	} else {
		ok(t, err)
		equal(t, "with digests", len(digests), 1)
	}
	all := must(c.List(t.Context(), nil))(t)
	equal(t, "one of all", slices.ContainsFunc(all, func(s v141.ImageSummary) bool { return s.ID == base.ID }), true)

	deleted := must(c.Delete(t.Context(), repo+":one", nil))(t)
	equal(t, "what deleting a tag does", deleted, []v141.ImageDeleteResponseItem{{Untagged: full(e, repo+":one")}})
	must(c.Inspect(t.Context(), repo+":two"))(t)
	_, err = c.Inspect(t.Context(), repo+":one")
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, repo+":one")
}

// testSave has an image leave as an archive, be deleted, and come back.
func testSave(t *testing.T, e *engine) {
	c, name := images.New(e), commitEntrypoint(t, e, "echo", "saved")
	want := must(c.Inspect(t.Context(), name))(t)
	archive := readAll(t, must(c.Get(t.Context(), name))(t))
	manifest := untar(t, bytes.NewReader(archive))["manifest.json"]
	contains(t, "manifest", manifest, `"`+full(e, name)+`"`)
	must(c.Delete(t.Context(), name, nil))(t)
	ok(t, must(c.Load(t.Context(), bytes.NewReader(archive), nil))(t).Wait())
	got := must(c.Inspect(t.Context(), name))(t)
	equal(t, "id after the round trip", got.ID, want.ID)
	equal(t, "entrypoint", got.Config.Entrypoint, []string{"echo", "saved"})

	both := untar(t, must(c.GetAll(t.Context(), &images.GetAllOptions{Names: []string{name, baseImage}}))(t))
	contains(t, "manifest of two", both["manifest.json"], full(e, name))
	contains(t, "manifest of two", both["manifest.json"], full(e, baseImage))

	stream, err := c.Get(t.Context(), unique())
	if e.isPodman() {
		fails(t, err, transport.ErrNotFound, http.StatusNotFound, "image not known")
		return
	}
	if err == nil {
		err = stream.Close()
	}
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, "No such image")
}

// testImport makes an image of a file system.
func testImport(t *testing.T, e *engine) {
	c, repo := images.New(e), unique()
	root := tarball(t, file{name: "etc/", mode: 0o755}, file{name: "etc/motd", content: "hello\n"})
	var last v141.CreateImageInfo
	for message, err := range must(c.Create(t.Context(), root, &images.CreateOptions{
		FromSrc: "-", Repo: repo, Tag: "1", Message: "from a test", Changes: []string{"LABEL role=tester", "CMD /none"},
	}))(t).All() {
		ok(t, err)
		last = message
	}
	name := repo + ":1"
	if e.isPodman() {
		name = repo + ":latest" // it reads no tag here
	}
	removeImage(t, e, name)
	got := must(c.Inspect(t.Context(), name))(t)
	equal(t, "last status", last.Status, got.ID)
	equal(t, "comment", got.Comment, "from a test")
	equal(t, "labels", got.Config.Labels, map[string]string{"role": "tester"})
	id := must(containers.New(e).Create(t.Context(), containers.CreateRequest{Image: name}, nil))(t).ID
	cleanup(t, func(ctx context.Context) error { return containers.New(e).Delete(ctx, id, nil) })
	files := untar(t, must(containers.New(e).Archive(t.Context(), id, "/etc/motd"))(t))
	equal(t, "the file in it", files["motd"], "hello\n")

	_, err := c.Create(t.Context(), strings.NewReader("this is no archive"), &images.CreateOptions{FromSrc: "-", Repo: unique()})
	fails(t, err, transport.ErrServer, http.StatusInternalServerError, "rocessing tar file")
}

func testCommit(t *testing.T, e *engine) {
	c, name := images.New(e), unique()
	id := start(t, e, sh("echo kept >/file"))
	equal(t, "status", exit(t, e, id), int64(0))
	made := must(c.Commit(t.Context(), id, v141.ContainerConfig{Env: []string{"A=b"}, Labels: map[string]string{"role": "tester"}}, &images.CommitOptions{
		Repo: name, Tag: "1", Comment: "a comment", Author: "an author", Pause: new(false),
		Changes: []string{`CMD ["cat","/file"]`, "WORKDIR /tmp"},
	}))(t)
	removeImage(t, e, name+":1")
	got := must(c.Inspect(t.Context(), name+":1"))(t)
	contains(t, "id", got.ID, made.ID)
	equal(t, "author", got.Author, "an author")
	equal(t, "comment", got.Comment, "a comment")
	equal(t, "command", got.Config.Cmd, []string{"cat", "/file"})
	equal(t, "working directory", got.Config.WorkingDir, "/tmp")
	equal(t, "layers", len(got.RootFS.Layers), 2)
	if !e.isPodman() { // which reads the body and does not use it
		equal(t, "environment", got.Config.Env, []string{"A=b", "PATH=/bin"})
		equal(t, "labels", got.Config.Labels, map[string]string{"role": "tester"})
	}
	history := must(c.History(t.Context(), name+":1"))(t)
	if len(history) < 2 || history[0].Comment != "a comment" && !e.isPodman() || time.Since(time.Unix(history[0].Created, 0)) > time.Hour {
		t.Errorf("history: %+v", history)
	}
	stdout, _, _ := output(t, e, containers.CreateRequest{Image: name + ":1"})
	equal(t, "output", stdout, "kept\n")

	_, err := c.Commit(t.Context(), unique(), v141.ContainerConfig{}, nil)
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, "o such container")
}

func testImagePrune(t *testing.T, e *engine) {
	c, label := images.New(e), unique()
	id := create(t, e, sh("exit"))
	made := must(c.Commit(t.Context(), id, v141.ContainerConfig{}, &images.CommitOptions{Changes: []string{"LABEL " + label + "=yes"}}))(t)
	got := must(c.Prune(t.Context(), &images.PruneOptions{Filters: map[string][]string{"label": {label + "=yes"}}}))(t)
	gone := slices.ContainsFunc(got.ImagesDeleted, func(d v141.ImageDeleteResponseItem) bool {
		return strings.TrimPrefix(d.Deleted, "sha256:") == strings.TrimPrefix(made.ID, "sha256:")
	})
	if !gone {
		t.Errorf("%s was not pruned: %+v", made.ID, got)
	}
	_, err := c.Inspect(t.Context(), "sha256:"+strings.TrimPrefix(made.ID, "sha256:"))
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, "image")
	again := must(c.Prune(t.Context(), &images.PruneOptions{Filters: map[string][]string{"label": {label}}}))(t)
	equal(t, "pruned again", len(again.ImagesDeleted), 0)
}

func testImageRefused(t *testing.T, e *engine) {
	c, missing := images.New(e), unique()
	_, err := c.Inspect(t.Context(), "example.com/some/"+missing+":1") // slashes of a name stay slashes
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, "example.com/some/"+missing)
	_, err = c.History(t.Context(), missing)
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, missing)
	_, err = c.Delete(t.Context(), missing, nil)
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, missing)
	err = c.Tag(t.Context(), missing, &images.TagOptions{Repo: unique()})
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, missing)

	// An image that a container is made of stays.
	name := commitEntrypoint(t, e, "true")
	create(t, e, containers.CreateRequest{Image: name})
	_, err = c.Delete(t.Context(), name, nil)
	fails(t, err, transport.ErrConflict, http.StatusConflict, "container")
}

// testUnreachable asks for what needs a registry that is not there.
func testUnreachable(t *testing.T, e *engine) {
	c := images.New(e)
	pull, err := c.Create(t.Context(), nil, &images.CreateOptions{FromImage: "127.0.0.1:1/none/such", Tag: "1"})
	if e.isPodman() {
		// It has said 200 by the time it dials.
		ok(t, err)
		fails(t, pull.Wait(), transport.ErrStream, 200, "connection refused")
	} else {
		fails(t, err, transport.ErrServer, http.StatusInternalServerError, "connection refused")
	}
	_, err = c.Search(t.Context(), "127.0.0.1:1/busybox", &images.SearchOptions{Limit: 1})
	fails(t, err, transport.ErrServer, http.StatusInternalServerError, "127.0.0.1:1")
}
