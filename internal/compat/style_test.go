package compat

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/oapi-codegen/runtime"

	"github.com/gantry-go/gantry/transport"
)

// TestStyle holds that parameters reach the wire as oapi-codegen's runtime writes them, whose styles are OpenAPI's.
func TestStyle(t *testing.T) {
	type named string
	const seed = 41
	random := rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // a repeatable test
	letters := []rune("aZ09-._~ /?#[]@!$&'()*+,;=%:\"<>\\^`{|}é世\u00a0\U0001F433")
	text := func() string {
		b := make([]rune, random.IntN(12))
		for i := range b {
			b[i] = letters[random.IntN(len(letters))]
		}
		return string(b)
	}
	for range 20000 {
		name := "p" + text()
		for _, value := range []any{
			text(), named(text()),
			[]string{text(), text()},
			[]named{named(text())},
			random.Int(), -random.Int64(), random.Uint64(),
			random.Float64() * math.Pow10(random.IntN(40)-20), random.Float32(), random.IntN(2) == 0, new(text()),
			[]int{random.Int(), 0},
		} {
			want, err := runtime.StyleParamWithOptions("form", true, name, value,
				runtime.StyleParamOptions{ParamLocation: runtime.ParamLocationQuery, Required: true})
			if err != nil {
				t.Fatal(err)
			}
			op := transport.Operation{Method: "GET", Path: "/x"}
			r := op.Request()
			r.QueryRequired(name, value)
			if _, got, _ := strings.Cut(r.URL(), "?"); got != want || r.Err() != nil {
				t.Fatalf("%q=%#v is %s, %v, want %s", name, value, got, r.Err(), want)
			}
		}
		segment := "s" + strings.NewReplacer("/", "", "%", "").Replace(text())
		want, err := runtime.StyleParamWithOptions("simple", false, "id", segment,
			runtime.StyleParamOptions{ParamLocation: runtime.ParamLocationPath, Required: true})
		if err != nil {
			t.Fatal(err)
		}
		op := transport.Operation{Method: "GET", Path: "/x/{id}"}
		if r := op.Request(segment); r.URL() != "/x/"+want || r.Err() != nil {
			t.Fatalf("%q is %s, %v, want %s", segment, r.URL(), r.Err(), want)
		}
	}
}
