package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/catalog"
	"github.com/gantry-go/gantry/internal/leak"
	"github.com/gantry-go/gantry/transport/transporttest"
)

var update = flag.Bool("update", false, "write the session anew")

// TestMain is gantry-call where the test's program is called by that name, as completions call it.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "gantry-call" {
		main()
	}
	leak.Main(m)
}

// play makes the engines of the session, and has the environment name them.
func play(t *testing.T) {
	t.Helper()
	d := transporttest.New(t)
	tty := func(on bool) string { return fmt.Sprintf(`{"Id":"ab","Config":{"Tty":%v},"State":{"ExitCode":0}}`, on) }
	d.Handle("GET /v1.41/containers/json", transporttest.JSON(200, []any{map[string]any{"Id": "ab"}}))
	d.Handle("GET /v1.41/containers/conny/json", transporttest.Text(200, "application/json", tty(false)))
	d.Handle("GET /v1.41/containers/failed/json", transporttest.Text(200, "application/json", `{"Id":"cd","Config":{"Tty":false},"State":{"ExitCode":7}}`))
	d.Handle("GET /v1.41/containers/cut/json", transporttest.Text(200, "application/json", tty(false)))
	d.Handle("GET /v1.41/containers/none/json", transporttest.Error(404, "No such container: none"))
	d.Handle("GET /v1.41/containers/{id}/export", transporttest.Text(200, "application/x-tar", "tar\n"))
	d.Handle("GET /v1.41/events", transporttest.Lines(map[string]any{"Action": "start"}, map[string]any{"Action": "die"}))
	d.Handle("GET /v1.41/containers/conny/logs", transporttest.Frames(transporttest.Frame(1, "out\n"), transporttest.Frame(2, "err\n")))
	d.Handle("GET /v1.41/containers/cut/logs", transporttest.Text(200, "", string(transporttest.Frame(1, "out\n"))+"\x01\x00\x00\x00\x00\x00\x00\x09cut"))
	d.Handle("POST /v1.41/containers/{id}/start", transporttest.Empty(204))
	d.Handle("POST /v1.41/images/{name...}", transporttest.Lines(map[string]any{"status": "pushed"}))
	d.Handle("POST /v1.41/networks/create", transporttest.JSON(201, map[string]any{"Id": "net"}))
	framed := transporttest.Upgrade(func(c *transporttest.Conn) {
		in, _ := io.ReadAll(c)
		_, _ = c.Write(append(transporttest.Frame(1, "out "+string(in)), transporttest.Frame(2, "err\n")...))
	})
	d.Handle("POST /v1.41/containers/{id}/attach", framed)
	d.Handle("POST /v1.41/exec/plain/start", framed)
	d.Handle("GET /v1.41/exec/plain/json",
		transporttest.Text(200, "application/json", `{"ID":"ef","Running":false,"ExitCode":null,"ProcessConfig":{"tty":false}}`), // not yet started
		transporttest.Text(200, "application/json", `{"ID":"ef","Running":true,"ExitCode":0,"ProcessConfig":{"tty":false}}`),     // as Podman says it
		transporttest.Text(200, "application/json", `{"ID":"ef","Running":false,"ExitCode":3,"ProcessConfig":{"tty":false}}`))
	d.Handle("POST /v1.41/exec/tty/start", transporttest.Upgrade(func(c *transporttest.Conn) { _, _ = io.WriteString(c, "raw\n") }))
	d.Handle("GET /v1.41/exec/tty/json", transporttest.Text(200, "application/json", `{"ID":"ef","Running":false,"ExitCode":0,"ProcessConfig":{"tty":true}}`))
	p := transporttest.New(t, transporttest.Libpod("4.3.1"))
	p.Handle("GET /v4.3.1/libpod/containers/json", transporttest.JSON(200, []any{}))
	for name, value := range map[string]string{
		"DOCKER_HOST": d.Host(), "CONTAINER_HOST": p.Host(), "DOCKER_CONTEXT": "", "DOCKER_TLS": "", "DOCKER_TLS_VERIFY": "", "DOCKER_CERT_PATH": "",
	} {
		t.Setenv(name, value)
	}
}

var summary = regexp.MustCompile(`(?m)^(  "summary": ).*$`)

var word = regexp.MustCompile(`'[^']*'|\S+`)

// execute runs a line of the session and returns what a terminal would show, standard error after standard output.
func execute(t *testing.T, line string) string {
	t.Helper()
	line, input, _ := strings.Cut(line, " <<< ")
	var args []string
	for _, w := range word.FindAllString(line, -1)[1:] { // the program's name
		if name, quoted, found := strings.Cut(w, "='"); found {
			w = name + "='" + quoted
		}
		args = append(args, strings.ReplaceAll(w, "'", ""))
	}
	if input != "" {
		input += "\n"
	}
	var out, errs bytes.Buffer
	code := exitCode(run(t.Context(), args, streams{strings.NewReader(input), &out, &errs}), &errs)
	text := summary.ReplaceAllString(out.String(), "$1...") // whose sentences are others' to change
	for _, l := range strings.SplitAfter(errs.String(), "\n") {
		if l != "" {
			text += "! " + l
		}
	}
	if code != 0 {
		text += fmt.Sprintf("exit code %d\n", code)
	}
	return text
}

// TestSession plays what a user types, and compares all that is answered.
func TestSession(t *testing.T) {
	play(t)
	const path = "testdata/session.txt"
	golden, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	commands := 0
	for line := range strings.Lines(string(golden)) {
		if strings.HasPrefix(line, "# ") || line == "\n" && commands == 0 {
			got.WriteString(line)
		}
		if strings.HasPrefix(line, "$ gantry-call") {
			commands++
			got.WriteString(line + execute(t, strings.TrimSuffix(line[2:], "\n")))
		}
	}
	if commands < 25 {
		t.Errorf("a session of %d commands", commands)
	}
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, have := strings.Split(string(golden), "\n"), strings.Split(got.String(), "\n")
	for i := range min(len(want), len(have)) {
		if want[i] != have[i] {
			t.Fatalf("%s:%d:\n%s\nwant\n%s", path, i+1, have[i], want[i])
		}
	}
	if len(want) != len(have) {
		t.Errorf("%d lines, want %d", len(have), len(want))
	}
}

// TestCutOff holds that what broke off is a failure, and that what came before it is printed.
func TestCutOff(t *testing.T) {
	play(t)
	if got := execute(t, "gantry-call docker ContainerLogs cut stdout=1"); !strings.HasPrefix(got, "out\ncut! gantry-call: ") || !strings.HasSuffix(got, "exit code 1\n") {
		t.Error(got)
	}
}

func TestLists(t *testing.T) {
	op := catalog.Docker("1.41").Operation("ImageGetAll")
	args, err := parseArgs(op, []string{"names=a", "names=b", "NAMES=c=d"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := json.Marshal(args); err != nil || string(text) != `{"names":["a","b","c=d"]}` {
		t.Errorf("%s %v", text, err)
	}
}

// TestBashCompletes has bash complete lines by the script.
func TestBashCompletes(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash to complete for")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "gantry-call")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	for line, want := range map[string]string{
		"gantry-call ":                                            "docker podman",
		"gantry-call do":                                          "docker",
		"gantry-call docker 1.4":                                  "1.40 1.41 1.42 1.43 1.44 1.45 1.46 1.47 1.48 1.49",
		"gantry-call docker containerins":                         "ContainerInspect",
		"gantry-call docker 1.41 containers.st":                   "containers.Start containers.Stats containers.Stop",
		"gantry-call -v docker auto ContainerInspect ":            "id= size=",
		"gantry-call docker ContainerInspect id=x ":               "size=",
		"gantry-call docker ContainerInspect size=":               "false true",
		"gantry-call docker ContainerInspect size=t":              "true",
		"gantry-call -host unix:///x docker ImageGetAll names=a ": "names= platform=",
		"gantry-call nowhere ":                                    "",
	} {
		script := `source <(gantry-call -completion bash); COMP_LINE=$1 COMP_POINT=${#1} COMP_CWORD=1 COMP_WORDS=(); _gantry_call 2>/dev/null; echo "${COMPREPLY[*]}"`
		out, err := exec.CommandContext(t.Context(), bash, "-c", script, "bash", line).CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("%q completes to %q, want %q (%v)", line, got, want, err)
		}
	}
}
