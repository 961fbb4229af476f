// Command tour calls a real container engine in every way that the SDK knows, and shows what comes of it: images,
// containers, networks, logs, attach, exec, archives, events, statistics, raw requests.
//
// With -engine docker, which is the default, it speaks Docker's API, which Podman does, too; see package dockertour. With
// -engine podman-libpod it speaks Podman's own, and also shows pods, secrets, volumes, Kubernetes YAML, manifest
// lists, health checks and checkpoints; see package libpodtour.
//
// It finds the engine as [docker.Open] and [podman.Open] do. Every way in will do:
//
//	unix:///run/user/1000/docker.sock          a socket of this machine
//	tcp://127.0.0.1:2375                       TCP, where nobody listens in
//	tcp://build.example.com:2376               TLS, with DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH; for Podman, CONTAINER_TLS_CA, ...
//	ssh://me@build.example.com/run/docker.sock a server that known_hosts and ~/.ssh/config tell of
//	npipe:////./pipe/docker_engine             a named pipe, on Windows
//
// The flag -host names one as DOCKER_HOST does, or CONTAINER_HOST for podman-libpod, so that what these go with, such as
// DOCKER_CERT_PATH, holds for it too. Keys must not want a passphrase, save those that an ssh agent holds.
//
// All that the tour makes is labelled as its own, save an image where the engine has none; it removes it in the end,
// also when it fails half way or is interrupted.
//
// For the chapter about registries it wants one that asks for a password, which the environment names:
// TOUR_REGISTRY (host:port), TOUR_REGISTRY_USER and TOUR_REGISTRY_PASSWORD. Without, it starts one itself if the
// programs docker-registry and htpasswd are installed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/examples/tour/dockertour"
	"github.com/gantry-go/gantry/examples/tour/guide"
	"github.com/gantry-go/gantry/examples/tour/libpodtour"
	"github.com/gantry-go/gantry/podman"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/npipe"
	"github.com/gantry-go/gantry/transport/ssh"
)

func main() {
	kind := flag.String("engine", "docker", "API to speak: docker, or podman-libpod")
	host := flag.String("host", "", "address of the engine, in place of DOCKER_HOST or, for podman-libpod, CONTAINER_HOST: unix:///path, "+
		"tcp://host:port, https://host:port, ssh://user@host:port/path, npipe:////./pipe/name (default: what the environment names, or the usual sockets)")
	flag.Parse()
	// A reader that goes away, as in "tour | head", must not end the tour before it has cleaned up.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)

	err := run(ctx, stop, *kind, *host)
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "tour:", err)
	if variable := wanting(err); variable != "" {
		fmt.Fprintf(os.Stderr, "Is an engine running? Name it by %s or -host, or let \"make demo\" start one.\n", variable)
	}
	os.Exit(1)
}

func run(ctx context.Context, stop func(), kind, host string) error {
	g := guide.New(guide.NewPage(os.Stdout))
	tour, engine, err := open(ctx, kind, host, g)
	if err != nil {
		return err
	}
	defer engine.Close() //nolint:errcheck // every answer has been read
	return g.Lead(ctx, stop, tour)
}

// variables name the engine, by what -engine says.
var variables = map[string]string{"docker": "DOCKER_HOST", "podman-libpod": "CONTAINER_HOST"}

// open finds the engine and the tour for it. The caller closes the engine.
func open(ctx context.Context, kind, host string, g *guide.Guide) (guide.Tour, io.Closer, error) {
	if variable, known := variables[kind]; known && host != "" {
		// Not by OpenHost: that asks the environment for nothing, so that TLS which is wanted there would be left out.
		if err := os.Setenv(variable, host); err != nil {
			return nil, nil, err
		}
	}
	// A program has the ways in that it imports; sockets and TCP are always there.
	ways := []transport.Option{ssh.Hosts(), npipe.Hosts()}
	switch kind {
	case "docker":
		engine, err := docker.Open(ctx, ways...)
		if err != nil {
			return nil, nil, err
		}
		return dockertour.New(engine, g), engine, nil
	case "podman-libpod":
		engine, err := podman.Open(ctx, ways...)
		if err != nil {
			return nil, nil, err
		}
		return libpodtour.New(engine, g), engine, nil
	}
	return nil, nil, fmt.Errorf("-engine is docker or podman-libpod, not %q", kind)
}

// wanting returns the variable that could have named an engine, if the error is that none was found.
func wanting(err error) string {
	if _, none := errors.AsType[*docker.NoEngineError](err); none {
		return variables["docker"]
	}
	if _, none := errors.AsType[*podman.NoEngineError](err); none {
		return variables["podman-libpod"]
	}
	return ""
}
