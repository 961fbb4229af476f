package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// shown is what a tour says in a chapter.
type shown struct{ chapter, pattern string }

// dockerShown is what the tour by Docker's API says, on any engine.
var dockerShown = []shown{
	{"Ping", `answer +in \d+ .s: API 1\.41, by (Docker|Libpod)/\d`},
	{"Pull busybox:musl", `image +[0-9a-f]{12}, [0-9.]+ MB, linux/`},
	{"Push and pull with a password", `sha256:[0-9a-f]{64}(?s:.*)without .*(authentication required|no basic auth)(?s:.*)wrong .*authentication required(?s:.*)(Pull|Download) complete`},
	{"Create conny and start it", `created +conny, [0-9a-f]{12}: sh -c i=1(?s:.*)running, pid \d+`},
	{"Connect conny to a network", `subnet +\d+\.\d+\.(?s:.*)conny +\d+\.\d+\.\d+\.\d+/\d+, ..:`},
	{"Follow the logs", `:\d\d\.\d{3} stdout  1\n.* stdout  2\n.* stdout  3\n`},
	{"Attach, and talk to stdin", `sent +6 B(?s:.*)/out +"hello\\n", 6 B`},
	{"Execute a command in conny", `stdout +hello from [0-9a-f]{12}\n +stderr +and this is stderr\n +exit code +3\n`},
	{"Wait for an exit", `exit code +137, `},
	{"Inspect", `network +conny-network: \d+\.\d+\.`},
	{"List with filters", `conny-reader +exited(?s:.*)conny +running`},
	{"Copy a folder in and a path out", `tour.go +[0-9.]+ kB, -r(?s:.*)back +\d+ files, [0-9.]+ kB`},
	{"Download what does not exist", `404 Not Found, \d+ B, read to its end:\n +│ \{.*no.*such|404 Not Found, \d+ B, read to its end:\n +│ \{.*Could not find`},
	{"Watch events", ` conny  start\n(?s:.*) conny  pause\n.* conny  unpause\n`},
	{"Measure", `memory [0-9.]+ .B, \d+ processes, network (?s:.*)between +\d+.* of CPU time in`},
	{"Raw calls", `GET /v1.41/_ping\n +answer +200 OK(?s:.*)/conny/checkpoints\n +answer +(404|501) (?s:.*)PUT /v1.41/containers/conny/archive\n +answer +\d\d\d `},
	{"Leave nothing behind", `removed .*conny-reader.*conny-network.*busybox:musl`},
}

// libpodShown is what the tour by libpod's API says.
var libpodShown = []shown{
	{"Ping", `answer +in \d+ .s: libpod \d+\.\d+\.\d+, Buildah \d(?s:.*)runtime +(runc|crun), control groups v[12] by`},
	{"Pull busybox:musl", `│ Trying to pull docker.io/library/busybox:musl(?s:.*)image +[0-9a-f]{12}, [0-9.]+ MB, linux/`},
	{"Push and pull with a password", `Copying blob sha256:[0-9a-f]{64}(?s:.*)without .*authentication required(?s:.*)wrong .*authentication required(?s:.*)pulled +[0-9a-f]{12}\n`},
	{"Create conny and start it", `created +conny, [0-9a-f]{12}: sh -c i=1(?s:.*)running, pid \d+`},
	{"Connect conny to a network", `subnet +\d+\.\d+\.(?s:.*)conny +\d+\.\d+\.\d+\.\d+/\d+, ..:`},
	{"Follow the logs", `:\d\d\.\d{3} stdout  1\n.* stdout  2\n.* stdout  3\n`},
	{"Attach, and talk to stdin", `sent +6 B(?s:.*)/out +"hello\\n", 6 B`},
	{"Execute a command in conny", `stdout +hello from [0-9a-f]{12}\n +stderr +and this is stderr\n +exit code +3\n`},
	{"Wait for an exit", `exit code +137, `},
	{"Inspect", `network +conny-network: \d+\.\d+\.(?s:.*)may +.*CAP_KILL`},
	{"List with filters", `conny +running(?s:.*)conny-reader +exited +exited with 0 at (?s:.*)conny +running`},
	{"Copy a folder in and a path out", `upload +[0-9.]+ kB of tar.gz\n(?s:.*)src +drwx(?s:.*)back +\d+ files, [0-9.]+ kB`},
	{"Download what does not exist", `404 Not Found, \d+ B, read to its end:\n +│ \{.*no such file`},
	{"Watch events", ` conny  start\n(?s:.*) conny  pause\n.* conny  unpause\n`},
	{"Measure", `memory [0-9.]+ .B, \d+ processes, network (?s:.*)between +\d+.* of CPU time in(?s:.*)root +1 .*sh -c i=1`},
	{"Check conny's health", `healthy, after 0 failures(?s:.*)it ended with 1 and said "a cold"(?s:.*)conny is +unhealthy, after 2 failures in a row`},
	{"Keep files in a volume", `created +conny-volume, driver local, at /(?s:.*)it reads +"conny was here\\n"(?s:.*)removed +conny-volume`},
	{"Give a container a secret", `created +conny-secret, [0-9a-f]{12}\n(?s:.*)it reads +"open sesame"(?s:.*)driver file, since(?s:.*)removed .*404 `},
	{"Run a pod", `Running, 2 containers that share (?s:.*)catatonit -P(?s:.*)conny-member +CPU [0-9.]+%, memory [0-9.]+.B(?s:.*)Exited, 2 containers(?s:.*)removed +conny-pod`},
	{"Play Kubernetes YAML", `pod +[0-9a-f]{12} with 1 container\n(?s:.*)stdout +hello from Kubernetes YAML\n(?s:.*)removed +[0-9a-f]{12}\n`},
	{"Write Kubernetes YAML", `│ kind: Pod\n(?s:.*)│ +image: docker.io/library/busybox:musl\n +│ +name: conny\n`},
	{"Put a manifest list together", `linux/amd64, a manifest of \d+ B\n.*linux/arm64, a manifest of \d+ B\n(?s:.*)removed +localhost/gantry-tour:list`},
	{"Checkpoint conny and restore it", `has counted to \d+\n(?s:.*)(frozen +in .* of memory written(?s:.*)exited, checkpoint of (?s:.*)restored +in (?s:.*)goes on with \d+\n|not on this machine: podman 4.3 Container(Checkpoint|Restore)Libpod conny: 500 )`},
	{"Raw calls", `GET /libpod/_ping\n +answer +200 OK(?s:.*)HEAD .*tour.go\n +answer +200 OK(?s:.*)/conny/checkpoints\n +answer +404 (?s:.*)PUT /v4.3.1/libpod/containers/conny/archive\n +answer +\d\d\d `},
	{"Leave nothing behind", `removed .*conny.*conny-reader.*conny-network.*localhost/gantry-tour:conny.*gantry/tour:musl.*busybox:musl`},
}

// aroundDocker is what stands around the calls that a tour by Docker's API has shown, to compile them.
const aroundDocker = `package main

import (
	"bytes"
	"context"
	"io"
	"time"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/exec"
	"github.com/gantry-go/gantry/docker/v141/images"
	"github.com/gantry-go/gantry/docker/v141/networks"
	"github.com/gantry-go/gantry/docker/v141/system"
	"github.com/gantry-go/gantry/hijack"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/registryauth"
)

func shown(
	ctx context.Context, engine *docker.Engine,
	ctrs *containers.Client, execs *exec.Client, imgs *images.Client, nets *networks.Client, sys *system.Client,
	conn *hijack.Conn, logs *hijack.Logs, exit *transport.Pending[v141.ContainerWaitResponse],
	events *transport.Messages[v141.EventMessage], samples *transport.Messages[v141.ContainerStatsResponse],
	id, image, name, repo, user, password string, cmd []string, auth transport.Secret, filters map[string][]string,
	labels map[string]string, started time.Time, archive io.Reader, stdout, stderr bytes.Buffer, options *containers.CreateOptions,
	req *transport.Request, ping, checkpoints, put *transport.Operation,
) {
%s}
`

// aroundLibpod is the same for libpod's.
const aroundLibpod = `package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"time"

	"github.com/gantry-go/gantry/hijack"
	"github.com/gantry-go/gantry/podman"
	"github.com/gantry-go/gantry/podman/v43"
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
	"github.com/gantry-go/gantry/transport/registryauth"
)

func shown(
	ctx context.Context, engine *podman.Engine,
	ctrs *containers.Client, execs *exec.Client, imgs *images.Client, kubes *kube.Client, lists *manifests.Client,
	nets *networks.Client, pds *pods.Client, secs *secrets.Client, sys *system.Client, vols *volumes.Client,
	conn *hijack.Conn, logs *hijack.Logs,
	events *transport.Messages[v43.Event], samples *transport.Messages[v43.ContainerStatsResponse],
	id, name, user, password, yaml string, cmd, names []string, auth transport.Secret, filters map[string][]string, labels map[string]string,
	verify *bool, bridge v43.Namespace, health v43.Schema2HealthConfig, started time.Time, archive io.Reader, stdout, stderr bytes.Buffer,
	req, head *transport.Request, ping, checkpoints, put *transport.Operation,
) {
%s}
`

// compileShown holds that the Go that a tour has shown is Go.
func (e *engine) compileShown(t *testing.T, output string) {
	t.Helper()
	var calls strings.Builder
	n := 0
	for line := range strings.Lines(output) {
		call, found := strings.CutPrefix(line, "    › ")
		if !found {
			continue
		}
		n++
		call = strings.TrimSuffix(call, "\n")
		if loop, found := strings.CutPrefix(call, "for "); found {
			_, call, _ = strings.Cut(loop, ":= range ")
			call = "for _, err := range " + call + " { _ = err }"
		}
		fmt.Fprintln(&calls, call)
	}
	if n < e.calls {
		t.Errorf("it shows %d calls", n)
	}
	dir := t.TempDir()
	source, overlay := filepath.Join(dir, "shown.go"), filepath.Join(dir, "overlay.json")
	place, err := filepath.Abs("shown.go")
	if err != nil {
		t.Fatal(err)
	}
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{place: source}})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{source: fmt.Sprintf(e.around, &calls), overlay: string(replace)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-overlay", overlay, "-o", filepath.Join(dir, "tour"), ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Errorf("what it shows does not compile: %v\n%s", err, out)
	}
}
