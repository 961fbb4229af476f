package process_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/docker/process"
	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/transport"
)

// testNotStarted has the engine start what it cannot: it is one kind of error, whichever way the engine says so.
func testNotStarted(t *testing.T, e *engine) {
	ctx, id := t.Context(), e.box(t)
	ok(t, process.Command(ctx, e, id, "sh", "-c", "echo text >/tmp/text").Run())
	for _, c := range []struct {
		name, program, dir, user string
		tty                      bool
		kind                     error
	}{
		{name: "no program", program: "no-such-program", kind: fs.ErrNotExist},
		{name: "no file", program: "/no/such/program", kind: fs.ErrNotExist},
		{name: "no file, on a terminal", program: "/no/such/program", tty: true, kind: fs.ErrNotExist},
		{name: "not executable", program: "/tmp/text", kind: fs.ErrPermission},
		{name: "a directory", program: "/tmp"},
		{name: "no directory", program: "true", dir: "/no/such/directory", kind: fs.ErrNotExist},
		{name: "no user", program: "true", user: "no-such-user"},
	} {
		check := func(t *testing.T, err error, out []byte) {
			t.Helper()
			failed, is := errors.AsType[*process.StartError](err)
			if !is || failed.Message == "" || c.kind != nil && !errors.Is(err, c.kind) {
				t.Errorf("got %v", err)
			}
			if _, is := errors.AsType[*process.ExitError](err); is || len(out) > 0 {
				t.Errorf("it has a code, or the output %q", out)
			}
		}
		t.Run("command: "+c.name, func(t *testing.T) {
			cmd := process.Command(ctx, e, id, c.program)
			cmd.Dir, cmd.User, cmd.TTY = c.dir, c.user, c.tty
			out, err := cmd.Output()
			check(t, err, out)
		})
		t.Run("container: "+c.name, func(t *testing.T) {
			if c.dir != "" {
				return // engines make it
			}
			program := c.program
			if program == "/tmp/text" {
				program = "/proc/version"
			}
			for _, itself := range []bool{false, true} {
				req := containers.CreateRequest{Cmd: []string{program}, TTY: c.tty, User: c.user, HostConfig: v141.HostConfig{AutoRemove: itself}}
				cmd := process.Container(ctx, e, e.create(t, req))
				cmd.RemoveAfter = true
				out, err := cmd.Output()
				check(t, err, out)
				equal(t, "id", cmd.ID(), "")
			}
		})
	}
	t.Run("removed", func(t *testing.T) {
		id := e.create(t, containers.CreateRequest{Cmd: []string{"no-such-program"}})
		cmd := process.Container(ctx, e, id)
		cmd.RemoveAfter = true
		if err := cmd.Run(); err == nil {
			t.Error("it ran")
		}
		equal(t, "is there", e.exists(t, id), false)
	})
	t.Run("what a program says alike is its output", func(t *testing.T) {
		const said = "OCI runtime exec failed: said the program\n"
		out, err := process.Command(ctx, e, id, "printf", "%s", said).Output()
		ok(t, err)
		equal(t, "stdout", string(out), said)
		out, err = process.Command(ctx, e, id, "sh", "-c", "no-such-program; exit 127").Output()
		exits(t, err, 127)
		equal(t, "stdout", string(out), "")
	})
}

// stubborn writes "up" and takes no notice of a SIGTERM.
const stubborn = "trap '' TERM; echo up; while :; do sleep 0.1; done"

func testCanceled(t *testing.T, e *engine) {
	ctx, id := t.Context(), e.box(t)
	t.Run("a container is killed and removed", func(t *testing.T) {
		own, cancel := context.WithCancel(ctx)
		name := e.create(t, sh(stubborn))
		cmd := process.Container(own, e, name)
		cmd.RemoveAfter = true
		var stdout bytes.Buffer
		cmd.Stdout = io.MultiWriter(&stdout, writer(func([]byte) (int, error) { cancel(); return 3, nil }))
		err := cmd.Run()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		exits(t, err, 137)
		equal(t, "stdout", stdout.String(), "up\n")
		equal(t, "is there", e.exists(t, name), false)
	})
	t.Run("a paused one", func(t *testing.T) {
		if !e.env.Pauses { // the machine has no control group for it, so there is nothing to cancel
			return
		}
		own, cancel := context.WithCancel(ctx)
		defer cancel()
		cmd := process.Container(own, e, e.create(t, sh(stubborn)))
		_, stdout := pipesOut(t, cmd)
		ok(t, cmd.Start())
		await(t, stdout, "up")
		ok(t, containers.New(e).Pause(ctx, cmd.ID()))
		cancel()
		err := cmd.Wait()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		exits(t, err, 137)
	})
	t.Run("before it is started", func(t *testing.T) {
		own, cancel := context.WithCancelCause(ctx)
		cancel(errors.New("no time"))
		name := e.create(t, sh(stubborn))
		cmd := process.Container(own, e, name)
		cmd.RemoveAfter = true
		if err := cmd.Run(); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "no time") {
			t.Errorf("got %v", err)
		}
		equal(t, "is there", e.exists(t, name), false)

		running := e.box(t)
		cmd = process.Container(own, e, running)
		cmd.RemoveAfter = true
		if err := cmd.Run(); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		ok(t, process.Command(ctx, e, running, "true").Run())
	})
	t.Run("a command is left alone", func(t *testing.T) {
		own, cancel := context.WithTimeout(ctx, time.Hour)
		cmd := process.Command(own, e, id, "sh", "-c", "echo up; until [ -e /tmp/go ]; do sleep 0.05; done; echo done >/tmp/done")
		var stdout bytes.Buffer
		cmd.Stdout = io.MultiWriter(&stdout, writer(func([]byte) (int, error) { cancel(); return 3, nil }))
		err := cmd.Run()
		if !errors.Is(err, context.Canceled) || cmd.ExitCode() != -1 {
			t.Errorf("got %v, code %d", err, cmd.ExitCode())
		}
		equal(t, "stdout", stdout.String(), "up\n")
		ok(t, process.Command(ctx, e, id, "sh", "-c", "touch /tmp/go; until [ -e /tmp/done ]; do sleep 0.05; done").Run())
	})
	t.Run("asked to end", func(t *testing.T) {
		own, cancel := context.WithCancel(ctx)
		defer cancel()
		cmd := process.Container(own, e, e.create(t, sh("trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.1; done")))
		cmd.Cancel = func() error { return cmd.Signal(ctx, "SIGTERM") }
		_, stdout := pipesOut(t, cmd)
		ok(t, cmd.Start())
		await(t, stdout, "up")
		cancel()
		await(t, stdout, "bye")
		err := cmd.Wait()
		if !errors.Is(err, context.Canceled) || errors.Is(err, process.ErrWaitDelay) {
			t.Errorf("got %v", err)
		}
		exits(t, err, 3)
	})
	t.Run("asked to end, without effect", func(t *testing.T) {
		own, cancel := context.WithCancel(ctx)
		defer cancel()
		cmd := process.Container(own, e, e.create(t, sh(stubborn)))
		cmd.Cancel = func() error { return cmd.Signal(ctx, "TERM") }
		cmd.WaitDelay = 300 * time.Millisecond
		_, stdout := pipesOut(t, cmd)
		ok(t, cmd.Start())
		await(t, stdout, "up")
		cancel()
		err := cmd.Wait()
		if !errors.Is(err, context.Canceled) || !errors.Is(err, process.ErrWaitDelay) {
			t.Errorf("got %v", err)
		}
		exits(t, err, 137)
	})
	t.Run("its writer fails", func(t *testing.T) {
		full := errors.New("the disk is full")
		for name, cmd := range map[string]*process.Cmd{
			"container": process.Container(ctx, e, e.create(t, sh("yes"))),
			"command":   process.Command(ctx, e, id, "sh", "-c", "yes | head -c 1000000"),
		} {
			cmd.Stdout = failing{full}
			if err := cmd.Run(); !errors.Is(err, full) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	t.Run("its writer panics", func(t *testing.T) {
		name := e.create(t, sh("yes"))
		cmd := process.Container(ctx, e, name)
		cmd.RemoveAfter = true
		cmd.Stdout = writer(func([]byte) (int, error) { panic("boo") })
		ok(t, cmd.Start())
		func() {
			defer func() {
				if v, is := recover().(string); !is || !strings.Contains(v, "boo") || !strings.Contains(v, "cancel_engine_test.go") {
					t.Errorf("it panics with %v", v)
				}
			}()
			_ = cmd.Wait()
		}()
		equal(t, "is there", e.exists(t, name), false)
	})
	t.Run("its pipe has no reader", func(t *testing.T) {
		for name, command := range map[string]func(context.Context) *process.Cmd{
			"container": func(own context.Context) *process.Cmd {
				return process.Container(own, e, e.create(t, sh("echo up; yes")))
			},
			"command": func(own context.Context) *process.Cmd {
				return process.Command(own, e, id, "sh", "-c", "echo up; yes | head -c 1000000")
			},
		} {
			own, cancel := context.WithCancel(ctx)
			defer cancel()
			cmd := command(own)
			_, stdout := pipesOut(t, cmd)
			ok(t, cmd.Start())
			await(t, stdout, "up")
			time.AfterFunc(50*time.Millisecond, cancel) // most likely in Wait
			if err := cmd.Wait(); !errors.Is(err, context.Canceled) || errors.Is(err, process.ErrWaitDelay) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// pipesOut returns both output pipes, the other way round.
func pipesOut(t *testing.T, cmd *process.Cmd) (stderr, stdout io.ReadCloser) {
	t.Helper()
	stdout, err := cmd.StdoutPipe()
	ok(t, err)
	stderr, err = cmd.StderrPipe()
	ok(t, err)
	return stderr, stdout
}

// writer is a function as a writer.
type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func testSignals(t *testing.T, e *engine) {
	ctx, id := t.Context(), e.box(t)
	t.Run("a container", func(t *testing.T) {
		for _, signal := range []string{"SIGUSR1", "usr1", "10"} {
			cmd := process.Container(ctx, e, e.create(t, sh("trap 'exit 8' USR1; echo up; while :; do sleep 0.1; done")))
			_, stdout := pipesOut(t, cmd)
			ok(t, cmd.Start())
			await(t, stdout, "up")
			ok(t, cmd.Signal(ctx, signal))
			exits(t, cmd.Wait(), 8)
			if err := cmd.Signal(ctx, signal); !errors.Is(err, os.ErrProcessDone) {
				t.Errorf("afterwards: %v", err)
			}
		}
	})
	t.Run("a command", func(t *testing.T) {
		for _, user := range []string{"", "12:34"} {
			cmd := process.Command(ctx, e, id, "sh", "-c", "trap 'exit 8' USR1; echo up; while :; do sleep 0.1; done")
			cmd.Signals, cmd.User, cmd.Env = true, user, []string{"A=b"}
			_, stdout := pipesOut(t, cmd)
			ok(t, cmd.Start())
			await(t, stdout, "up")
			ok(t, cmd.Signal(ctx, "SIGUSR1"))
			exits(t, cmd.Wait(), 8)
			if err := cmd.Signal(ctx, "SIGUSR1"); !errors.Is(err, os.ErrProcessDone) {
				t.Errorf("afterwards: %v", err)
			}
		}
	})
	t.Run("a command that has just begun, and what it has begun", func(t *testing.T) {
		own, cancel := context.WithCancel(ctx)
		defer cancel()
		cmd := process.Command(own, e, id, "sh", "-c", "sleep 600; echo never")
		cmd.Signals = true
		ok(t, cmd.Start())
		cancel()
		err := cmd.Wait()
		if !errors.Is(err, context.Canceled) || errors.Is(err, process.ErrWaitDelay) {
			t.Errorf("got %v", err)
		}
		exits(t, err, 137)
		out, err := process.Command(ctx, e, id, "sh", "-c", "ps | grep 'sleep 600' | grep -v grep | wc -l").Output()
		ok(t, err)
		equal(t, "processes left", strings.TrimSpace(string(out)), "0")
	})
	t.Run("another command is not met", func(t *testing.T) {
		one, other := process.Command(ctx, e, id, "cat"), process.Command(ctx, e, id, "cat")
		one.Signals, other.Signals = true, true
		oneIn, _ := pipes(t, one)
		otherIn, otherOut := pipes(t, other)
		ok(t, one.Start())
		ok(t, other.Start())
		ok(t, one.Kill(ctx))
		exits(t, one.Wait(), 137)
		_, err := io.WriteString(otherIn, "hi\n")
		ok(t, err)
		await(t, otherOut, "hi")
		ok(t, otherIn.Close())
		ok(t, other.Wait())
		_ = oneIn.Close()
	})
	t.Run("not asked for", func(t *testing.T) {
		cmd := process.Command(ctx, e, id, "cat")
		stdin, _ := pipes(t, cmd)
		if err := cmd.Kill(ctx); err == nil || !strings.Contains(err.Error(), "not started") {
			t.Errorf("before: %v", err)
		}
		ok(t, cmd.Start())
		if err := cmd.Kill(ctx); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("got %v", err)
		}
		if err := cmd.Signal(ctx, "x'; touch /tmp/pwned #"); !errors.Is(err, transport.ErrInvalidInput) {
			t.Errorf("got %v", err)
		}
		ok(t, stdin.Close())
		ok(t, cmd.Wait())
	})
}
