package docker

import (
	"net"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/gantry-go/gantry/internal/discover"
	"github.com/gantry-go/gantry/transport"
)

// fullHost completes what stands in DOCKER_HOST by the rules of the docker command line: without a scheme it is one of
// tcp, and what is left out is localhost, port 2375 (also with TLS), or the usual socket or pipe. What those rules do
// not touch is left to the transport, which refuses what it does not dial; an empty host remains empty.
func fullHost(given, system string) (string, error) {
	scheme, rest, found := strings.Cut(given, "://")
	if !found && given != "" {
		if strings.ContainsAny(given[:1], `/\@`) { // the command line makes an address of localhost of it
			return "", transport.InvalidHost("has no scheme, and looks like a socket: write unix:// before it")
		}
		// The command line takes it for the name of a host, and asks for its address.
		if name, path, colon := strings.Cut(given, ":"); colon && isScheme(name) && (path == "" || path[0] == '/') {
			return "", transport.InvalidHost("has no scheme, which ends with ://, as in unix:///path")
		}
		scheme, rest = "tcp", given
	}
	switch {
	case scheme == "tcp":
		return fullTCP(rest)
	case rest == "" && scheme == "unix":
		return "unix://" + systemSocket, nil
	case rest == "" && scheme == "npipe":
		return systemPipe, nil
	}
	return given, nil
}

// isScheme reports whether a name is that of a scheme, and of a host only by a slip.
func isScheme(name string) bool {
	switch strings.ToLower(name) {
	case "unix", "npipe", "ssh", "fd", "tcp", "http", "https":
		return true
	}
	return false
}

func fullTCP(rest string) (string, error) {
	u, err := url.Parse("tcp://" + strings.TrimSuffix(rest, ":"))
	if err != nil { // whose text may hold a password
		return "", transport.InvalidHost("is not a URL")
	}
	host, port := u.Hostname(), u.Port()
	if strings.Contains(host, ":") && u.Host[0] != '[' { // two ports, or IPv6 without its brackets
		return "", transport.InvalidHost("is not a URL")
	}
	if host == "" {
		host = "localhost"
	}
	if port == "" {
		port = "2375"
	}
	u.Host = net.JoinHostPort(host, port)
	return u.String(), nil
}

const (
	systemSocket = "/var/run/docker.sock"
	systemPipe   = "npipe:////./pipe/docker_engine"
)

// platformHost is where the docker command line looks where nothing names an engine.
func platformHost(system string) string {
	if system == "windows" {
		return systemPipe
	}
	return "unix://" + systemSocket
}

// usualHosts returns where engines listen, the most usual first. All folders are of the system or the user's own.
func usualHosts(env *discover.Environment) []string {
	if env.OS == "windows" {
		return append([]string{systemPipe, "npipe:////./pipe/dockerDesktopLinuxEngine"}, env.PodmanSockets()...)
	}
	paths := []string{
		env.System(systemSocket),
		env.InRuntime("docker.sock"),                    // rootless
		env.InHome(".docker", "run", "docker.sock"),     // Docker Desktop, and rootless without a session
		env.InHome(".docker", "desktop", "docker.sock"), // Docker Desktop on Linux
	}
	if colima := env.Getenv("COLIMA_HOME"); colima != "" {
		paths = append(paths, filepath.Join(colima, "default", "docker.sock"))
	}
	paths = append(paths,
		env.InHome(".colima", "default", "docker.sock"),
		env.InConfig("colima", "default", "docker.sock"),
		env.InHome(".orbstack", "run", "docker.sock"),
		env.InHome(".rd", "docker.sock"), // Rancher Desktop
	)
	return append(discover.Sockets(paths...), env.PodmanSockets()...)
}

// usualSource names a usual host for people.
func usualSource(host string) string { return strings.TrimPrefix(host, "unix://") }
