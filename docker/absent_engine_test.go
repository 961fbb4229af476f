package docker_test

import (
	"bytes"
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/catalog"
	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/internal/enginetest/byname"
)

// absentRow is one boolean option of Docker's API: what an engine takes an absent one for, and an effect to tell by. A test
// of the generator holds that each that is a pointer has a row, and each that the overlay makes a boolean.
type absentRow struct {
	at     string // operation and parameter
	engine string // docker or podman; empty for both
	absent string // true or false; unread where the engine does not read the parameter at all
	yes    string // the effect of true, where a sentence says more than that it differs from that of false
	// try calls the operation with the parameter as it is given, and says what came of it.
	try func(t *testing.T, p *tried, given catalog.Args) string
	// unseen says why no effect can be seen here.
	unseen string
	// like is the operation whose row tells, for the engine reads both by the same code.
	like string
	// since and until are the major versions of the engines that this is true of.
	since, until int
}

const unread = "unread"

// absentRows has the rows by their operations.
var absentRows = []absentRow{
	// ---- containers ----
	{at: "ContainerAttach.logs", absent: "false", try: attachLogs},
	{at: "ContainerAttach.stream", engine: "docker", absent: "false", try: attachStream},
	{at: "ContainerAttach.stream", engine: "podman", absent: "true", try: attachStream},
	{at: "ContainerDelete.v", absent: "false", try: anonymousVolume},
	{at: "ContainerDelete.force", absent: "false", try: deleteRunning},
	{at: "ContainerInspect.size", absent: "false", try: inspectSize},
	{at: "ContainerList.all", absent: "false", try: listStopped},
	{at: "ContainerLogs.details", engine: "docker", absent: "false", yes: "kind=x line", try: logsDetails},
	{at: "ContainerLogs.details", engine: "podman", absent: unread, try: logsDetails},
	{at: "ContainerLogs.timestamps", absent: "false", try: logsTimestamps},
	{at: "PutContainerArchive.copyUIDGID", engine: "docker", absent: "false", yes: "7:8, of 5:6 refused", try: owners, until: 20},
	{at: "PutContainerArchive.copyUIDGID", engine: "docker", absent: "false", yes: "7:8, of 5:6 5:6", try: owners, since: 21},
	{at: "PutContainerArchive.copyUIDGID", engine: "podman", absent: "false", yes: "0:0, of 5:6 5:6", try: owners},
	{at: "PutContainerArchive.noOverwriteDirNonDir", absent: "false", try: folderOverFile},
	{at: "ContainerPutArchive.copyUIDGID", absent: "false", like: "PutContainerArchive"}, // API 1.27 calls it so
	{at: "ContainerPutArchive.noOverwriteDirNonDir", absent: "false", like: "PutContainerArchive"},
	{at: "ContainerStats.stream", absent: "true", try: statsAgain},
	{at: "ContainerStats.one-shot", engine: "docker", absent: "false", yes: "alone", try: statsOnce},
	{at: "ContainerStats.one-shot", engine: "podman", absent: unread, yes: "alone", try: statsOnce},

	// ---- images ----
	{at: "ImageBuild.rm", engine: "docker", absent: "true", try: buildLeaves},
	{at: "ImageBuild.rm", engine: "podman", absent: "true", unseen: "lists of this API leave the containers of builds out"},
	{at: "ImageBuild.forcerm", engine: "docker", absent: "false", try: failedBuildLeaves},
	{at: "ImageBuild.pull", absent: "false", try: buildPulls},
	{at: "ImageBuild.q", absent: "false", try: buildQuietly},
	{at: "ImageBuild.nocache", absent: "false", try: buildAgain},
	{at: "ImageCommit.pause", engine: "docker", absent: "true", yes: "paused", try: commitPauses},
	{at: "ImageCommit.pause", engine: "podman", absent: "false", until: 5, unseen: noEvent},
	{at: "ImageCommit.pause", engine: "podman", absent: "true", since: 6, unseen: noEvent},
	{at: "ImageDelete.force", absent: "false", try: deleteUsed},
	{at: "ImageLoad.quiet", engine: "docker", absent: "true", try: loadQuietly, until: 28},
	{at: "ImageLoad.quiet", engine: "docker", absent: unread, yes: "quiet", try: loadQuietly, since: 29}, // containerd loads
	{at: "ImageLoad.quiet", engine: "podman", absent: unread, yes: "quiet", try: loadQuietly},

	// ---- volumes ----
	{at: "VolumeDelete.force", absent: "false", try: deleteMissingVolume},
}

const noEvent = "the pause is over when the answer comes, and no event tells of it"

// TestAbsent tries what each engine takes an absent option for.
func TestAbsent(t *testing.T) {
	for _, suite := range []string{"docker", "docker-sid", "docker-29", "podman", "podman-sid", "podman-experimental"} {
		t.Run(suite, func(t *testing.T) {
			kind, from, _ := strings.Cut(suite, "-")
			p := open(t, enginetest.New(t, enginetest.Config{Kind: kind, Home: enginetest.Fetched(t, kind, from)}))
			for _, row := range absentRows {
				op, name, _ := strings.Cut(row.at, ".")
				if row.try == nil || !p.has(row) || p.Ops.Operation(op).Param(name) == nil { // this version has no such parameter
					continue
				}
				t.Run(row.at, func(t *testing.T) {
					t.Parallel()
					try := func(given catalog.Args) string { return row.try(t, p, given) }
					if row.absent == unread {
						yes := try(catalog.Args{name: true})
						equal(t, "the effect of true", yes, cmp.Or(row.yes, yes))
						equal(t, "the effect of false", try(catalog.Args{name: false}), yes)
						equal(t, "the effect of an absent one", try(nil), yes)
						return
					}
					yes, _ := byname.Absent(t, name, row.absent, try)
					equal(t, "the effect of true", yes, cmp.Or(row.yes, yes))
				})
			}
			t.Run("timeouts", func(t *testing.T) { testTimeouts(t, p) })
			t.Run("exit code while it runs", func(t *testing.T) { testExitCodeWhileRunning(t, p) })
			t.Run("no health check", func(t *testing.T) { testNoHealth(t, p) })
		})
	}
}

// tried is an engine that is called by the names on the wire.
type tried struct {
	*enginetest.Engine
	byname.Calls
	major int
}

func open(t *testing.T, env *enginetest.Engine) *tried {
	t.Helper()
	e := must(docker.OpenHost(t.Context(), env.Host))(t)
	t.Cleanup(func() { ok(t, e.Close()) })
	major, _, _ := strings.Cut(env.Version, ".")
	digits := strings.TrimPrefix(e.Info().Package(), "docker/v")
	p := &tried{Engine: env, major: must(strconv.Atoi(major))(t)}
	p.Calls = byname.Calls{Caller: e, Ops: catalog.Docker(digits[:1] + "." + digits[1:])}
	p.Call(t, "ImageLoad", catalog.Args{"body": bytes.NewReader(baseArchive(t))})
	return p
}

// has says whether a row is about the engine.
func (p *tried) has(row absentRow) bool {
	return (row.engine == "" || row.engine == p.Kind) && p.major >= row.since && (row.until == 0 || p.major <= row.until)
}

// script makes a container that runs a script, of the settings that are given.
func (p *tried) script(t *testing.T, script string, spec map[string]any) string {
	t.Helper()
	host := map[string]any{"NetworkMode": "none"}
	body := map[string]any{"Image": baseImage, "Cmd": []string{"sh", "-c", script}, "HostConfig": host}
	for name, v := range spec {
		body[name] = v
	}
	id, _ := byname.Member(p.Call(t, "ContainerCreate", catalog.Args{"body": body}), "Id").(string)
	t.Cleanup(func() { _, _ = p.Do(t, "ContainerDelete", catalog.Args{"id": id, "force": true, "v": true}) })
	return id
}

// started is script of a container that is started.
func (p *tried) started(t *testing.T, script string, spec map[string]any) string {
	t.Helper()
	id := p.script(t, script, spec)
	p.Call(t, "ContainerStart", catalog.Args{"id": id})
	return id
}

// logs is what a container has written so far.
func (p *tried) logs(t *testing.T, id string, given ...catalog.Args) string {
	t.Helper()
	var out bytes.Buffer
	args := append([]catalog.Args{{"id": id, "stdout": true, "stderr": true}}, given...)
	must(must(p.Do(t, "ContainerLogs", args...))(t).Logs.Demux(&out, &out))(t)
	return strings.TrimSpace(out.String())
}

// output runs a container to its end and returns what it writes.
func (p *tried) output(t *testing.T, id string) string {
	t.Helper()
	p.Call(t, "ContainerStart", catalog.Args{"id": id})
	p.Call(t, "ContainerWait", catalog.Args{"id": id})
	return p.logs(t, id)
}

// ids lists all containers.
func (p *tried) ids(t *testing.T, given ...catalog.Args) (ids []string) {
	t.Helper()
	all, _ := p.Call(t, "ContainerList", given...).([]any)
	for _, c := range all {
		ids = append(ids, fmt.Sprint(byname.Member(c, "Id")))
	}
	return ids
}

// text reads a sequence to its end: its documents one after the other, or "fails".
func (p *tried) text(t *testing.T, op string, all ...catalog.Args) string {
	t.Helper()
	var text strings.Builder
	for doc, err := range must(p.Do(t, op, all...))(t).Messages.All() {
		if err != nil {
			return "fails"
		}
		text.Write(doc)
	}
	return text.String()
}

// does says whether a call is done or refused.
func (p *tried) does(t *testing.T, op string, all ...catalog.Args) string {
	t.Helper()
	if _, err := p.Do(t, op, all...); err != nil {
		return "refused"
	}
	return "done"
}
