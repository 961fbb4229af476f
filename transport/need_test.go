package transport

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// TestNeeds holds what an answer must have, by the document and by what is decoded of it.
func TestNeeds(t *testing.T) {
	type item struct {
		ID       string          `json:"Id"`
		Deleted  string          `json:"Deleted"`
		Untagged string          `json:"Untagged"`
		Name     string          `json:"name,case:ignore"`
		Host     struct{ A int } `json:"Host"`
		List     []string        `json:"List"`
		Read     time.Time       `json:"read"`
	}
	for _, c := range []struct{ need, doc, problem string }{
		{"Id", `{"Id":"x"}`, ""},
		{"Id", `{"A":{"Id":"x"},"B":[{"Id":"x"}]}`, "lacks Id"},
		{"Id", `{"A":[1,{"Id":"y"}],"\u0049d":"x"}`, ""},
		{"Id", `{"Id":""}`, "Id"},
		{"Id", `{"Id":null}`, "Id"},
		{"Deleted|Untagged", `{"Deleted":"","Untagged":"x"}`, ""},
		{"Deleted|Untagged", `{"Deleted":"x"}`, ""},
		{"Deleted|Untagged", `{}`, "lacks Deleted and Untagged"},
		{"Deleted|List,list", `{"List":["x"]}`, ""},
		{"name|Name", `{"Name":"x"}`, ""},
		{"Host,object", `{"Host":{"A":1}}`, ""},
		{"Host,object", `{}`, "lacks Host"},
		{"List,list", `{"List":["x"]}`, ""},
		{"read", `{"read":"2024-01-01T00:00:00Z"}`, ""},
		{"read", `{}`, "lacks read"},
	} {
		check := func(kind string, err error) {
			t.Helper()
			if (err == nil) != (c.problem == "") || err != nil && (!errors.Is(err, ErrProtocol) || !strings.Contains(err.Error(), c.problem)) {
				t.Errorf("%s, need %q of %s: %v, want %q", kind, c.need, c.doc, err, c.problem)
			}
		}
		_, err := Object[item](t.Context(), success(mediaJSON, c.doc), opGet.Request(), c.need)
		check("object", err)
		_, err = Value[rawJSON](t.Context(), success(mediaJSON, c.doc), opGet.Request(), c.need)
		check("value", err)
		list := `[{"Id":"1","Deleted":"1","name":"1","Host":{"A":1},"List":["1"],"read":"2024-01-01T00:00:00Z"},` + c.doc + `]`
		_, err = List[item](t.Context(), success(mediaJSON, list), opGet.Request(), c.need)
		check("list", err)
		if err != nil && !strings.Contains(err.Error(), "element 1 of the answer") {
			t.Errorf("the element is not named: %v", err)
		}
		_, err = List[rawJSON](t.Context(), success(mediaJSON, list), opGet.Request(), c.need)
		check("list of documents", err)
	}
}

// TestKindsOfNeeds tells by what kind a member is of what was wanted from what came.
func TestKindsOfNeeds(t *testing.T) {
	values := map[string]string{
		"text": `"x"`, "empty": `""`, "number": "0", "bool": "false", "object": "{}", "list": "[]", "null": "null",
	}
	for kind, good := range map[string][]string{
		"": {"text"}, ",text": {"text", "empty"}, ",number": {"number"}, ",bool": {"bool"}, ",object": {"object"},
		",map": {"object", "null"}, ",list": {"list", "null"},
	} {
		for name, value := range values {
			want := false
			for _, g := range good {
				want = want || g == name
			}
			_, err := Object[struct{}](t.Context(), success(mediaJSON, `{"A":1,"X":`+value+`}`), opGet.Request(), "X"+kind)
			if (err == nil) != want {
				t.Errorf("%q of a %s: %v", kind, name, err)
			}
			if name == "number" && err != nil && !strings.Contains(err.Error(), "the answer's X is a number, not a ") {
				t.Errorf("what came is not said: %v", err)
			}
			if value == "null" || kind == "" {
				continue
			}
			if _, err := Value[rawJSON](t.Context(), success(mediaJSON, value+"\n"), opGet.Request(), kind); (err == nil) != want {
				t.Errorf("%q of a value %s: %v", kind, name, err)
			}
		}
	}
}
