package docker_test

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/images"
	"github.com/gantry-go/gantry/podman"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/keys"
	"github.com/gantry-go/gantry/transport/npipe"
	"github.com/gantry-go/gantry/transport/proxy"
	"github.com/gantry-go/gantry/transport/registryauth"
	"github.com/gantry-go/gantry/transport/slogcalls"
	"github.com/gantry-go/gantry/transport/ssh"
)

// The lines of README.md's table of ways in are parts of these, which have no output: no machine has them all.

// Every way in, a line each.
func Example_connect() {
	var (
		ctx       = context.Background()
		dial      transport.DialFunc
		config    *tls.Config
		ca, cert  []byte
		key       transport.Secret
		ask       func() ([]byte, error)
		anyOfThem = func(engine any, err error) {}
	)

	anyOfThem(docker.Open(ctx))
	anyOfThem(podman.Open(ctx))
	anyOfThem(docker.OpenContext(ctx, "colima"))
	anyOfThem(podman.OpenConnection(ctx, "build"))
	anyOfThem(docker.OpenHost(ctx, "unix:///run/user/1000/docker.sock"))
	anyOfThem(docker.OpenHost(ctx, "tcp://127.0.0.1:2375"))
	anyOfThem(docker.OpenHost(ctx, "tcp://build1:2376",
		transport.WithTLSFiles(transport.TLSFiles{CA: "ca.pem", Cert: "cert.pem", Key: "key.pem"})))
	anyOfThem(docker.OpenHost(ctx, "tcp://build1:2376",
		transport.WithTLSFiles(transport.TLSFiles{CAPEM: ca, CertPEM: cert, KeyPEM: key})))
	anyOfThem(docker.OpenHost(ctx, "https://build1:2376", transport.WithTLS(config)))
	anyOfThem(docker.Open(ctx, transport.WithDecryptKey(keys.Passphrase(ask))))
	anyOfThem(docker.OpenHost(ctx, "ssh://root@build1", ssh.Hosts()))
	anyOfThem(docker.OpenHost(ctx, "npipe:////./pipe/docker_engine", npipe.Hosts()))
	anyOfThem(docker.OpenHost(ctx, "tcp://build1:2375", proxy.Through("http://proxy:3128")))
	anyOfThem(docker.OpenHost(ctx, "tcp://build1:2375", transport.WithDialer(dial)))
	anyOfThem(docker.Open(ctx, ssh.Hosts(), npipe.Hosts()))
}

// Credentials for a registry, from wherever they are.
func Example_credentials() {
	_ = pull(context.Background(), nil)
}

func pull(ctx context.Context, engine transport.Caller) error {
	pull, err := images.New(engine).Create(ctx, nil, &images.CreateOptions{
		FromImage: "registry.example/app", Tag: "v1",
		RegistryAuth: registryauth.Default(), // what docker login and podman login left
	})
	if err != nil {
		return err
	}
	return pull.Wait()
}

// A program that looks and does not touch, and says what it does.
func Example_watch() {
	_ = watch(context.Background())
}

func watch(ctx context.Context) error {
	engine, err := docker.Open(ctx,
		transport.WithObserver(slogcalls.New(slog.Default(), nil)),
		transport.WithPolicy(transport.ReadOnly))
	if err != nil {
		return err
	}
	defer engine.Close() //nolint:errcheck // it is an example
	err = containers.New(engine).Delete(ctx, "conny", nil)
	if errors.Is(err, transport.ErrRefused) { // nothing was sent
		return nil
	}
	return err
}
