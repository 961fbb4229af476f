package oracle

import (
	"encoding/json"
	"fmt"
	"os"
)

// Handlers are the routes of a release, by method and path: "GET /libpod/containers/{}/json". A route that the engine
// serves below its oldest version alone begins with that: "v3 POST /libpod/manifests/{}/add".
type Handlers struct {
	Module string           `json:"module"`
	Routes map[string]Route `json:"routes"`
}

// Route is what the handler of a route reads and writes.
type Route struct {
	Handler string          `json:"handler"`
	Query   map[string]Read `json:"query,omitempty"`
	Headers []string        `json:"headers,omitempty"`
	// Body are the documents that are decoded from the body.
	Body []string `json:"body,omitempty"`
	// Writes are the answers, each a status and an expression: "200 []@types.ListContainer"; "200 text" and "200 bytes"
	// are no JSON, and "each T" is one document after another.
	Writes []string `json:"writes,omitempty"`
}

// Read is one parameter of the query as a handler reads it.
type Read struct {
	Type string `json:"type,omitempty"`
	// JSON is what is decoded from it, if it is text that holds JSON.
	JSON string `json:"json,omitempty"`
	// Default is what the handler takes an absent one for, where that is no zero: a constant, or "computed".
	Default string `json:"default,omitempty"`
	// Tested says that the handler asks whether the parameter is there, by this very name.
	Tested bool `json:"tested,omitempty"`
	// Unused says that it is decoded, and that nothing looks at it.
	Unused bool `json:"unused,omitempty"`
}

// ReadHandlers reads a file of routes.
func ReadHandlers(name string) (*Handlers, error) {
	data, err := os.ReadFile(name) //nolint:gosec // the test's own file
	if err != nil {
		return nil, err
	}
	var h Handlers
	if err := json.Unmarshal(data, &h); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &h, nil
}
