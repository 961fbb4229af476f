package gen

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"gopkg.in/yaml.v3"
)

//go:embed overlay
var overlays embed.FS

// overlay holds what no specification says: the corrections of one engine's files and the decisions about them,
// each with its reason.
type overlay struct {
	Engine string `yaml:"engine"`
	// DocURL is the address of upstream's page of an operation, with {version}, {tag} and {operation} in it.
	DocURL     string                     `yaml:"docURL"`
	Renames    []rename                   `yaml:"renames"`
	Patches    []patch                    `yaml:"patches"`
	Operations map[string]*operationEntry `yaml:"operations"`
	Presence   []fieldEntry               `yaml:"presence"`
	Types      []fieldEntry               `yaml:"types"`
	Names      struct {
		Definitions map[string]string `yaml:"definitions"`
		Fields      map[string]string `yaml:"fields"`
	} `yaml:"names"`
	AnyCase  []fieldEntry    `yaml:"anyCase"`
	Ignored  []ignoredEntry  `yaml:"ignored"`
	Unsent   []*unsentEntry  `yaml:"unsent"`
	Routers  []routersEntry  `yaml:"routers"`
	Shadowed []shadowedEntry `yaml:"shadowed"`
	// Answers are in a file of their own.
	Answers answersEntry `yaml:"answers"`
}

// operationEntry says what the specification doesn't about one operation.
type operationEntry struct {
	Name    string `yaml:"name"`
	Package string `yaml:"package"`
	Kind    string `yaml:"kind"`
	Reason  string `yaml:"reason"`
	Item    string `yaml:"item"`
	// Upgrade is the protocol that is asked for, where it isn't the raw stream's.
	Upgrade string `yaml:"upgrade"`
	// Slow says that the first byte of the answer may take long.
	Slow bool `yaml:"slow"`
	// TTY says where the engine has it whether there is one, until the versions whose answers tell; later, it is for
	// engines whose answers don't.
	TTY *struct {
		Inspect string `yaml:"inspect"`
		Member  string `yaml:"member"`
		span    `yaml:",inline"`
	} `yaml:"tty"`
	Body       *bodyEntry             `yaml:"body"`
	Headers    map[string]headerEntry `yaml:"headers"`
	Params     map[string]*paramEntry `yaml:"params"`
	AddParams  []*paramEntry          `yaml:"addParams"`
	DropParams []string               `yaml:"dropParams"`
	Moved      *moveEntry             `yaml:"moved"`
	// Registries says that credentials are sent for several registries, where the engine reads either.
	Registries bool `yaml:"registries"`
	// Like is an operation whose sentences about parameters hold for this one, too.
	Like string `yaml:"like"`
	// The versions that have the operation, where not all do.
	span `yaml:",inline"`
}

// bodyEntry corrects a request body.
type bodyEntry struct {
	ContentType string `yaml:"contentType"`
	Required    *bool  `yaml:"required"`
	Reason      string `yaml:"reason"`
}

// headerEntry gives a header of an answer a type.
type headerEntry struct {
	Name     string `yaml:"name"`
	Type     string `yaml:"type"`
	Encoding string `yaml:"encoding"`
	Reason   string `yaml:"reason"`
}

// paramEntry gives a parameter the name and the type that it really has.
type paramEntry struct {
	Name    string `yaml:"name"`
	In      string `yaml:"in"`
	GoName  string `yaml:"goName"`
	Type    string `yaml:"type"`
	Go      string `yaml:"go"`
	Pointer *bool  `yaml:"pointer"`
	// Unset is the number that is sent for a nil pointer, where the engine does harm without the parameter.
	Unset    int        `yaml:"unset"`
	Required *bool      `yaml:"required"`
	Slashes  *bool      `yaml:"slashes"`
	Enum     *enumEntry `yaml:"enum"`
	Reason   string     `yaml:"reason"`
	span     `yaml:",inline"`
	used     bool
}

// enumEntry names the values of a parameter.
type enumEntry struct {
	Name   string   `yaml:"name"`
	Prefix string   `yaml:"prefix"`
	Values []string `yaml:"values"`
}

// fieldEntry is about one field of one type, both as they are called in Go and on the wire.
type fieldEntry struct {
	Type   string `yaml:"type"`
	Field  string `yaml:"field"`
	Go     string `yaml:"go"`
	Reason string `yaml:"reason"`
	span   `yaml:",inline"`
}

// ignoredEntry explains a member that engines send and that our types leave out.
type ignoredEntry struct {
	Operation string `yaml:"operation"`
	Path      string `yaml:"path"`
	Reason    string `yaml:"reason"`
	span      `yaml:",inline"`
}

// loadOverlay reads the overlay of an engine and its sentences.
func loadOverlay(engine string) (*overlay, *words, error) {
	var o overlay
	if err := decodeOverlay("overlay/"+engine+".yaml", &o); err != nil {
		return nil, nil, err
	}
	if o.Engine != engine {
		return nil, nil, fmt.Errorf("overlay/%s.yaml: engine is %q", engine, o.Engine)
	}
	if err := decodeOverlay("overlay/answers/"+engine+".yaml", &o.Answers); err != nil {
		return nil, nil, err
	}
	var w words
	if err := decodeOverlay("overlay/docs/"+engine+".yaml", &w); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	return &o, &w, o.check()
}

func decodeOverlay(name string, v any) error {
	data, err := overlays.ReadFile(name)
	if err != nil {
		return err
	}
	if err := decodeYAML(data, v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// decodeYAML decodes strictly: a member that nothing reads is a mistake in the file.
func decodeYAML(data []byte, v any) error {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(v); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// check refuses entries that lack what makes them understandable.
func (o *overlay) check() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf("overlay: "+format, args...)) }
	for _, r := range o.Renames {
		if r.From == "" || r.To == "" || r.Reason == "" {
			fail("the rename of %q to %q needs both names and a reason", r.From, r.To)
		}
		if err := r.valid(); err != nil {
			fail("rename %s: %w", r.From, err)
		}
	}
	seen := map[string]bool{}
	for _, p := range o.Patches {
		switch {
		case p.ID == "":
			fail("the patch at %s has no id", p.At)
		case seen[p.ID]:
			fail("patch %s is there twice", p.ID)
		case p.Reason == "":
			fail("patch %s has no reason", p.ID)
		}
		if err := p.valid(); err != nil {
			fail("patch %s: %w", p.ID, err)
		}
		seen[p.ID] = true
	}
	for _, id := range keys(o.Operations) {
		if err := o.Operations[id].check(); err != nil {
			fail("operations.%s: %w", id, err)
		}
	}
	for _, section := range []struct {
		name    string
		entries []fieldEntry
	}{{"presence", o.Presence}, {"types", o.Types}, {"anyCase", o.AnyCase}} {
		for _, e := range section.entries {
			if e.Type == "" || e.Field == "" || e.Reason == "" {
				fail("%s of %s.%s needs a type, a field and a reason", section.name, e.Type, e.Field)
			}
			if err := e.valid(); err != nil {
				fail("%s of %s.%s: %w", section.name, e.Type, e.Field, err)
			}
		}
	}
	for _, e := range o.Routers {
		if err := e.check(); err != nil {
			fail("routers of %q: %w", e.Below, err)
		}
	}
	for _, e := range o.Shadowed {
		if err := e.check(); err != nil {
			fail("shadowed %q: %w", e.Operation, err)
		}
	}
	for _, e := range o.Ignored {
		if e.Reason == "" || e.Operation == "" || e.Path == "" {
			fail("ignored %s %s needs an operation, a path and a reason", e.Operation, e.Path)
		}
		if err := e.valid(); err != nil {
			fail("ignored %s %s: %w", e.Operation, e.Path, err)
		}
	}
	for _, e := range o.Unsent {
		if e.Reason == "" || len(e.Names) == 0 {
			fail("unsent %v needs names and a reason", e.Names)
		}
		if err := e.valid(); err != nil {
			fail("unsent %v: %w", e.Names, err)
		}
	}
	return errors.Join(errs...)
}

// checkUsed refuses entries for some of these versions that none of them needs.
func (o *overlay) checkUsed(versions []version) error {
	meant := func(spans ...span) bool {
		return slices.ContainsFunc(versions, func(v version) bool {
			return !slices.ContainsFunc(spans, func(s span) bool { return !s.holds(v) })
		})
	}
	var errs []error
	for _, id := range keys(o.Operations) {
		for _, name := range keys(o.Operations[id].Params) {
			if e := o.Operations[id].Params[name]; !e.used && meant(o.Operations[id].span, e.span) {
				errs = append(errs, fmt.Errorf("overlay: operations.%s.params.%s: no version has it", id, name))
			}
		}
	}
	for _, e := range o.Unsent {
		if !e.used && meant(e.span) {
			errs = append(errs, fmt.Errorf("overlay: unsent %v of %v: no version needs it", e.Names, e.Operations))
		}
	}
	return errors.Join(errs...)
}

func (e *operationEntry) check() error {
	if e == nil {
		return errors.New("the entry is empty")
	}
	if e.Kind != "" && e.Reason == "" {
		return errors.New("kind has no reason")
	}
	errs := []error{e.valid(), e.Moved.check()}
	if e.TTY != nil {
		errs = append(errs, e.TTY.valid())
	}
	for _, p := range e.Params {
		if p == nil {
			return errors.New("the entry of a parameter is empty")
		}
		errs = append(errs, p.valid())
	}
	for _, p := range e.AddParams {
		if p == nil || p.Reason == "" || p.In == "" || p.Type == "" {
			return errors.New("what addParams adds needs in, type and reason")
		}
		errs = append(errs, p.valid())
	}
	return errors.Join(errs...)
}

// operation returns the entry of an operation; an empty one where there is none.
func (o *overlay) operation(id string) *operationEntry {
	if e := o.Operations[id]; e != nil {
		return e
	}
	return &operationEntry{}
}
