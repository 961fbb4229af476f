package process_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/docker/process"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/transport"
)

func testTerminal(t *testing.T, e *engine) {
	ctx, id := t.Context(), e.box(t)
	const greet = "read name; echo hello $name; tty >/dev/null && echo on a terminal; echo err >&2; exit 4"
	tty := containers.CreateRequest{Cmd: []string{"sh", "-c", greet}, TTY: true, OpenStdin: true, StdinOnce: true}
	both := map[string]func() *process.Cmd{
		"command": func() *process.Cmd {
			cmd := process.Command(ctx, e, id, "sh", "-c", greet)
			cmd.TTY = true
			return cmd
		},
		"container": func() *process.Cmd { return process.Container(ctx, e, e.create(t, tty)) },
	}
	for name, command := range both {
		t.Run(name+", one stream", func(t *testing.T) {
			cmd := command()
			cmd.Stdin = strings.NewReader("conny\n")
			out, err := cmd.Output()
			exits(t, err, 4)
			equal(t, "TTY", cmd.TTY, true)
			if got := strings.TrimPrefix(string(out), "conny\r\n"); got != "hello conny\r\non a terminal\r\nerr\r\n" {
				t.Errorf("it wrote %q", out)
			}
		})
		t.Run(name+", the end of input in a line", func(t *testing.T) {
			cmd := command()
			cmd.Stdin = strings.NewReader("con")
			out, err := cmd.Output()
			exits(t, err, 4)
			equal(t, "has read it", strings.Contains(string(out), "hello con\r\n"), true)
		})
		t.Run(name+", all keys arrive", func(t *testing.T) {
			cmd := command()
			if name == "command" {
				cmd.Args[2] = "stty raw -echo; echo ready; head -c 6 | od -An -tx1"
			} else {
				raw := tty
				raw.Cmd = []string{"sh", "-c", "stty raw -echo; echo ready; head -c 6 | od -An -tx1"}
				cmd = process.Container(ctx, e, e.create(t, raw))
			}
			stdin, stdout := pipes(t, cmd)
			ok(t, cmd.Start())
			await(t, stdout, "ready")
			_, err := io.WriteString(stdin, "a\x10\x11\x00\x03b") // the engines' own keys to detach, among others
			ok(t, err)
			await(t, stdout, "61 10 11 00 03 62")
			ok(t, cmd.Wait())
		})
		t.Run(name+", detached", func(t *testing.T) {
			cmd := command()
			cmd.DetachKeys = "ctrl-p,ctrl-q"
			stdin, stdout := pipes(t, cmd)
			ok(t, cmd.Start())
			_, err := io.WriteString(stdin, "con\x10\x11")
			ok(t, err)
			if err := cmd.Wait(); !errors.Is(err, process.ErrDetached) {
				t.Errorf("got %v", err)
			}
			equal(t, "code", cmd.ExitCode(), -1)
			_ = stdout.Close()
		})
	}
	t.Run("size", func(t *testing.T) {
		cmd := process.Command(ctx, e, id, "sh", "-c", "trap 'stty size; exit 6' WINCH; echo ready; while :; do sleep 0.05; done")
		cmd.TTY = true
		_, stdout := pipes(t, cmd)
		ok(t, cmd.Start())
		await(t, stdout, "ready")
		ok(t, cmd.Resize(ctx, 99, 33))
		await(t, stdout, "33 99")
		exits(t, cmd.Wait(), 6)
	})
	t.Run("size at the start", func(t *testing.T) {
		cmd := process.Command(ctx, e, id, "sh", "-c", "until stty size 2>/dev/null | grep '44 111'; do sleep 0.05; done")
		cmd.TTY = true
		ok(t, cmd.Resize(ctx, 111, 44))
		out, err := cmd.Output()
		ok(t, err)
		equal(t, "stdout", string(out), "44 111\r\n")
	})
	t.Run("none", func(t *testing.T) {
		cmd := process.Command(ctx, e, id, "cat")
		stdin, _ := pipes(t, cmd)
		ok(t, cmd.Start())
		if err := cmd.Resize(ctx, 1, 1); !errors.Is(err, transport.ErrInvalidInput) {
			t.Errorf("got %v", err)
		}
		ok(t, stdin.Close())
		ok(t, cmd.Wait())
	})
}

func pipes(t *testing.T, cmd *process.Cmd) (io.WriteCloser, io.ReadCloser) {
	t.Helper()
	stdin, err := cmd.StdinPipe()
	ok(t, err)
	stdout, err := cmd.StdoutPipe()
	ok(t, err)
	return stdin, stdout
}

// await reads until it has read a word.
func await(t *testing.T, r io.Reader, word string) {
	t.Helper()
	var all bytes.Buffer
	for one := make([]byte, 1); !strings.Contains(all.String(), word); all.Write(one) {
		if _, err := io.ReadFull(r, one); err != nil {
			t.Fatalf("read %q, then %v", all.String(), err)
		}
	}
}
