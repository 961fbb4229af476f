package gen

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// Where specifications are kept, below the root of the main module.
const (
	specsDir   = "testdata/specs"
	originFile = specsDir + "/ORIGIN.json"
)

// Import reads a published Swagger 2.0 file, keeps its facts as the input of the generator and records where they
// come from. It returns the path of what it wrote, relative to root.
func Import(ctx context.Context, root string, src Source) (string, error) {
	if _, err := parseVersion(src.Version); err != nil {
		return "", err
	}
	data, from, err := readSource(ctx, src.Spec)
	if err != nil {
		return "", fmt.Errorf("import %s: %w", src.Spec, err)
	}
	kept, err := normalForm(data, src, &from)
	if err != nil {
		return "", fmt.Errorf("import %s: %w", src.Spec, err)
	}
	from.Read, from.Kept = sum(data), sum(kept)
	name := path.Join(src.Engine, "v"+src.Version+".json")
	if err := writeFile(root, path.Join(specsDir, name), kept); err != nil {
		return "", err
	}
	return path.Join(specsDir, name), recordOrigin(root, name, from)
}

// normalForm returns the facts of a published Swagger 2.0 document in the form in which they are kept.
func normalForm(data []byte, src Source, from *origin) ([]byte, error) {
	parse := parseYAML
	if trimmed := bytes.TrimSpace(data); len(trimmed) > 0 && trimmed[0] == '{' {
		parse = parseJSON
	}
	tree, err := parse(data)
	if err != nil {
		return nil, err
	}
	doc, ok := tree.(object)
	if !ok || str(doc, "swagger") != "2.0" {
		return nil, errors.New("this is no Swagger 2.0 document")
	}
	if src.Engine == "podman" {
		if doc, err = libpodForm(doc, src, from); err != nil {
			return nil, err
		}
	} else if got := str(sub(doc, "info"), "version"); got != src.Version {
		return nil, fmt.Errorf("the document is version %q, not %q", got, src.Version)
	}
	return encode(keepFacts(doc))
}

// recordOrigin replaces the entry of one specification in the list of origins.
func recordOrigin(root, name string, from origin) error {
	origins, err := readOrigins(root)
	if err != nil {
		return err
	}
	origins[name] = from
	data, err := encode(origins)
	if err != nil {
		return err
	}
	return writeFile(root, originFile, data)
}

func readOrigins(root string) (map[string]origin, error) {
	origins := map[string]origin{}
	data, err := os.ReadFile(filepath.Join(root, originFile))
	if errors.Is(err, fs.ErrNotExist) {
		return origins, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, &origins); err != nil {
		return nil, fmt.Errorf("%s: %w", originFile, err)
	}
	return origins, nil
}

func sum(data []byte) string {
	h := sha256.Sum256(data)
	return hex.EncodeToString(h[:])
}
