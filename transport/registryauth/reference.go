package registryauth

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/distribution/reference"

	"github.com/gantry-go/gantry/transport"
)

const (
	hub = "docker.io"
	// hubLogin is where docker keeps the credential of Docker Hub, and what Docker wants it to be called.
	hubLogin = "https://index.docker.io/v1/"

	// maxReference bounds what is parsed; the grammar allows 255 bytes of a name, a tag and a digest.
	maxReference = 1 << 10
)

// Parse tells the registry of an image, and its name there, by the rules of the engines: "busybox" is
// "library/busybox" of "docker.io". What is no reference is of class [transport.ErrInvalidInput].
func Parse(image string) (Query, error) {
	name := strings.TrimPrefix(image, "docker://") // which Podman takes
	if len(name) > maxReference {
		return Query{}, fmt.Errorf("registryauth: %w: a reference of %d bytes", transport.ErrInvalidInput, len(name))
	}
	named, err := reference.ParseNormalizedNamed(name) // what the engines do themselves
	if err != nil {
		return Query{}, fmt.Errorf("registryauth: %w: %s is no reference to an image in a registry", transport.ErrInvalidInput, shown(image))
	}
	registry, _ := splitAddress(reference.Domain(named))
	return Query{Registry: registry, Repository: reference.Path(named)}, nil
}

// shown quotes what a caller gave, unless it may hold a password, as what precedes a @ does.
func shown(text string) string {
	if strings.Contains(text, "@") {
		return "what was given"
	}
	return strconv.Quote(text[:min(len(text), 128)])
}

// isShort reports whether a reference names no registry.
func isShort(image string) bool {
	name := strings.TrimPrefix(image, "docker://")
	first, _, found := strings.Cut(name, "/")
	return name == image && (!found || !strings.ContainsAny(first, ".:") && first != "localhost" && strings.ToLower(first) == first)
}

// splitAddress takes apart a registry's address in any of the forms that configuration files and logins have: a host
// with or without a port, the same as a URL, or with the beginning of a repository's name behind it. A URL means the
// registry as a whole. It is no URL parser on purpose: what is not a plain host is kept as it is, and equals none.
func splitAddress(address string) (registry, repository string) {
	rest, isURL := address, false
	if scheme, after, found := strings.Cut(address, "://"); found {
		if !strings.EqualFold(scheme, "https") && !strings.EqualFold(scheme, "http") {
			return "", ""
		}
		rest, isURL = after, true
	}
	registry, repository, _ = strings.Cut(rest, "/")
	registry = strings.ToLower(registry)
	switch registry {
	case "index.docker.io", "registry-1.docker.io":
		registry = hub
	}
	repository = strings.TrimSuffix(repository, "/")
	if isURL || repository == "v1" || repository == "v2" { // of the registry's API
		repository = ""
	}
	return registry, repository
}

// joinAddress is what splitAddress takes apart.
func joinAddress(registry, repository string) string {
	if repository == "" {
		return registry
	}
	return registry + "/" + repository
}

// loginAddress is the name under which docker keeps a registry's credential.
func loginAddress(registry string) string {
	if registry == hub {
		return hubLogin
	}
	return registry
}
