package gen

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReplacedDocuments lists the documents that are read, changed and written back, and the versions that have them: each
// names what it came with and its type lacks. libpod has none: what it answers is no body of its updates.
func TestReplacedDocuments(t *testing.T) {
	want := map[string]map[string]string{
		"docker": {
			"ConfigSpec": "1.30-", "NodeSpec": "1.25-", "SecretSpec": "1.26-", "ServiceSpec": "1.25-", "SwarmSpec": "1.25-",
		},
		"podman": {},
	}
	for engine, open := range map[string]func() (*Edition, error){"docker": docker, "podman": podman} {
		e := must(open())(t)
		holds := map[string][]bool{}
		for i, ver := range e.Versions() {
			m := must(e.Model(ver))(t)
			for _, f := range m.Files {
				for _, typ := range f.Types {
					if !slices.ContainsFunc(typ.Fields, isUnknown) {
						continue
					}
					if holds[typ.Name] == nil {
						holds[typ.Name] = make([]bool, len(e.Versions()))
					}
					holds[typ.Name][i] = true
				}
			}
			checkUpdates(t, m)
		}
		got := map[string]string{}
		for name, in := range holds {
			got[name] = ranges(e.Versions(), in)
		}
		if diff := cmp.Diff(want[engine], got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", engine, diff)
		}
	}
}

// checkUpdates holds that the field is in the body of each update that some type of an answer has as a field, too.
func checkUpdates(t *testing.T, m *Model) {
	t.Helper()
	fields := map[string]bool{}
	bodies := map[string]*Type{}
	for _, f := range m.Files {
		for _, typ := range f.Types {
			for _, field := range typ.Fields {
				if field.Name == "Spec" {
					fields[plainType(field.Type)] = true
				}
			}
		}
	}
	for _, c := range m.Categories() {
		for _, op := range c.Operations {
			for _, arg := range op.Args {
				if name := plainType(arg.Type); arg.Name == "body" && strings.HasSuffix(op.ID, "Update") && fields[name] {
					bodies[op.ID] = m.typeNamed(c.Name, arg.Type)
				}
			}
		}
	}
	for id, typ := range bodies {
		if typ == nil || !slices.ContainsFunc(typ.Fields, isUnknown) {
			t.Errorf("%s %s %s: its body %+v does not name what it lacks", m.Engine, m.Version, id, typ)
		}
	}
}
