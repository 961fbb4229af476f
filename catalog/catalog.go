package catalog

import (
	_ "embed" // the facts
	"fmt"
	"slices"
	"sync"
)

//go:embed docker.gen.json
var dockerFacts string

//go:embed podman.gen.json
var podmanFacts string

var (
	docker = Engine{name: "docker", text: &dockerFacts, unescapes: true}
	podman = Engine{name: "podman", text: &podmanFacts}
)

// Engines returns the engines of the catalog.
func Engines() []*Engine { return []*Engine{&docker, &podman} }

// Find returns an engine by its name, "docker" or "podman", or nil.
func Find(name string) *Engine {
	for _, e := range Engines() {
		if e.name == name {
			return e
		}
	}
	return nil
}

// Docker returns a version of Docker's API, "1.41". See [Engine.Version].
func Docker(version string) *Version { return docker.Version(version) }

// Podman returns a version of libpod's API, "4.3". See [Engine.Version].
func Podman(version string) *Version { return podman.Version(version) }

// Engine is one kind of engine with the versions of its API.
type Engine struct {
	name string
	text *string
	// unescapes says that the engine's router looks at paths without their escapes. Podman's looks at them as they are.
	unescapes bool

	once     sync.Once
	numbers  []string
	releases []string  // what the paths of each begin with
	versions []Version // of the numbers
	records  []*record // of all versions
}

// Name returns the engine's name, "docker" or "podman".
func (e *Engine) Name() string { return e.name }

// Versions returns the numbers of the versions, the oldest first.
func (e *Engine) Versions() []string {
	e.once.Do(e.decode)
	return slices.Clone(e.numbers)
}

// Version returns a version by its number. It is never nil: of one that the catalog does not have, Err says so, and
// so does every call of its operations.
func (e *Engine) Version(number string) *Version {
	e.once.Do(e.decode)
	if i := slices.Index(e.numbers, number); i >= 0 {
		v := &e.versions[i]
		v.once.Do(v.build)
		return v
	}
	return &Version{engine: e, number: number, err: fmt.Errorf(
		"the catalog has no version %.32q of %s, only %s to %s", number, e.name, e.numbers[0], e.numbers[len(e.numbers)-1])}
}

// Lookup finds the operation that a request is of, by its method and its path. A path that begins with a version is
// looked up in that one, whatever its patch number, and any other in the newest. See [Version.Lookup].
func (e *Engine) Lookup(method, path string) (*Operation, bool) {
	e.once.Do(e.decode)
	number, rest := cutVersion(path)
	below := ownVersion
	if number == "" {
		number, below = e.numbers[len(e.numbers)-1], anyVersion
	}
	i := slices.Index(e.numbers, number)
	if i < 0 {
		i = slices.IndexFunc(e.releases, func(release string) bool { return sameRelease(release, number) })
	}
	if i < 0 {
		return nil, false
	}
	v := &e.versions[i]
	v.once.Do(v.build)
	return v.find(method, below, rest)
}

// Version is one version of an engine's API.
type Version struct {
	engine  *Engine
	number  string
	release string // what its paths begin with
	err     error
	records []*record

	once       sync.Once
	categories []Category
	byName     map[string]*Operation
	routes     map[string][]route
}

// Category is a group of operations, and one generated package.
type Category struct {
	// Name is the package's name, "containers".
	Name string `json:"name"`
	// Operations are sorted by their names.
	Operations []*Operation `json:"operations"`
}

// Engine returns the name of the engine.
func (v *Version) Engine() string { return v.engine.name }

// Number returns the version's number, "1.41".
func (v *Version) Number() string { return v.number }

// Err says that the catalog does not have the version, or is nil.
func (v *Version) Err() error { return v.err }

// Categories returns all operations by their category, sorted by name.
func (v *Version) Categories() []Category { return slices.Clone(v.categories) }

// Operation returns an operation by its id, "ContainerCreate", or by its package and method, "containers.Create". It
// is never nil: of one that the version does not have, Err says so, and so does its call.
func (v *Version) Operation(name string) *Operation {
	if op := v.byName[name]; op != nil {
		return op
	}
	err := v.err
	if err == nil {
		err = fmt.Errorf("%s %s has no operation %.64q", v.engine.name, v.number, name)
	}
	op := &Operation{Engine: v.engine.name, Version: v.number, ID: name, err: err}
	op.wire.Engine, op.wire.Version, op.wire.Name = op.Engine, op.Version, op.ID
	return op
}

// Lookup finds the operation that an engine of this version runs for a request, by the request's method and its path: one
// as it is sent, with or without this version before it, or a template such as /containers/{id}/json. What follows a
// question mark does not count. Where several templates fit, the engine's own router decides: mostly, the one that says
// most. Docker's engine undoes the escapes of a path before it looks for a route, Podman's does not. A path that is not
// clean, with an empty segment or one of dots, is of no operation. An operation that engines serve below another
// version alone is found below that one.
//
// It allocates nothing, but for a path of Docker's that holds an escape.
func (v *Version) Lookup(method, path string) (*Operation, bool) {
	number, rest := cutVersion(path)
	switch {
	case number == "":
		return v.find(method, anyVersion, rest)
	case number == v.number || sameRelease(v.release, number):
		return v.find(method, ownVersion, rest)
	}
	return v.find(method, number, rest)
}
