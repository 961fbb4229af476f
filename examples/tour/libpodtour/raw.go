package libpodtour

import (
	"context"
	"net/http"

	"github.com/gantry-go/gantry/transport"
)

// raw makes requests by hand: a plain one, two to endpoints that the specification does not have, and one without what its
// endpoint asks for. Whatever the engine answers is shown; no status is an error here.
func (t *Tour) raw(ctx context.Context) error {
	ping := transport.Operation{Name: "RawPing", Method: http.MethodGet, Path: "/libpod/_ping"}
	stat := transport.Operation{Name: "PathStat", Method: http.MethodHead, Path: "/v4.3.1/libpod/containers/{name}/archive"}
	checkpoints := transport.Operation{Name: "CheckpointList", Method: http.MethodGet, Path: "/v4.3.1/libpod/containers/{name}/checkpoints"}
	put := transport.Operation{Name: "PutNothing", Method: http.MethodPut, Path: "/v4.3.1/libpod/containers/{name}/archive"}

	if err := t.Ask(ctx, t.calls, `engine.Do(ctx, ping.Request())`, ping.Request()); err != nil {
		return err
	}
	head := stat.Request(conny)
	head.Query("path", "/root/src/tour.go")
	if err := t.Ask(ctx, t.calls, `engine.Do(ctx, head)`, head); err != nil {
		return err
	}
	if err := t.Ask(ctx, t.calls, `engine.Do(ctx, checkpoints.Request("conny"))`, checkpoints.Request(conny)); err != nil {
		return err
	}
	return t.Ask(ctx, t.calls, `engine.Do(ctx, put.Request("conny"))`, put.Request(conny))
}
