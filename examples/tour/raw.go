package main

import (
	"context"
	"io"
	"net/http"

	"github.com/gantry-go/gantry/transport"
)

// raw makes three requests by hand: a plain one, one to an endpoint that the specification does not have, and one
// without what its endpoint asks for. Whatever the engine answers is shown; no status is an error here.
func (t *tour) raw(ctx context.Context) error {
	ping := transport.Operation{Name: "RawPing", Method: http.MethodGet, Path: "/v1.41/_ping"}
	checkpoints := transport.Operation{Name: "CheckpointList", Method: http.MethodGet, Path: "/v1.41/containers/{id}/checkpoints"}
	put := transport.Operation{Name: "PutNothing", Method: http.MethodPut, Path: "/v1.41/containers/{id}/archive"}
	if err := t.show(ctx, `engine.Do(ctx, ping.Request())`, ping.Request()); err != nil {
		return err
	}
	if err := t.show(ctx, `engine.Do(ctx, checkpoints.Request("conny"))`, checkpoints.Request(conny)); err != nil {
		return err
	}
	return t.show(ctx, `engine.Do(ctx, put.Request("conny"))`, put.Request(conny))
}

// show sends a request and prints the answer as it is.
func (t *tour) show(ctx context.Context, code string, req *transport.Request) error {
	t.call(code)
	t.value("request", "%s %s", req.Operation().Method, req.URL())
	resp, err := t.calls.Do(ctx, req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // it has been read
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	t.value("answer", "%s, %s %s", resp.Status, size(len(body)), resp.Header.Get("Content-Type"))
	if len(body) > 0 {
		t.quote(string(body))
	}
	return nil
}
