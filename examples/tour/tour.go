package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/exec"
	"github.com/gantry-go/gantry/docker/v141/images"
	"github.com/gantry-go/gantry/docker/v141/networks"
	"github.com/gantry-go/gantry/docker/v141/system"
	"github.com/gantry-go/gantry/hijack"
	"github.com/gantry-go/gantry/transport"
)

// tour is the engine, a client of each category that the tour visits, and what one chapter leaves for the next.
type tour struct {
	*ui
	engine *docker.Engine
	calls  *counter

	ctrs  *containers.Client
	imgs  *images.Client
	nets  *networks.Client
	execs *exec.Client
	sys   *system.Client

	own     []string          // the image names that the tour made
	ids     map[string]string // the containers that it made, by name
	started time.Time         // when conny started, by the engine's clock
	missed  []string          // what could not be shown, and why
}

func newTour(engine *docker.Engine, out *ui) *tour {
	calls := &counter{Caller: engine}
	return &tour{
		ui: out, engine: engine, calls: calls, ids: map[string]string{},
		ctrs: containers.New(calls), imgs: images.New(calls), nets: networks.New(calls), execs: exec.New(calls), sys: system.New(calls),
	}
}

// chapter is one thing that people do with an engine.
type chapter struct {
	title string
	run   func(*tour, context.Context) error
}

var chapters = []chapter{
	{"Ping", (*tour).ping},
	{"Pull busybox:musl", (*tour).pull},
	{"Push and pull with a password", (*tour).registry},
	{"Create conny and start it", (*tour).createConny},
	{"Connect conny to a network", (*tour).connect},
	{"Follow the logs", (*tour).followLogs},
	{"Attach, and talk to stdin", (*tour).attach},
	{"Execute a command in conny", (*tour).execute},
	{"Wait for an exit", (*tour).wait},
	{"Inspect", (*tour).inspect},
	{"List with filters", (*tour).list},
	{"Copy a folder in and a path out", (*tour).copy},
	{"Download what does not exist", (*tour).missingPath},
	{"Watch events", (*tour).events},
	{"Measure", (*tour).stats},
	{"Raw calls", (*tour).raw},
}

// visit runs the chapters in order. The first that fails ends the tour.
func (t *tour) visit(ctx context.Context) error {
	for _, c := range chapters {
		t.chapter(c.title)
		begin, before := time.Now(), t.calls.total()
		if err := c.run(t, ctx); err != nil {
			return fmt.Errorf("%s: %w", strings.ToLower(c.title[:1])+c.title[1:], err)
		}
		t.println("    " + t.paint(dim, fmt.Sprintf("%s in %s", count(t.calls.total()-before, "request"), took(time.Since(begin)))))
	}
	return nil
}

// podman says whether the engine is one that only speaks Docker's language. The tour needs to know it for words alone.
func (t *tour) podman() bool { return strings.HasPrefix(t.engine.Info().Name, "Podman") }

func (t *tour) greet() {
	info := t.engine.Info()
	name := "Docker"
	if t.podman() {
		name = "Podman"
	}
	t.println(t.paint(bold, "gantry") + ", a tour of one container engine by typed calls")
	t.println(t.paint(dim, fmt.Sprintf("%s %s on %s/%s, API %s to %s, at %s (%s)",
		name, info.Version, info.OS, info.Arch, info.MinAPIVersion, info.APIVersion, t.engine.Host(), t.engine.Source())))
}

// sum ends a tour that went well.
func (t *tour) sum(total time.Duration) {
	text := fmt.Sprintf("\n%s, %s in %s: all is well", count(t.chapters, "chapter"), count(t.calls.total(), "request"), took(total))
	if len(t.missed) > 0 {
		text += ", save what this machine could not show:"
	}
	t.println(t.paint(green, text))
	for _, m := range t.missed {
		t.println("  " + m)
	}
}

// miss says that something cannot be shown here, now and in the end.
func (t *tour) miss(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	t.note("%s", text)
	t.missed = append(t.missed, clean(text))
}

// counter is a [transport.Caller] around another, which is all that it takes to watch every call of every client.
type counter struct {
	transport.Caller
	n atomic.Int64
}

func (c *counter) total() int64 { return c.n.Load() }

// Do implements [transport.Caller].
func (c *counter) Do(ctx context.Context, r *transport.Request) (*http.Response, error) {
	c.n.Add(1)
	return c.Caller.Do(ctx, r)
}

// Hijack implements [transport.Caller].
func (c *counter) Hijack(ctx context.Context, r *transport.Request) (*hijack.Conn, error) {
	c.n.Add(1)
	return c.Caller.Hijack(ctx, r)
}
