package podman_test

import (
	"bytes"
	"cmp"
	"errors"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/catalog"
	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/internal/enginetest/byname"
	"github.com/gantry-go/gantry/internal/testimage"
	"github.com/gantry-go/gantry/podman"
	"github.com/gantry-go/gantry/transport"
)

// absentRow is one option of libpod's API of which absent may differ from false: what the engine takes an absent one for,
// and an effect to tell by. A test of the generator holds that each boolean that is a pointer has a row.
type absentRow struct {
	at     string // operation and parameter
	absent string // true or false; settings, where those of the engine decide: they let the tests' registry speak no TLS
	// try calls the operation with the parameter as it is given, and says what came of it.
	try func(t *testing.T, p *tried, given catalog.Args) string
	// unseen says why no effect can be seen here. The engine then has to read the parameter: it refuses what is no boolean.
	unseen string
	// like is the operation whose row tells, for the engine reads both by the same code.
	like string
	// since and until are the API versions of the engines that read it.
	since, until string
}

// absentRows has the rows by their operations.
var absentRows = []absentRow{
	// ---- containers ----
	{at: "ContainerDeleteLibpod.volumes", absent: "false", try: anonymousVolume},
	{at: "ContainerListLibpod.external", absent: "false", try: listExternal},
	{at: "ContainerExistsLibpod.external", absent: "false", try: existsExternal},
	{at: "PutContainerArchiveLibpod.copyUIDGID", absent: "true", try: ownerIn("5:6")},
	{at: "PutContainerArchiveLibpod.copyUIDGID", absent: "true", try: ownerIn("")},
	{at: "PutContainerArchiveLibpod.noOverwriteDirNonDir", absent: "false", try: folderOverFile},
	{at: "GenerateSystemdLibpod.templateUnitFile", absent: "false", unseen: "such units are of the command line's containers alone"},
	{at: "ContainerAttachLibpod.stream", absent: "true", try: attachStream},
	{at: "ContainerStatsLibpod.stream", absent: "true", try: again("ContainerStatsLibpod", "name")},
	{at: "ContainersStatsAllLibpod.stream", absent: "true", try: again("ContainersStatsAllLibpod", "containers")},

	// ---- images ----
	{at: "ImageBuildLibpod.rm", absent: "true", try: buildLeaves},
	{at: "ImageBuildLibpod.layers", absent: "false", try: buildLayers},
	{at: "ImageBuildLibpod.tlsVerify", absent: "settings", try: buildFromRegistry},
	{at: "ImageBuildLibpod.createdannotation", absent: "true", since: "5.6", try: buildAnnotates},
	{at: "ImageBuildLibpod.inheritannotations", absent: "true", since: "5.6", try: buildKeepsAnnotations},
	{at: "ImageBuildLibpod.identitylabel", absent: "true", try: buildIdentifies},
	{at: "ImageBuildLibpod.skipunusedstages", absent: "true", try: buildSkips},
	{at: "ImageBuildLibpod.inheritlabels", absent: "true", since: "5.5", try: buildInherits},
	{at: "ImageCommitLibpod.pause", absent: "false", until: "5.8", unseen: noEvent},
	{at: "ImageCommitLibpod.pause", absent: "true", since: "6.0", unseen: noEvent},
	{at: "ImageDeleteLibpod.ignore", absent: "false", since: "5.4", try: deleteMissing},
	{at: "ImageDeleteLibpod.lookupManifest", absent: "false", try: deleteList},
	{at: "ImageDeleteAllLibpod.all", absent: "false", unseen: "intermediate images come of builds without a name alone"},
	{at: "ImagePullLibpod.tlsVerify", absent: "settings", try: pullFromRegistry},
	{at: "ImagePushLibpod.tlsVerify", absent: "settings", try: pushToRegistry("ImagePushLibpod")},
	{at: "ImagePushLibpod.quiet", absent: "true", try: pushQuietly},
	{at: "ImagePushLibpod.all", absent: "false", unseen: "the registry keeps one platform of the test image either way"},
	{at: "ImagePushLibpod.removeSignatures", absent: "false", unseen: "the test image has no signature"},
	{at: "ImageSearchLibpod.tlsVerify", absent: "settings", unseen: "the registry has no search"},
	{at: "ManifestAddLibpod.tlsVerify", absent: "settings", like: "ManifestModifyLibpod"},
	{at: "ManifestPushV3Libpod.tlsVerify", absent: "settings", like: "ManifestPushLibpod"},
	{at: "ManifestPushLibpod.tlsVerify", absent: "settings", try: pushToRegistry("ManifestPushLibpod")},
	{at: "ManifestPushLibpod.quiet", absent: "true", unseen: "the list of the test has nothing to report"},
	{at: "ManifestPushLibpod.all", absent: "false", unseen: "the list of the test is of images that the registry has"},
	{at: "ManifestInspectLibpod.tlsVerify", absent: "settings", since: "4.4", unseen: "the list of the test is not in the registry"},
	{at: "ManifestModifyLibpod.tlsVerify", absent: "settings", try: addFromRegistry},
	{at: "ManifestPushLibpod.removeSignatures", absent: "false", unseen: "the test image has no signature"},

	// ---- builds of a folder of the engine's, by the same code as others ----
	{at: "LocalBuildLibpod.rm", absent: "true", like: "ImageBuildLibpod"},
	{at: "LocalBuildLibpod.createdannotation", absent: "true", like: "ImageBuildLibpod"},
	{at: "LocalBuildLibpod.inheritannotations", absent: "true", like: "ImageBuildLibpod"},
	{at: "LocalBuildLibpod.inheritlabels", absent: "true", like: "ImageBuildLibpod"},

	{at: "LocalBuildLibpod.tlsVerify", absent: "settings", like: "ImageBuildLibpod"},
	{at: "LocalBuildLibpod.identitylabel", absent: "true", like: "ImageBuildLibpod"},
	{at: "LocalBuildLibpod.skipunusedstages", absent: "true", like: "ImageBuildLibpod"},

	// ---- artifacts and quadlets ----
	{at: "ArtifactPullLibpod.tlsVerify", absent: "settings", try: pullArtifact},
	{at: "ArtifactPushLibpod.tlsVerify", absent: "settings", try: pushArtifact},
	{at: "QuadletInstallLibpod.reload-systemd", absent: "true", unseen: noSystemd},
	{at: "QuadletDeleteLibpod.reload-systemd", absent: "true", unseen: noSystemd},
	{at: "QuadletDeleteAllLibpod.reload-systemd", absent: "true", unseen: noSystemd},

	// ---- pods, kube and system ----
	{at: "PlayKubeLibpod.start", absent: "true", try: playStarts},
	{at: "KubePlayLibpod.start", absent: "true", like: "PlayKubeLibpod"}, // Podman 3.1 calls it so
	{at: "KubePlayLibpod.tlsVerify", absent: "settings", like: "PlayKubeLibpod"},
	{at: "PlayKubeLibpod.tlsVerify", absent: "settings", unseen: "it is handed on to the pull"},
	{at: "SystemEventsLibpod.stream", absent: "true", try: eventsStream},
	{at: "SystemPruneLibpod.volumes", absent: "false", try: pruneVolumes},
	{at: "SystemPruneLibpod.all", absent: "false", try: pruneImages},
	{at: "SystemPruneLibpod.external", absent: "false", since: "4.4", unseen: "what builds leave is gone by then"},
	{at: "SystemPruneLibpod.build", absent: "false", since: "5.4", unseen: "what builds leave is gone by then"},
}

const (
	noSystemd = "no systemd runs beside the engine"
	noEvent   = "the pause is over when the answer comes, and no event tells of it"
)

// TestAbsent tries what each engine takes an absent option for.
func TestAbsent(t *testing.T) {
	for _, suite := range []string{"", "sid", "experimental"} {
		t.Run(cmp.Or(suite, "installed"), func(t *testing.T) {
			p := open(t, enginetest.New(t, enginetest.Config{Kind: "podman", Home: enginetest.Fetched(t, "podman", suite)}))
			for _, row := range absentRows {
				op, name, _ := strings.Cut(row.at, ".")
				if p.Ops.Operation(op).Param(name) == nil { // this version has no such parameter
					continue
				}
				if row.since != "" && older(p.version, row.since) || row.until != "" && older(row.until, p.version) || row.like != "" {
					continue
				}
				t.Run(row.at, func(t *testing.T) {
					if row.try == nil {
						p.reads(t, row.at)
						return
					}
					as := row.absent
					if as == "settings" {
						as = "false"
					}
					byname.Absent(t, name, as, func(given catalog.Args) string { return row.try(t, p, given) })
				})
			}
		})
	}
}

// tried is a Podman that is called by the names on the wire.
type tried struct {
	*enginetest.Engine
	byname.Calls
	version string
}

func open(t *testing.T, env *enginetest.Engine) *tried {
	t.Helper()
	e := must(podman.OpenHost(t.Context(), env.Host))(t)
	t.Cleanup(func() { ok(t, e.Close()) })
	digits := strings.TrimPrefix(e.Info().Package(), "podman/v")
	p := &tried{Engine: env, version: digits[:1] + "." + digits[1:]}
	p.Calls = byname.Calls{Caller: e, Ops: catalog.Podman(p.version)}
	p.Call(t, "ImageLoadLibpod", catalog.Args{"body": bytes.NewReader(must(testimage.Archive(testimage.Name))(t))})
	return p
}

// older compares versions of one digit each: 4.3, 6.0.
func older(a, b string) bool { return a < b }

// reads checks that the engine refuses a value that is no boolean: it reads the parameter.
func (p *tried) reads(t *testing.T, at string) {
	t.Helper()
	op, name, _ := strings.Cut(at, ".")
	args := catalog.Args{}
	for _, param := range p.Ops.Operation(op).Params {
		if param.In == "path" || param.Required {
			args[param.Name] = "none"
		}
	}
	if body := p.Ops.Operation(op).Body; body != nil && body.Required {
		args["body"] = []byte("{}")
	}
	wrong := transport.With(p.Caller, func(r *transport.Request) { r.QueryRequired(name, "neither") })
	result, err := p.Ops.Operation(op).Call(t.Context(), wrong, args)
	if err == nil {
		defer result.Close() //nolint:errcheck // the test has failed, or the failure is in the sequence
		if result.Messages != nil {
			for _, err = range result.Messages.All() {
				break
			}
		}
	}
	if err == nil || !strings.Contains(err.Error(), "neither") && !strings.Contains(err.Error(), name) {
		t.Errorf("the engine does not read it: %v", err)
	}
}

// script makes a container that runs a script, of the settings that are given.
func (p *tried) script(t *testing.T, script string, spec map[string]any) string {
	t.Helper()
	body := map[string]any{"image": image, "command": []string{"sh", "-c", script}, "netns": map[string]any{"nsmode": "none"}}
	for name, v := range spec {
		body[name] = v
	}
	id, _ := byname.Member(p.Call(t, "ContainerCreateLibpod", catalog.Args{"body": body}), "Id").(string)
	t.Cleanup(func() {
		_, _ = p.Do(t, "ContainerDeleteLibpod", catalog.Args{"name": id, "force": true, "volumes": true, "timeout": 0})
	})
	return id
}

// started is script of a container that is started.
func (p *tried) started(t *testing.T, script string, spec map[string]any) string {
	t.Helper()
	id := p.script(t, script, spec)
	p.Call(t, "ContainerStartLibpod", catalog.Args{"name": id})
	return id
}

// output runs a container to its end and returns what it writes.
func (p *tried) output(t *testing.T, id string) string {
	t.Helper()
	p.Call(t, "ContainerStartLibpod", catalog.Args{"name": id})
	p.Call(t, "ContainerWaitLibpod", catalog.Args{"name": id})
	var out bytes.Buffer
	must(must(p.Do(t, "ContainerLogsLibpod", catalog.Args{"name": id, "stdout": true, "stderr": true}))(t).Logs.Demux(&out, &out))(t)
	return strings.TrimSpace(out.String())
}

// exists says whether an object is there.
func (p *tried) exists(t *testing.T, op string, args ...catalog.Args) string {
	t.Helper()
	_, err := p.Do(t, op, args...)
	switch {
	case err == nil:
		return "there"
	case errors.Is(err, transport.ErrNotFound):
		return "gone"
	}
	t.Fatal(err)
	return ""
}
