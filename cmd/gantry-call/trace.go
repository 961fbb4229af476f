package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/gantry-go/gantry/hijack"
	"github.com/gantry-go/gantry/transport"
)

// shown is an engine whose exchange is shown.
type shown struct {
	transport.Caller
	c *command
}

// Do implements [transport.Caller].
func (s shown) Do(ctx context.Context, r *transport.Request) (*http.Response, error) {
	resp, err := s.Caller.Do(ctx, r)
	s.request(r)
	if resp != nil {
		s.answer(resp.Proto+" "+resp.Status, resp.Header)
	}
	return resp, err
}

// Hijack implements [transport.Caller].
func (s shown) Hijack(ctx context.Context, r *transport.Request) (*hijack.Conn, error) {
	conn, err := s.Caller.Hijack(ctx, r)
	s.request(r)
	if conn != nil {
		status := "HTTP/1.1 200 OK"
		if conn.Header().Get("Upgrade") != "" {
			status = "HTTP/1.1 101 Switching Protocols"
		}
		s.answer(status, conn.Header())
	}
	return conn, err
}

// request shows what was asked for. [transport.Request.URL] leaves out secrets, and headers are what holds credentials.
func (s shown) request(r *transport.Request) {
	if s.c.verbose {
		head(s.c.err, "> ", r.Operation().Method+" "+r.URL()+" HTTP/1.1", nil)
	}
}

func (s shown) answer(status string, h http.Header) {
	if s.c.verbose {
		head(s.c.err, "< ", status, h)
	}
	if s.c.head {
		head(s.c.out, "", status, h)
	}
}

// head prints the first line and the headers, of which those that may hold credentials are named alone.
func head(out io.Writer, before, first string, h http.Header) {
	_, _ = fmt.Fprintln(out, before+first)
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			if secretHeader(name) {
				value = "[redacted]"
			}
			_, _ = fmt.Fprintln(out, before+name+": "+value)
		}
	}
	_, _ = fmt.Fprintln(out, strings.TrimSpace(before))
}

func secretHeader(name string) bool {
	lower := strings.ToLower(name)
	return strings.Contains(lower, "auth") || strings.HasPrefix(lower, "x-registry-") || strings.Contains(lower, "cookie")
}
