package gen

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Difference is one file that is not as it would be generated.
type Difference struct {
	Path  string
	State string // missing, stale or changed
}

func (d Difference) String() string { return d.State + ": " + d.Path }

// writeFile writes a file below root if it is not there as it should be.
func writeFile(root, name string, data []byte) error {
	at := filepath.Join(root, filepath.FromSlash(name))
	if have, err := os.ReadFile(at); err == nil && bytes.Equal(have, data) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return err
	}
	return os.WriteFile(at, data, 0o644)
}

// compare names the files below the owned folders that differ from what would be generated.
func compare(root string, files map[string][]byte, owned []string) ([]Difference, error) {
	have, err := existing(root, owned)
	if err != nil {
		return nil, err
	}
	var out []Difference
	for _, name := range keys(files) {
		data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			out = append(out, Difference{name, "missing"})
		case err != nil:
			return nil, err
		case !bytes.Equal(data, files[name]):
			out = append(out, Difference{name, "changed"})
		}
	}
	for _, name := range have {
		if _, ok := files[name]; !ok {
			out = append(out, Difference{name, "stale"})
		}
	}
	slices.SortFunc(out, func(a, b Difference) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}

// apply makes the owned folders hold the files and nothing else.
func apply(root string, files map[string][]byte, owned []string) ([]Difference, error) {
	diffs, err := compare(root, files, owned)
	if err != nil {
		return nil, err
	}
	for _, d := range diffs {
		if d.State == "stale" {
			if err := removeFile(root, d.Path); err != nil {
				return nil, err
			}
			continue
		}
		if err := writeFile(root, d.Path, files[d.Path]); err != nil {
			return nil, err
		}
	}
	return diffs, nil
}

// removeFile removes a file and the folders that it leaves empty.
func removeFile(root, name string) error {
	if err := os.Remove(filepath.Join(root, filepath.FromSlash(name))); err != nil {
		return err
	}
	for dir := path.Dir(name); strings.Contains(dir, "/"); dir = path.Dir(dir) {
		entries, err := os.ReadDir(filepath.Join(root, dir))
		if err != nil || len(entries) > 0 {
			return err
		}
		if err := os.Remove(filepath.Join(root, dir)); err != nil {
			return err
		}
	}
	return nil
}

// existing lists the files below the owned folders.
func existing(root string, owned []string) ([]string, error) {
	var out []string
	for _, dir := range owned {
		err := filepath.WalkDir(filepath.Join(root, filepath.FromSlash(dir)), func(at string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil || d.IsDir() {
				return err
			}
			rel, err := filepath.Rel(root, at)
			out = append(out, filepath.ToSlash(rel))
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", dir, err)
		}
	}
	return out, nil
}
