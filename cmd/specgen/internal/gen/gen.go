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
	if len(out) == 0 {
		return nil, fmt.Errorf("there is no specification for engine %q, version %q in %s", engine, ver, specsDir)
	}
	return out, nil
}

// Plan makes the model of one kept specification.
func Plan(root string, in Input) (*Model, error) {
	doc, v, err := load(root, in)
	if err != nil {
		return nil, err
	}
	o, w, err := loadOverlay(in.Engine)
	if err != nil {
		return nil, err
	}
	return planDocument(doc, o, w, v)
}

// planDocument runs the passes from a loaded document to the model.
func planDocument(doc object, o *overlay, w *words, v version) (*Model, error) {
	d, err := normalize(doc, o, v)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", o.Engine, v.text, err)
	}
	facts, err := resolve(d)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", o.Engine, v.text, err)
	}
	return plan(d, facts, o, w)
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

// Render returns the files that the inputs give, by their path below root.
func Render(root string, inputs []Input) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, in := range inputs {
		m, err := Plan(root, in)
		if err != nil {
			return nil, err
		}
		rendered, err := render(m)
		if err != nil {
			return nil, err
		}
		maps.Copy(files, rendered)
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
// was asked for, those of versions that are no longer kept.
func ownedFolders(root string, inputs []Input, all bool) ([]string, error) {
	var out []string
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
