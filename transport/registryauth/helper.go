package registryauth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/gantry-go/gantry/internal/userfile"
	"github.com/gantry-go/gantry/transport"
)

// The client of docker-credential-helpers is not used: it bounds neither the time nor the output of a helper, and its
// errors quote what the helper said.

const (
	helperTimeout = 10 * time.Second
	// helperGrace is how long what a helper has started may keep its output open after the helper's own end.
	helperGrace = time.Second

	// noCredential is how helpers say that they have none, by their protocol.
	noCredential = "credentials not found in native keychain"
	// tokenUser is the user name that says that the secret is an identity token.
	tokenUser = "<token>"
)

// helper is a program docker-credential-NAME, by its name.
type helper string

// path finds the program, in an absolute directory of PATH.
func (h helper) path() (string, error) {
	name := string(h)
	plain := !strings.ContainsFunc(name, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("-_.", c)
	})
	if name == "" || !plain || strings.Contains(name, "..") || name[0] == '-' || len(name) > 128 {
		return "", fmt.Errorf("registryauth: %w: %s is no name of a credential helper", transport.ErrInvalidInput, shown(name))
	}
	path, err := exec.LookPath("docker-credential-" + name)
	if err != nil { // exec.ErrDot, too: what is in the current directory is not run
		return "", h.fail("is not to be found: " + h.reason(err))
	}
	return path, nil
}

// reason is what an error of package exec says, beside the name.
func (h helper) reason(err error) string {
	if e, ok := errors.AsType[*exec.Error](err); ok {
		err = e.Err
	}
	return err.Error()
}

// fail is an error of the helper. What it wrote may hold secrets, and is never in it.
func (h helper) fail(problem string) error {
	return fmt.Errorf("registryauth: %w: docker-credential-%s %s", ErrHelper, string(h), problem)
}

// run has the helper do a verb and returns what it wrote. Found is false where it has no credential.
func (h helper) run(ctx context.Context, verb, input string) (output []byte, found bool, err error) {
	return h.runWithin(ctx, helperTimeout, verb, input)
}

func (h helper) runWithin(ctx context.Context, limit time.Duration, verb, input string) (output []byte, found bool, err error) {
	path, err := h.path()
	if err != nil {
		return nil, false, err
	}
	running, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	stdout := &bounded{full: cancel}
	cmd := exec.CommandContext(running, path, verb)
	cmd.Stdin, cmd.Stdout, cmd.WaitDelay = strings.NewReader(input), stdout, helperGrace
	err = cmd.Run()
	switch {
	case stdout.over:
		return nil, false, h.fail(fmt.Sprintf("wrote more than %d bytes", userfile.Max))
	case ctx.Err() != nil:
		return nil, false, context.Cause(ctx)
	case running.Err() != nil:
		return nil, false, h.fail(fmt.Sprintf("did not answer within %v", limit))
	}
	if _, isExit := errors.AsType[*exec.ExitError](err); isExit && string(bytes.TrimSpace(stdout.data)) == noCredential {
		return nil, false, nil
	}
	if exit, isExit := errors.AsType[*exec.ExitError](err); isExit {
		return nil, false, h.fail("ended with " + exit.String())
	}
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) { // which says that something it started goes on
		return nil, false, h.fail("did not run: " + h.reason(err))
	}
	return stdout.data, true, nil
}

// get asks the helper for the credential of an address.
func (h helper) get(ctx context.Context, address string) (Credential, error) {
	output, found, err := h.run(ctx, "get", address)
	if err != nil || !found {
		return Credential{}, err
	}
	var answer struct{ ServerURL, Username, Secret string }
	if json.Unmarshal(output, &answer) != nil || answer.Secret == "" {
		return Credential{}, h.fail("answered what is no credential")
	}
	asked, _ := splitAddress(address)
	if of, _ := splitAddress(answer.ServerURL); answer.ServerURL != "" && of != asked {
		return Credential{}, h.fail("answered with the credential of another registry")
	}
	if answer.Username == tokenUser {
		return Credential{IdentityToken: answer.Secret}, nil
	}
	return Credential{Username: answer.Username, Password: answer.Secret}, nil
}

// list asks the helper for the addresses of which it has credentials.
func (h helper) list(ctx context.Context) ([]string, error) {
	output, found, err := h.run(ctx, "list", "")
	if err != nil || !found {
		return nil, err
	}
	var answer map[string]string
	if json.Unmarshal(output, &answer) != nil {
		return nil, h.fail("answered what is no list")
	}
	return slices.Sorted(maps.Keys(answer)), nil
}

// bounded keeps at most [userfile.Max] bytes and has the helper ended that writes more.
type bounded struct {
	data []byte // no bytes.Buffer in its place: it would be filled past Write
	full func()
	over bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if len(b.data)+len(p) > userfile.Max {
		b.over = true
		b.full()
		return 0, errors.New("too much")
	}
	b.data = append(b.data, p...)
	return len(p), nil
}
