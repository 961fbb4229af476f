package podman

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/gantry-go/gantry/internal/discover"
	"github.com/gantry-go/gantry/internal/userfile"
)

// destination is a podman connection as the files have it.
type destination struct {
	URI       string `json:"URI" toml:"uri"`
	Identity  string `json:"Identity" toml:"identity"`
	TLSCA     string `json:"TLSCA" toml:"tls_ca"`
	TLSCert   string `json:"TLSCert" toml:"tls_cert"`
	TLSKey    string `json:"TLSKey" toml:"tls_key"`
	IsMachine bool   `json:"IsMachine" toml:"is_machine"`
}

// connections is what the files say, which Podman keeps in two places: those of podman-connections.json, since Podman 5,
// go before those of containers.conf.
type connections struct {
	list struct { // podman-connections.json
		Connection struct {
			Default     string                 `json:"Default"`
			Connections map[string]destination `json:"Connections"`
		} `json:"Connection"`
	}
	conf struct { // containers.conf
		Engine struct {
			ActiveService       string                 `toml:"active_service"`
			ServiceDestinations map[string]destination `toml:"service_destinations"`
		} `toml:"engine"`
	}
	listPath   string   // of podman-connections.json
	activePath string   // of the containers.conf that set the active service last
	read       []string // the files that there are
}

// chosen returns the name of the default connection and the file that has it.
func (c *connections) chosen() (name, path string) {
	if name = c.list.Connection.Default; name != "" {
		return name, c.listPath
	}
	return c.conf.Engine.ActiveService, c.activePath
}

// named returns a connection by its name.
func (c *connections) named(name, source string) (*named, error) {
	d, found := c.list.Connection.Connections[name]
	if !found {
		d, found = c.conf.Engine.ServiceDestinations[name]
	}
	if !found {
		return nil, fmt.Errorf("%s: %w", source, discover.Invalid("podman connection", errors.New("there is no such connection")))
	}
	n := &named{host: absolute(d.URI), source: source, connection: name, machine: d.IsMachine}
	n.use(d)
	return n, nil
}

// readConnections reads all files. One that is there and makes no sense is an ErrInvalidInput: it may have chosen
// another engine than would be found without.
func readConnections(env *discover.Environment) (*connections, error) {
	all := new(connections)
	paths, err := confPaths(env)
	if err != nil {
		return nil, discover.Invalid("podman configuration", err)
	}
	for _, path := range paths {
		if err := all.readConf(path); err != nil {
			return nil, discover.Invalid("podman configuration", err)
		}
	}
	if all.listPath = env.Getenv("PODMAN_CONNECTIONS_CONF"); all.listPath == "" {
		all.listPath = userConf(env, "podman-connections.json")
	}
	if err := all.readList(); err != nil {
		return nil, discover.Invalid("podman configuration", err)
	}
	if len(all.read) == 0 {
		all.read = []string{"containers.conf and podman-connections.json, which are not there"}
	}
	return all, nil
}

// confPaths returns where a containers.conf may be, each having the last word over those before it.
func confPaths(env *discover.Environment) (paths []string, err error) {
	if path := env.Getenv("CONTAINERS_CONF"); path != "" {
		if _, err := os.Stat(path); err != nil { // it was asked for by name
			return nil, fmt.Errorf("CONTAINERS_CONF: %w", err)
		}
		paths = []string{path}
	} else {
		system := []string{env.System("/usr/share/containers/containers.conf"), env.System("/etc/containers/containers.conf")}
		if env.OS == "windows" {
			system = []string{filepath.Join(env.Getenv("ProgramData"), "containers", "containers.conf")}
		}
		paths = append(paths, system...)
		for _, path := range []string{system[len(system)-1], userConf(env, "containers.conf")} {
			if path == "" {
				continue
			}
			if path != system[len(system)-1] {
				paths = append(paths, path)
			}
			more, err := dropIns(path + ".d")
			if err != nil {
				return nil, err
			}
			paths = append(paths, more...)
		}
	}
	if path := env.Getenv("CONTAINERS_CONF_OVERRIDE"); path != "" {
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("CONTAINERS_CONF_OVERRIDE: %w", err)
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// userConf is the path of a file of the user's; empty where the user has no folder.
func userConf(env *discover.Environment, name string) string {
	if env.OS == "windows" {
		if dir := env.Getenv("APPDATA"); dir != "" {
			return filepath.Join(dir, "containers", name)
		}
		return ""
	}
	return env.InConfig("containers", name)
}

// dropIns returns the files of a folder of settings, in order.
func dropIns(dir string) (paths []string, err error) {
	entries, err := os.ReadDir(dir) // sorted
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, entry := range entries {
		if !entry.IsDir() && strings.HasSuffix(entry.Name(), ".conf") {
			paths = append(paths, filepath.Join(dir, entry.Name()))
		}
	}
	return paths, nil
}

// readConf lays a containers.conf over what was read before.
func (c *connections) readConf(path string) error {
	data, err := userfile.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	c.read = append(c.read, path)
	meta, err := toml.Decode(string(data), &c.conf)
	if err != nil { // whose text has what stands there, and these files may hold secrets
		if at, ok := errors.AsType[toml.ParseError](err); ok {
			return fmt.Errorf("%s: line %d cannot be read", path, at.Position.Line)
		}
		return fmt.Errorf("%s: the connections are not of the form that they have", path)
	}
	if meta.IsDefined("engine", "active_service") {
		c.activePath = path
	}
	return nil
}

// readList reads podman-connections.json.
func (c *connections) readList() error {
	if c.listPath == "" {
		return nil
	}
	data, err := userfile.Read(c.listPath)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	c.read = append(c.read, c.listPath)
	// Podman reads it so, too: the first document of the file. It writes an object, but an empty file is none.
	if err := discover.Settings(data, &c.list); err != nil {
		return fmt.Errorf("%s: %w", c.listPath, err)
	}
	return nil
}
