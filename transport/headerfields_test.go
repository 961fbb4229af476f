package transport_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/transporttest"
)

// headed are fields of every kind that a header can be decoded into.
type headed struct {
	Name  string `header:"X-Name"`
	On    bool   `header:"X-On"`
	Stat  thing  `header:"X-Stat,base64json"`
	Other string // of no header
}

// TestHeaderFields decodes answers that are in headers, and holds what each failure says: never that the call succeeded.
func TestHeaderFields(t *testing.T) {
	const stat = "eyJJZCI6IngiLCJDb3VudCI6N30=" // {"Id":"x","Count":7}
	whole := headed{Name: "conny", On: true, Stat: thing{ID: "x", Count: 7}}
	with := func(change func(h *headed)) headed {
		h := whole
		change(&h)
		return h
	}
	for name, c := range map[string]struct {
		headers map[string]string // in place of those of whole
		want    headed
		problem string
	}{
		"all":                  {want: whole},
		"a boolean, 1":         {headers: map[string]string{"X-On": "1"}, want: whole},
		"a boolean, false":     {headers: map[string]string{"X-On": "false"}, want: with(func(h *headed) { h.On = false })},
		"no boolean there":     {headers: map[string]string{"X-On": ""}, want: with(func(h *headed) { h.On = false })},
		"no text there":        {headers: map[string]string{"X-Name": ""}, want: with(func(h *headed) { h.Name = "" })},
		"a boolean, maybe":     {headers: map[string]string{"X-On": "maybe"}, problem: `header X-On: "maybe" is no boolean`},
		"a boolean, 2":         {headers: map[string]string{"X-On": "2"}, problem: `header X-On: "2" is no boolean`},
		"a boolean, long":      {headers: map[string]string{"X-On": strings.Repeat("y", 1000)}, problem: "is no boolean"},
		"no document there":    {headers: map[string]string{"X-Stat": ""}, problem: "header X-Stat: the answer is empty"},
		"no base64":            {headers: map[string]string{"X-Stat": "!!!!"}, problem: "header X-Stat: illegal base64"},
		"no JSON":              {headers: map[string]string{"X-Stat": "bm8="}, problem: "header X-Stat: "},
		"JSON of another kind": {headers: map[string]string{"X-Stat": "WzFd"}, problem: "header X-Stat: "},
		"a number for a text":  {headers: map[string]string{"X-Stat": "eyJJZCI6MX0="}, problem: "header X-Stat: "},
	} {
		fake := transporttest.New(t)
		answer := transporttest.Empty(200)
		for header, value := range map[string]string{"X-Name": "conny", "X-On": "true", "X-Stat": stat} {
			if given, ok := c.headers[header]; ok {
				value = given
			}
			if value != "" {
				answer = answer.Header(header, value)
			}
		}
		fake.Handle("GET /v1.41/containers/{id}/json", answer)
		got, err := transport.Headers[headed](t.Context(), fake.Client(t), opInspect.Request("conny"))
		if c.problem == "" {
			if err != nil || *got != c.want {
				t.Errorf("%s: %+v, %v, want %+v", name, got, err, c.want)
			}
			continue
		}
		failure, ok := errors.AsType[*transport.Error](err)
		if got != nil || !ok || !errors.Is(err, transport.ErrProtocol) || failure.Status != 200 || !strings.Contains(err.Error(), c.problem) || len(err.Error()) > 300 {
			t.Errorf("%s: %+v, %v, want %q", name, got, err, c.problem)
		}
	}

	fake := transporttest.New(t)
	fake.Handle("GET /v1.41/containers/{id}/json", transporttest.Empty(200).Header("X-Count", "7"))
	_, err := transport.Headers[struct {
		Count int `header:"X-Count"`
	}](t.Context(), fake.Client(t), opInspect.Request("conny"))
	if !errors.Is(err, transport.ErrProtocol) || !strings.Contains(err.Error(), "header X-Count: a int holds no header") {
		t.Errorf("a field that is a number: %v", err)
	}
	all, err := transport.Headers[http.Header](t.Context(), fake.Client(t), opInspect.Request("conny"))
	if err != nil || all.Get("X-Count") != "7" {
		t.Errorf("all headers: %v, %v", all, err)
	}
}
