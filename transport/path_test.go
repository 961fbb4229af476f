package transport

import (
	"errors"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
)

// places has a template of each form that specifications use: a name, a reference, a name at the end.
var places = []Operation{
	{Name: "Inspect", Method: "GET", Path: "/v1.41/containers/{id}/json"},
	{Name: "Delete", Method: "DELETE", Path: "/v1.41/containers/{id}"},
	{Name: "ImageInspect", Method: "GET", Path: "/v1.41/images/{name...}/json"},
	{Name: "ImageDelete", Method: "DELETE", Path: "/v1.41/images/{name...}"},
}

func refused(t *testing.T, r *Request) {
	t.Helper()
	if !errors.Is(r.Err(), ErrInvalidInput) {
		t.Errorf("%s: error %v, want ErrInvalidInput; path %q", r.op.Path, r.Err(), r.URL())
	}
}

func TestRow1EmptyAndControlArguments(t *testing.T) {
	for i := range places {
		for _, arg := range []string{"", " ", "\t", "a\x00b", "a\r\nHost: x", "a\nb", "a\x7f", "a\u0085b", "a\xffb"} {
			refused(t, places[i].Request(arg))
		}
	}
}

func TestRow2DotSegments(t *testing.T) {
	for i := range places {
		for _, arg := range []string{".", "..", "%2e", "%2e%2e", "%2E%2e", ".%2e", "%2e."} {
			refused(t, places[i].Request(arg))
		}
	}
}

func TestRow3ArgumentsThatLeadElsewhere(t *testing.T) {
	for i := range places {
		for _, arg := range []string{
			"../images/x", "a/../../volumes/v", "a/..", "a/./b", "/etc", "a//b", "a/", "/",
			"..%2fimages%2fx", "a%2f..%2f..%2fvolumes", "%2e%2e/x", "a/%2e%2e/b",
		} {
			refused(t, places[i].Request(arg))
		}
	}
	refused(t, places[0].Request("a/logs")) // a slash in a name would be another operation's path
	if r := places[2].Request("registry.example:5000/team/app@sha256:00"); r.Err() != nil {
		t.Errorf("an image reference is refused: %v", r.Err())
	}
}

func TestRow4EveryOtherArgumentIsOneSegment(t *testing.T) {
	for _, arg := range []string{"a?force=1", "x?force=1&v=1#", "a#b", "a%2fb", "a;b", "a b", "a+b", "a&b=c", "café", "日本", "a%", "%zz", "...", "a..b", `a"b`, `a\b`} {
		r := places[0].Request(arg)
		if r.Err() != nil {
			t.Errorf("%q is refused: %v", arg, r.Err())
			continue
		}
		checkOneSegment(t, r, arg)
	}
}

// checkOneSegment asserts that what goes on the wire is the template with exactly one segment that decodes to arg.
func checkOneSegment(t *testing.T, r *Request, arg string) {
	t.Helper()
	wire, err := url.ParseRequestURI(r.URL())
	if err != nil {
		t.Fatalf("%q: %v", arg, err)
	}
	if wire.RawQuery != "" || wire.Fragment != "" || strings.ContainsAny(r.URL(), "?#") {
		t.Errorf("%q reached the query: %s", arg, r.URL())
	}
	segments := strings.Split(wire.EscapedPath(), "/")
	if len(segments) != 5 || segments[4] != "json" {
		t.Fatalf("%q changed the path: %s", arg, r.URL())
	}
	if decoded, err := url.PathUnescape(segments[3]); err != nil || decoded != arg {
		t.Errorf("%q arrives as %q (%v)", arg, decoded, err)
	}
}

func FuzzRow4PathArgument(f *testing.F) {
	for _, s := range []string{"conny", "../x", "a%2fb", "a?b", "%2e%2e", "日本", "a\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, arg string) {
		if r := places[0].Request(arg); r.Err() == nil {
			checkOneSegment(t, r, arg)
		}
		if r := places[2].Request(arg); r.Err() == nil {
			wire, err := url.ParseRequestURI(r.URL())
			if err != nil {
				t.Fatal(err)
			}
			if want := "/v1.41/images/" + arg + "/json"; wire.Path != want || wire.RawQuery != "" {
				t.Errorf("%q arrives as %q", arg, wire.Path)
			}
		}
	})
}

func TestPathTemplateAndArgumentsMustAgree(t *testing.T) {
	refused(t, places[0].Request())
	refused(t, places[0].Request("a", "b"))
	for _, path := range []string{"/x/{id", "x/{id}", "/x/{id}?all=1", "/x/{id}#y", ""} {
		bad := Operation{Method: "GET", Path: path}
		refused(t, bad.Request("a"))
	}
}

// TestRow5RouteWords fills every template of an API with the words that stand in the templates of all, and looks whether
// the path that comes out belongs to another operation.
func TestRow5RouteWords(t *testing.T) {
	data, err := os.ReadFile("../testdata/specs/docker/v1.41.json")
	if err != nil {
		t.Fatal(err)
	}
	var spec struct {
		Paths map[string]map[string]rawJSON `json:"paths"`
	}
	if err := unmarshal(data, &spec); err != nil {
		t.Fatal(err)
	}
	words := map[string]bool{}
	var ops []Operation
	for path, methods := range spec.Paths {
		for word := range strings.SplitSeq(path, "/") {
			words[word] = word != "" && !strings.HasPrefix(word, "{")
		}
		for method := range methods { // a name of an image, a plugin or a volume may hold slashes
			ops = append(ops, Operation{Method: strings.ToUpper(method), Path: strings.Replace(path, "{name}", "{name...}", 1)})
		}
	}
	patterns := make([]*regexp.Regexp, len(ops))
	for i := range ops {
		patterns[i] = reach(ops[i].Path)
	}
	filled := 0
	for i := range ops {
		for word, literal := range words {
			if !literal || !strings.Contains(ops[i].Path, "{") {
				continue
			}
			r := ops[i].Request(word)
			if r.Err() != nil {
				t.Fatal(r.Err())
			}
			filled++
			if !patterns[i].MatchString(r.URL()) {
				t.Fatalf("%s does not reach %s", r.URL(), ops[i].Path)
			}
			for j := range ops {
				if i != j && ops[i].Method == ops[j].Method && patterns[j].MatchString(r.URL()) {
					t.Errorf("%s with %q reaches %s", ops[i].Path, word, ops[j].Path)
				}
			}
		}
	}
	if filled < 1000 {
		t.Errorf("only %d paths", filled)
	}
}

// reach matches the paths of a template.
func reach(template string) *regexp.Regexp {
	segment := regexp.MustCompile(`\\\{\w+\\\}`)
	rest := regexp.MustCompile(`\\\{\w+\\\.\\\.\\\.\\\}`)
	pattern := segment.ReplaceAllString(rest.ReplaceAllString(regexp.QuoteMeta(template), ".+"), "[^/]+")
	return regexp.MustCompile("^" + pattern + "$")
}
