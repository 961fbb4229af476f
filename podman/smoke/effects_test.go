package smoke_test

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/catalog"
	"github.com/gantry-go/gantry/internal/enginetest"
)

// An effect is what one parameter changes. It is looked at twice, with the parameter and without: a text then holds want,
// and does not.
type effect struct {
	operation, parameter string
	value                any
	want                 string
	look                 func(x *effects, t *testing.T, args given) string
}

// given are arguments by their names.
type given = catalog.Args

// effects calls operations of one version of libpod's API by their names, so that one table serves all versions: a
// parameter that a version lacks is passed over.
type effects struct {
	*engine
	version *catalog.Version
}

// TestEffects looks at what parameters do that no specification has, or that it has by another name.
func TestEffects(t *testing.T) {
	enginetest.Matrix(t, "podman", func(t *testing.T, env *enginetest.Engine) {
		if env.Rootless {
			t.Skip("the engine with root is enough")
		}
		e := openEngine(t, env)
		version := closest(parse(t, e.Info().APIVersion))
		x := &effects{e, catalog.Podman(version.String())}
		ok(t, x.version.Err())
		_, err := x.call(t, "ImageLoadLibpod", given{catalog.BodyArg: bytes.NewReader(baseArchive(t))})
		ok(t, err)
		seen := 0
		for _, effect := range effectTable {
			op := x.version.Operation(effect.operation)
			if op == nil || op.Param(effect.parameter) == nil {
				continue
			}
			t.Run(effect.operation+"."+effect.parameter, func(t *testing.T) {
				with := effect.look(x, t, given{effect.parameter: effect.value})
				contains(t, "with it", with, effect.want)
				if without := effect.look(x, t, given{}); strings.Contains(without, effect.want) {
					t.Errorf("without it, too: %q is in %s", effect.want, without)
				}
			})
			seen++
		}
		ok(t, enginetest.Report("%s %s (libpod %s): the effects of %d parameters were seen", env.Kind, env.Version, version, seen))
		if seen < 35 {
			t.Errorf("%d effects are too few", seen)
		}
	})
}

// call calls an operation and returns its answer as JSON or text.
func (x *effects) call(t *testing.T, operation string, args given) (string, error) {
	t.Helper()
	op := x.version.Operation(operation)
	if op == nil {
		t.Fatalf("there is no %s", operation)
	}
	result, err := op.Call(t.Context(), x.engine, args)
	if err != nil {
		return "", err
	}
	defer result.Close() //nolint:errcheck // all of it is read
	switch {
	case result.Messages != nil:
		var text strings.Builder
		for message, err := range result.Messages.All() {
			if err != nil {
				return text.String(), err
			}
			text.Write(message)
		}
		return text.String(), nil
	case result.Stream != nil:
		data, err := io.ReadAll(result.Stream)
		return string(data), err
	}
	return string(result.Document), nil
}

// said is an answer, or what went wrong.
func said(text string, err error) string {
	if err != nil {
		return text + "error: " + err.Error()
	}
	return text
}

// plus are arguments with more of them.
func plus(args given, more given) given {
	out := given{}
	maps.Copy(out, args)
	maps.Copy(out, more)
	return out
}

// files makes an archive of files by their names.
func files(t *testing.T, content map[string]string) io.Reader {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(content)) {
		ok(t, w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content[name]))}))
		must(w.Write([]byte(content[name])))(t)
	}
	ok(t, w.Close())
	return &b
}

// build builds an image of a Dockerfile, beside which there is a file called secret, and returns the progress.
func (x *effects) build(t *testing.T, dockerfile string, args given) (name, progress string) {
	t.Helper()
	name = "localhost/" + unique() + ":1"
	progress = said(x.call(t, "ImageBuildLibpod", plus(given{
		"t": []string{name}, catalog.BodyArg: files(t, map[string]string{"Dockerfile": dockerfile, "secret": "hush"}),
	}, args)))
	t.Cleanup(func() { x.remove(name) })
	return name, progress
}

// drop calls an operation that removes something, which may be gone; also after the test.
func (x *effects) drop(operation string, args given) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if result, err := x.version.Operation(operation).Call(ctx, x.engine, args); err == nil {
		_ = result.Close()
	}
}

// remove removes an image.
func (x *effects) remove(name string) {
	x.drop("ImageDeleteLibpod", given{"name": name, "force": true})
}

// progress looks at what a build says.
func progress(dockerfile string) func(*effects, *testing.T, given) string {
	return func(x *effects, t *testing.T, args given) string {
		_, out := x.build(t, dockerfile, args)
		return out
	}
}

// inspected looks at the image that a build made.
func inspected(dockerfile string) func(*effects, *testing.T, given) string {
	return func(x *effects, t *testing.T, args given) string {
		name, out := x.build(t, dockerfile, args)
		image, err := x.call(t, "ImageInspectLibpod", given{"name": name})
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return image
	}
}

// configured looks at the configuration of the image that a build made, which not all of is inspected.
func configured(dockerfile string) func(*effects, *testing.T, given) string {
	return func(x *effects, t *testing.T, args given) string {
		name, _ := x.build(t, dockerfile, args)
		archive, err := x.call(t, "ImageGetLibpod", given{"name": name, "format": "docker-archive"})
		ok(t, err)
		for file, content := range untar(t, strings.NewReader(archive)) {
			if strings.HasSuffix(file, ".json") && file != "manifest.json" {
				return content
			}
		}
		t.Fatal("the archive has no configuration")
		return ""
	}
}

// run is a Dockerfile that runs a command.
func run(command string) string { return "FROM " + baseImage + "\nRUN " + command + "\n" }

// container makes a container that idles, and returns its name.
func (x *effects) container(t *testing.T, start bool) string {
	t.Helper()
	name := unique()
	_, err := x.call(t, "ContainerCreateLibpod", given{catalog.BodyArg: map[string]any{
		"name": name, "image": baseImage, "command": []string{"sleep", "1000"}, "netns": map[string]string{"nsmode": "none"},
	}})
	ok(t, err)
	t.Cleanup(func() { x.drop("ContainerDeleteLibpod", given{"name": name, "force": true, "timeout": 0}) })
	if start {
		_, err := x.call(t, "ContainerStartLibpod", given{"name": name})
		ok(t, err)
	}
	return name
}

// imported imports an archive, and looks at the image.
func imported(x *effects, t *testing.T, args given) string {
	name := "localhost/" + unique() + ":1"
	body := files(t, map[string]string{"f": "x"})
	_, err := x.call(t, "ImageImportLibpod", plus(args, given{"reference": name, catalog.BodyArg: body}))
	ok(t, err)
	t.Cleanup(func() { x.remove(name) })
	return said(x.call(t, "ImageInspectLibpod", given{"name": name}))
}

// secretTwice makes a secret twice.
func secretTwice(x *effects, t *testing.T, args given) string {
	name := unique()
	t.Cleanup(func() { x.drop("SecretDeleteLibpod", given{"name": name}) })
	for _, args := range []given{nil, args} {
		_, err := x.call(t, "SecretCreateLibpod", plus(args, given{"name": name, catalog.BodyArg: strings.NewReader("hush")}))
		if err != nil {
			return err.Error()
		}
	}
	return "no error"
}

// play plays a pod of one container, and returns the container and the pod as they are inspected.
func (x *effects) play(t *testing.T, container string, args given) (inspected, pod string) {
	t.Helper()
	name := unique()
	yaml := strings.ReplaceAll(manifest(name), "name: main", "name: "+container)
	t.Cleanup(func() { x.drop("PodDeleteLibpod", given{"name": name, "force": true, "timeout": 0}) })
	out, err := x.call(t, "PlayKubeLibpod", plus(given{"network": []string{"none"}, catalog.BodyArg: strings.NewReader(yaml)}, args))
	ok(t, err)
	id := decoded[struct {
		Pods []struct{ Containers []string }
	}](t, out).Pods[0].Containers[0]
	inspected, err = x.call(t, "ContainerInspectLibpod", given{"name": id})
	ok(t, err)
	pod, err = x.call(t, "PodInspectLibpod", given{"name": name})
	ok(t, err)
	return inspected, pod
}

// playedFile plays a pod, and reads a file of its container.
func (x *effects) playedFile(t *testing.T, path string, args given) string {
	t.Helper()
	container, _ := x.play(t, "c", args)
	id := decoded[struct{ ID string }](t, container).ID
	return said(x.call(t, "ContainerArchiveLibpod", given{"name": id, "path": path}))
}

// decoded reads JSON.
func decoded[T any](t *testing.T, text string) (out T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return out
}
