package process_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/docker/process"
	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/transport"
)

func testCommand(t *testing.T, e *engine) {
	ctx, id := t.Context(), e.box(t)
	t.Run("output and code", func(t *testing.T) {
		var stdout, stderr bytes.Buffer
		cmd := process.Command(ctx, e, id, "sh", "-c", "echo out; echo err >&2; exit 5")
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		exits(t, cmd.Run(), 5)
		equal(t, "stdout", stdout.String(), "out\n")
		equal(t, "stderr", stderr.String(), "err\n")
		equal(t, "code", cmd.ExitCode(), 5)
	})
	t.Run("its surroundings", func(t *testing.T) {
		cmd := process.Command(ctx, e, id, "sh", "-c", "echo $WORD in $PWD as $(id -u):$(id -g)")
		cmd.Env, cmd.Dir, cmd.User = []string{"WORD=hello"}, "/tmp", "12:34"
		out, err := cmd.Output()
		ok(t, err)
		equal(t, "stdout", string(out), "hello in /tmp as 12:34\n")
	})
	t.Run("privileges", func(t *testing.T) {
		caps := map[bool]string{}
		for _, privileged := range []bool{false, true} {
			cmd := process.Command(ctx, e, id, "grep", "CapEff", "/proc/self/status")
			cmd.Privileged = privileged
			out, err := cmd.Output()
			if failed, is := errors.AsType[*process.StartError](err); is && strings.Contains(failed.Message, "apply caps") {
				// The engine has no more itself, so that it refuses; it does so where privileges were asked for alone.
				equal(t, "privileged", privileged, true)
				return
			}
			ok(t, err)
			caps[privileged] = string(out)
		}
		if caps[true] <= caps[false] { // of the same length, in hexadecimal
			t.Errorf("privileged has %q, else %q", caps[true], caps[false])
		}
	})
	t.Run("codes", func(t *testing.T) {
		for script, code := range map[string]int{"exit 1": 1, "exit 126": 126, "exit 127": 127, "exit 255": 255, "kill -9 $$": 137, "kill -15 $$": 143} {
			exits(t, process.Command(ctx, e, id, "sh", "-c", script).Run(), code)
		}
	})
	t.Run("asked once", func(t *testing.T) {
		before := e.called("ExecInspect")
		for range 5 {
			ok(t, process.Command(ctx, e, id, "true").Run())
		}
		equal(t, "inspections", e.called("ExecInspect")-before, 5)
	})
	t.Run("output closed before the end", func(t *testing.T) {
		exits(t, process.Command(ctx, e, id, "sh", "-c", "exec >&- 2>&-; sleep 0.5; exit 6").Run(), 6)
	})
	t.Run("both at once", func(t *testing.T) {
		out, err := process.Command(ctx, e, id, "sh", "-c", "echo a; sleep 0.1; echo b >&2; sleep 0.1; echo c").CombinedOutput()
		ok(t, err)
		equal(t, "output", string(out), "a\nb\nc\n")
	})
	t.Run("the container is killed", func(t *testing.T) {
		other := e.box(t)
		cmd := process.Command(ctx, e, other, "sh", "-c", "echo up; sleep 600")
		stdout, err := cmd.StdoutPipe()
		ok(t, err)
		ok(t, cmd.Start())
		_, err = io.ReadFull(stdout, make([]byte, 3))
		ok(t, err)
		ok(t, containers.New(e).Kill(ctx, other, nil))
		exits(t, cmd.Wait(), 137)
	})
	t.Run("the container is paused, stopped, gone", func(t *testing.T) {
		other, c := e.box(t), containers.New(e)
		run := func() error { return process.Command(ctx, e, other, "true").Run() }
		if e.env.Pauses {
			ok(t, c.Pause(ctx, other))
			if err := run(); !errors.Is(err, transport.ErrConflict) {
				t.Errorf("paused: %v", err)
			}
			ok(t, c.Unpause(ctx, other))
		}
		ok(t, c.Kill(ctx, other, nil))
		for exit := true; exit; { // an exec may come before the engine knows of the end
			err := run()
			failed, is := errors.AsType[*transport.Error](err)
			_, refused := errors.AsType[*process.StartError](err)
			switch {
			case is && (failed.Status == 409 || failed.Status == 500):
				exit = false
			case err == nil, !is && !refused:
				t.Fatalf("stopped: %v", err)
			}
		}
		ok(t, c.Delete(ctx, other, &containers.DeleteOptions{Force: true}))
		if err := run(); !errors.Is(err, transport.ErrNotFound) {
			t.Errorf("gone: %v", err)
		}
	})
}

func testContainer(t *testing.T, e *engine) {
	ctx := t.Context()
	t.Run("output and code", func(t *testing.T) {
		var stdout, stderr bytes.Buffer
		cmd := process.Container(ctx, e, e.create(t, sh("echo out; echo err >&2; exit 5")))
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		exits(t, cmd.Run(), 5)
		equal(t, "stdout", stdout.String(), "out\n")
		equal(t, "stderr", stderr.String(), "err\n")
	})
	t.Run("again", func(t *testing.T) {
		id := e.create(t, sh("echo again"))
		for range 3 {
			out, err := process.Container(ctx, e, id).Output()
			ok(t, err)
			equal(t, "stdout", string(out), "again\n")
		}
	})
	t.Run("removed", func(t *testing.T) {
		id := e.create(t, sh("exit 4"))
		cmd := process.Container(ctx, e, id)
		cmd.RemoveAfter = true
		exits(t, cmd.Run(), 4)
		equal(t, "is there", e.exists(t, id), false)
	})
	t.Run("removed by itself", func(t *testing.T) {
		for _, after := range []bool{false, true} {
			req := sh("echo out; exit 7")
			req.HostConfig = v141.HostConfig{AutoRemove: true}
			id := e.create(t, req)
			cmd := process.Container(ctx, e, id)
			cmd.RemoveAfter = after
			out, err := cmd.Output()
			exits(t, err, 7)
			equal(t, "stdout", string(out), "out\n")
			equal(t, "is there", e.exists(t, id), false)
		}
	})
	t.Run("started again by its policy", func(t *testing.T) {
		req := sh("echo out; exit 3")
		req.HostConfig.RestartPolicy = v141.RestartPolicy{Name: "on-failure", MaximumRetryCount: 2}
		out, err := process.Container(ctx, e, e.create(t, req)).Output()
		exits(t, err, 3)
		equal(t, "stdout", string(out), "out\n")
	})
	t.Run("removed by another", func(t *testing.T) {
		id := e.create(t, sh("trap 'exit 9' TERM; echo up; while :; do sleep 0.1; done"))
		cmd := process.Container(ctx, e, id)
		stdout, err := cmd.StdoutPipe()
		ok(t, err)
		ok(t, cmd.Start())
		_, err = io.ReadFull(stdout, make([]byte, 3))
		ok(t, err)
		ok(t, containers.New(e).Delete(ctx, id, &containers.DeleteOptions{Force: true}))
		if err := cmd.Wait(); cmd.ExitCode() != 137 && cmd.ExitCode() != 9 {
			t.Errorf("it ended with %v", err)
		}
	})
	t.Run("running already", func(t *testing.T) {
		id := e.box(t)
		cmd := process.Container(ctx, e, id)
		cmd.RemoveAfter = true
		if err := cmd.Run(); !errors.Is(err, transport.ErrInvalidInput) || !strings.Contains(err.Error(), "running already") {
			t.Errorf("got %v", err)
		}
		ok(t, process.Command(ctx, e, id, "true").Run()) // it was left alone
	})
	t.Run("gone", func(t *testing.T) {
		if err := process.Container(ctx, e, "gantry-no-such").Run(); !errors.Is(err, transport.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	})
}

func testInput(t *testing.T, e *engine) {
	ctx, id := t.Context(), e.box(t)
	data := make([]byte, 3<<20)
	_, _ = rand.Read(data)
	open := containers.CreateRequest{Cmd: []string{"cat"}, OpenStdin: true, StdinOnce: true}
	commands := map[string]func() *process.Cmd{
		"command":   func() *process.Cmd { return process.Command(ctx, e, id, "cat") },
		"container": func() *process.Cmd { return process.Container(ctx, e, e.create(t, open)) },
	}
	for name, command := range commands {
		t.Run(name+" with input", func(t *testing.T) {
			cmd := command()
			cmd.Stdin = bytes.NewReader(data)
			out, err := cmd.Output()
			ok(t, err)
			equal(t, "all came back", bytes.Equal(out, data), true)
		})
		t.Run(name+" with an input that ends at once", func(t *testing.T) {
			cmd := command()
			cmd.Stdin = strings.NewReader("")
			out, err := cmd.Output()
			ok(t, err)
			equal(t, "stdout", string(out), "")
		})
		t.Run(name+" without", func(t *testing.T) {
			out, err := command().Output()
			ok(t, err)
			equal(t, "stdout", string(out), "")
		})
		t.Run(name+" by a pipe", func(t *testing.T) {
			cmd := command()
			stdin, err := cmd.StdinPipe()
			ok(t, err)
			stdout, err := cmd.StdoutPipe()
			ok(t, err)
			ok(t, cmd.Start())
			for i := range 3 { // a conversation
				_, err := fmt.Fprintf(stdin, "line %d\n", i)
				ok(t, err)
				got := make([]byte, 7)
				_, err = io.ReadFull(stdout, got)
				ok(t, err)
				equal(t, "line", string(got), fmt.Sprintf("line %d\n", i))
			}
			ok(t, stdin.Close())
			ok(t, cmd.Wait())
		})
		t.Run(name+" whose reader fails", func(t *testing.T) {
			broken := errors.New("the disk is on fire")
			cmd := command()
			cmd.Stdin = io.MultiReader(strings.NewReader("one"), failing{broken})
			out, err := cmd.Output()
			if !errors.Is(err, broken) {
				t.Errorf("got %v", err)
			}
			equal(t, "stdout", string(out), "one")
		})
	}
	t.Run("a reader that never returns", func(t *testing.T) {
		forever, release := io.Pipe()
		defer release.Close() //nolint:errcheck // it always succeeds
		cmd := process.Command(ctx, e, id, "sh", "-c", "echo out; exit 2")
		cmd.Stdin = forever
		began := time.Now()
		out, err := cmd.Output()
		exits(t, err, 2)
		equal(t, "stdout", string(out), "out\n")
		if took := time.Since(began); took > patience/2 {
			t.Errorf("it took %v", took)
		}
	})
	t.Run("input without a reader", func(t *testing.T) {
		cmd := process.Command(ctx, e, id, "sh", "-c", "echo out; exit 2")
		cmd.Stdin = bytes.NewReader(data)
		out, err := cmd.Output()
		exits(t, err, 2)
		if e.podman { // which drops what it has not read of the output yet
			if string(out) != "out\n" && !errors.Is(err, transport.ErrTruncated) && !errors.Is(err, transport.ErrTransport) {
				t.Errorf("got %q, %v", out, err)
			}
		} else {
			equal(t, "stdout", string(out), "out\n")
		}
	})
	t.Run("a container that cannot have it", func(t *testing.T) {
		for name, req := range map[string]containers.CreateRequest{
			"OpenStdin": {Cmd: []string{"cat"}},
			"StdinOnce": {Cmd: []string{"cat"}, OpenStdin: true},
		} {
			cmd := process.Container(ctx, e, e.create(t, req))
			cmd.Stdin = strings.NewReader("lost")
			if e.podman && name == "StdinOnce" { // which it always does
				out, err := cmd.Output()
				ok(t, err)
				equal(t, "stdout", string(out), "lost")
				continue
			}
			if err := cmd.Run(); !errors.Is(err, transport.ErrInvalidInput) || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// failing is a reader or writer that fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error)  { return 0, f.err }
func (f failing) Write([]byte) (int, error) { return 0, f.err }
