package registryauth

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/gantry-go/gantry/internal/userfile"
)

// Default returns a keyring that knows what docker login and podman login have left: the credential that the command
// line of the engine in question would use, and where that has none, the other's. It is [Docker] before [Podman] for a
// call of Docker's API, and [Podman] before [Docker] for one of Podman's.
func Default() *Keyring { return New(byEngine{Docker(), Podman()}) }

// Docker returns a keyring that knows what the docker command line knows: the text in DOCKER_AUTH_CONFIG, and else
// config.json in DOCKER_CONFIG or ~/.docker, with the credential helpers that it names. Of a registry that credHelpers
// names, the helper decides; of the others credsStore does if it is set, and else auths. Files are read and helpers run
// for each call, so that a later login counts; nothing is remembered. What cannot be read or run is an error, and never
// means that there is no credential.
func Docker() *Keyring {
	return New(source(func() ([]*file, error) {
		var files []*file
		const variable = "DOCKER_AUTH_CONFIG"
		if text := os.Getenv(variable); text != "" {
			if len(text) > userfile.Max {
				return nil, fmt.Errorf("registryauth: %s is larger than %d bytes", variable, userfile.Max)
			}
			f, err := parseFile(variable, []byte(text))
			if err != nil {
				return nil, err
			}
			files = append(files, &file{Auths: f.Auths}) // helpers cannot be named there
		}
		path, err := dockerConfig()
		if err != nil {
			return nil, err
		}
		f, err := readFile(path)
		return append(files, f), err
	}))
}

// Podman returns a keyring that knows what the podman command line knows: the file in REGISTRY_AUTH_FILE, which must
// be there, or else containers/auth.json in XDG_RUNTIME_DIR or /run/containers/UID, containers/auth.json in
// XDG_CONFIG_HOME or ~/.config, and config.json of docker, in this order. They may have credentials for a part of a
// registry ("registry.example/team"), of which the longest that fits counts, and credHelpers; credsStore is docker's
// alone. Helpers that registries.conf names are not asked. All else is as for [Docker].
func Podman() *Keyring {
	return New(source(func() ([]*file, error) {
		paths, err := podmanPaths()
		if err != nil {
			return nil, err
		}
		var files []*file
		for _, path := range paths {
			f, err := readFile(path)
			if err != nil {
				return nil, err
			}
			f.CredsStore = ""
			f.namespaced = true
			files = append(files, f)
		}
		return files, nil
	}))
}

// File returns a keyring that knows what one file says, in the format of docker's config.json and Podman's auth.json.
// The file must be there when a credential is asked for. All else is as for [Docker], with the parts of registries as
// for [Podman].
func File(path string) *Keyring {
	return New(source(func() ([]*file, error) {
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("registryauth: %w", err)
		}
		f, err := readFile(path)
		if err != nil {
			return nil, err
		}
		f.namespaced = true
		return []*file{f}, nil
	}))
}

// homeDir is the user's home, also for services, which are started without HOME.
func homeDir() (string, error) {
	dir, err := os.UserHomeDir()
	if err != nil {
		u, unknown := user.Current()
		if unknown != nil {
			return "", fmt.Errorf("registryauth: %w", err)
		}
		dir = u.HomeDir
	}
	return dir, nil
}

// dockerConfig is where docker keeps its configuration.
func dockerConfig() (string, error) {
	dir := os.Getenv("DOCKER_CONFIG")
	if dir == "" {
		home, err := homeDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(home, ".docker")
	}
	return filepath.Join(dir, "config.json"), nil
}

// podmanPaths are the files in which Podman looks.
func podmanPaths() ([]string, error) {
	if path := os.Getenv("REGISTRY_AUTH_FILE"); path != "" {
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("registryauth: REGISTRY_AUTH_FILE: %w", err)
		}
		return []string{path}, nil
	}
	home, err := homeDir()
	if err != nil {
		return nil, err
	}
	const name = "containers/auth.json"
	var paths []string
	if runtime.GOOS == "linux" || runtime.GOOS == "freebsd" {
		path := filepath.Join("/run/containers", strconv.Itoa(os.Getuid()), "auth.json")
		if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
			path = filepath.Join(dir, name)
		}
		paths = append(paths, path)
	}
	paths = append(paths, filepath.Join(cmp.Or(os.Getenv("XDG_CONFIG_HOME"), filepath.Join(home, ".config")), name))
	docker, err := dockerConfig()
	return append(paths, docker), err
}

// source reads files, the first of which that has a credential counts.
type source func() ([]*file, error)

// Credential implements [Provider].
func (s source) Credential(ctx context.Context, q Query) (Credential, error) {
	files, err := s()
	if err != nil {
		return Credential{}, err
	}
	for _, f := range files {
		if c, err := f.credential(ctx, q); err != nil || c != (Credential{}) {
			return c, err
		}
	}
	return Credential{}, nil
}

// Registries implements [Lister].
func (s source) Registries(ctx context.Context, _ string) ([]string, error) {
	files, err := s()
	if err != nil {
		return nil, err
	}
	var all []string
	for _, f := range files {
		all = append(all, slices.Sorted(maps.Keys(f.CredHelpers))...)
		if f.CredsStore == "" {
			all = append(all, slices.Sorted(maps.Keys(f.Auths))...)
			continue
		}
		stored, err := helper(f.CredsStore).list(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, stored...)
	}
	return all, nil
}

// credential looks a credential up in a file, or has the helper that the file names do so.
func (f *file) credential(ctx context.Context, q Query) (Credential, error) {
	address := loginAddress(q.Registry)
	exact, whole := address, func(repository string) bool { return repository == "" }
	if f.namespaced {
		exact = q.Registry
	}
	if key, name, found := find(f.CredHelpers, q.Registry, exact, whole); found {
		if f.namespaced {
			address = key // podman asks by the name in the file, docker by its own
		}
		return helper(name).get(ctx, address)
	}
	if f.CredsStore != "" {
		return helper(f.CredsStore).get(ctx, address)
	}
	if f.namespaced {
		for repository := q.Repository; repository != ""; repository = parent(repository) {
			name := joinAddress(q.Registry, repository)
			if entry, found := f.Auths[name]; found {
				return entry.credential(strconv.Quote(name))
			}
		}
	} else {
		whole = func(string) bool { return true } // docker looks at the host alone
	}
	name, entry, found := find(f.Auths, q.Registry, exact, whole)
	if !found {
		return Credential{}, nil
	}
	return entry.credential(strconv.Quote(name))
}

// parent drops the last part of a repository's name.
func parent(repository string) string {
	i := strings.LastIndexByte(repository, '/')
	return repository[:max(i, 0)]
}

// byEngine asks one keyring first for Docker's API, the other for Podman's.
type byEngine struct{ docker, podman *Keyring }

func (b byEngine) order(engine string) *Keyring {
	if engine == podman {
		return New(b.podman, b.docker)
	}
	return New(b.docker, b.podman)
}

// Credential implements [Provider].
func (b byEngine) Credential(ctx context.Context, q Query) (Credential, error) {
	return b.order(q.Engine).Credential(ctx, q)
}

// Registries implements [Lister].
func (b byEngine) Registries(ctx context.Context, engine string) ([]string, error) {
	return b.order(engine).Registries(ctx, engine)
}
