// Package dockertour is the tour of an engine by Docker's API, which Podman speaks too. A file has the chapters of one
// kind; they are read in any order.
package dockertour

import (
	"fmt"
	"strings"
	"time"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/exec"
	"github.com/gantry-go/gantry/docker/v141/images"
	"github.com/gantry-go/gantry/docker/v141/networks"
	"github.com/gantry-go/gantry/docker/v141/system"
	"github.com/gantry-go/gantry/examples/tour/guide"
	"github.com/gantry-go/gantry/transport"
)

// Tour is the engine, a client of each category that the tour visits, and what one chapter leaves for the next.
type Tour struct {
	*guide.Guide
	engine *docker.Engine
	calls  transport.Caller // the engine, watched

	ctrs  *containers.Client
	imgs  *images.Client
	nets  *networks.Client
	execs *exec.Client
	sys   *system.Client

	own     []string  // the image names that the tour made
	started time.Time // when conny started, by the engine's clock
}

// New prepares the tour of an engine. The caller closes the engine, after the tour.
func New(engine *docker.Engine, g *guide.Guide) *Tour {
	calls := g.Watch(engine)
	return &Tour{
		Guide: g, engine: engine, calls: calls,
		ctrs: containers.New(calls), imgs: images.New(calls), nets: networks.New(calls), execs: exec.New(calls), sys: system.New(calls),
	}
}

// Chapters implements [guide.Tour].
func (t *Tour) Chapters() []guide.Chapter {
	return []guide.Chapter{
		{Title: "Ping", Run: t.ping},
		{Title: "Pull busybox:musl", Run: t.pull},
		{Title: "Push and pull with a password", Run: t.registry},
		{Title: "Create conny and start it", Run: t.createConny},
		{Title: "Connect conny to a network", Run: t.connect},
		{Title: "Follow the logs", Run: t.followLogs},
		{Title: "Attach, and talk to stdin", Run: t.attach},
		{Title: "Execute a command in conny", Run: t.execute},
		{Title: "Wait for an exit", Run: t.wait},
		{Title: "Inspect", Run: t.inspect},
		{Title: "List with filters", Run: t.list},
		{Title: "Copy a folder in and a path out", Run: t.copy},
		{Title: "Download what does not exist", Run: t.missingPath},
		{Title: "Watch events", Run: t.events},
		{Title: "Measure", Run: t.stats},
		{Title: "Raw calls", Run: t.raw},
	}
}

// podman says whether the engine is one that only speaks Docker's language. The tour needs to know it for words alone.
func (t *Tour) podman() bool { return strings.HasPrefix(t.engine.Info().Name, "Podman") }

// Engine implements [guide.Tour].
func (t *Tour) Engine() string {
	info := t.engine.Info()
	name := "Docker"
	if t.podman() {
		name = "Podman"
	}
	return fmt.Sprintf("%s %s on %s/%s, API %s to %s, at %s (%s)",
		name, info.Version, info.OS, info.Arch, info.MinAPIVersion, info.APIVersion, t.engine.Host(), t.engine.Source())
}
