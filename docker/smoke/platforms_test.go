package smoke_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/gantry-go/gantry/docker/v151"
	"github.com/gantry-go/gantry/docker/v151/images"
	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/internal/testimage"
	"github.com/gantry-go/gantry/transport"
)

// TestPlatforms sends platforms as the engine decodes them: one JSON document, and a list of them.
func TestPlatforms(t *testing.T) {
	env := enginetest.New(t, enginetest.Config{Kind: "docker", Home: enginetest.Fetched(t, "docker", "sid")})
	e := openEngine(t, env)
	imgs := images.New(e)
	ctx := t.Context()
	tag := unique() + ":one"
	load := func(options *images.LoadOptions) error {
		return must(imgs.Load(ctx, bytes.NewReader(must(testimage.Archive(tag))(t)), options))(t).Wait()
	}
	ok(t, load(nil))
	image := must(imgs.Inspect(ctx, tag, nil))(t)
	own := v151.OCIPlatform{OS: image.OS, Architecture: image.Architecture, Variant: image.Variant}
	other := v151.OCIPlatform{OS: own.OS, Architecture: "s390x"}
	if own.Architecture == other.Architecture {
		other.Architecture = "riscv64"
	}
	equal(t, "platform that the engine saw", must(imgs.Inspect(ctx, tag, &images.InspectOptions{Platform: own}))(t).ID, image.ID)
	missing(t, errorOf(imgs.Inspect(ctx, tag, &images.InspectOptions{Platform: other})))
	if saved := readAll(t, must(imgs.Get(ctx, tag, &images.GetOptions{Platform: own}))(t)); len(saved) == 0 {
		t.Error("an archive of nothing")
	}

	// A list: what is not there cannot be removed, and the image stays.
	if _, err := imgs.Delete(ctx, tag, &images.DeleteOptions{Platforms: []v151.OCIPlatform{other}}); err == nil {
		t.Error("removed a platform that is not there")
	}
	// An empty one is sent and refused; were it left out, all would be removed.
	if _, err := imgs.Delete(ctx, tag, &images.DeleteOptions{Platforms: []v151.OCIPlatform{{}}}); !errors.Is(err, transport.ErrBadRequest) {
		t.Errorf("removed an unnamed platform: %v", err)
	}
	must(imgs.Inspect(ctx, tag, nil))(t)
	must(imgs.Delete(ctx, tag, &images.DeleteOptions{Platforms: []v151.OCIPlatform{own}}))(t)
	missing(t, errorOf(imgs.Inspect(ctx, tag, nil)))

	ok(t, load(&images.LoadOptions{Platform: own}))
	must(imgs.Delete(ctx, tag, nil))(t)
}

func errorOf[T any](_ T, err error) error { return err }
