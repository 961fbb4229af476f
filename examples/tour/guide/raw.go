package guide

import (
	"context"
	"io"

	"github.com/gantry-go/gantry/transport"
)

// Ask sends a request that was made by hand and shows the answer as it is, whatever its status. The code is what the
// page shows of it.
func (g *Guide) Ask(ctx context.Context, engine transport.Caller, code string, req *transport.Request) error {
	g.Call(code)
	g.Value("request", "%s %s", req.Operation().Method, req.URL())
	resp, err := engine.Do(ctx, req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // it has been read
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	g.Value("answer", "%s, %s %s", resp.Status, Size(len(body)), resp.Header.Get("Content-Type"))
	if len(body) > 0 {
		g.Quote(string(body))
	}
	return nil
}
