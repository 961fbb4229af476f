package docker

import (
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

// decide looks for an engine that is named, in the order of the docker command line.
func decide(env *discover.Environment) (*named, []error, error) {
	if env.Getenv("DOCKER_HOST") != "" {
		return decideWithout(env)
	}
	passed := []error{errNotSet("DOCKER_HOST")}
	name, source := env.Getenv("DOCKER_CONTEXT"), "DOCKER_CONTEXT"
	if name == "" {
		passed = append(passed, errNotSet("DOCKER_CONTEXT"))
		current, path, err := currentContext(env)
		switch {
		case errors.Is(err, transport.ErrInvalidInput):
			return nil, nil, err
		case err != nil:
			passed = append(passed, err)
		}
		name, source = current, "the current context of "+path
	}
	switch name {
	case "":
	case defaultContext:
		passed = append(passed, fmt.Errorf("%s is the default one, which names no engine", source))
	default:
		n, err := fromContext(env, name, source+" "+discover.Quote(name))
		return n, passed, err
	}
	n, more, err := decideWithout(env)
	return n, append(passed, more[min(len(more), 1):]...), err // DOCKER_HOST is there already
}

// decideWithout looks for an engine that is named without a context.
func decideWithout(env *discover.Environment) (*named, []error, error) {
	given := env.Getenv("DOCKER_HOST")
	host, err := fullHost(strings.TrimSpace(given), env.OS)
	if err != nil {
		return nil, nil, fmt.Errorf("DOCKER_HOST: %w", err)
	}
	passed := []error{errNotSet("DOCKER_HOST")}
	source := "DOCKER_HOST"
	if host == "" {
		asks := firstSet(env, "DOCKER_TLS_VERIFY", "DOCKER_TLS")
		if asks == "" {
			return nil, passed, nil
		}
		host, source = "tcp://localhost:2376", asks
	} else {
		passed = nil
	}
	n := &named{host: host, source: source}
	if overTCP(host) {
		asks, files, err := environmentTLS(env)
		if err != nil {
			return nil, nil, fmt.Errorf("%s is set: %w", asks, err)
		}
		n.useTLS(files)
	}
	return n, passed, nil
}

func errNotSet(variable string) error { return errors.New(variable + " is not set") }

// firstSet returns the first of the variables that is set.
func firstSet(env *discover.Environment, variables ...string) string {
	for _, v := range variables {
		if env.Getenv(v) != "" {
			return v
		}
	}
	return ""
}

// overTCP reports whether an engine is reached over the network by HTTP, so that TLS is a question.
func overTCP(host string) bool {
	scheme, _, _ := strings.Cut(host, "://")
	return scheme == "tcp" || scheme == "http" || scheme == "https"
}

// useTLS makes the host one of TLS, whatever its scheme: where there are files for it, nothing goes in plain text.
func (n *named) useTLS(files *transport.TLSFiles) {
	n.tls = files
	if rest, plain := strings.CutPrefix(n.host, "http://"); plain && files != nil {
		n.host = "https://" + rest
	}
}

// environmentTLS returns the TLS files that the environment asks for, if it does, and the variable by which. An engine
// is never spoken to in plain text because a file is missing: that is for the transport to refuse, which reads them.
func environmentTLS(env *discover.Environment) (asks string, files *transport.TLSFiles, err error) {
	if asks = firstSet(env, "DOCKER_TLS_VERIFY", "DOCKER_TLS", "DOCKER_CERT_PATH"); asks == "" {
		return "", nil, nil
	}
	dir := env.Getenv("DOCKER_CERT_PATH")
	if dir == "" {
		dir = configDir(env)
	}
	if dir == "" {
		return asks, nil, discover.Invalid("TLS files", errNoHome)
	}
	return asks, tlsFiles(dir, true), nil
}

// tlsFiles are the files of a folder as the docker command line names them. It may lack those of the client, and, but
// for those that need it, the one of the authorities.
func tlsFiles(dir string, needCA bool) *transport.TLSFiles {
	there := func(name string) string {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return ""
		}
		return path
	}
	files := &transport.TLSFiles{CA: there("ca.pem"), Cert: there("cert.pem"), Key: there("key.pem")}
	if files.CA == "" && needCA {
		files.CA = filepath.Join(dir, "ca.pem")
	}
	if files.Cert != "" || files.Key != "" { // one without the other is for the transport to refuse
		files.Cert, files.Key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	}
	return files
}

var errNoHome = errors.New("this user has no home folder, and DOCKER_CONFIG is not set")

// configDir is where the docker command line has its files; empty where there is no such folder.
func configDir(env *discover.Environment) string {
	if dir := env.Getenv("DOCKER_CONFIG"); dir != "" {
		return dir
	}
	return env.InHome(".docker")
}

// currentContext returns the context that config.json chooses and the file's path, or why it chooses none. A file that
// is there and makes no sense is an ErrInvalidInput: it may have chosen another engine than would be found without.
func currentContext(env *discover.Environment) (name, path string, err error) {
	dir := configDir(env)
	if dir == "" {
		return "", "", errNoHome
	}
	path = filepath.Join(dir, "config.json")
	data, err := userfile.Read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", path, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	case errors.Is(err, fs.ErrPermission): // what the user may not read is not the user's choice
		return "", path, fmt.Errorf("%s: %w", path, fs.ErrPermission)
	case err != nil:
		return "", path, discover.Invalid("docker configuration", err)
	}
	var config struct {
		CurrentContext string `json:"currentContext"`
	}
	// The command line reads it so, too: the first document of the file, an empty one being none.
	if err := discover.Settings(data, &config); err != nil {
		return "", path, discover.Invalid("docker configuration", fmt.Errorf("%s: %w", path, err))
	}
	if config.CurrentContext == "" {
		return "", path, fmt.Errorf("%s chooses no context", path)
	}
	return config.CurrentContext, path, nil
}
