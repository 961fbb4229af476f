package dockertour

import (
	"context"
	"net/http"

	"github.com/gantry-go/gantry/transport"
)

// raw makes three requests by hand: a plain one, one to an endpoint that the specification does not have, and one
// without what its endpoint asks for. Whatever the engine answers is shown; no status is an error here.
func (t *Tour) raw(ctx context.Context) error {
	ping := transport.Operation{Name: "RawPing", Method: http.MethodGet, Path: "/v1.41/_ping"}
	checkpoints := transport.Operation{Name: "CheckpointList", Method: http.MethodGet, Path: "/v1.41/containers/{id}/checkpoints"}
	put := transport.Operation{Name: "PutNothing", Method: http.MethodPut, Path: "/v1.41/containers/{id}/archive"}
	if err := t.Ask(ctx, t.calls, `engine.Do(ctx, ping.Request())`, ping.Request()); err != nil {
		return err
	}
	if err := t.Ask(ctx, t.calls, `engine.Do(ctx, checkpoints.Request("conny"))`, checkpoints.Request(conny)); err != nil {
		return err
	}
	return t.Ask(ctx, t.calls, `engine.Do(ctx, put.Request("conny"))`, put.Request(conny))
}
