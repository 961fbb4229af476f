// Package gen turns the facts of published engine APIs into Go packages.
//
// A specification goes through passes, each a function of one input and one output: load reads it, normalize corrects
// it by the overlay and names what has no name, resolve has oapi-codegen model it, plan decides what is generated,
// render and format write it down. Everything that a template sees is in the [Model]. The same input gives the same
// bytes on every machine.
package gen

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Input is one specification that is kept in the repository.
type Input struct {
	Engine, Version string
}

// Inputs lists the kept specifications; the folder is the list of versions. Empty arguments mean all.
func Inputs(root, engine, ver string) ([]Input, error) {
	files, err := filepath.Glob(filepath.Join(root, specsDir, "*", "v*.json"))
	if err != nil {
		return nil, err
	}
	var out []Input
	for _, f := range files {
		in := Input{Engine: filepath.Base(filepath.Dir(f)), Version: strings.TrimSuffix(filepath.Base(f)[1:], ".json")}
		if (engine == "" || in.Engine == engine) && (ver == "" || in.Version == ver) {
			out = append(out, in)
		}
	}
	slices.SortStableFunc(out, func(a, b Input) int {
		v, errV := parseVersion(a.Version)
		w, errW := parseVersion(b.Version)
		if a.Engine != b.Engine || errV != nil || errW != nil {
			return strings.Compare(a.Engine, b.Engine)
		}
		return v.compare(w)
	})
	if len(out) == 0 {
		return nil, fmt.Errorf("there is no specification for engine %q, version %q in %s", engine, ver, specsDir)
	}
	return out, nil
}

// Plan makes the model of one kept specification.
func Plan(root string, in Input) (*Model, error) {
	models, err := PlanAll(root, []Input{in})
	if err != nil {
		return nil, err
	}
	return models[0], nil
}

// PlanAll makes the models of kept specifications. Since when there is what, the other kept versions of their engines
// tell, which are therefore read as well.
func PlanAll(root string, inputs []Input) ([]*Model, error) {
	editions, err := openEditions(root, inputs)
	if err != nil {
		return nil, err
	}
	var out []*Model
	for _, in := range inputs {
		m, err := editions[in.Engine].Model(in.Version)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// openEditions opens the editions of the inputs' engines.
func openEditions(root string, inputs []Input) (map[string]*Edition, error) {
	out := map[string]*Edition{}
	for _, in := range inputs {
		if out[in.Engine] != nil {
			continue
		}
		e, err := OpenEdition(root, in.Engine)
		if err != nil {
			return nil, err
		}
		out[in.Engine] = e
	}
	return out, nil
}

// Edition is all that is known of one engine: the planners of its versions and the history that they give.
type Edition struct {
	overlay  *overlay
	words    *words
	planners []*planner // the oldest version first
	history  *history
}

// OpenEdition reads the kept versions of an engine: every one, or only those that are named, which is faster and knows
// no history beyond them.
func OpenEdition(root, engine string, only ...string) (*Edition, error) {
	o, w, err := loadOverlay(engine)
	if err != nil {
		return nil, err
	}
	inputs, err := Inputs(root, engine, "")
	if err != nil {
		return nil, err
	}
	e := &Edition{overlay: o, words: w}
	var versions []version
	for _, in := range inputs {
		if len(only) > 0 && !slices.Contains(only, in.Version) {
			continue
		}
		doc, v, err := load(root, in)
		if err != nil {
			return nil, err
		}
		h, err := loadHandlers(root, in)
		if err != nil {
			return nil, err
		}
		p, err := prepare(doc, o, w, v, h)
		if err != nil {
			return nil, err
		}
		e.planners, versions = append(e.planners, p), append(versions, v)
	}
	if len(only) == 0 {
		if err := o.checkUsed(versions); err != nil {
			return nil, err
		}
	}
	e.history, err = newHistory(e.planners)
	return e, err
}

// Model is the model of one version.
func (e *Edition) Model(ver string) (*Model, error) {
	p, err := e.planner(ver)
	if err != nil {
		return nil, err
	}
	return plan(p.doc, p.facts, e.overlay, e.words, e.history)
}

func (e *Edition) planner(ver string) (*planner, error) {
	i := slices.IndexFunc(e.planners, func(p *planner) bool { return p.doc.Version.text == ver })
	if i < 0 {
		return nil, fmt.Errorf("there is no version %s of %s", ver, e.overlay.Engine)
	}
	return e.planners[i], nil
}

// prepare runs the passes from a loaded document to what is decided about it without knowing other versions.
func prepare(doc object, o *overlay, w *words, v version, h handlers) (*planner, error) {
	d, err := normalize(doc, o, v, h)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", o.Engine, v.text, err)
	}
	facts, err := resolve(d)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", o.Engine, v.text, err)
	}
	p := &planner{doc: d, facts: facts, overlay: o, words: w}
	if err := p.decide(); err != nil {
		return nil, fmt.Errorf("%s %s: %w", o.Engine, v.text, err)
	}
	return p, nil
}

// planDocument runs the passes from a loaded document, the only one of its engine, to the model.
func planDocument(doc object, o *overlay, w *words, v version) (*Model, error) {
	p, err := prepare(doc, o, w, v, nil)
	if err != nil {
		return nil, err
	}
	return p.model()
}

// load reads a kept specification.
func load(root string, in Input) (object, version, error) {
	v, err := parseVersion(in.Version)
	if err != nil {
		return nil, v, err
	}
	name := path.Join(specsDir, in.Engine, "v"+in.Version+".json")
	data, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		return nil, v, err
	}
	tree, err := parseJSON(data)
	if err != nil {
		return nil, v, fmt.Errorf("%s: %w", name, err)
	}
	doc, ok := tree.(object)
	if !ok {
		return nil, v, fmt.Errorf("%s holds no object", name)
	}
	return doc, v, nil
}

// Render returns the files that the inputs give, by their path below root: the packages of each, and the catalog of
// its engine, which is of all kept versions.
func Render(root string, inputs []Input) (map[string][]byte, error) {
	editions, err := openEditions(root, inputs)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, engine := range keys(editions) {
		var models []*Model
		for _, ver := range editions[engine].Versions() {
			m, err := editions[engine].Model(ver)
			if err != nil {
				return nil, err
			}
			models = append(models, m)
			if !slices.Contains(inputs, Input{Engine: engine, Version: ver}) {
				continue
			}
			rendered, err := render(m)
			if err != nil {
				return nil, err
			}
			maps.Copy(files, rendered)
		}
		if files[catalogFile(engine)], err = renderCatalog(models); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// Generate writes what the kept specifications give and removes what they don't, and returns what it changed.
func Generate(root, engine, ver string) ([]Difference, error) { return each(root, engine, ver, apply) }

// Check returns what [Generate] would change.
func Check(root, engine, ver string) ([]Difference, error) { return each(root, engine, ver, compare) }

func each(root, engine, ver string, do func(string, map[string][]byte, []string) ([]Difference, error)) ([]Difference, error) {
	inputs, err := Inputs(root, engine, ver)
	if err != nil {
		return nil, err
	}
	files, err := Render(root, inputs)
	if err != nil {
		return nil, err
	}
	owned, err := ownedFolders(root, inputs, ver == "")
	if err != nil {
		return nil, err
	}
	return do(root, files, owned)
}

var versionFolder = regexp.MustCompile(`^v[0-9]+$`)

// ownedFolders are the folders whose content is generated: those of the inputs and, where every version of an engine
// was asked for, those of versions that are no longer kept. The catalogs are files among others, and owned one by one.
func ownedFolders(root string, inputs []Input, all bool) ([]string, error) {
	catalogs, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(catalogFile("*"))))
	if err != nil {
		return nil, err
	}
	var out []string
	for _, at := range catalogs {
		engine := strings.TrimSuffix(filepath.Base(at), catalogSuffix)
		kept, err := filepath.Glob(filepath.Join(root, specsDir, engine, "v*.json"))
		if err != nil {
			return nil, err
		}
		if len(kept) == 0 || slices.ContainsFunc(inputs, func(in Input) bool { return in.Engine == engine }) {
			out = append(out, catalogFile(engine))
		}
	}
	for _, in := range inputs {
		v, err := parseVersion(in.Version)
		if err != nil {
			return nil, err
		}
		out = append(out, path.Join(in.Engine, v.packageName()))
		if !all {
			continue
		}
		entries, err := os.ReadDir(filepath.Join(root, in.Engine))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, e := range entries {
			if e.IsDir() && versionFolder.MatchString(e.Name()) {
				out = append(out, path.Join(in.Engine, e.Name()))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// FindRoot walks up from dir to the root of the main module.
func FindRoot(dir string) (string, error) {
	for at := dir; ; at = filepath.Dir(at) {
		data, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil {
			first, _, _ := strings.Cut(string(data), "\n")
			if strings.TrimSpace(first) == "module "+modulePath {
				return at, nil
			}
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("no go.mod of module %s in %s or above it", modulePath, dir)
		}
	}
}
