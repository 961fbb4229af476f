package catalog

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gantry-go/gantry/transport"
)

// record is one operation as it is kept in the facts: as all the versions have it that it names.
type record struct {
	Versions    string            `json:"versions"` // "1.25-1.31 1.44-"
	ID          string            `json:"id"`
	Category    string            `json:"category"`
	Name        string            `json:"name"`
	Method      string            `json:"method"`
	Path        string            `json:"path"`
	At          string            `json:"at"` // the version in the path, where it is not the release
	Slow        bool              `json:"slow"`
	NotModified bool              `json:"notModified"`
	Others      []transport.Other `json:"others"`
	Summary     string            `json:"summary"`
	URL         string            `json:"url"`
	Params      []recordParam     `json:"params"`
	Body        *Body             `json:"body"`
	Kind        Kind              `json:"kind"`
	Answer      string            `json:"answer"`
	Need        []string          `json:"need"`
	Headers     []string          `json:"headers"` // "X-Name" or "X-Name,base64json"
	Upgrade     string            `json:"upgrade"`
	TTY         *struct {
		Inspect  string `json:"inspect"`
		Member   string `json:"member"`
		Declared bool   `json:"declared"`
	} `json:"tty"`
	Since string `json:"since"`
	Until string `json:"until"`

	params []Param // of Params
	path   string  // of Path, as specifications write it
}

type recordParam struct {
	Param
	Encoding string `json:"encoding"`
}

// decode reads the facts of all versions, once.
func (e *Engine) decode() {
	var facts struct {
		Versions   []string  `json:"versions"`
		Releases   []string  `json:"releases"` // what paths begin with, where it is not the version
		Operations []*record `json:"operations"`
	}
	if err := json.Unmarshal([]byte(*e.text), &facts); err != nil {
		panic(fmt.Sprintf("catalog: the facts of %s: %v", e.name, err)) // a test reads them
	}
	e.numbers, e.versions, e.records = facts.Versions, make([]Version, len(facts.Versions)), facts.Operations
	e.releases = e.numbers
	if facts.Releases != nil {
		e.releases = facts.Releases
	}
	for i, number := range e.numbers {
		e.versions[i].engine, e.versions[i].number, e.versions[i].release = e, number, e.releases[i]
	}
	for _, r := range facts.Operations {
		r.path = strings.ReplaceAll(r.Path, "...}", "}")
		for _, p := range r.Params {
			p.JSON, p.Each, p.Time = p.Encoding == "json", p.Encoding == "json-each", p.Encoding == "time"
			r.params = append(r.params, p.Param)
		}
		for span := range strings.FieldsSeq(r.Versions) {
			first, last, open := strings.Cut(span, "-")
			from, to := slices.Index(e.numbers, first), len(e.numbers)-1
			if !open {
				to = from
			} else if last != "" {
				to = slices.Index(e.numbers, last)
			}
			for i := from; i <= to; i++ {
				e.versions[i].records = append(e.versions[i].records, r)
			}
		}
	}
}

// build makes the operations of a version, once.
func (v *Version) build() {
	v.byName = make(map[string]*Operation, 2*len(v.records))
	for _, r := range v.records { // sorted by category and name
		op := &Operation{
			Engine: v.engine.name, Version: v.number, ID: r.ID, Category: r.Category, Name: r.Name,
			Method: r.Method, Path: r.path, Summary: r.Summary, URL: strings.ReplaceAll(r.URL, "{version}", v.number),
			Params: r.params, Body: r.Body, Others: r.Others, Kind: r.Kind, Answer: r.Answer, Since: r.Since, Until: r.Until,
			record: r, version: v,
		}
		op.wire.Engine, op.wire.Version, op.wire.Name = op.Engine, op.Version, op.ID
		op.wire.Method, op.wire.Path, op.wire.Slow = op.Method, "/v"+cmp.Or(r.At, v.release)+r.Path, r.Slow
		op.wire.NotModified = r.NotModified
		op.wire.Others = op.Others
		v.byName[r.ID], v.byName[r.Category+"."+r.Name] = op, op
		if n := len(v.categories); n == 0 || v.categories[n-1].Name != r.Category {
			v.categories = append(v.categories, Category{Name: r.Category})
		}
		c := &v.categories[len(v.categories)-1]
		c.Operations = append(c.Operations, op)
	}
	v.route()
}
