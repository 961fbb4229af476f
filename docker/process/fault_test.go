package process_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/docker/process"
	"github.com/gantry-go/gantry/internal/canary"
	"github.com/gantry-go/gantry/transport"
	tt "github.com/gantry-go/gantry/transport/transporttest"
)

// both runs a test on a command and on a container.
func both(t *testing.T, test func(t *testing.T, connect string, make func(context.Context, transport.Caller) *process.Cmd)) {
	t.Helper()
	t.Run("command", func(t *testing.T) {
		test(t, "POST /exec/{id}/start", func(ctx context.Context, c transport.Caller) *process.Cmd {
			return process.Command(ctx, c, "conny", "true")
		})
	})
	t.Run("container", func(t *testing.T) {
		test(t, "POST /containers/{id}/attach", func(ctx context.Context, c transport.Caller) *process.Cmd {
			return process.Container(ctx, c, "conny")
		})
	})
}

// TestSplitAtEveryByte has the head and the output come in two pieces, cut anywhere.
func TestSplitAtEveryByte(t *testing.T) {
	both(t, func(t *testing.T, connect string, command func(context.Context, transport.Caller) *process.Cmd) {
		f := newFake(t)
		client := f.Client(t)
		for n := range 170 {
			f.Handle(connect, says("out", "err").SplitAt(n))
			var stdout, stderr bytes.Buffer
			cmd := command(t.Context(), client)
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			if err := cmd.Run(); err != nil || stdout.String() != "out" || stderr.String() != "err" {
				t.Fatalf("cut at %d: %q, %q, %v", n, &stdout, &stderr, err)
			}
		}
	})
}

// TestInPlaceOfAnUpgrade has engines answer something else: none of it is output.
func TestInPlaceOfAnUpgrade(t *testing.T) {
	both(t, func(t *testing.T, connect string, command func(context.Context, transport.Caller) *process.Cmd) {
		for name, c := range map[string]struct {
			answer tt.Answer
			class  error
		}{
			"404":                 {tt.Error(404, "no such exec"), transport.ErrNotFound},
			"409":                 {tt.Error(409, "not running"), transport.ErrConflict},
			"500":                 {tt.Error(500, "out of memory"), transport.ErrServer},
			"502 of a proxy":      {tt.Text(502, "text/html", "<html>bad gateway"), transport.ErrServer},
			"another protocol":    {says("out", "").Header("Upgrade", "h2c"), transport.ErrProtocol},
			"no protocol":         {says("out", "").Header("Upgrade", ""), transport.ErrProtocol},
			"nothing":             {tt.Die(), transport.ErrTransport},
			"no frames":           {tt.Upgrade(func(c *tt.Conn) { _, _ = io.WriteString(c, "a terminal's output") }), transport.ErrProtocol},
			"half a frame":        {tt.Upgrade(func(c *tt.Conn) { _, _ = c.Write(tt.Frame(1, "out")[:9]) }), transport.ErrTruncated},
			"an engine's failure": {tt.Upgrade(func(c *tt.Conn) { _, _ = c.Write(tt.Frame(3, "daemon shut down")) }), transport.ErrStream},
		} {
			t.Run(name, func(t *testing.T) {
				f := newFake(t)
				f.Handle(connect, c.answer)
				out, err := command(t.Context(), f.Client(t)).Output()
				if !errors.Is(err, c.class) || len(out) > 1 {
					t.Errorf("got %q, %v", out, err)
				}
			})
		}
		t.Run("103 before it", func(t *testing.T) {
			f := newFake(t)
			f.Handle(connect, says("out", "").Preceded(103, 3))
			out, err := command(t.Context(), f.Client(t)).Output()
			ok(t, err)
			equal(t, "stdout", string(out), "out")
		})
		t.Run("200", func(t *testing.T) { // which can be read
			f := newFake(t)
			f.Handle(connect, tt.Frames(tt.Frame(1, "out")))
			out, err := command(t.Context(), f.Client(t)).Output()
			ok(t, err)
			equal(t, "stdout", string(out), "out")
		})
		t.Run("silence", func(t *testing.T) {
			f := newFake(t)
			f.Handle(connect, says("out", "").Stall(0))
			ctx, cancel := context.WithCancelCause(t.Context())
			go func() {
				_ = f.WaitHeld(1)
				cancel(errors.New("enough"))
			}()
			err := command(ctx, f.Client(t)).Run()
			if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "enough") {
				t.Errorf("got %v", err)
			}
		})
	})
}

// TestInputWithoutEnd has a connection that can only be read: a command would wait for the end of its input.
func TestInputWithoutEnd(t *testing.T) {
	f := newFake(t)
	f.Handle("POST /exec/{id}/start", tt.Handler(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write(tt.Frame(1, "out"))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	cmd := process.Command(t.Context(), f.Client(t), "conny", "cat")
	cmd.Stdin = strings.NewReader("")
	if err := cmd.Run(); !errors.Is(err, transport.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
}

// TestExitCode holds how often an engine is asked how a command ended, and what counts as an answer.
func TestExitCode(t *testing.T) {
	for name, c := range map[string]struct {
		answers []tt.Answer
		calls   int
		code    int
		err     string
	}{
		"at once":         {[]tt.Answer{execEnded(3)}, 1, 3, "exit code 3"},
		"Docker, later":   {[]tt.Answer{execRuns(nil), execRuns(nil), execEnded(3)}, 3, 3, "exit code 3"},
		"Podman, later":   {[]tt.Answer{execRuns(0), execRuns(0), execEnded(3)}, 3, 3, "exit code 3"},
		"none":            {[]tt.Answer{tt.JSON(200, map[string]any{"ID": "e1", "Running": false, "ExitCode": nil})}, 1, -1, "no exit code"},
		"forgotten":       {[]tt.Answer{tt.Error(404, "no such exec")}, 1, -1, "404 no such exec"},
		"not an answer":   {[]tt.Answer{tt.Text(200, "text/html", "<html>")}, 1, -1, "protocol violated"},
		"engine has died": {[]tt.Answer{tt.Die()}, 1, -1, "connection failed"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.Handle("GET /exec/{id}/json", c.answers...)
			cmd := process.Command(t.Context(), f.Client(t), "conny", "true")
			out, err := cmd.Output()
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %v", err)
			}
			equal(t, "code", cmd.ExitCode(), c.code)
			equal(t, "stdout", string(out), "out")
			if calls := strings.Count(f.calls(), "json"); calls != c.calls && name != "engine has died" {
				t.Errorf("asked %d times, want %d", calls, c.calls)
			}
		})
	}
	t.Run("canceled while it runs on", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		f := newFake(t)
		asked := 0
		f.Handle("GET /exec/{id}/json", tt.Handler(func(w http.ResponseWriter, _ *http.Request) {
			if asked++; asked == 3 {
				cancel()
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"ID":"e1","Running":true,"ExitCode":0}`)
		}))
		if err := process.Command(ctx, f.Client(t), "conny", "true").Run(); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	for name, c := range map[string]struct {
		answer tt.Answer
		err    error
	}{
		"a wait that breaks off":  {tt.Raw([]byte("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"StatusCode\":")), transport.ErrTruncated},
		"a wait that is refused":  {tt.Error(500, "no"), transport.ErrServer},
		"a wait without a number": {tt.JSON(200, map[string]any{"StatusCode": "x"}), transport.ErrProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.Handle("POST /containers/{id}/wait", c.answer)
			cmd := process.Container(t.Context(), f.Client(t), "conny")
			if err := cmd.Run(); !errors.Is(err, c.err) || cmd.ExitCode() != -1 {
				t.Errorf("got %v, code %d", err, cmd.ExitCode())
			}
		})
	}
}

// TestStartRefused holds that nothing stays of a container that was not started: no wait, no connection, and with
// RemoveAfter no container.
func TestStartRefused(t *testing.T) {
	for _, remove := range []bool{false, true} {
		f := newFake(t)
		f.Handle("POST /containers/{id}/attach", tt.Upgrade(func(c *tt.Conn) { _, _ = c.Read(make([]byte, 1)) }))
		f.Handle("POST /containers/{id}/wait", tt.JSON(200, map[string]any{"StatusCode": 0}).Stall(75))
		f.Handle("POST /containers/{id}/start", tt.Error(400, `OCI runtime create failed: exec: "x": executable file not found in $PATH`))
		cmd := process.Container(t.Context(), f.Client(t), "conny")
		cmd.RemoveAfter = remove
		err := cmd.Start()
		if failed, is := errors.AsType[*process.StartError](err); !is || failed.Err == nil {
			t.Errorf("got %v", err)
		}
		ok(t, f.WaitHeld(0))
		ok(t, f.WaitOpen(1)) // the idle one of the calls
		equal(t, "removed", strings.Contains(f.calls(), "delete"), remove)
		if remove {
			equal(t, "how", f.request(t, "delete").RawQuery, "v=true&force=true")
		}
		if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "not started") {
			t.Errorf("waited: %v", err)
		}
	}
}

// TestRemoval holds what becomes of a removal that fails.
func TestRemoval(t *testing.T) {
	for name, c := range map[string]struct {
		answer tt.Answer
		class  error
	}{
		"fails":        {tt.Error(500, "device busy"), transport.ErrServer},
		"already gone": {tt.Error(404, "no such container"), nil},
	} {
		f := newFake(t)
		f.Handle("DELETE /containers/{id}", c.answer)
		f.Handle("POST /containers/{id}/wait", waited(3))
		cmd := process.Container(t.Context(), f.Client(t), "conny")
		cmd.RemoveAfter = true
		err := cmd.Run()
		exits(t, err, 3)
		if c.class != nil && !errors.Is(err, c.class) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestLostOutput plays a Podman whose process has ended with input unread.
func TestLostOutput(t *testing.T) {
	const message = "Error: read unixpacket @->/proc/self/fd/16/attach: read: connection reset by peer\n"
	f := newFake(t, tt.Libpod("5.8.1"))
	for _, c := range []struct {
		stderr string
		stdin  bool
		lost   bool
	}{{message, true, true}, {"err\n" + message, true, true}, {message, false, false}, {message + "err\n", true, false}} {
		f.Handle("POST /exec/{id}/start", tt.Upgrade(func(conn *tt.Conn) { _, _ = conn.Write(tt.Frame(2, c.stderr)) }))
		cmd := process.Command(t.Context(), f.Client(t), "conny", "true")
		if c.stdin {
			cmd.Stdin = strings.NewReader("")
		}
		err := cmd.Run()
		if errors.Is(err, transport.ErrTruncated) != c.lost || err != nil && !c.lost {
			t.Errorf("%q: got %v", c.stderr, err)
		}
	}
}

// TestMisuse holds what is refused before anything is sent, or more than once.
func TestMisuse(t *testing.T) {
	f := newFake(t)
	client := f.Client(t)
	command := func() *process.Cmd { return process.Command(t.Context(), client, "conny", "true") }
	container := func() *process.Cmd { return process.Container(t.Context(), client, "conny") }
	for name, cmd := range map[string]*process.Cmd{
		"no engine":                   process.Command(t.Context(), nil, "conny", "true"),
		"no program":                  process.Command(t.Context(), client, "conny", ""),
		"a command that is removed":   change(command(), func(c *process.Cmd) { c.RemoveAfter = true }),
		"keys that are none":          change(command(), func(c *process.Cmd) { c.TTY, c.DetachKeys = true, "ctrl-1" }),
		"keys without a TTY":          change(command(), func(c *process.Cmd) { c.DetachKeys = "ctrl-p" }),
		"a container with arguments":  change(container(), func(c *process.Cmd) { c.Args = []string{"x"} }),
		"a container's environment":   change(container(), func(c *process.Cmd) { c.Env = []string{"A=b"} }),
		"a container's user":          change(container(), func(c *process.Cmd) { c.User = "x" }),
		"a container's directory":     change(container(), func(c *process.Cmd) { c.Dir = "x" }),
		"a container's privileges":    change(container(), func(c *process.Cmd) { c.Privileged = true }),
		"signals for a container":     change(container(), func(c *process.Cmd) { c.Signals = true }),
		"an environment that is none": change(command(), func(c *process.Cmd) { c.Env = []string{"A=\xff"} }),
	} {
		if err := cmd.Run(); !errors.Is(err, transport.ErrInvalidInput) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if calls := strings.ReplaceAll(f.calls(), "version", ""); strings.TrimSpace(calls) != "" {
		t.Errorf("it calls %s", calls)
	}
	for name, cmd := range map[string]*process.Cmd{"zero": {}, "new": command()} {
		if err := cmd.Wait(); err == nil {
			t.Errorf("%s: it waits", name)
		}
		equal(t, "code", cmd.ExitCode(), -1)
		equal(t, "id", cmd.ID(), "")
	}
	if err := (&process.Cmd{}).Start(); err == nil {
		t.Error("it starts")
	}
	cmd := command()
	ok(t, cmd.Run())
	if err := cmd.Start(); err == nil || !strings.Contains(err.Error(), "already started") {
		t.Errorf("started again: %v", err)
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "already called") {
		t.Errorf("waited again: %v", err)
	}
	if _, err := cmd.StdinPipe(); err == nil {
		t.Error("a pipe after Start")
	}
	taken := command()
	taken.Stdin, taken.Stdout, taken.Stderr = strings.NewReader(""), io.Discard, io.Discard
	for name, err := range map[string]error{
		"StdinPipe":      second(taken.StdinPipe()),
		"StdoutPipe":     second(taken.StdoutPipe()),
		"StderrPipe":     second(taken.StderrPipe()),
		"Output":         second(taken.Output()),
		"CombinedOutput": second(taken.CombinedOutput()),
	} {
		if !errors.Is(err, transport.ErrInvalidInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func change(c *process.Cmd, how func(*process.Cmd)) *process.Cmd { how(c); return c }

func second[T any](_ T, err error) error { return err }

// TestSecrets holds that no command prints what it is given.
func TestSecrets(t *testing.T) {
	trap := canary.New(t)
	f := newFake(t)
	f.Handle("GET /exec/{id}/json", execEnded(3))
	cmd := process.Command(t.Context(), f.Client(t), "conny", "mysql", "-p"+canary.Secret)
	cmd.Env, cmd.Stdin = []string{"TOKEN=" + canary.Secret}, strings.NewReader(canary.Secret)
	trap.Value("cmd", cmd)
	trap.Value("cmd", *cmd)
	err := cmd.Run()
	exits(t, err, 3)
	trap.Value("error", err)
	trap.Value("cmd", cmd)
	trap.Text("cmd", fmt.Sprintf("%+v %#v %s", cmd, cmd, cmd.String()))
	if trap.Looked() == 0 {
		t.Error("nothing was looked at")
	}
	if env := fmt.Sprint(f.body(t, "exec")["Env"]); !strings.Contains(env, canary.Secret) {
		t.Errorf("sent was %s", env)
	}
}
