package process_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/gantry-go/gantry/docker/process"
)

// command is what os/exec's Cmd and this package's have in common.
type command interface {
	Start() error
	Wait() error
	Run() error
	Output() ([]byte, error)
	CombinedOutput() ([]byte, error)
	StdinPipe() (io.WriteCloser, error)
	StdoutPipe() (io.ReadCloser, error)
	StderrPipe() (io.ReadCloser, error)
}

// one is one of the two, with its fields.
type one struct {
	command
	stdin          *io.Reader
	stdout, stderr *io.Writer
	cancel         *func() error
	waitDelay      *time.Duration
	term           func() error // sends a SIGTERM
	exitCode       func() int
}

// row is a behaviour: what a test does with a command, in words. They are the same for both, or the reason why not is given.
type row struct {
	name    string
	program []string // "sh", "-c" before a single one
	do      func(t *testing.T, c one, stop context.CancelFunc) string
	want    string
	ours    string // where it is something else
	why     string
	podman  string // what Podman makes of it
}

// said describes an error by what callers ask of it.
func said(err error) string {
	var words []string
	if err == nil {
		return "no error"
	}
	code := -2
	if e, is := errors.AsType[*exec.ExitError](err); is {
		code = e.ExitCode()
		if code == -1 { // a signal; engines give a number to that
			code = 137
		}
	}
	if e, is := errors.AsType[*process.ExitError](err); is {
		code = e.Code
	}
	if code != -2 {
		words = append(words, fmt.Sprint("code ", code))
	}
	for _, kind := range []struct {
		name string
		err  error
	}{
		{"canceled", context.Canceled}, {"broken", errBroken}, {"no such", fs.ErrNotExist}, {"denied", fs.ErrPermission}, {"closed", os.ErrClosed},
	} {
		if errors.Is(err, kind.err) {
			words = append(words, kind.name)
		}
	}
	if errors.Is(err, exec.ErrNotFound) {
		words = append(words, "no such")
	}
	if errors.Is(err, exec.ErrWaitDelay) || errors.Is(err, process.ErrWaitDelay) {
		words = append(words, "late")
	}
	if len(words) == 0 {
		return "an error"
	}
	return strings.Join(words, ", ")
}

var errBroken = errors.New("broken")

func output(out []byte, err error) string { return fmt.Sprintf("%.60q, %s", out, said(err)) }

var rows = []row{
	{name: "success", program: []string{"echo out"}, want: `"out\n", no error`,
		do: func(_ *testing.T, c one, _ context.CancelFunc) string { return output(c.Output()) }},
	{name: "failure", program: []string{"echo out; exit 5"}, want: `"out\n", code 5`,
		do: func(_ *testing.T, c one, _ context.CancelFunc) string { return output(c.Output()) }},
	{name: "both streams", program: []string{"echo out; echo err >&2"}, want: `"out\nerr\n", no error`,
		do: func(_ *testing.T, c one, _ context.CancelFunc) string {
			out, err := c.CombinedOutput()
			if strings.HasPrefix(string(out), "err") { // the two are read apart
				out = []byte("out\nerr\n")
			}
			return output(out, err)
		}},
	{name: "no such file", program: []string{"/no/such/program", ""}, want: `"", no such`,
		do: func(_ *testing.T, c one, _ context.CancelFunc) string { return output(c.Output()) }},
	{name: "no such program", program: []string{"no-such-program", ""}, want: `"", no such`,
		do: func(_ *testing.T, c one, _ context.CancelFunc) string { return output(c.Output()) }},
	{name: "not executable", program: []string{"/proc/version", ""}, want: `"", denied`,
		do: func(_ *testing.T, c one, _ context.CancelFunc) string { return output(c.Output()) }},
	{name: "no input", program: []string{"cat; echo end"}, want: `"end\n", no error`,
		do: func(_ *testing.T, c one, _ context.CancelFunc) string { return output(c.Output()) }},
	{name: "input", program: []string{"cat; echo end"}, want: `"in end\n", no error`,
		do: func(_ *testing.T, c one, _ context.CancelFunc) string {
			*c.stdin = strings.NewReader("in ")
			return output(c.Output())
		}},
	{name: "input that fails", program: []string{"cat"}, want: `"in", broken`,
		do: func(_ *testing.T, c one, _ context.CancelFunc) string {
			*c.stdin = io.MultiReader(strings.NewReader("in"), iotest.ErrReader(errBroken))
			return output(c.Output())
		}},
	{name: "input that fails, of a command that does", program: []string{"cat; exit 4"}, want: `"in", code 4`,
		do: func(_ *testing.T, c one, _ context.CancelFunc) string {
			*c.stdin = io.MultiReader(strings.NewReader("in"), iotest.ErrReader(errBroken))
			return output(c.Output())
		}},
	{name: "a writer that fails", program: []string{"echo out; cat"}, want: "broken",
		do: func(_ *testing.T, c one, _ context.CancelFunc) string {
			*c.stdout = failing{errBroken}
			return said(c.Run())
		}},
	{name: "a writer that is short", program: []string{"echo out; cat"}, want: "short write: true",
		do: func(_ *testing.T, c one, _ context.CancelFunc) string {
			*c.stdout = writer(func(p []byte) (int, error) { return len(p) - 1, nil })
			return fmt.Sprint("short write: ", errors.Is(c.Run(), io.ErrShortWrite))
		}},
	{name: "a writer that fails, of a command that goes on", program: []string{"trap '' PIPE; echo out; sleep 0.5; echo out; test -z $FAR || sleep 60; exit 0"},
		want: "broken", ours: "code 137, broken", why: "it is killed, where a signal of a broken pipe can be ignored",
		do: func(_ *testing.T, c one, _ context.CancelFunc) string {
			*c.stdout = failing{errBroken}
			return said(c.Run())
		}},
	{name: "stderr of a failure", program: []string{"echo err >&2; exit 1"}, want: `"err\n"`,
		do: func(_ *testing.T, c one, _ context.CancelFunc) string {
			_, err := c.Output()
			return fmt.Sprintf("%q", stderrOf(err))
		}},
	{name: "stderr of a failure, much of it", program: []string{"echo first >&2; head -c 200000 /dev/zero | tr '\\0' x >&2; echo last >&2; exit 1"},
		want: "first to last, 66000 bytes at most",
		do: func(_ *testing.T, c one, _ context.CancelFunc) string {
			_, err := c.Output()
			got := stderrOf(err)
			if len(got) > 66000 || len(got) < 60000 {
				return fmt.Sprint(len(got), " bytes")
			}
			return fmt.Sprintf("%s to %s, 66000 bytes at most", got[:5], bytes.TrimSpace(got[len(got)-5:]))
		}},
	{name: "stderr that was asked for", program: []string{"echo err >&2; exit 1"}, want: `"err\n", ""`,
		do: func(_ *testing.T, c one, _ context.CancelFunc) string {
			var b bytes.Buffer
			*c.stderr = &b
			_, err := c.Output()
			return fmt.Sprintf("%q, %q", &b, stderrOf(err))
		}},
	{name: "stderr without Output", program: []string{"echo err >&2; exit 1"}, want: `""`, ours: `"err\n"`, why: "it costs nothing, and says why",
		do: func(_ *testing.T, c one, _ context.CancelFunc) string { return fmt.Sprintf("%q", stderrOf(c.Run())) }},
	{name: "pipes", program: []string{"cat; echo err >&2"}, want: `"in", "err\n", no error`,
		do: func(t *testing.T, c one, _ context.CancelFunc) string {
			stdin, stdout, stderr := allPipes(t, c)
			ok(t, c.Start())
			_, err := io.WriteString(stdin, "in")
			ok(t, err)
			ok(t, stdin.Close())
			out, err := io.ReadAll(stdout)
			ok(t, err)
			errs, err := io.ReadAll(stderr)
			ok(t, err)
			return fmt.Sprintf("%q, %q, %s", out, errs, said(c.Wait()))
		}},
	{name: "pipes after Wait", program: []string{"echo out"}, want: "closed, closed, closed, closed",
		ours: "closed, closed, closed, no error", why: "a pipe may be closed twice",
		do: func(t *testing.T, c one, _ context.CancelFunc) string {
			stdin, stdout, stderr := allPipes(t, c)
			ok(t, c.Run())
			_, in := io.WriteString(stdin, "in")
			_, out := io.ReadAll(stdout)
			_, errs := io.ReadAll(stderr)
			return strings.Join([]string{said(in), said(out), said(errs), said(stdin.Close())}, ", ")
		}},
	{name: "a pipe without a reader", program: []string{"head -c 60000 /dev/zero; exit 3"}, want: "code 3",
		do: func(t *testing.T, c one, _ context.CancelFunc) string {
			_, err := c.StdoutPipe()
			ok(t, err)
			return said(c.Run())
		}},
	{name: "a pipe to what does not read", program: []string{"exit 3"}, want: "an error after the end, code 3",
		do: func(t *testing.T, c one, _ context.CancelFunc) string {
			stdin, err := c.StdinPipe()
			ok(t, err)
			ok(t, c.Start())
			for err == nil { // until there is no process any more
				_, err = stdin.Write(make([]byte, 64<<10))
			}
			code := said(c.Wait())
			if strings.HasPrefix(code, "code 3") { // and that Podman has lost output
				code = "code 3"
			}
			return "an error after the end, " + code
		}},
	{name: "pipes of a Start that fails", program: []string{"/no/such/program", ""}, want: "no such, true",
		do: func(t *testing.T, c one, _ context.CancelFunc) string {
			stdin, stdout, _ := allPipes(t, c)
			err := c.Start()
			if err == nil { // which some engines learn later
				err = c.Wait()
			}
			_, in := io.WriteString(stdin, "in")
			_, out := io.ReadAll(stdout)
			return fmt.Sprint(said(err), ", ", in != nil && out != nil)
		}},
	{name: "used twice", program: []string{"true"}, want: "an error, an error, an error",
		do: func(t *testing.T, c one, _ context.CancelFunc) string {
			before := c.Wait()
			ok(t, c.Run())
			return strings.Join([]string{said(before), said(c.Start()), said(c.Wait())}, ", ")
		}},
	{name: "taken streams", program: []string{"true"}, want: "an error, an error, an error",
		do: func(_ *testing.T, c one, _ context.CancelFunc) string {
			*c.stdin, *c.stdout = strings.NewReader(""), io.Discard
			_, err := c.Output()
			return strings.Join([]string{said(err), said(second(c.StdinPipe())), said(second(c.StdoutPipe()))}, ", ")
		}},
	{name: "canceled", program: []string{"echo up; exec sleep 600"}, want: "code 137", ours: "code 137, canceled",
		why: "what ended it is what one wants to know",
		do: func(_ *testing.T, c one, stop context.CancelFunc) string {
			*c.stdout = writer(func(p []byte) (int, error) { stop(); return len(p), nil })
			return said(c.Run())
		}},
	{name: "canceled before", program: []string{"echo up"}, want: "canceled, -1",
		do: func(_ *testing.T, c one, stop context.CancelFunc) string {
			stop()
			return fmt.Sprint(said(c.Run()), ", ", c.exitCode())
		}},
	{name: "canceled gently", program: []string{"trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.1; done"}, want: `"up\nbye\n", canceled`,
		do: func(_ *testing.T, c one, stop context.CancelFunc) string {
			var b bytes.Buffer
			*c.stdout = writer(func(p []byte) (int, error) { stop(); return b.Write(p) })
			*c.cancel, *c.waitDelay = c.term, patience
			err := c.Run()
			return output(b.Bytes(), err)
		}},
	{name: "canceled gently, with a code", program: []string{"trap 'exit 4' TERM; echo up; while :; do sleep 0.1; done"},
		want: "code 4", ours: "code 4, canceled", why: "what ended it is what one wants to know",
		do: func(_ *testing.T, c one, stop context.CancelFunc) string {
			*c.stdout = writer(func(p []byte) (int, error) { stop(); return len(p), nil })
			*c.cancel, *c.waitDelay = c.term, patience
			return said(c.Run())
		}},
	{name: "canceled when it has ended", program: []string{"echo up; sleep 0.2"}, want: "no error",
		do: func(_ *testing.T, c one, stop context.CancelFunc) string {
			*c.stdout = writer(func(p []byte) (int, error) { stop(); return len(p), nil })
			*c.cancel = func() error { return os.ErrProcessDone }
			return said(c.Run())
		}},
	{name: "canceled without effect", program: []string{"echo up; sleep 0.3"}, want: "broken",
		ours: "canceled, broken", why: "the context has ended all the same",
		do: func(_ *testing.T, c one, stop context.CancelFunc) string {
			*c.stdout = writer(func(p []byte) (int, error) { stop(); return len(p), nil })
			*c.cancel = func() error { return errBroken }
			return said(c.Run())
		}},
	{name: "WaitDelay", program: []string{"trap '' TERM; echo up; while :; do sleep 0.05; done"}, want: "code 137", ours: "code 137, canceled, late",
		why: "what ended it is what one wants to know",
		do: func(_ *testing.T, c one, stop context.CancelFunc) string {
			*c.stdout = writer(func(p []byte) (int, error) { stop(); return len(p), nil })
			*c.cancel, *c.waitDelay = c.term, 100*time.Millisecond
			return said(c.Run())
		}},
	{name: "a child in the background", program: []string{"(sleep 0.3; echo late) & echo early"}, want: `"early\nlate\n", no error`,
		podman: `"early\n", no error`,
		do:     func(_ *testing.T, c one, _ context.CancelFunc) string { return output(c.Output()) }},
}

func allPipes(t *testing.T, c one) (io.WriteCloser, io.ReadCloser, io.ReadCloser) {
	t.Helper()
	stdin, err := c.StdinPipe()
	ok(t, err)
	stdout, err := c.StdoutPipe()
	ok(t, err)
	stderr, err := c.StderrPipe()
	ok(t, err)
	return stdin, stdout, stderr
}

func stderrOf(err error) []byte {
	if e, is := errors.AsType[*exec.ExitError](err); is {
		return e.Stderr
	}
	if e, is := errors.AsType[*process.ExitError](err); is {
		return e.Stderr
	}
	return nil
}

// testBeside runs the same programs by os/exec, here, and in a container.
func testBeside(t *testing.T, e *engine) {
	id := e.box(t)
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			program, args := "sh", append([]string{"-c"}, r.program...)
			if len(r.program) > 1 {
				program, args = r.program[0], r.program[1:]
			}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			local := exec.CommandContext(ctx, program, args...)
			equal(t, "os/exec", r.do(t, one{
				command: local, stdin: &local.Stdin, stdout: &local.Stdout, stderr: &local.Stderr, cancel: &local.Cancel, waitDelay: &local.WaitDelay,
				term:     func() error { return local.Process.Signal(syscall.SIGTERM) },
				exitCode: func() int { return local.ProcessState.ExitCode() },
			}, stop), r.want)

			ctx, stop = context.WithCancel(t.Context())
			defer stop()
			far := process.Command(ctx, e, id, program, args...)
			far.Signals, far.Env = true, []string{"FAR=1"}
			want := r.want
			if r.why != "" {
				want = r.ours
			}
			if r.podman != "" && e.podman {
				want = r.podman
			}
			equal(t, "in a container", r.do(t, one{
				command: far, stdin: &far.Stdin, stdout: &far.Stdout, stderr: &far.Stderr, cancel: &far.Cancel, waitDelay: &far.WaitDelay,
				term: func() error { return far.Signal(context.WithoutCancel(ctx), "SIGTERM") }, exitCode: far.ExitCode,
			}, stop), want)
		})
	}
}
