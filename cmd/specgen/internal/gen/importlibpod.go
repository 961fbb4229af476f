package gen

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// Source says what to import.
type Source struct {
	// Engine and Version say where to: "docker", "1.41".
	Engine, Version string
	// Spec is the published file: a path, an https URL, or a file of a Go module.
	Spec string
	// Release is Podman's own version, which the document does not say: "4.3.1". Empty, it is read off Spec's name.
	Release string
	// Fixes is the path of an RFC 6902 patch that separates definitions which share a name, if there is one.
	Fixes string
}

var releaseName = regexp.MustCompile(`v?([0-9]+\.[0-9]+\.[0-9]+)(-[0-9A-Za-z.]+)?\.(json|ya?ml)$`)

// libpodForm returns the facts of a Podman document in the form in which they are kept: with the release for its
// version, whatever the document says, and each definition under a name of its own.
func libpodForm(doc object, src Source, from *origin) (object, error) {
	tag := src.Release
	if tag == "" {
		found := releaseName.FindStringSubmatch(src.Spec)
		if found == nil {
			return nil, errors.New("a Podman document does not say which release it is of, nor does the name of the file: say -release")
		}
		tag = found[1] + found[2]
	}
	release, _, _ := strings.Cut(tag, "-") // a candidate is of the version that it is one for
	if release != src.Version && !strings.HasPrefix(release, src.Version+".") {
		return nil, fmt.Errorf("the document is of release %q, not of a %q", tag, src.Version)
	}
	doc["info"] = object{"version": release}
	from.Release = tag
	if src.Fixes == "" {
		return doc, nil
	}
	data, err := os.ReadFile(src.Fixes)
	if err != nil {
		return nil, err
	}
	from.Fixes = sum(data)
	return applyFixes(doc, data)
}

// applyFixes applies a JSON patch that gives two definitions of one name two names. It may add definitions that are
// not there, and point references to one of them in place of one of the same Go name; anything else is refused.
func applyFixes(doc object, patch []byte) (object, error) {
	tree, err := parseJSON(patch)
	if err != nil {
		return nil, fmt.Errorf("fixes: %w", err)
	}
	doc = clone(doc)
	steps, _ := tree.([]any)
	for _, step := range steps {
		step := asObject(step)
		if err := applyFix(doc, str(step, "op"), str(step, "path"), step["value"]); err != nil {
			return nil, fmt.Errorf("fixes: %s %s: %w", str(step, "op"), str(step, "path"), err)
		}
	}
	return doc, nil
}

func applyFix(doc object, op, at string, value any) error {
	parts, err := pointer(at)
	if err != nil {
		return err
	}
	defs := sub(doc, "definitions")
	switch {
	case op == "add" && len(parts) == 2 && parts[0] == "definitions":
		if defs[parts[1]] != nil {
			return errors.New("it is there already")
		}
		defs[parts[1]] = value
		return nil
	case op == "replace" && parts[len(parts)-1] == "$ref":
		found, err := descend(doc, parts)
		if err != nil {
			return err
		}
		was, now := definitionOf(found), definitionOf(value)
		if was == "" || now == "" || was == now || defs[was] == nil || defs[now] == nil {
			return fmt.Errorf("expected a reference to another definition, found %v for %v", found, value)
		}
		if !strings.EqualFold(goNameOf(defs, was), goNameOf(defs, now)) {
			return fmt.Errorf("%s and %s share no name, so this was never mistaken for that", was, now)
		}
		return replace(doc, parts, value)
	default:
		return errors.New("fixes add definitions and replace references only")
	}
}

func definitionOf(ref any) string {
	text, _ := ref.(string)
	name, _ := strings.CutPrefix(text, "#/definitions/")
	return name
}

// goNameOf is what a definition is called in the engine's source, whose packages have names of their own.
func goNameOf(defs object, name string) string {
	if said := str(sub(defs, name), "x-go-name"); said != "" {
		return said
	}
	return name
}
