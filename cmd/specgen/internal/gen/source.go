package gen

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// maxSpec is the most that a specification may weigh; published ones are below a megabyte.
const maxSpec = 32 << 20

// origin says where a kept specification comes from.
type origin struct {
	Module  string `json:"module,omitempty"`
	Version string `json:"version,omitempty"`
	URL     string `json:"url,omitempty"`
	Path    string `json:"path,omitempty"`
	// Release is the engine's own version, where the API has none; Fixes the SHA-256 of the patch that was applied.
	Release string `json:"release,omitempty"`
	Fixes   string `json:"fixes_sha256,omitempty"`
	// Read is the SHA-256 of the published file, Kept that of the facts that are kept of it.
	Read string `json:"read_sha256"`
	Kept string `json:"kept_sha256"`
}

// readSource reads a published specification: a file, an https URL, or a file of a Go module written
// module@version//path.
func readSource(ctx context.Context, spec string) ([]byte, origin, error) {
	if strings.HasPrefix(spec, "https://") {
		data, err := fetch(ctx, spec)
		return data, origin{URL: spec}, err
	}
	if mod, path, ok := strings.Cut(spec, "//"); ok && strings.Contains(mod, "@") {
		return readModule(ctx, mod, path)
	}
	data, err := os.ReadFile(spec)
	// Only the name of a local file is of use to others.
	return data, origin{Path: filepath.Base(spec)}, err
}

func fetch(ctx context.Context, url string) (data []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, resp.Status)
	}
	data, err = io.ReadAll(io.LimitReader(resp.Body, maxSpec+1))
	if err == nil && len(data) > maxSpec {
		err = fmt.Errorf("%s: more than %d bytes", url, maxSpec)
	}
	return data, err
}

// readModule has the go command download and verify the module, so that what is read is what its checksum says.
func readModule(ctx context.Context, mod, path string) ([]byte, origin, error) {
	name, ver, _ := strings.Cut(mod, "@")
	from := origin{Module: name, Version: ver, Path: path}
	if !filepath.IsLocal(path) {
		return nil, from, fmt.Errorf("%s is not a path inside the module", path)
	}
	out, err := exec.CommandContext(ctx, "go", "mod", "download", "-json", mod).Output()
	var found struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(out, &found); jsonErr != nil || found.Error != "" || found.Dir == "" {
		return nil, from, fmt.Errorf("go mod download %s: %w %s", mod, errors.Join(err, jsonErr), found.Error)
	}
	data, err := os.ReadFile(filepath.Join(found.Dir, filepath.FromSlash(path)))
	return data, from, err
}
