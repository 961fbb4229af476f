package transport_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/transporttest"
)

// nest has a field of every kind that members can be missing below.
type nest struct {
	ID     string `json:"Id"`
	Direct struct {
		A int `json:"A"`
	} `json:"Direct"`
	Behind *thing            `json:"Behind"`
	Twice  **thing           `json:"Twice"`
	List   []thing           `json:"List"`
	Near   []*thing          `json:"Near"`
	Array  [2]thing          `json:"Array"`
	Map    map[string]thing  `json:"Map"`
	Deep   map[string][]nest `json:"Deep"`
	When   time.Time         `json:"When"`
	Any    any               `json:"Any"`
	Folded string            `json:"Folded,case:ignore"`
}

// TestUnknownMembersAtEveryDepth holds that a member which no field stands for is reported wherever it is, once for all
// elements of a list or map, and that nothing else is.
func TestUnknownMembersAtEveryDepth(t *testing.T) {
	for doc, want := range map[string][]string{
		`{"Id":"x"}`: nil,
		`{"Id":"x","Direct":{"A":1,"New":1},"New":1}`:                                   {"/Direct/New", "/New"},
		`{"Id":"x","Behind":{"Id":"y","New":{"a":1}},"Twice":{"New":1}}`:                {"/Behind/New", "/Twice/New"},
		`{"Id":"x","List":[{"Id":"y"},{"New":1},{"New":2,"Newer":1}]}`:                  {"/List/[]/New", "/List/[]/Newer"},
		`{"Id":"x","Near":[{"New":1},null],"Array":[{"New":1},{}]}`:                     {"/Array/[]/New", "/Near/[]/New"},
		`{"Id":"x","Map":{"a":{"New":1},"b":{"New":1},"c":{"Id":"z"}}}`:                 {"/Map/{}/New"},
		`{"Id":"x","Deep":{"a":[{"Deep":{"b":[{"New":1}]}}]}}`:                          {"/Deep/{}/[]/Deep/{}/[]/New"},
		`{"Id":"x","When":"2026-01-02T03:04:05Z","Any":{"what":"ever"},"FOLDED":"x"}`:   nil,
		`{"Id":"x","id":"y","Behind":null,"List":null,"Map":null,"Direct":{},"Any":[]}`: {"/id"},
	} {
		fake := transporttest.New(t)
		fake.Handle("GET /v1.41/containers/{id}/json", transporttest.Text(200, "application/json", doc))
		fake.Handle("GET /v1.41/events", transporttest.Text(200, "application/json", doc+"\n"))
		var got []string
		client := fake.Client(t, transport.WithUnknownMembers(func(op *transport.Operation, member string) { got = append(got, op.Name+" "+member) }))
		var wanted []string
		if _, err := transport.Object[nest](t.Context(), client, opInspect.Request("conny")); err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		for _, member := range want {
			wanted = append(wanted, "ContainerInspect "+member)
		}
		events, err := transport.Sequence[nest](t.Context(), client, opEvents.Request())
		if err == nil {
			err = events.Wait()
		}
		if err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		for _, member := range want {
			wanted = append(wanted, "SystemEvents "+member)
		}
		if !slices.Equal(got, wanted) {
			t.Errorf("%s: reported %q, want %q", doc, got, wanted)
		}
	}
}
