package docker

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gantry-go/gantry/internal/discover"
	"github.com/gantry-go/gantry/internal/userfile"
	"github.com/gantry-go/gantry/transport"
)

// defaultContext is the name that stands for no context.
const defaultContext = "default"

// isContextName holds to what the docker command line takes. A regular expression would weigh 110 KB in every program.
func isContextName(name string) bool {
	alphanumeric := func(b byte) bool {
		return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
	}
	if len(name) < 2 || !alphanumeric(name[0]) {
		return false
	}
	for i := range len(name) {
		if !alphanumeric(name[i]) && strings.IndexByte("_.+-", name[i]) < 0 {
			return false
		}
	}
	return true
}

// fromContext reads a docker context. Its files are in folders named by the hash of its name, so that no name leads
// elsewhere.
func fromContext(env *discover.Environment, name, source string) (*named, error) {
	refuse := func(err error) (*named, error) {
		return nil, fmt.Errorf("%s: %w", source, discover.Invalid("docker context", err))
	}
	if !isContextName(name) {
		return refuse(errors.New("no context has such a name"))
	}
	dir := configDir(env)
	if dir == "" {
		return refuse(errNoHome)
	}
	sum := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(sum[:])

	path := filepath.Join(dir, "contexts", "meta", id, "meta.json")
	data, err := userfile.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return refuse(fmt.Errorf("there is no such context: %s: %w", path, fs.ErrNotExist))
	} else if err != nil {
		return refuse(err)
	}
	endpoint, err := parseContext(data)
	if err != nil {
		return refuse(fmt.Errorf("%s: %w", path, err))
	}
	n := &named{host: endpoint.Host, source: source, context: name}
	if n.host == "" {
		n.host = platformHost(env.OS) // as the command line has it
	}
	if !overTCP(n.host) {
		return n, nil
	}
	var files *transport.TLSFiles
	tlsDir := filepath.Join(dir, "contexts", "tls", id, "docker")
	if info, err := os.Stat(tlsDir); err == nil && info.IsDir() {
		files = tlsFiles(tlsDir, false)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return refuse(err) // it may be what makes the difference to plain text
	}
	if endpoint.SkipTLSVerify {
		if files == nil {
			files = new(transport.TLSFiles)
		}
		files.SkipVerify = true
	}
	n.useTLS(files)
	if env.Getenv("DOCKER_TLS_VERIFY") != "" {
		switch {
		case n.tls == nil && !strings.HasPrefix(n.host, "https://"):
			return refuse(errors.New("DOCKER_TLS_VERIFY is set, and the context speaks plain text"))
		case n.tls != nil && n.tls.SkipVerify:
			return refuse(errors.New("DOCKER_TLS_VERIFY is set, and the context skips verification"))
		}
	}
	return n, nil
}

// contextEndpoint is what a context says of its engine.
type contextEndpoint struct {
	Host          string `json:"Host"`
	SkipTLSVerify bool   `json:"SkipTLSVerify"`
}

// parseContext reads a context's meta.json as the command line reads it.
func parseContext(data []byte) (contextEndpoint, error) {
	var meta struct {
		Endpoints map[string]*contextEndpoint `json:"Endpoints"`
	}
	if err := discover.Document(data, &meta); err != nil {
		return contextEndpoint{}, err
	}
	endpoint := meta.Endpoints["docker"]
	if endpoint == nil {
		return contextEndpoint{}, errors.New("it has no docker endpoint")
	}
	return *endpoint, nil
}
