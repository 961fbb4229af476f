package transport

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

type color string

func TestParametersAreStyled(t *testing.T) {
	op := Operation{Name: "Op", Method: "GET", Path: "/x"}
	zero, no := 0, false
	cases := []struct {
		name string
		set  func(r *Request)
		want string
	}{
		{"a zero value is absent", func(r *Request) { r.Query("a", ""); r.Query("b", 0); r.Query("c", false) }, "/x"},
		{"a pointer to zero is sent", func(r *Request) { r.Query("t", &zero); r.Query("rm", &no) }, "/x?t=0&rm=false"},
		{"a nil pointer is absent", func(r *Request) { r.Query("t", (*int)(nil)) }, "/x"},
		{"a required zero is sent", func(r *Request) { r.QueryRequired("h", 0) }, "/x?h=0"},
		{"a list repeats", func(r *Request) { r.Query("t", []string{"a", "b&c"}) }, "/x?t=a&t=b%26c"},
		{"a named string", func(r *Request) { r.Query("c", color("red")) }, "/x?c=red"},
		{"text is escaped", func(r *Request) { r.Query("q", "a b&c=d+e#é") }, "/x?q=a+b%26c%3Dd%2Be%23%C3%A9"},
		{"a time has nanoseconds", func(r *Request) { r.QueryTime("since", time.Unix(12, 34)) }, "/x?since=12.000000034"},
		{"a zero time is absent", func(r *Request) { r.QueryTime("since", time.Time{}) }, "/x"},
		{
			"a JSON map is sorted", func(r *Request) {
				r.QueryJSON("filters", map[string][]string{"b": {"2"}, "a": {`q"uote`}})
			},
			"/x?filters=%7B%22a%22%3A%5B%22q%5C%22uote%22%5D%2C%22b%22%3A%5B%222%22%5D%7D",
		},
		{
			"a list of JSON documents repeats", func(r *Request) {
				r.QueryJSONEach("p", []map[string]string{{"os": "linux"}, {}, {"os": "a&b"}})
			},
			"/x?p=%7B%22os%22%3A%22linux%22%7D&p=%7B%7D&p=%7B%22os%22%3A%22a%26b%22%7D",
		},
		{"no JSON documents", func(r *Request) { r.QueryJSONEach("p", []map[string]string{}); r.QueryJSONEach("p", nil) }, "/x"},
		{"an empty JSON map is absent", func(r *Request) { r.QueryJSON("filters", map[string][]string{}) }, "/x"},
	}
	for _, c := range cases {
		r := op.Request()
		c.set(r)
		if r.Err() != nil || r.URL() != c.want {
			t.Errorf("%s: %q (%v), want %q", c.name, r.URL(), r.Err(), c.want)
		}
	}
}

func TestTimesBeforeTheEpochKeepTheirInstant(t *testing.T) {
	op := Operation{Method: "GET", Path: "/x"}
	r := op.Request()
	r.QueryTime("since", time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("east", 3600)))
	if want := "/x?since=1767319445.000000006"; r.URL() != want {
		t.Errorf("%s, want %s", r.URL(), want)
	}
}

func TestRow6HeadersCannotCarryMore(t *testing.T) {
	op := Operation{Method: "POST", Path: "/x"}
	for _, value := range []string{"a\r\nX-Evil: 1", "a\nb", "a\x00b", "\x7f"} {
		r := op.Request()
		r.Header("X-Registry-Auth", Secret(value))
		refused(t, r)
		if strings.Contains(r.Err().Error(), "Evil") {
			t.Errorf("the value is in the error: %v", r.Err())
		}
	}
	for _, name := range []string{"", "X Y", "X:Y", "X\r\nY"} {
		r := op.Request()
		r.Header(name, "v")
		refused(t, r)
	}
}

func TestRow8InvalidUTF8IsRefused(t *testing.T) {
	op := Operation{Method: "POST", Path: "/x"}
	set := map[string]func(r *Request){
		"body":   func(r *Request) { r.JSON(map[string]string{"a": "\xff"}) },
		"query":  func(r *Request) { r.Query("a", "\xff") },
		"list":   func(r *Request) { r.Query("a", []string{"ok", "\xff"}) },
		"each":   func(r *Request) { r.QueryJSONEach("a", []string{"ok", "\xff"}) },
		"filter": func(r *Request) { r.QueryJSON("filters", map[string][]string{"a": {"\xff"}}) },
	}
	for name, set := range set {
		r := op.Request()
		set(r)
		if !errors.Is(r.Err(), ErrInvalidInput) {
			t.Errorf("%s: %v", name, r.Err())
		}
	}
}

func TestRow11FiltersRoundTrip(t *testing.T) {
	op := Operation{Method: "GET", Path: "/x"}
	want := map[string][]string{"label": {`a="b&c"`, "d=é%20", strings.Repeat("x", 1<<20)}}
	r := op.Request()
	r.QueryJSON("filters", want)
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	var got map[string][]string
	if err := unmarshal([]byte(queryValue(t, r, "filters")), &got); err != nil {
		t.Fatal(err)
	}
	if len(got["label"]) != 3 || got["label"][0] != want["label"][0] || got["label"][1] != want["label"][1] || got["label"][2] != want["label"][2] {
		t.Error("the filters changed on their way")
	}
}

func TestListsOfDocumentsAreSlices(t *testing.T) {
	r := (&Operation{Method: "GET", Path: "/x"}).Request()
	r.QueryJSONEach("p", map[string]string{"os": "linux"})
	refused(t, r)
}

// TestRequiredUploads checks that an upload of nothing is refused where there must be something, and that a body of no
// bytes is something.
func TestRequiredUploads(t *testing.T) {
	op := Operation{Method: "PUT", Path: "/x"}
	for _, missing := range []io.Reader{nil, (*os.File)(nil), (*bytes.Buffer)(nil)} {
		r := op.Request()
		r.UploadRequired(missing, "application/x-tar")
		refused(t, r)
		if r = op.Request(); r.Err() != nil {
			t.Error(r.Err())
		}
		if r.Upload(missing, "application/x-tar"); r.Err() != nil || r.body != nil {
			t.Errorf("an optional one: %v, body %v", r.Err(), r.body)
		}
	}
	r := op.Request()
	if r.UploadRequired(strings.NewReader(""), "application/x-tar"); r.Err() != nil || r.body == nil {
		t.Errorf("no bytes: %v, body %v", r.Err(), r.body)
	}
}

func TestUploadsKnowTheirLength(t *testing.T) {
	op := Operation{Method: "PUT", Path: "/x"}
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read only
	if _, err := f.Seek(4, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		body io.Reader
		want int64
	}{
		{bytes.NewReader(make([]byte, 7)), 7},
		{strings.NewReader("abc"), 3},
		{bytes.NewBufferString("ab"), 2},
		{f, 6},
		{io.LimitReader(f, 3), -1},
	} {
		r := op.Request()
		r.Upload(c.body, "application/x-tar")
		if r.length != c.want {
			t.Errorf("%T: length %d, want %d", c.body, r.length, c.want)
		}
	}
	r := op.Request()
	r.Upload((*os.File)(nil), "application/x-tar")
	if r.body != nil {
		t.Error("a nil pointer became a body")
	}
}

func queryValue(t *testing.T, r *Request, name string) string {
	t.Helper()
	u, err := url.ParseRequestURI(r.URL())
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get(name)
}

func TestHeaderLines(t *testing.T) {
	op := Operation{Method: "POST", Path: "/x"}
	r := op.Request()
	r.Header("x-one", color("red"))
	r.Header("X-Many", []string{"a", "b"})
	r.Header("X-None", []string{})
	r.Header("X-Number", 7)
	r.Header("X-Registry-Auth", Anonymous)
	r.Header("X-Registry-Auth", Secret("")) // leaves what is there
	r.Header("X-Registry-Config", Secret("token"))
	want := http.Header{
		"X-One": {"red"}, "X-Many": {"a", "b"}, "X-Number": {"7"}, "X-Registry-Auth": {"e30="}, "X-Registry-Config": {"token"},
	}
	if r.Err() != nil || !maps.EqualFunc(r.header, want, slices.Equal) {
		t.Errorf("%v (%v), want %v", r.header, r.Err(), want)
	}
	r.Header("X-Many", []string{"a", "b\r\nX-Evil: 1"})
	refused(t, r)
}

func TestRow90RequestsPrintNoSecret(t *testing.T) {
	op := Operation{Method: "POST", Path: "/build"}
	r := op.Request()
	r.Header("X-Registry-Auth", Secret("s3cret"))
	r.QueryJSON("buildargs", map[string]string{"TOKEN": "s3cret"})
	r.JSON(map[string]string{"password": "s3cret"})
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if text := fmt.Sprintf(verb, r); text != "POST /build" {
			t.Errorf("%s prints %s", verb, text)
		}
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("call", "request", r)
	if strings.Contains(log.String(), "s3cret") {
		t.Error(log.String())
	}
}

// TestRow90SecretsOfTheQuery holds that a secret goes into the query as it is, and that no URL that is printed has it.
func TestRow90SecretsOfTheQuery(t *testing.T) {
	op := Operation{Method: "POST", Path: "/images/pull"}
	secret := Secret("me:s3cret&x=1")
	for name, v := range map[string]any{
		"text": secret, "pointer": &secret, "list": []Secret{secret}, "pointers": []*Secret{&secret},
	} {
		r := op.Request()
		r.Query("reference", "a")
		r.Query("credentials", v)
		r.Query("quiet", true)
		if want := "/images/pull?reference=a&credentials=[redacted]&quiet=true"; r.URL() != want || r.Err() != nil {
			t.Errorf("%s: %s (%v), want %s", name, r.URL(), r.Err(), want)
		}
		if want := "reference=a&credentials=me%3As3cret%26x%3D1&quiet=true"; strings.Join(r.query, "&") != want {
			t.Errorf("%s: %s is sent, want %s", name, strings.Join(r.query, "&"), want)
		}
	}
	r := op.Request()
	r.Query("credentials", Secret(""))
	if r.URL() != "/images/pull" {
		t.Error(r.URL())
	}
	r.Query("credentials", Secret("s3cret\xff"))
	if r.Err() == nil || strings.Contains(r.Err().Error(), "s3cret") {
		t.Error(r.Err())
	}
}
