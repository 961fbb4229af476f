// Command tour calls a real container engine in every way that the SDK knows, and shows what comes of it: images,
// containers, networks, logs, attach, exec, archives, events, statistics, raw requests.
//
// It finds the engine as [docker.Open] does, or takes -host. It makes three containers and a network, all labelled as
// its own, and one image where the engine has none; it removes them in the end, also when it fails half way or is
// interrupted.
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
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/gantry-go/gantry/docker"
)

func main() {
	host := flag.String("host", "", "address of the engine: unix:///path, tcp://host:port (default: DOCKER_HOST, or the usual sockets)")
	flag.Parse()
	// A reader that goes away, as in "tour | head", must not end the tour before it has cleaned up.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)

	out := newUI(os.Stdout)
	err := run(ctx, stop, *host, out)
	if err == nil {
		return
	}
	out.endBar()
	fmt.Fprintln(os.Stderr, "tour:", err)
	if _, none := errors.AsType[*docker.NoEngineError](err); none {
		fmt.Fprintln(os.Stderr, `Is an engine running? Name it by DOCKER_HOST or -host, or let "make demo" start one.`)
	}
	os.Exit(1)
}

var errInterrupted = errors.New("interrupted")

// run opens the engine, makes the tour, and cleans up, whatever happened. Once it cleans up it calls stop, so that a
// second interrupt ends the program at once.
func run(ctx context.Context, stop func(), host string, out *ui) (err error) {
	begin := time.Now()
	engine, err := open(ctx, host)
	if err != nil {
		return err
	}
	defer engine.Close() //nolint:errcheck // every answer has been read

	t := newTour(engine, out)
	t.greet()
	if err := t.arrive(ctx); err != nil {
		return err
	}
	defer func() {
		if ctx.Err() != nil {
			err = errInterrupted // and not what the calls made of it
		}
		stop()
		cleaning, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		if err = errors.Join(err, t.leave(cleaning)); err == nil {
			t.sum(time.Since(begin))
		}
	}()
	return t.visit(ctx)
}

func open(ctx context.Context, host string) (*docker.Engine, error) {
	if host != "" {
		return docker.OpenHost(ctx, host)
	}
	return docker.Open(ctx)
}
