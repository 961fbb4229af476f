package docker_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/docker/v125"
	services125 "github.com/gantry-go/gantry/docker/v125/services"
	swarm125 "github.com/gantry-go/gantry/docker/v125/swarm"
	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/configs"
	"github.com/gantry-go/gantry/docker/v141/nodes"
	"github.com/gantry-go/gantry/docker/v141/secrets"
	"github.com/gantry-go/gantry/docker/v141/services"
	"github.com/gantry-go/gantry/docker/v141/swarm"
	"github.com/gantry-go/gantry/docker/v156"
	nodes156 "github.com/gantry-go/gantry/docker/v156/nodes"
	services156 "github.com/gantry-go/gantry/docker/v156/services"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/transporttest"
)

// document is one that is read and written back, of some version.
type document struct {
	path string // where it is read; its update is at path/update, and creation at path/create
	spec reflect.Type
	// back reads the document and sends it back, emptied of what it says to lack if empty is set.
	back func(t *testing.T, c transport.Caller, empty bool) error
}

// updated makes a document of a read, of the place of the specification in what is read, and of an update.
func updated[A, S any](
	path string, read func(tt, caller) (*A, error), spec func(*A) *S, unknown func(*S) *[]string, write func(tt, caller, S) error,
) document {
	return document{path, reflect.TypeFor[S](), func(t *testing.T, c transport.Caller, empty bool) error {
		t.Helper()
		s := *spec(must(read(t, c))(t)) // a copy, as programs make them
		if empty {
			*unknown(&s) = nil
		}
		return write(t, c, s)
	}}
}

// What every row of documents names.
type (
	tt     = *testing.T
	caller = transport.Caller
)

var documents = []document{
	updated("/v1.25/services/x", func(t tt, c caller) (*v125.Service, error) {
		return services125.New(c).Inspect(t.Context(), "x")
	},
		func(a *v125.Service) *v125.ServiceSpec { return &a.Spec }, func(s *v125.ServiceSpec) *[]string { return &s.Unknown },
		func(t tt, c caller, s v125.ServiceSpec) error {
			return only(services125.New(c).Update(t.Context(), "x", 1, s, nil))
		}),
	updated("/v1.25/swarm", func(t tt, c caller) (*swarm125.InspectResponse, error) {
		return swarm125.New(c).Inspect(t.Context())
	},
		func(a *swarm125.InspectResponse) *v125.SwarmSpec { return &a.Spec }, func(s *v125.SwarmSpec) *[]string { return &s.Unknown },
		func(t tt, c caller, s v125.SwarmSpec) error {
			return swarm125.New(c).Update(t.Context(), 1, s, nil)
		}),
	updated("/v1.41/services/x", func(t tt, c caller) (*v141.Service, error) {
		return services.New(c).Inspect(t.Context(), "x", nil)
	},
		func(a *v141.Service) *v141.ServiceSpec { return &a.Spec }, func(s *v141.ServiceSpec) *[]string { return &s.Unknown },
		func(t tt, c caller, s v141.ServiceSpec) error {
			return only(services.New(c).Update(t.Context(), "x", 1, s, nil))
		}),
	updated("/v1.41/services/x", func(t tt, c caller) (*v141.Service, error) {
		return services.New(c).Inspect(t.Context(), "x", nil)
	},
		func(a *v141.Service) *v141.ServiceSpec { return &a.Spec }, func(s *v141.ServiceSpec) *[]string { return &s.Unknown },
		func(t tt, c caller, s v141.ServiceSpec) error {
			return only(services.New(c).Create(t.Context(), s, nil))
		}),
	updated("/v1.41/swarm", func(t tt, c caller) (*v141.Swarm, error) { return swarm.New(c).Inspect(t.Context()) },
		func(a *v141.Swarm) *v141.SwarmSpec { return &a.Spec }, func(s *v141.SwarmSpec) *[]string { return &s.Unknown },
		func(t tt, c caller, s v141.SwarmSpec) error {
			return swarm.New(c).Update(t.Context(), 1, s, nil)
		}),
	updated("/v1.41/nodes/x", func(t tt, c caller) (*v141.Node, error) { return nodes.New(c).Inspect(t.Context(), "x") },
		func(a *v141.Node) *v141.NodeSpec { return &a.Spec }, func(s *v141.NodeSpec) *[]string { return &s.Unknown },
		func(t tt, c caller, s v141.NodeSpec) error {
			return nodes.New(c).Update(t.Context(), "x", 1, s)
		}),
	updated("/v1.41/secrets/x", func(t tt, c caller) (*v141.Secret, error) { return secrets.New(c).Inspect(t.Context(), "x") },
		func(a *v141.Secret) *v141.SecretSpec { return &a.Spec }, func(s *v141.SecretSpec) *[]string { return &s.Unknown },
		func(t tt, c caller, s v141.SecretSpec) error {
			return secrets.New(c).Update(t.Context(), "x", 1, s)
		}),
	updated("/v1.41/configs/x", func(t tt, c caller) (*v141.SwarmConfig, error) {
		return configs.New(c).Inspect(t.Context(), "x")
	},
		func(a *v141.SwarmConfig) *v141.ConfigSpec { return &a.Spec }, func(s *v141.ConfigSpec) *[]string { return &s.Unknown },
		func(t tt, c caller, s v141.ConfigSpec) error {
			return configs.New(c).Update(t.Context(), "x", 1, s)
		}),
	updated("/v1.56/services/x", func(t tt, c caller) (*v156.Service, error) {
		return services156.New(c).Inspect(t.Context(), "x", nil)
	},
		func(a *v156.Service) *v156.ServiceSpec { return &a.Spec }, func(s *v156.ServiceSpec) *[]string { return &s.Unknown },
		func(t tt, c caller, s v156.ServiceSpec) error {
			return only(services156.New(c).Update(t.Context(), "x", 1, s, nil))
		}),
	updated("/v1.56/nodes/x", func(t tt, c caller) (*v156.Node, error) { return nodes156.New(c).Inspect(t.Context(), "x") },
		func(a *v156.Node) *v156.NodeSpec { return &a.Spec }, func(s *v156.NodeSpec) *[]string { return &s.Unknown },
		func(t tt, c caller, s v156.NodeSpec) error {
			return nodes156.New(c).Update(t.Context(), "x", 1, s)
		}),
}

// whole is a document of a type that says everything, with a member beside at every level if strange is set, whose paths
// are added to found.
func whole(t *testing.T, of reflect.Type, path string, strange bool, found *[]string) any {
	t.Helper()
	switch {
	case of == reflect.TypeFor[time.Time]():
		return "2026-01-02T03:04:05Z"
	case of == reflect.TypeFor[[]byte]():
		return "eA=="
	}
	switch of.Kind() {
	case reflect.Pointer:
		return whole(t, of.Elem(), path, strange, found)
	case reflect.Slice:
		return []any{whole(t, of.Elem(), path+"/[]", strange, found)}
	case reflect.Map:
		return map[string]any{"key": whole(t, of.Elem(), path+"/{}", strange, found)}
	case reflect.Struct:
		members := map[string]any{}
		for field := range of.Fields() {
			if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "-" {
				members[name] = whole(t, field.Type, path+"/"+name, strange, found)
			}
		}
		if strange {
			members["Strange"] = map[string]any{"secret": "hidden"}
			*found = append(*found, path+"/Strange")
		}
		return members
	case reflect.String:
		return "x"
	case reflect.Bool:
		return true
	case reflect.Interface:
		return map[string]any{"any": 1}
	}
	if !of.ConvertibleTo(reflect.TypeFor[float64]()) {
		t.Fatalf("%s: no value of %v", path, of)
	}
	return 1
}

// TestWhatIsReadIsNotErased reads documents that have a member beside those of the package at every level, and sends them
// back: refused with every one of them named, sent where the caller says so, and sent where there is none.
func TestWhatIsReadIsNotErased(t *testing.T) {
	for _, d := range documents {
		for _, strange := range []bool{false, true} {
			var want []string
			doc := map[string]any{"ID": "x", "Beside": 1, "Spec": whole(t, d.spec, "", strange, &want)}
			slices.Sort(want)
			fake := transporttest.New(t)
			fake.Handle("GET "+d.path, transporttest.JSON(200, doc))
			fake.Handle("POST "+d.path+"/update", transporttest.Text(200, "application/json", "{}"))
			fake.Handle("POST /v1.41/services/create", transporttest.Text(201, "application/json", `{"ID":"y"}`))
			client := fake.Client(t)
			err := d.back(t, client, false)
			if lost, is := errors.AsType[*transport.UnknownMembersError](err); strange {
				if !is || !errors.Is(err, transport.ErrInvalidInput) || !slices.Equal(lost.Members, want) ||
					strings.Contains(err.Error(), "hidden") {
					t.Errorf("%v: %v, want %q", d.spec, err, want)
				}
			} else {
				ok(t, err)
			}
			if sent := len(fake.Requests()) == 2; sent == strange {
				t.Errorf("%v: strange is %v, sent is %v", d.spec, strange, sent)
			}
			ok(t, d.back(t, client, true))
			ok(t, d.back(t, transport.With(client, (*transport.Request).DropUnknown), false))
			for _, r := range fake.Requests() {
				if r.Method == "POST" && (strings.Contains(string(r.Body), "Strange") || strings.Contains(string(r.Body), "Unknown")) {
					t.Errorf("%v: sent %s", d.spec, r.Body)
				}
			}
		}
	}
}

// TestEncodingJSONKnowsNothingOfUnknown holds that encoding/json neither shows nor takes the names.
func TestEncodingJSONKnowsNothingOfUnknown(t *testing.T) {
	text := must(json.Marshal(v141.ServiceSpec{Name: "a", Unknown: []string{"/New"}}))(t)
	var back v141.ServiceSpec
	ok(t, json.Unmarshal([]byte(`{"Name":"a","Unknown":["/New"]}`), &back))
	if strings.Contains(string(text), "New") || back.Unknown != nil {
		t.Errorf("%s, and %q came back", text, back.Unknown)
	}
}

// TestEnginesNameThePackageThatKnows holds which package an engine tells of: none, if no package is newer.
func TestEnginesNameThePackageThatKnows(t *testing.T) {
	fake := transporttest.New(t, transporttest.Version("1.41", "1.24"))
	e := must(docker.OpenHost(t.Context(), fake.Host()))(t)
	defer e.Close() //nolint:errcheck // nothing depends on it
	for want, update := range map[string]func() error{
		"docker/v141": func() error {
			return only(services125.New(e).Update(t.Context(), "x", 1, v125.ServiceSpec{Unknown: []string{"/New"}}, nil))
		},
		"": func() error {
			return only(services.New(e).Update(t.Context(), "x", 1, v141.ServiceSpec{Unknown: []string{"/New"}}, nil))
		},
	} {
		if lost, is := errors.AsType[*transport.UnknownMembersError](update()); !is || lost.Package != want {
			t.Errorf("%+v, want package %q", lost, want)
		}
	}
}
