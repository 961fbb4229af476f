package ssh

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/gantry-go/gantry/internal/canary"
	"github.com/gantry-go/gantry/transport"
)

// TestRow90NoSecretIsShown logs in, and fails to, with keys and passphrases, and looks for them in all that is printed,
// logged, observed or returned.
func TestRow90NoSecretIsShown(t *testing.T) {
	sealed, public := keyFile(t, canary.Secret)
	plainFile, plainPublic := keyFile(t, "")
	given, isKey := private(t, plainFile).(*ed25519.PrivateKey)
	if !isKey {
		t.Fatal("no such key")
	}
	text, err := os.ReadFile(plainFile)
	ok(t, err)
	trap := canary.New(t, string(given.Seed()), strings.Split(string(text), "\n")[2])
	s, _ := accepting(t, public, plainPublic)
	passphrases := func(passphrase string) Option {
		return WithPassphrases(func(context.Context, string) ([]byte, error) { return []byte(passphrase), nil })
	}
	signer, err := ssh.NewSignerFromKey(given)
	ok(t, err)
	other, _ := keyFile(t, "")
	for name, c := range map[string]struct {
		works   bool
		options []Option
	}{
		"passphrase":        {true, []Option{WithKeyFiles(sealed), passphrases(canary.Secret)}},
		"wrong passphrase":  {false, []Option{WithKeyFiles(sealed), passphrases(canary.Secret + "!")}},
		"no passphrase":     {false, []Option{WithKeyFiles(sealed)}},
		"key":               {true, []Option{WithKeyFiles(plainFile)}},
		"given key":         {true, []Option{WithSigners(signer)}},
		"agent":             {true, []Option{WithAgentSocket(anAgent(t, given))}},
		"agent of others":   {false, []Option{WithAgentSocket(anAgent(t, private(t, other)))}},
		"no agent":          {false, []Option{WithAgentSocket("/no/agent"), WithKeyFiles("/no/key")}},
		"broken key":        {false, []Option{WithKeyFiles(write(t, "broken", "-----BEGIN "+canary.Secret+"-----\n"+canary.Secret))}},
		"a half of one":     {false, []Option{WithKeyFiles(write(t, "half", string(text[:len(text)/2])))}},
		"unknown host":      {false, []Option{WithKeyFiles(plainFile), WithKnownHosts(write(t, "k", ""))}},
		"no file of hosts":  {false, []Option{WithSigners(signer), WithKnownHosts("/no/hosts")}},
		"nobody asks twice": {false, []Option{WithKeyFiles(sealed), WithPassphrases(func(context.Context, string) ([]byte, error) { return nil, errors.New("the keyring is locked") })}},
	} {
		t.Run(name, func(t *testing.T) {
			options := append([]Option{WithConfigFiles(), WithAgentSocket(""), WithKnownHosts(s.knownAs(t))}, c.options...)
			hosts := Hosts(options...)
			client, err := transport.New(s.url(), append(trap.Options(), hosts)...)
			ok(t, err)
			defer client.Close() //nolint:errcheck // it is closed below where that matters
			err = ping(t.Context(), client)
			if (err == nil) != c.works {
				t.Errorf("%v", err)
			}
			trap.Err("a call", err)
			conn, err := client.Hijack(t.Context(), opRead.Request())
			trap.Err("an upgrade", err)
			if err == nil {
				trap.Value("a connection", conn)
				trap.Err("closing it", conn.Close())
			}
			r := directRoute(t, s.url(), options...)
			trap.Value("the route", r) // before it is used: nobody but a client has one, so it need not bear to be read by fmt
			stream, err := r.Dial(t.Context())
			trap.Err("a dial", err)
			if err == nil {
				trap.Err("closing it", stream.Close())
			}
			for what, v := range map[string]any{
				"the client": client, "the option": hosts, "the options": options, "by value": fmt.Sprintf("%+v %#v", r.options, r.options),
			} {
				trap.Value(what, v)
			}
			ok(t, client.Close())
			trap.Fails("after the end", ping(t.Context(), client))
		})
	}
	for _, host := range []string{"ssh://me:" + canary.Secret + "@" + s.address, "ssh://:" + canary.Secret + "@host", s.url() + "?" + canary.Secret, s.url() + "#" + canary.Secret} {
		_, err := transport.New(host, append(trap.Options(), Hosts())...)
		trap.Fails("a host", err)
	}
	if trap.Looked() < 1000 {
		t.Errorf("it looked %d times", trap.Looked())
	}
}

// opRead is answered by a stream that can only be read.
var opRead = transport.Operation{Name: "Ping", Method: "GET", Path: "/_ping"}
