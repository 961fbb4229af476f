package smoke_test

import (
	"errors"
	"testing"

	"github.com/gantry-go/gantry/internal/enginetest/smoke"
	"github.com/gantry-go/gantry/internal/testimage"
	"github.com/gantry-go/gantry/transport"
)

// baseImage is what the smoke makes containers of.
const baseImage = testimage.Name

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

// unlessOutside returns no error if the node has left its cluster already, and all that was in it is gone.
func unlessOutside(err error) error {
	if errors.Is(err, transport.ErrUnavailable) {
		return nil
	}
	return err
}
