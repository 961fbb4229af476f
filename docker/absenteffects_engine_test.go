package docker_test

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/catalog"
	"github.com/gantry-go/gantry/internal/enginetest/byname"
	"github.com/gantry-go/gantry/transport/registryauth"
)

// ---- containers ----

// attached attaches to a container, has it go on, and returns what is read.
func (p *tried) attached(t *testing.T, given ...catalog.Args) string {
	t.Helper()
	id := p.started(t, "echo before; read x; echo after", map[string]any{"OpenStdin": true})
	p.awaits(t, id, "before")
	args := catalog.Args{"id": id, "stdin": true, "stdout": true, "stderr": true}
	conn := must(p.Do(t, "ContainerAttach", append([]catalog.Args{args}, given...)...))(t).Conn
	_, _ = io.WriteString(conn, "go\n") // where it streams
	out, err := io.ReadAll(conn)
	return fmt.Sprint(strings.Contains(string(out), "before"), strings.Contains(string(out), "after"), err)
}

func attachLogs(t *testing.T, p *tried, given catalog.Args) string {
	return p.attached(t, catalog.Args{"stream": true}, given)
}

func attachStream(t *testing.T, p *tried, given catalog.Args) string {
	return p.attached(t, catalog.Args{"logs": true}, given)
}

// awaits follows a container's output until it has written a line.
func (p *tried) awaits(t *testing.T, id, line string) {
	t.Helper()
	logs := must(p.Do(t, "ContainerLogs", catalog.Args{"id": id, "stdout": true, "follow": true}))(t).Logs
	defer logs.Close() //nolint:errcheck // the rest is of no use
	for got, err := range logs.Lines() {
		ok(t, err)
		if got.Text == line {
			return
		}
	}
	t.Fatalf("it ended without %q", line)
}

func anonymousVolume(t *testing.T, p *tried, given catalog.Args) string {
	id := p.script(t, "true", map[string]any{"Volumes": map[string]any{"/data": map[string]any{}}})
	mounts, _ := byname.Member(p.Call(t, "ContainerInspect", catalog.Args{"id": id}), "Mounts").([]any)
	volume := byname.Member(mounts[0], "Name")
	p.Call(t, "ContainerDelete", catalog.Args{"id": id}, given)
	defer p.does(t, "VolumeDelete", catalog.Args{"name": volume})
	return p.does(t, "VolumeInspect", catalog.Args{"name": volume})
}

func deleteRunning(t *testing.T, p *tried, given catalog.Args) string {
	id := p.started(t, "exec sleep 3600", map[string]any{"StopTimeout": 1, "StopSignal": "KILL"})
	answer := p.does(t, "ContainerDelete", catalog.Args{"id": id}, given)
	return answer + ", to ask for it is " + p.does(t, "ContainerInspect", catalog.Args{"id": id})
}

func inspectSize(t *testing.T, p *tried, given catalog.Args) string {
	info := p.Call(t, "ContainerInspect", catalog.Args{"id": p.script(t, "true", nil)}, given)
	return fmt.Sprint(byname.Member(info, "SizeRootFs"))
}

func listStopped(t *testing.T, p *tried, given catalog.Args) string {
	id := p.script(t, "true", nil)
	return fmt.Sprint(slices.Contains(p.ids(t, given), id))
}

// logsDetails has a log driver that keeps a label with each line.
func logsDetails(t *testing.T, p *tried, given catalog.Args) string {
	host := map[string]any{"NetworkMode": "none"}
	if p.Kind == "docker" {
		host["LogConfig"] = map[string]any{"Type": "json-file", "Config": map[string]string{"labels": "kind"}}
	}
	id := p.script(t, "echo line", map[string]any{"HostConfig": host, "Labels": map[string]string{"kind": "x"}})
	p.output(t, id)
	return p.logs(t, id, given)
}

func logsTimestamps(t *testing.T, p *tried, given catalog.Args) string {
	id := p.script(t, "echo line", nil)
	p.output(t, id)
	return fmt.Sprint(p.logs(t, id, given) == "line")
}

// owners puts a file of 7:8 into a container of no user and one of 5:6, and asks there whose it is.
func owners(t *testing.T, p *tried, given catalog.Args) string {
	owner := func(user string) string {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		ok(t, w.WriteHeader(&tar.Header{Name: "file", Mode: 0o644, Uid: 7, Gid: 8}))
		ok(t, w.Close())
		id := p.script(t, "stat -c %u:%g /tmp/file", map[string]any{"User": user})
		if p.does(t, "PutContainerArchive", catalog.Args{"id": id, "path": "/tmp", "body": &b}, given) != "done" {
			return "refused"
		}
		return p.output(t, id)
	}
	return owner("") + ", of 5:6 " + owner("5:6")
}

func folderOverFile(t *testing.T, p *tried, given catalog.Args) string {
	id := p.script(t, "test -d /tmp/thing && echo folder || echo file", nil)
	p.Call(t, "PutContainerArchive", catalog.Args{"id": id, "path": "/tmp", "body": tarball(t, file{name: "thing", content: "x"})})
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	ok(t, w.WriteHeader(&tar.Header{Name: "thing/", Typeflag: tar.TypeDir, Mode: 0o755}))
	ok(t, w.Close())
	answer := p.does(t, "PutContainerArchive", catalog.Args{"id": id, "path": "/tmp", "body": &b}, given)
	return p.output(t, id) + ", " + answer
}

// statsAgain asks for a second measurement.
func statsAgain(t *testing.T, p *tried, given catalog.Args) string {
	id := p.started(t, "exec sleep 3600", nil)
	n := 0
	for _, err := range must(p.Do(t, "ContainerStats", catalog.Args{"id": id}, given))(t).Messages.All() {
		ok(t, err)
		if n++; n == 2 {
			return "goes on"
		}
	}
	return "ends"
}

// statsOnce looks whether a single document has a measurement before its own.
func statsOnce(t *testing.T, p *tried, given catalog.Args) string {
	id := p.started(t, "exec sleep 3600", nil)
	for doc, err := range must(p.Do(t, "ContainerStats", catalog.Args{"id": id, "stream": false}, given))(t).Messages.All() {
		ok(t, err)
		before, _ := byname.Member(must(catalog.Decode(doc))(t), "precpu_stats", "system_cpu_usage").(json.Number)
		if before == "" || before == "0" {
			return "alone"
		}
		return "with one before"
	}
	return "nothing"
}

// ---- images ----

// build runs a build of a Dockerfile, and returns what is reported.
func (p *tried) build(t *testing.T, dockerfile string, given ...catalog.Args) string {
	t.Helper()
	args := catalog.Args{"body": tarball(t, file{name: "Dockerfile", content: dockerfile}), "networkmode": "none"}
	return p.text(t, "ImageBuild", append([]catalog.Args{args}, given...)...)
}

// tagged builds an image of a step and returns its name and its id.
func (p *tried) tagged(t *testing.T, env string, given ...catalog.Args) (name, id string) {
	t.Helper()
	name = unique() + ":1"
	p.build(t, "FROM "+baseImage+"\nCOPY Dockerfile /"+env+"\n", append(given, catalog.Args{"t": []string{name}})...)
	t.Cleanup(func() { _, _ = p.Do(t, "ImageDelete", catalog.Args{"name": name, "force": true}) })
	return name, fmt.Sprint(byname.Member(p.Call(t, "ImageInspect", catalog.Args{"name": name}), "Id"))
}

// left says whether a build leaves the container of a step, and removes it.
func (p *tried) left(t *testing.T, end string, given ...catalog.Args) string {
	t.Helper()
	word, n := unique(), 0
	p.build(t, "FROM "+baseImage+"\nRUN echo "+word+end+"\n", given...)
	all, _ := p.Call(t, "ContainerList", catalog.Args{"all": true}).([]any)
	for _, c := range all {
		if strings.Contains(fmt.Sprint(byname.Member(c, "Command")), word) {
			n++
			p.Call(t, "ContainerDelete", catalog.Args{"id": byname.Member(c, "Id"), "force": true})
		}
	}
	return fmt.Sprint(n > 0)
}

func buildLeaves(t *testing.T, p *tried, given catalog.Args) string { return p.left(t, "", given) }

func failedBuildLeaves(t *testing.T, p *tried, given catalog.Args) string {
	return p.left(t, "; exit 1", catalog.Args{"rm": true}, given)
}

// buildPulls starts from an image that the engine has and its registry has not.
func buildPulls(t *testing.T, p *tried, given catalog.Args) string {
	address, user, password := p.Registry(t)
	repo := address + "/gantry/" + unique()
	p.Call(t, "ImageTag", catalog.Args{"name": baseImage, "repo": repo, "tag": "1"})
	defer p.Call(t, "ImageDelete", catalog.Args{"name": repo + ":1"})
	known := registryauth.Config{address: {Username: user, Password: password}}
	built := p.build(t, "FROM "+repo+":1\nENV A=b\n", catalog.Args{"X-Registry-Config": known.Header()}, given)
	return fmt.Sprint(built == "fails")
}

func buildQuietly(t *testing.T, p *tried, given catalog.Args) string {
	return fmt.Sprint(strings.Contains(strings.ToUpper(p.build(t, "FROM "+baseImage+"\nENV A=b\n", given)), "STEP 1"))
}

// buildAgain builds the same twice and looks whether the step ran again.
func buildAgain(t *testing.T, p *tried, given catalog.Args) string {
	env := unique()
	_, first := p.tagged(t, env)
	_, second := p.tagged(t, env, given)
	return fmt.Sprint(first == second)
}

// commitPauses reads what happens to a container until it is committed.
func commitPauses(t *testing.T, p *tried, given catalog.Args) string {
	id := p.started(t, "exec sleep 3600", nil)
	repo := unique()
	p.Call(t, "ImageCommit", catalog.Args{"container": id, "repo": repo, "tag": "1", "body": map[string]any{}}, given)
	defer p.Call(t, "ImageDelete", catalog.Args{"name": repo + ":1"})
	args := catalog.Args{"since": time.Now().Add(-time.Hour), "filters": map[string][]string{"container": {id}}}
	told := "not paused"
	for doc, err := range must(p.Do(t, "SystemEvents", args))(t).Messages.All() {
		ok(t, err)
		switch byname.Member(must(catalog.Decode(doc))(t), "Action") {
		case "pause":
			told = "paused"
		case "commit":
			return told
		}
	}
	return "no commit"
}

// deleteUsed removes the image of a container.
func deleteUsed(t *testing.T, p *tried, given catalog.Args) string {
	name, _ := p.tagged(t, unique())
	p.script(t, "true", map[string]any{"Image": name})
	return p.does(t, "ImageDelete", catalog.Args{"name": name}, given)
}

// loadQuietly loads an image with a layer that the engine has not.
func loadQuietly(t *testing.T, p *tried, given catalog.Args) string {
	name, _ := p.tagged(t, unique())
	saved := must(io.ReadAll(must(p.Do(t, "ImageGet", catalog.Args{"name": name}))(t).Stream))(t)
	p.Call(t, "ImageDelete", catalog.Args{"name": name})
	if strings.Contains(p.text(t, "ImageLoad", catalog.Args{"body": bytes.NewReader(saved)}, given), "progressDetail") {
		return "progress"
	}
	return "quiet"
}

func deleteMissingVolume(t *testing.T, p *tried, given catalog.Args) string {
	return p.does(t, "VolumeDelete", catalog.Args{"name": unique()}, given)
}

// ---- what is no boolean ----

// timeoutCase stops or restarts a container that takes three seconds to end.
type timeoutCase struct {
	op    string
	of    any // the container's own timeout
	given catalog.Args
	ended bool // by itself, and was not killed
}

// timeoutCases: the timeout is the container's own where none is given, 10 s where it has none, and 0 kills at once. Podman's
// restart kills at once where none is given and the container has none; to Podman 4.3 such a container has one of 0.
func timeoutCases(p *tried) (all []timeoutCase) {
	for _, op := range []string{"ContainerStop", "ContainerRestart"} {
		ignored := p.Kind == "podman" && op == "ContainerRestart"
		all = append(all,
			timeoutCase{op, 1, nil, false},
			timeoutCase{op, 30, nil, !ignored},
			timeoutCase{op, nil, nil, !ignored && (p.Kind == "docker" || p.major > 4)},
			timeoutCase{op, 30, catalog.Args{"t": 0}, false},
			timeoutCase{op, 1, catalog.Args{"t": 30}, true},
		)
	}
	return all
}

func testTimeouts(t *testing.T, p *tried) {
	cases := timeoutCases(p)
	ids, done := make([]string, len(cases)), make(chan error)
	for i, c := range cases {
		spec := map[string]any{}
		if c.of != nil {
			spec["StopTimeout"] = c.of
		}
		ids[i] = p.started(t, "trap 'sleep 3; echo ended; exit 7' TERM; echo ready; while :; do sleep 0.1; done", spec)
	}
	for i, c := range cases {
		p.awaits(t, ids[i], "ready")
		args := catalog.Args{"id": ids[i]}
		maps.Copy(args, c.given)
		go func() {
			_, err := p.Ops.Operation(c.op).Call(t.Context(), p.Caller, args)
			done <- err
		}()
	}
	for range cases {
		ok(t, <-done)
	}
	for i, c := range cases {
		what := fmt.Sprintf("%s of a container of %v with %v: ", c.op, c.of, c.given)
		equal(t, what+"ended by itself", strings.Contains(p.logs(t, ids[i]), "ended"), c.ended)
		state := byname.Member(p.Call(t, "ContainerInspect", catalog.Args{"id": ids[i]}), "State")
		equal(t, what+"running", byname.Member(state, "Running"), c.op == "ContainerRestart")
		if c.op == "ContainerStop" {
			code := map[bool]string{true: "7", false: "137"}[c.ended]
			equal(t, what+"exit code", fmt.Sprint(byname.Member(state, "ExitCode")), code)
		}
	}
}

// testExitCodeWhileRunning holds what is said of the exit code of a command that runs.
func testExitCodeWhileRunning(t *testing.T, p *tried) {
	id := p.started(t, "exec sleep 3600", nil)
	body := map[string]any{"Cmd": []string{"sh", "-c", "echo ready; read x; exit 3"}, "AttachStdin": true, "AttachStdout": true}
	command := byname.Member(p.Call(t, "ContainerExec", catalog.Args{"id": id, "body": body}), "Id")
	inspect := func() any { return p.Call(t, "ExecInspect", catalog.Args{"id": command}) }
	conn := must(p.Do(t, "ExecStart", catalog.Args{"id": command, "body": map[string]any{}}))(t).Conn
	must(io.ReadAtLeast(conn, make([]byte, 64), len("ready\n")))(t)

	got := inspect()
	equal(t, "running", byname.Member(got, "Running"), true)
	code := map[string]any{"docker": nil, "podman": json.Number("0")}[p.Kind]
	equal(t, "exit code", byname.Member(got, "ExitCode"), code)
	must(io.WriteString(conn, "go\n"))(t)
	must(io.ReadAll(conn))(t)
	eventually(t, "an end", func() bool { return byname.Member(inspect(), "Running") == false })
	equal(t, "exit code", fmt.Sprint(byname.Member(inspect(), "ExitCode")), "3")
}

// testNoHealth holds what is said of the health of a container without a check.
func testNoHealth(t *testing.T, p *tried) {
	for _, spec := range []map[string]any{nil, {"Healthcheck": map[string]any{"Test": []string{"NONE"}}}} {
		info := p.Call(t, "ContainerInspect", catalog.Args{"id": p.started(t, "exec sleep 3600", spec)})
		state, _ := byname.Member(info, "State").(map[string]any)
		if health, is := state["Health"]; is && health != nil {
			equal(t, "the engine that says something of it", p.Kind+fmt.Sprint(p.major), "podman4")
			equal(t, "status", byname.Member(health, "Status"), "")
		}
	}
}
