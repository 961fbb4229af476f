package registryauth

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/gantry-go/gantry/internal/userfile"
)

// file is what config.json and auth.json say of credentials.
type file struct {
	Auths       map[string]fileEntry `json:"auths"`
	CredsStore  string               `json:"credsStore"`
	CredHelpers map[string]string    `json:"credHelpers"`
	namespaced  bool                 // entries may be for a part of a registry
}

// fileEntry is a credential as docker login and podman login write it.
type fileEntry struct {
	Auth          string `json:"auth"` // base64 of user:password, in place of both
	Username      string `json:"username"`
	Password      string `json:"password"`
	IdentityToken string `json:"identitytoken"`
	RegistryToken string `json:"registrytoken"`
	Email         string `json:"email"`
}

// readFile reads a configuration file; one that is not there, or is empty, says nothing.
func readFile(path string) (*file, error) {
	data, err := userfile.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &file{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("registryauth: %w", err)
	}
	return parseFile(path, data)
}

// parseFile reads what came from somewhere. The error does not repeat the text, which holds secrets.
func parseFile(from string, data []byte) (*file, error) {
	f := &file{}
	if len(bytes.TrimSpace(data)) == 0 {
		return f, nil
	}
	if err := json.Unmarshal(data, f); err != nil {
		problem := "is no JSON document"
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			problem = fmt.Sprintf("holds a JSON value of the wrong kind at byte %d", wrong.Offset)
		}
		return nil, fmt.Errorf("registryauth: %s %s", from, problem)
	}
	return f, nil
}

// find returns the name and the value of the entry that is for the registry as a whole. Files have been written with
// several names for the same registry: an entry that has the very name goes first, then the one that sorts first.
func find[V any](entries map[string]V, registry, exact string, whole func(repository string) bool) (name string, v V, found bool) {
	if v, found = entries[exact]; found {
		return exact, v, true
	}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		if of, repository := splitAddress(name); of == registry && whole(repository) {
			return name, entries[name], true
		}
	}
	return "", v, false
}

// credential decodes an entry; where says which, for the error.
func (e fileEntry) credential(where string) (Credential, error) {
	c := Credential{
		Username: e.Username, Password: e.Password, IdentityToken: e.IdentityToken, RegistryToken: e.RegistryToken, Email: e.Email,
	}
	if e.Auth != "" {
		data, err := base64.StdEncoding.DecodeString(e.Auth)
		user, password, found := strings.Cut(string(data), ":")
		if err != nil || !found || user == "" {
			return Credential{}, fmt.Errorf("registryauth: %s: auth is not user:password in base64", where)
		}
		c.Username, c.Password = user, strings.Trim(password, "\x00")
	}
	if c.Username == "" && c.Password == "" && c.IdentityToken == "" && c.RegistryToken == "" {
		return Credential{}, nil // an address that was logged out of
	}
	return c, nil
}
