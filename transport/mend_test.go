package transport

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// TestTextsThatAreNoUTF8 keeps the bytes of values, and takes no name that is not UTF-8 or stands twice.
func TestTextsThatAreNoUTF8(t *testing.T) {
	type word string
	type change struct {
		Path string            `json:"Path"`
		Kind int               `json:"Kind"`
		More []string          `json:"More"`
		Keys map[string]string `json:"Keys"`
		At   time.Time         `json:"At"`
	}
	for doc, want := range map[string]string{
		"{\"Path\":\"/tmp/caf\xe9\",\"Kind\":1}":                              "/tmp/caf\xe9",
		"{\"Path\":\"\xff\xfe\\u00e9\\n\xc3\xa9\xc3\",\"Kind\":1}":            "\xff\xfe\u00e9\n\u00e9\xc3",
		"{\"Path\":\"\\ud83d\\ude00\xe9\\\"\",\"Kind\":1,\"At\":\"\"}":        "\U0001F600\xe9\"",
		"{\"More\":[\"\xe9\",null],\"Keys\":{\"a\":\"\xe9\"},\"Path\":\"x\"}": "x",
	} {
		v, err := Object[change](t.Context(), success(mediaJSON, doc), opGet.Request())
		if err != nil || v.Path != want {
			t.Errorf("%q: %+v %v", doc, v, err)
		}
		list, err := List[change](t.Context(), success(mediaJSON, "["+doc+","+doc+"]"), opGet.Request())
		if err != nil || len(list) != 2 || list[1].Path != want {
			t.Errorf("list of %q: %+v %v", doc, list, err)
		}
		raw, err := Value[rawJSON](t.Context(), success(mediaJSON, doc), opGet.Request())
		if err != nil || string(raw) != doc {
			t.Errorf("undecoded %q: %q %v", doc, raw, err)
		}
		m, err := Sequence[change](t.Context(), success(mediaJSON, doc+doc), opGet.Request())
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for v, err := range m.All() {
			if n++; err != nil || v.Path != want {
				t.Errorf("message %q: %+v %v", doc, v, err)
			}
		}
		if n != 2 {
			t.Errorf("%d messages", n)
		}
	}
	v, err := Object[change](t.Context(), success(mediaJSON, "{\"More\":[\"\xe9\",\"b\"],\"Keys\":{\"a\":\"\xe9\"}}"), opGet.Request())
	if err != nil || !slices.Equal(v.More, []string{"\xe9", "b"}) || v.Keys["a"] != "\xe9" {
		t.Errorf("%+v %v", v, err)
	}
	if w, err := Value[word](t.Context(), success(mediaJSON, "\"\xe9\""), opGet.Request()); err != nil || w == "" {
		t.Errorf("a text of another type: %q %v", w, err)
	}
	for _, doc := range []string{
		"{\"Path\":\"x\",\"a\xe9\":1}", "{\"Keys\":{\"a\xe9\":\"x\"}}", "{\"Path\":\"\xe9\",\"Path\":\"y\"}", "{\"More\":[\"\xe9\"}",
		"{\"Keys\":{\"a\":\"\xe9\",\"a\":\"y\"}}", "{\"Path\":\"\xe9\"} x", "{\"Path\":\"\xe9\",\"Kind\":\"no number\"}",
		"{\"At\":\"yesterday\"}", "{\"At\":\" \"}", "{\"At\":\"\",\"Kind\":\"no number\"}", "{\"At\":\"\",\"At\":\"\"}",
	} {
		if v, err := Object[change](t.Context(), success(mediaJSON, doc), opGet.Request()); !errors.Is(err, ErrProtocol) {
			t.Errorf("%q: %+v %v", doc, v, err)
		}
	}
}

// TestEmptyTimes takes an empty text for the zero time, wherever a time stands, and leaves the other members alone.
func TestEmptyTimes(t *testing.T) {
	type image struct {
		ID      string               `json:"Id"`
		Created time.Time            `json:"Created"`
		Pushed  *time.Time           `json:"Pushed"`
		All     []time.Time          `json:"All"`
		By      map[string]time.Time `json:"By"`
		Tags    []string             `json:"Tags"`
	}
	const at = "2024-02-29T12:30:15.000000001+01:00"
	v, err := Object[image](t.Context(), success(mediaJSON, `{"Id":"x","Tags":["a"],"All":["`+at+`","",null],"By":{"a":"","b":"`+at+`"},"Pushed":"","Created":""}`), opGet.Request(), "Id")
	if err != nil {
		t.Fatal(err)
	}
	want, _ := time.Parse(time.RFC3339Nano, at)
	if !v.Created.IsZero() || v.Pushed == nil || !v.Pushed.IsZero() || len(v.Tags) != 1 || v.ID != "x" {
		t.Errorf("%+v", v)
	}
	if len(v.All) != 3 || !v.All[0].Equal(want) || !v.All[1].IsZero() || !v.All[2].IsZero() || len(v.By) != 2 || !v.By["b"].Equal(want) || !v.By["a"].IsZero() {
		t.Errorf("%+v", v)
	}
}
