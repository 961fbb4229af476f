package registryauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/registryauth"
)

// asked asks docker's configuration, which is to name one helper, for registry.example.
func asked(t *testing.T, ctx context.Context, helper string) (registryauth.Credential, error) { //nolint:revive // t goes first
	t.Helper()
	config, _ := json.Marshal(map[string]any{"credHelpers": map[string]string{"registry.example": helper}})
	write(t, string(config), user(t), ".docker", "config.json")
	c, err := registryauth.Docker().Credential(ctx, registryauth.Query{Registry: "registry.example"})
	if err != nil {
		for text := range strings.SplitSeq(fmt.Sprintf("%v\n%+v\n%#v\n%q", err, err, err, err), "\n") {
			if strings.Contains(text, canary) {
				t.Errorf("the error holds the secret: %s", text)
			}
		}
	}
	return c, err
}

func TestHelperAnswers(t *testing.T) {
	helpers(t, "good", "token", "none", "noserver", "lingers", "x-1_y.z")
	for helper, want := range map[string]registryauth.Credential{
		"good":     {Username: "alice", Password: canary + " of good", ServerAddress: "registry.example"},
		"noserver": {Username: "alice", Password: canary + " of noserver", ServerAddress: "registry.example"},
		"token":    {IdentityToken: canary + " of token", ServerAddress: "registry.example"},
		"lingers":  {Username: "alice", Password: canary + " of lingers", ServerAddress: "registry.example"},
		"x-1_y.z":  {Username: "alice", Password: canary + " of x-1_y.z", ServerAddress: "registry.example"},
		"none":     {},
	} {
		if got, err := asked(t, t.Context(), helper); err != nil || got != want {
			t.Errorf("%s: not what it said (%v)", helper, err)
		}
	}
}

// TestRow91HelperNames has names that would lead elsewhere, and a helper there.
func TestRow91HelperNames(t *testing.T) {
	helpers(t, "good")
	dir := os.Getenv("PATH")
	for _, name := range []string{
		"", "-good", "../good", "..", "a..b", "sub/good", "/good", `sub\good`, "good ", "good;true", "$(good)", "good\n", "good\x00", "gööd",
		strings.Repeat("x", 4096), dir + "/docker-credential-good", "user:" + canary + "@host",
	} {
		c, err := asked(t, t.Context(), name)
		if !errors.Is(err, transport.ErrInvalidInput) || c != (registryauth.Credential{}) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestRow91HelperFails has helpers that give no credential, which is never the same as that there is none.
func TestRow91HelperFails(t *testing.T) {
	helpers(t, "fails", "garbage", "number", "nosecret", "other", "flood")
	for name, want := range map[string]string{
		"missing":  "is not to be found: executable file not found",
		"fails":    "ended with exit status 3",
		"garbage":  "answered what is no credential",
		"number":   "answered what is no credential",
		"nosecret": "answered what is no credential",
		"other":    "answered with the credential of another registry",
		"flood":    "wrote more than 1048576 bytes",
	} {
		c, err := asked(t, t.Context(), name)
		if !errors.Is(err, registryauth.ErrHelper) || !strings.Contains(err.Error(), "docker-credential-"+name+" "+want) || c != (registryauth.Credential{}) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	if _, err := asked(t, t.Context(), "missing"); strings.Contains(err.Error(), "\n") {
		t.Errorf("more than a line: %v", err)
	}
}

func TestRow91HelperIsSlow(t *testing.T) {
	helpers(t, "slow")
	err := registryauth.RunHelper(t.Context(), "slow", 50*time.Millisecond)
	if !errors.Is(err, registryauth.ErrHelper) || !strings.Contains(err.Error(), "did not answer within 50ms") || strings.Contains(err.Error(), canary) {
		t.Error(err)
	}
	if registryauth.HelperTimeout != 10*time.Second {
		t.Errorf("a helper has %v", registryauth.HelperTimeout)
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, errors.New("enough"))
	defer cancel()
	if _, err := asked(t, ctx, "slow"); err == nil || err.Error() != "enough" {
		t.Errorf("a context that ends: %v", err)
	}
}

// TestRow91HelperOfTheCurrentDirectory has a helper where none is looked for.
func TestRow91HelperOfTheCurrentDirectory(t *testing.T) {
	helpers(t, "good")
	dir := os.Getenv("PATH")
	t.Chdir(dir)
	for _, path := range []string{"", ".", "." + string(filepath.ListSeparator), "./.", "../" + filepath.Base(dir)} {
		t.Setenv("PATH", path)
		if c, err := asked(t, t.Context(), "good"); !errors.Is(err, registryauth.ErrHelper) || c != (registryauth.Credential{}) {
			t.Errorf("PATH %q: %v", path, err)
		}
	}
}
