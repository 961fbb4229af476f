package docker_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/exec"
	"github.com/gantry-go/gantry/transport"
)

func testExec(t *testing.T, e *engine) {
	id := startIdle(t, e)
	t.Run("output and exit code", func(t *testing.T) { testExecOutput(t, e, id) })
	t.Run("options", func(t *testing.T) { testExecOptions(t, e, id) })
	t.Run("stdin", func(t *testing.T) { testExecStdin(t, e, id) })
	t.Run("TTY and resize", func(t *testing.T) { testExecTTY(t, e, id) })
	t.Run("detached", func(t *testing.T) { testExecDetached(t, e, id) })
	t.Run("refused", func(t *testing.T) { testExecRefused(t, e, id) })
}

// execute runs a command in a container and returns what it wrote, and the exec's id.
func execute(t *testing.T, e *engine, id string, req exec.CreateRequest) (stdout, stderr, execID string) {
	t.Helper()
	c := exec.New(e)
	req.AttachStdout, req.AttachStderr = true, true
	execID = must(c.Create(t.Context(), id, req))(t).ID
	conn := must(c.Start(t.Context(), execID, exec.StartRequest{}))(t)
	defer conn.Close() //nolint:errcheck // all was read by then, or the test has failed
	var out, err bytes.Buffer
	must(conn.Demux(&out, &err))(t)
	return out.String(), err.String(), execID
}

// exitCode waits until an exec has ended, which may come a moment after the end of its output.
func exitCode(t *testing.T, e *engine, execID string) (code int) {
	t.Helper()
	eventually(t, "the exec has ended", func() bool {
		got := must(exec.New(e).Inspect(t.Context(), execID))(t)
		if got.Running || got.ExitCode == nil {
			return false
		}
		code = *got.ExitCode
		return true
	})
	return code
}

func testExecOutput(t *testing.T, e *engine, id string) {
	stdout, stderr, execID := execute(t, e, id, exec.CreateRequest{Cmd: []string{"sh", "-c", "echo out; echo err >&2; exit 5"}})
	equal(t, "stdout", stdout, "out\n")
	equal(t, "stderr", stderr, "err\n")
	equal(t, "exit code", exitCode(t, e, execID), 5)

	got := must(exec.New(e).Inspect(t.Context(), execID))(t)
	equal(t, "id", got.ID, execID)
	equal(t, "container", got.ContainerID, id)
	equal(t, "program", got.ProcessConfig.Entrypoint, "sh")
	equal(t, "arguments", got.ProcessConfig.Arguments, []string{"-c", "echo out; echo err >&2; exit 5"})
	equal(t, "TTY", got.ProcessConfig.TTY, false)
	equal(t, "stdin, stdout, stderr", [3]bool{got.OpenStdin, got.OpenStdout, got.OpenStderr}, [3]bool{false, true, true})

	_, _, execID = execute(t, e, id, exec.CreateRequest{Cmd: []string{"true"}})
	equal(t, "exit code of true", exitCode(t, e, execID), 0)
}

func testExecOptions(t *testing.T, e *engine, id string) {
	stdout, _, _ := execute(t, e, id, exec.CreateRequest{
		Cmd: []string{"sh", "-c", "echo $WORD in $PWD as $(id -u):$(id -g)"}, Env: []string{"WORD=hello"}, WorkingDir: "/tmp", User: "12:34",
	})
	equal(t, "stdout", stdout, "hello in /tmp as 12:34\n")
}

func testExecStdin(t *testing.T, e *engine, id string) {
	c := exec.New(e)
	execID := must(c.Create(t.Context(), id, exec.CreateRequest{
		Cmd: []string{"cat"}, AttachStdin: true, AttachStdout: true, AttachStderr: true,
	}))(t).ID
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn := must(c.Start(ctx, execID, exec.StartRequest{}))(t)
	defer conn.Close() //nolint:errcheck // all was read by then, or the test has failed
	data := make([]byte, 1<<20)
	must(rand.Read(data))(t)
	sent := make(chan error, 1)
	go func() {
		_, err := conn.Write(data)
		sent <- errors.Join(err, conn.CloseWrite())
	}()
	var back bytes.Buffer
	must(conn.Demux(&back, io.Discard))(t)
	ok(t, <-sent)
	equal(t, "all came back", bytes.Equal(back.Bytes(), data), true)
	equal(t, "exit code", exitCode(t, e, execID), 0)
}

func testExecTTY(t *testing.T, e *engine, id string) {
	c := exec.New(e)
	execID := must(c.Create(t.Context(), id, exec.CreateRequest{
		Cmd: []string{"sh", "-c", "trap 'stty size; exit 6' WINCH; echo ready; while :; do sleep 0.05; done"}, TTY: true, AttachStdout: true, AttachStderr: true,
	}))(t).ID
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn := must(c.Start(ctx, execID, exec.StartRequest{TTY: true}))(t)
	defer conn.Close() //nolint:errcheck // all was read by then, or the test has failed
	ready := make([]byte, len("ready\r\n"))
	must(io.ReadFull(conn, ready))(t)
	equal(t, "first line", string(ready), "ready\r\n")

	got := must(c.Inspect(t.Context(), execID))(t)
	equal(t, "running", got.Running, true)
	equal(t, "TTY", got.ProcessConfig.TTY, true)
	if e.isPodman() {
		equal(t, "exit code while running", got.ExitCode, new(0)) // it has no null
	} else {
		equal(t, "exit code while running", got.ExitCode, (*int)(nil))
	}
	ok(t, c.Resize(t.Context(), execID, 33, 99))
	equal(t, "what it says of its terminal", string(must(io.ReadAll(conn))(t)), "33 99\r\n")
	equal(t, "exit code", exitCode(t, e, execID), 6)
}

// testExecDetached starts what nobody listens to. What comes of it shows in the container.
func testExecDetached(t *testing.T, e *engine, id string) {
	c := exec.New(e)
	execID := must(c.Create(t.Context(), id, exec.CreateRequest{Cmd: []string{"sh", "-c", "echo done >/tmp/detached; exit 9"}}))(t).ID
	conn := must(c.Start(t.Context(), execID, exec.StartRequest{Detach: true}))(t)
	equal(t, "what is read", strings.TrimSpace(string(readAll(t, conn))), "")
	if !e.isPodman() { // which calls it running for five minutes more
		equal(t, "exit code", exitCode(t, e, execID), 9)
	}
	eventually(t, "the file is there", func() bool {
		info, err := containers.New(e).ArchiveInfo(t.Context(), id, "/tmp/detached")
		return err == nil && info.Stat.Size == int64(len("done\n"))
	})
}

func testExecRefused(t *testing.T, e *engine, id string) {
	c := exec.New(e)
	_, err := c.Create(t.Context(), unique(), exec.CreateRequest{Cmd: []string{"true"}})
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, "o such container")
	_, err = c.Inspect(t.Context(), unique())
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, "o such exec")
	_, err = c.Start(t.Context(), unique(), exec.StartRequest{})
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, "o such exec")
	_, err = c.Create(t.Context(), id, exec.CreateRequest{})
	stopped := create(t, e, sh("exit"))
	_, errStopped := c.Create(t.Context(), stopped, exec.CreateRequest{Cmd: []string{"true"}})
	if e.isPodman() {
		fails(t, err, transport.ErrServer, http.StatusInternalServerError, "non-empty command")
		fails(t, errStopped, transport.ErrServer, http.StatusInternalServerError, "running containers")
	} else {
		fails(t, err, transport.ErrBadRequest, http.StatusBadRequest, "No exec command")
		fails(t, errStopped, transport.ErrConflict, http.StatusConflict, "is not running")
	}

	// A program that is not there fails inside the stream, as output, and in the exit code.
	_, _, execID := execute(t, e, id, exec.CreateRequest{Cmd: []string{"/no/such/program"}})
	if code := exitCode(t, e, execID); code != 126 && code != 127 {
		t.Errorf("exit code of a missing program is %d", code)
	}
}
