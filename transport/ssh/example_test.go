package ssh_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/ssh"
)

// DOCKER_HOST=ssh://root@build1 is reached as ssh would reach it: by ~/.ssh/config, the agent, and known_hosts.
func ExampleHosts() {
	ctx := context.Background()
	engine, err := docker.Open(ctx, ssh.Hosts())
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close() //nolint:errcheck // there is nothing to do about it
	fmt.Println(engine.Info().Version)
}

// A program that brings all that it needs, and reads nothing of the user's.
func ExampleHosts_given() {
	ctx := context.Background()
	engine, err := docker.OpenHost(ctx, "ssh://deploy@build1:2222/run/docker.sock", ssh.Hosts(
		ssh.WithConfigFiles(),
		ssh.WithAgentSocket(""),
		ssh.WithKeyFiles("/etc/deploy/id_ed25519"),
		ssh.WithPassphrases(func(context.Context, string) ([]byte, error) {
			return []byte(os.Getenv("DEPLOY_PASSPHRASE")), nil
		}),
		ssh.WithKnownHosts("/etc/deploy/known_hosts"),
	))
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close() //nolint:errcheck // there is nothing to do about it
}

// A server that is not known says what would make it so.
func ExampleHostKeyError() {
	_, err := docker.OpenHost(context.Background(), "ssh://root@build1", ssh.Hosts())
	if refused, ok := errors.AsType[*ssh.HostKeyError](err); ok && len(refused.Known) == 0 && refused.Revoked == "" {
		fmt.Println(refused.Fingerprint()) // compare it with the server's own before adding this:
		fmt.Println(refused.Line())
	}
	fmt.Println(errors.Is(err, transport.ErrHostKey))
}
