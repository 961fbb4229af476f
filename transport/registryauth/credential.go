package registryauth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/gantry-go/gantry/transport"
)

// Credential is what one registry wants to know. What is empty is not sent; the zero value is nobody, which is
// [transport.Anonymous].
type Credential struct {
	// Username and Password are the plain way; a password may be an access token.
	Username, Password string
	// ServerAddress is the registry, "registry.example:5000" or, for Docker Hub, "https://index.docker.io/v1/".
	ServerAddress string
	// IdentityToken stands in place of the password: the engine exchanges it for an access token.
	IdentityToken string
	// RegistryToken is a bearer token that the engine sends to the registry as it is.
	RegistryToken string
	// Email is what old registries want.
	Email string
}

// wire is a credential as engines read it.
type wire struct {
	Username      string `json:"username,omitempty"`
	Password      string `json:"password,omitempty"`
	ServerAddress string `json:"serveraddress,omitempty"`
	IdentityToken string `json:"identitytoken,omitempty"`
	RegistryToken string `json:"registrytoken,omitempty"`
	Email         string `json:"email,omitempty"`
}

// Config has a credential for each registry, by the address that names of images begin with. It is a [Provider], too:
// New(config) picks the one for the image that a call is about.
type Config map[string]Credential

// unsendable is a header that no request takes. Encoding must not change a credential in silence, and the request is
// where a caller looks for an error.
const unsendable = transport.Secret("\x00")

// Header encodes the credential for X-Registry-Auth. One with text that is not valid UTF-8 makes a header with which
// a request is refused before it is sent, with [transport.ErrInvalidInput].
func (c Credential) Header() transport.Secret {
	if !c.valid() {
		return unsendable
	}
	return encode(wire(c))
}

// Header encodes the credentials for X-Registry-Config, as [Credential.Header] does one.
func (c Config) Header() transport.Secret {
	all := make(map[string]wire, len(c))
	for address, credential := range c {
		if !credential.valid() || !utf8.ValidString(address) {
			return unsendable
		}
		all[address] = wire(credential)
	}
	return encode(all)
}

// Credential implements [Provider].
func (c Config) Credential(_ context.Context, q Query) (Credential, error) {
	for repository := q.Repository; repository != ""; repository = parent(repository) {
		if found, ok := c[joinAddress(q.Registry, repository)]; ok {
			return found, nil
		}
	}
	_, found, _ := find(c, q.Registry, q.Registry, func(repository string) bool { return repository == "" })
	return found, nil
}

// Registries implements [Lister].
func (c Config) Registries(context.Context, string) ([]string, error) {
	return slices.Sorted(maps.Keys(c)), nil
}

// valid reports whether JSON can hold the credential as it is.
func (c Credential) valid() bool {
	for _, s := range []string{c.Username, c.Password, c.ServerAddress, c.IdentityToken, c.RegistryToken, c.Email} {
		if !utf8.ValidString(s) {
			return false
		}
	}
	return true
}

// encode writes JSON in the URL-safe alphabet with padding. Engines refuse the standard one as soon as the text holds
// one of the two characters that differ.
func encode(v any) transport.Secret {
	data, err := json.Marshal(v)
	if err != nil {
		return unsendable // strings alone cannot fail
	}
	return transport.Secret(base64.URLEncoding.EncodeToString(data))
}

var errEncoding = errors.New("not an encoded credential")

// Decode reads an X-Registry-Auth header, for an engine of your own or a test. The error does not repeat the header.
func Decode(header transport.Secret) (Credential, error) {
	var w wire
	err := decode(header, &w)
	return Credential(w), err
}

// DecodeConfig reads an X-Registry-Config header, as [Decode] does the other.
func DecodeConfig(header transport.Secret) (Config, error) {
	var all map[string]wire
	if err := decode(header, &all); err != nil {
		return nil, err
	}
	c := make(Config, len(all))
	for address, w := range all {
		c[address] = Credential(w)
	}
	return c, nil
}

func decode(header transport.Secret, v any) error {
	data, err := base64.URLEncoding.DecodeString(string(header))
	if err != nil || json.Unmarshal(data, v) != nil {
		return errEncoding // what failed could quote a secret
	}
	return nil
}

const redacted = "[redacted]"

// String returns a placeholder.
func (c Credential) String() string { return redacted }

// GoString returns a placeholder.
func (c Credential) GoString() string { return redacted }

// Format writes a placeholder, whatever the verb and flags.
func (c Credential) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue hides the credential from structured logs.
func (c Credential) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText hides the credential from encoders, JSON's among them.
func (c Credential) MarshalText() ([]byte, error) { return []byte(redacted), nil }
