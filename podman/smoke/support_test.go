package smoke_test

import (
	"strings"
	"testing"

	"github.com/gantry-go/gantry/internal/enginetest/smoke"
	"github.com/gantry-go/gantry/internal/testimage"
	"github.com/gantry-go/gantry/transport"
)

// baseImage is what the smoke makes containers of, as Podman writes its name out.
const baseImage = "docker.io/library/" + testimage.Name

const idle = smoke.Idle

// The words of the template.
var (
	unique     = smoke.Unique
	cleanup    = smoke.Cleanup
	ok         = smoke.OK
	equal      = smoke.Equal
	contains   = smoke.Contains
	missing    = smoke.Missing
	eventually = smoke.Eventually
	readAll    = smoke.ReadAll
	awaitLine  = smoke.AwaitLine
	demux      = smoke.Demux
	tarball    = smoke.Tarball
	untar      = smoke.Untar
)

func must[T any](v T, err error) func(t *testing.T) T { return smoke.Must(v, err) }

func fails[T any](t *testing.T, what string, messages *transport.Messages[T], err error) {
	t.Helper()
	smoke.Fails(t, what, messages, err)
}

func all[T any](t *testing.T, messages *transport.Messages[T]) []T {
	t.Helper()
	return smoke.All(t, messages)
}

// baseArchive is the base image as images.Load takes it.
func baseArchive(t *testing.T) []byte {
	t.Helper()
	return must(testimage.Archive(testimage.Name))(t)
}

// manifest is a pod of one container, called main, as Kubernetes writes it.
func manifest(name string) string {
	return strings.ReplaceAll(`
apiVersion: v1
kind: Pod
metadata: {name: NAME, labels: {app: NAME}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - {name: main, image: "`+baseImage+`", imagePullPolicy: Never, command: [sleep, "1000"]}
`, "NAME", name)
}
