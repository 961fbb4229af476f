package gen

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Count is how much a version has.
type Count struct{ Categories, Operations int }

// Counts reads how much each version of an engine has from the facts of the catalog, which were made of all versions.
func Counts(root, engine string) (map[string]Count, error) {
	path := filepath.Join(root, "catalog", engine+".gen.json")
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var facts struct {
		Versions   []string `json:"versions"`
		Operations []struct {
			Versions string `json:"versions"`
			Category string `json:"category"`
		} `json:"operations"`
	}
	if err := json.Unmarshal(data, &facts); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	counts := map[string]Count{}
	categories := map[[2]string]bool{}
	for _, op := range facts.Operations {
		for span := range strings.FieldsSeq(op.Versions) { // "1.25-1.31 1.44-"
			first, last, open := strings.Cut(span, "-")
			from, to := slices.Index(facts.Versions, first), len(facts.Versions)-1
			if !open {
				to = from
			} else if last != "" {
				to = slices.Index(facts.Versions, last)
			}
			if from < 0 {
				return nil, fmt.Errorf("%s: no version %s", path, first)
			}
			for _, version := range facts.Versions[from : to+1] {
				c := counts[version]
				c.Operations++
				if at := [2]string{version, op.Category}; !categories[at] {
					categories[at] = true
					c.Categories++
				}
				counts[version] = c
			}
		}
	}
	return counts, nil
}
