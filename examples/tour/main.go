// Command tour calls a real container engine in every way that the SDK knows, and shows what comes of it: images,
// containers, networks, logs, attach, exec, archives, events, statistics, raw requests.
//
// With -engine docker, which is the default, it speaks Docker's API, which Podman does, too; see package dockertour. With
// -engine podman-libpod it speaks Podman's own, and also shows pods, secrets, volumes, Kubernetes YAML, manifest
// lists, health checks and checkpoints; see package libpodtour.
//
// It finds the engine as [docker.Open] and [podman.Open] do, or takes -host. All that it makes is labelled as its own, save an
// image where the engine has none; it removes it in the end, also when it fails half way or is interrupted.
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
)

func main() {
	kind := flag.String("engine", "docker", "API to speak: docker, or podman-libpod")
	host := flag.String("host", "", "address of the engine: unix:///path, tcp://host:port (default: DOCKER_HOST, for podman-libpod CONTAINER_HOST, or the usual sockets)")
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

// open finds the engine and the tour for it. The caller closes the engine.
func open(ctx context.Context, kind, host string, g *guide.Guide) (guide.Tour, io.Closer, error) {
	switch kind {
	case "docker":
		engine, err := openDocker(ctx, host)
		if err != nil {
			return nil, nil, err
		}
		return dockertour.New(engine, g), engine, nil
	case "podman-libpod":
		engine, err := openPodman(ctx, host)
		if err != nil {
			return nil, nil, err
		}
		return libpodtour.New(engine, g), engine, nil
	}
	return nil, nil, fmt.Errorf("-engine is docker or podman-libpod, not %q", kind)
}

func openDocker(ctx context.Context, host string) (*docker.Engine, error) {
	if host != "" {
		return docker.OpenHost(ctx, host)
	}
	return docker.Open(ctx)
}

func openPodman(ctx context.Context, host string) (*podman.Engine, error) {
	if host != "" {
		return podman.OpenHost(ctx, host)
	}
	return podman.Open(ctx)
}

// wanting returns the variable that could have named an engine, if the error is that none was found.
func wanting(err error) string {
	if _, none := errors.AsType[*docker.NoEngineError](err); none {
		return "DOCKER_HOST"
	}
	if _, none := errors.AsType[*podman.NoEngineError](err); none {
		return "CONTAINER_HOST"
	}
	return ""
}
