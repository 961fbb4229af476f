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

// around is what stands around the calls that a tour has shown, to compile them.
const around = `package main

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
	id, name, repo, user, password string, cmd []string, auth transport.Secret, filters map[string][]string, started time.Time,
	archive io.Reader, stdout, stderr bytes.Buffer, options *containers.CreateOptions,
	req *transport.Request, ping, checkpoints, put *transport.Operation,
) {
%s}
`

// compileShown holds that the Go that a tour has shown is Go.
func compileShown(t *testing.T, output string) {
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
	if n < 40 {
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
	for name, text := range map[string]string{source: fmt.Sprintf(around, &calls), overlay: string(replace)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-overlay", overlay, "-o", filepath.Join(dir, "tour"), ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Errorf("what it shows does not compile: %v\n%s", err, out)
	}
}
