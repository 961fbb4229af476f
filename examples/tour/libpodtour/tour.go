// Package libpodtour is the tour of Podman by libpod's API, which is its own. A file has the chapters of one kind; they
// are read in any order.
package libpodtour

import (
	"fmt"
	"time"

	"github.com/gantry-go/gantry/examples/tour/guide"
	"github.com/gantry-go/gantry/podman"
	"github.com/gantry-go/gantry/podman/v43/containers"
	"github.com/gantry-go/gantry/podman/v43/exec"
	"github.com/gantry-go/gantry/podman/v43/images"
	"github.com/gantry-go/gantry/podman/v43/kube"
	"github.com/gantry-go/gantry/podman/v43/manifests"
	"github.com/gantry-go/gantry/podman/v43/networks"
	"github.com/gantry-go/gantry/podman/v43/pods"
	"github.com/gantry-go/gantry/podman/v43/secrets"
	"github.com/gantry-go/gantry/podman/v43/system"
	"github.com/gantry-go/gantry/podman/v43/volumes"
	"github.com/gantry-go/gantry/transport"
)

// Tour is the engine, a client of each category that the tour visits, and what one chapter leaves for the next.
type Tour struct {
	*guide.Guide
	engine *podman.Engine
	calls  transport.Caller // the engine, watched

	ctrs  *containers.Client
	execs *exec.Client
	imgs  *images.Client
	kubes *kube.Client
	lists *manifests.Client
	nets  *networks.Client
	pds   *pods.Client
	secs  *secrets.Client
	sys   *system.Client
	vols  *volumes.Client

	own     []string        // the image names that the tour made
	pauses  map[string]bool // the images for pods' infrastructure that were there before
	started time.Time       // when conny started, by the engine's clock
}

// New prepares the tour of an engine. The caller closes the engine, after the tour.
func New(engine *podman.Engine, g *guide.Guide) *Tour {
	calls := g.Watch(engine)
	return &Tour{
		Guide: g, engine: engine, calls: calls,
		ctrs: containers.New(calls), execs: exec.New(calls), imgs: images.New(calls), kubes: kube.New(calls), lists: manifests.New(calls),
		nets: networks.New(calls), pds: pods.New(calls), secs: secrets.New(calls), sys: system.New(calls), vols: volumes.New(calls),
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
		{Title: "Check conny's health", Run: t.health},
		{Title: "Keep files in a volume", Run: t.volume},
		{Title: "Give a container a secret", Run: t.secret},
		{Title: "Run a pod", Run: t.pod},
		{Title: "Play Kubernetes YAML", Run: t.play},
		{Title: "Write Kubernetes YAML", Run: t.generate},
		{Title: "Put a manifest list together", Run: t.manifest},
		{Title: "Checkpoint conny and restore it", Run: t.checkpoint},
		{Title: "Raw calls", Run: t.raw},
	}
}

// Engine implements [guide.Tour].
func (t *Tour) Engine() string {
	info := t.engine.Info()
	return fmt.Sprintf("Podman %s on %s/%s, libpod API %s to %s, at %s (%s)",
		info.Version, info.OS, info.Arch, info.MinAPIVersion, info.APIVersion, t.engine.Host(), t.engine.Source())
}
