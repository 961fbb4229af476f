package transport_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/transporttest"
)

// plan is a document that is read, changed and written back.
type plan struct {
	Name    string            `json:"Name,omitzero"`
	Labels  map[string]string `json:"Labels,omitzero"`
	Part    nest              `json:"Part,omitzero"`
	Unknown []string          `json:"-" unknown:"members"`
}

// planned is what a plan is read in.
type planned struct {
	ID       string    `json:"ID"`
	Plan     plan      `json:"Plan,omitzero"`
	Previous *plan     `json:"Previous,omitzero"`
	Others   []planned `json:"Others,omitzero"`
}

var (
	opPlan     = transport.Operation{Engine: "docker", Version: "1.41", Name: "Plan", Method: "GET", Path: "/v1.41/plan"}
	opPlans    = transport.Operation{Engine: "docker", Version: "1.41", Name: "Plans", Method: "GET", Path: "/v1.41/plans"}
	opMakePlan = transport.Operation{Engine: "docker", Version: "1.41", Name: "MakePlan", Method: "POST", Path: "/v1.41/plan"}
)

func newPlans(t *testing.T, doc string) (*transporttest.Engine, *transport.Client) {
	t.Helper()
	fake := transporttest.New(t)
	fake.Handle("GET /v1.41/plan", transporttest.Text(200, "application/json", doc))
	fake.Handle("GET /v1.41/plans", transporttest.Text(200, "application/json", "["+doc+"]"))
	fake.Handle("POST /v1.41/plan", transporttest.Empty(200))
	return fake, fake.Client(t)
}

// TestAnswersNameWhatTheirDocumentsLack holds which members are named, and from where on the path leads.
func TestAnswersNameWhatTheirDocumentsLack(t *testing.T) {
	for doc, want := range map[string][]string{
		`{}`: nil,
		`{"New":1,"Plan":{"Name":"a","Labels":{"x":"y"}}}`:                             nil, // beside it
		`{"Plan":{"New":null,"Part":{"New":null}}}`:                                    nil, // nothing that could be lost
		`{"Plan":{"New":false}}`:                                                       {"/New"},
		`{"Plan":{"-":1,"Unknown":["/Name"],"name":"b"}}`:                              {"/-", "/Unknown", "/name"},
		`{"Plan":{"Part":{"List":[{"New":1},{"New":2},{"Newer":1}]}}}`:                 {"/Part/List/[]/New", "/Part/List/[]/Newer"},
		`{"Plan":{"Part":{"Map":{"secret":{"New":"hidden"}}},"New":{}}}`:               {"/New", "/Part/Map/{}/New"},
		`{"Previous":{"New":1},"Others":[{"Plan":{"New":1}}],"Plan":{}}`:               nil,
		`{"Plan":{"New":1,"Part":{"Behind":{"New":1},"When":"0001-01-01T00:00:00Z"}}}`: {"/New", "/Part/Behind/New"},
	} {
		_, client := newPlans(t, doc)
		one, err := transport.Object[planned](t.Context(), client, opPlan.Request())
		if err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		list, err := transport.List[planned](t.Context(), client, opPlans.Request())
		if err != nil || len(list) != 1 {
			t.Fatalf("%s: %d %v", doc, len(list), err)
		}
		value, err := transport.Value[planned](t.Context(), client, opPlan.Request())
		if err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		for _, got := range []planned{*one, list[0], value} {
			if !slices.Equal(got.Plan.Unknown, want) {
				t.Errorf("%s: %q, want %q", doc, got.Plan.Unknown, want)
			}
			if strings.Contains(doc, "Previous") && (!slices.Equal(got.Previous.Unknown, []string{"/New"}) ||
				!slices.Equal(got.Others[0].Plan.Unknown, []string{"/New"})) {
				t.Errorf("%s: %+v", doc, got)
			}
		}
	}
}

// TestDocumentsThatWouldLoseMembersAreRefused has nothing sent, unless the caller says so.
func TestDocumentsThatWouldLoseMembersAreRefused(t *testing.T) {
	fake, client := newPlans(t, `{"Plan":{"Name":"a","New":1,"Part":{"New":"hidden"}}}`)
	got, err := transport.Object[planned](t.Context(), client, opPlan.Request())
	if err != nil {
		t.Fatal(err)
	}
	copied := got.Plan
	copied.Name = "b"
	send := func(c transport.Caller, body any, edit func(*transport.Request)) error {
		req := opMakePlan.Request()
		edit(req)
		req.JSON(body)
		return transport.None(t.Context(), c, req)
	}
	leave := func(*transport.Request) {}
	for what, c := range map[string]struct {
		body any
		want []string
	}{
		"itself": {copied, []string{"/New", "/Part/New"}},
		"behind": {&copied, []string{"/New", "/Part/New"}},
		"inside": {planned{Plan: copied}, []string{"/Plan/New", "/Plan/Part/New"}},
		"in lists": {
			planned{Others: []planned{{}, {Previous: &copied}}},
			[]string{"/Others/[]/Previous/New", "/Others/[]/Previous/Part/New"},
		},
	} {
		before := len(fake.Requests())
		err := send(client, c.body, leave)
		lost, ok := errors.AsType[*transport.UnknownMembersError](err)
		if !ok || !errors.Is(err, transport.ErrInvalidInput) || !slices.Equal(lost.Members, c.want) || lost.Package != "" {
			t.Errorf("%s: %v", what, err)
		} else if e, _ := errors.AsType[*transport.Error](err); e.MayHaveActed || strings.Contains(err.Error(), "hidden") ||
			!strings.Contains(err.Error(), c.want[1]) || !strings.Contains(err.Error(), "use a newer package") {
			t.Errorf("%s: %+v", what, e)
		}
		if n := len(fake.Requests()) - before; n != 0 {
			t.Errorf("%s: %d requests were sent", what, n)
		}
	}

	drop := (*transport.Request).DropUnknown
	emptied := copied
	emptied.Unknown = nil
	for what, err := range map[string]error{
		"before": send(client, copied, drop), "by a caller": send(transport.With(client, drop), copied, leave),
		"emptied": send(client, emptied, leave), "nil": send(client, (*plan)(nil), leave), "null": send(client, nil, leave),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, r := range fake.Requests() {
		if r.Method == "POST" && strings.Contains(string(r.Body), "nknown") {
			t.Errorf("sent %s", r.Body)
		}
	}

	// To drop them forgives nothing else.
	err = send(transport.With(client, drop), copied, func(r *transport.Request) { r.Header("X-A", "\n") })
	if _, lost := errors.AsType[*transport.UnknownMembersError](err); lost || !errors.Is(err, transport.ErrInvalidInput) {
		t.Errorf("a bad header: %v", err)
	}
}

// TestUnknownMembersErrorIsBounded names the first members and counts the others.
func TestUnknownMembersErrorIsBounded(t *testing.T) {
	e := &transport.UnknownMembersError{Package: "docker/v141"}
	for i := range 25 {
		e.Members = append(e.Members, fmt.Sprintf("/M%02d", i))
	}
	want := "the document came with members that the package lacks, and the engine would reset them: " +
		"/M00, /M01, /M02, /M03, /M04, /M05, /M06, /M07 and 17 more: use docker/v141"
	if e.Error() != want {
		t.Errorf("%q, want %q", e, want)
	}
}
