package registryauth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/gantry-go/gantry/transport"
)

// Provider finds the credential for a registry: in files, with a credential helper, in a vault of yours. It is used
// concurrently. [New] makes a [Keyring] of providers, which the options of generated calls take.
type Provider interface {
	// Credential returns the credential for what is asked for, or the zero Credential where it has none. An error
	// ends the call for which it was asked, unsent; it must hold no secret.
	Credential(ctx context.Context, q Query) (Credential, error)
}

// Func is a [Provider] made of a function.
type Func func(ctx context.Context, q Query) (Credential, error)

// Credential implements [Provider].
func (f Func) Credential(ctx context.Context, q Query) (Credential, error) { return f(ctx, q) }

// Lister is a [Provider] that knows which registries it has credentials for. Only those reach a build, unless
// [Keyring.Only] says which are meant.
type Lister interface {
	Provider
	// Registries returns the addresses of the registries, with or without the beginning of a repository's name behind
	// them: "registry.example:5000", "registry.example/team".
	Registries(ctx context.Context, engine string) ([]string, error)
}

// Query is what a credential is wanted for.
type Query struct {
	// Registry is the registry as references name it, in lower case: "docker.io", "registry.example:5000".
	Registry string
	// Repository is the image's name in the registry, "library/busybox"; empty where all of the registry is meant.
	Repository string
	// Engine is whose API the credential is for, "docker" or "podman"; empty where nobody said.
	Engine string
	// Refused says that the registry has just refused what was found before: what is remembered is to be fetched anew.
	Refused bool
}

// Keyring gives each call the credentials for the registry that it is about, and no other's. It is a
// [transport.RegistryAuth], so that the options of generated calls take it as they take a header. A Keyring holds no
// credential itself: its providers are asked for each call anew. It is safe for concurrent use if they are.
type Keyring struct {
	// providers are behind a function, which prints as an address: where a keyring is in a field that is not
	// exported, fmt does not see its methods and would print what it holds.
	providers func() []Provider
	only      []string // addresses that the keyring is limited to, nil for none
}

// New returns a keyring of providers, which are asked in this order: the first that has a credential for a registry
// gives it. A keyring is a provider itself.
func New(providers ...Provider) *Keyring {
	providers = slices.Clone(providers)
	return &Keyring{providers: func() []Provider { return providers }}
}

// Only returns a keyring that has credentials for these registries alone. A build is given the credentials of all
// registries that are listed, as by docker and podman; with Only it gets those that it needs, and no helper is run for
// another. An address is written as docker login takes it; for Podman the beginning of a repository's name may follow.
func (k *Keyring) Only(registries ...string) *Keyring {
	return &Keyring{providers: k.providers, only: append([]string{}, registries...)}
}

// Credential implements [Provider]. The credential's ServerAddress is filled in.
func (k *Keyring) Credential(ctx context.Context, q Query) (Credential, error) {
	registry, rest := splitAddress(q.Registry)
	if registry == "" || rest != "" {
		return Credential{}, fmt.Errorf("registryauth: %w: %s is no address of a registry", transport.ErrInvalidInput, shown(q.Registry))
	}
	q.Registry = registry
	if !k.permits(q) {
		return Credential{}, nil
	}
	for _, p := range k.providers() {
		c, err := p.Credential(ctx, q)
		if err != nil {
			return Credential{}, err
		}
		if c == (Credential{}) {
			continue
		}
		if c.ServerAddress == "" {
			c.ServerAddress = loginAddress(registry)
		} else if of, _ := splitAddress(c.ServerAddress); of != registry {
			return Credential{}, fmt.Errorf("registryauth: %w: asked for the credential of %s, a provider gave that of another registry",
				transport.ErrInvalidInput, registry)
		}
		return c, nil
	}
	return Credential{}, nil
}

// permits reports whether the keyring is not limited to others.
func (k *Keyring) permits(q Query) bool {
	return k.only == nil || slices.ContainsFunc(k.only, func(address string) bool {
		registry, repository := splitAddress(address)
		return registry == q.Registry && (repository == "" || repository == q.Repository || strings.HasPrefix(q.Repository, repository+"/"))
	})
}

// Registries implements [Lister]. It fails where a provider is none, unless the keyring is limited by [Keyring.Only].
func (k *Keyring) Registries(ctx context.Context, engine string) ([]string, error) {
	if k.only != nil {
		return k.only, nil
	}
	var all []string
	for _, p := range k.providers() {
		l, ok := p.(Lister)
		if !ok {
			return nil, fmt.Errorf("registryauth: %w: a provider cannot list its registries: name them with Only", transport.ErrInvalidInput)
		}
		addresses, err := l.Registries(ctx, engine)
		if err != nil {
			return nil, err
		}
		all = append(all, addresses...)
	}
	return all, nil
}

// podman is the engine whose headers may say which registry a credential is for.
const podman = "podman"

// RegistryHeader implements [transport.RegistryAuth].
func (k *Keyring) RegistryHeader(ctx context.Context, q transport.RegistryQuery) (transport.Secret, error) {
	if q.Header == "X-Registry-Config" {
		return k.all(ctx, q)
	}
	if q.Image == "" {
		return "", fmt.Errorf("registryauth: %w: the request names no image whose registry could be told", transport.ErrInvalidInput)
	}
	image, err := Parse(q.Image)
	if err != nil {
		return "", err
	}
	if q.Engine == podman && isShort(q.Image) {
		return k.all(ctx, q) // the engine decides which registry it means
	}
	image.Engine, image.Refused = q.Engine, q.Refused != ""
	c, err := k.Credential(ctx, image)
	if err != nil || c == (Credential{}) {
		return "", err
	}
	if q.Engine == podman && c.IdentityToken == "" && c.RegistryToken == "" {
		// Podman uses a credential that comes alone for whichever registry its own configuration leads to; one that
		// comes with an address, for that registry. It drops tokens of such.
		return Config{image.Registry: c}.Header(), nil
	}
	return c.Header(), nil
}

// all encodes the credentials of every registry that is listed.
func (k *Keyring) all(ctx context.Context, q transport.RegistryQuery) (transport.Secret, error) {
	addresses, err := k.Registries(ctx, q.Engine)
	if err != nil {
		return "", err
	}
	config := Config{}
	for _, address := range addresses {
		registry, repository := splitAddress(address)
		key := joinAddress(registry, repository)
		if q.Engine != podman { // which knows no credentials for a part of a registry
			key, repository = loginAddress(registry), ""
		}
		if _, done := config[key]; done || registry == "" {
			continue
		}
		c, err := k.Credential(ctx, Query{Registry: registry, Repository: repository, Engine: q.Engine, Refused: q.Refused != ""})
		if err != nil {
			return "", err
		}
		if c != (Credential{}) {
			config[key] = c
		}
	}
	if len(config) == 0 {
		return "", nil
	}
	return config.Header(), nil
}

// String tells what it is.
func (k *Keyring) String() string { return "[registry credentials]" }

// GoString tells what it is.
func (k *Keyring) GoString() string { return k.String() }

// Format tells what it is, whatever the verb and flags: a provider may hold secrets.
func (k *Keyring) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(k.String())) }

// LogValue hides the providers from structured logs.
func (k *Keyring) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText hides the providers from encoders.
func (k *Keyring) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// ErrHelper is what [errors.Is] finds in the error of a credential helper that is missing, failed, or answered what is
// no credential.
var ErrHelper = errors.New("credential helper failed")
