// Package discover looks for engines where the docker and podman command lines look: in the environment, in their
// files, on the usual sockets. Packages docker and podman share it.
package discover

import (
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
)

// Environment is what a search goes by. Tests make one up, of any system.
type Environment struct {
	// Getenv returns a variable of the environment, empty where it is not set.
	Getenv func(name string) string
	// OS is the system, as runtime.GOOS has it.
	OS string
	// Home is the user's folder, empty where there is none.
	Home string
	// UID is the user's number, -1 where users have none.
	UID int
	// Root stands before the paths of the system; it is empty but in tests.
	Root string
}

// Here is the environment of this process.
func Here() *Environment {
	e := &Environment{Getenv: os.Getenv, OS: runtime.GOOS, UID: os.Getuid()}
	if home, err := os.UserHomeDir(); err == nil {
		e.Home = home
	} else if u, err := user.Current(); err == nil && e.OS != "windows" {
		e.Home = u.HomeDir // as the command lines have it
	}
	return e
}

// System is a path of the system's.
func (e *Environment) System(path string) string { return filepath.FromSlash(e.Root + path) }

// InHome is a path below the user's folder; empty where there is none.
func (e *Environment) InHome(elements ...string) string { return below(e.Home, elements) }

// InRuntime is a path below the folder where the user's programs have their sockets; empty where there is none.
func (e *Environment) InRuntime(elements ...string) string {
	dir := e.Getenv("XDG_RUNTIME_DIR")
	if dir == "" && e.OS == "linux" && e.UID > 0 { // nobody else can make this folder
		dir = e.System("/run/user/" + strconv.Itoa(e.UID))
	}
	return below(dir, elements)
}

// InConfig is a path below the folder where the user's programs have their settings; empty where there is none.
func (e *Environment) InConfig(elements ...string) string {
	if dir := e.Getenv("XDG_CONFIG_HOME"); dir != "" {
		return below(dir, elements)
	}
	return below(e.InHome(".config"), elements)
}

// below joins, unless there is no folder: a path that has lost its beginning would be looked up in the working folder,
// where anybody's files may be.
func below(dir string, elements []string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(append([]string{dir}, elements...)...)
}

// Sockets makes hosts of the paths of sockets, leaving out the empty ones and those that are there already.
func Sockets(paths ...string) []string {
	hosts := make([]string, 0, len(paths))
	seen := map[string]bool{"": true}
	for _, path := range paths {
		if !seen[path] {
			seen[path] = true
			hosts = append(hosts, "unix://"+path)
		}
	}
	return hosts
}

// PodmanSockets are where Podman listens: the user's own, the system's, and those by which it reaches its virtual
// machine.
func (e *Environment) PodmanSockets() []string {
	if e.OS == "windows" {
		return []string{"npipe:////./pipe/podman-machine-default"}
	}
	paths := []string{e.InRuntime("podman", "podman.sock"), e.System("/run/podman/podman.sock")}
	if e.OS == "freebsd" {
		paths = append(paths, e.System("/var/run/podman/podman.sock"))
	}
	paths = append(paths, e.InRuntime("podman", "podman-machine-default-api.sock"))
	if e.OS == "darwin" { // where TMPDIR is the user's own; /tmp would be anybody's
		paths = append(paths, below(e.Getenv("TMPDIR"), []string{"podman", "podman-machine-default-api.sock"}))
	}
	machine := func(elements ...string) string {
		return e.InHome(append([]string{".local", "share", "containers", "podman", "machine"}, elements...)...)
	}
	return Sockets(append(paths, machine("podman.sock"), machine("podman-machine-default", "podman.sock"), machine("qemu", "podman.sock"))...)
}
