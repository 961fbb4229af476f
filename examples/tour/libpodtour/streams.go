package libpodtour

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/gantry-go/gantry/examples/tour/guide"
	"github.com/gantry-go/gantry/podman/v43"
	"github.com/gantry-go/gantry/podman/v43/containers"
	"github.com/gantry-go/gantry/podman/v43/exec"
)

// followLogs reads the first lines that conny prints, as they come.
func (t *Tour) followLogs(ctx context.Context) error {
	t.Call(`ctrs.Logs(ctx, "conny", &containers.LogsOptions{Follow: true, Stdout: true, Stderr: true, Timestamps: true})`)
	logs, err := t.ctrs.Logs(ctx, conny, &containers.LogsOptions{Follow: true, Stdout: true, Stderr: true, Timestamps: true})
	if err != nil {
		return err
	}
	t.Call(`for line, err := range logs.Lines()`)
	seen := 0
	for line, err := range logs.Lines() {
		if err != nil {
			return err
		}
		t.Value(line.Time.Local().Format("15:04:05.000"), "%s  %s", line.Stream, line.Text)
		if seen++; seen == 4 {
			break // which closes the logs
		}
	}
	if seen < 4 {
		return fmt.Errorf("the log ended after %s", guide.Count(seen, "line"))
	}
	return nil
}

// attach sends a line to a container that reads its standard input into a file, and reads the file back.
func (t *Tour) attach(ctx context.Context) error {
	t.Call(`ctrs.Create(ctx, v43.SpecGenerator{Name: "conny-reader", Image: "busybox:musl", Command: cmd, Stdin: true})`)
	err := t.create(ctx, reader, v43.SpecGenerator{Command: []string{"sh", "-c", "cat - >/out"}, Stdin: true})
	if err != nil {
		return err
	}
	t.Call(`ctrs.Attach(ctx, "conny-reader", &containers.AttachOptions{Stdin: true, Stdout: true, Stderr: true})`)
	conn, err := t.ctrs.Attach(ctx, reader, &containers.AttachOptions{Stdin: true, Stdout: true, Stderr: true})
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // it has been read
	t.Call(`ctrs.Start(ctx, "conny-reader", nil)`)
	if err := t.ctrs.Start(ctx, reader, nil); err != nil {
		return err
	}
	t.Call(`io.WriteString(conn, "hello\n")`)
	n, err := io.WriteString(conn, "hello\n")
	if err != nil {
		return err
	}
	t.Value("sent", "%s", guide.Size(n))
	t.Call(`conn.CloseWrite()`)
	if err := conn.CloseWrite(); err != nil {
		return err
	}
	t.Call(`conn.Demux(&stdout, &stderr)`)
	var stdout, stderr bytes.Buffer
	if _, err := conn.Demux(&stdout, &stderr); err != nil {
		return err
	}
	t.Value("output", "%s on stdout, %s on stderr, and the end: cat has seen that its input ended", guide.Size(stdout.Len()), guide.Size(stderr.Len()))
	t.Call(`ctrs.Wait(ctx, "conny-reader", nil)`)
	code, err := t.ctrs.Wait(ctx, reader, nil)
	if err != nil {
		return err
	}
	t.Value("exit code", "%d", code)
	if err := t.exited(ctx, reader); err != nil {
		return err
	}
	return t.readOut(ctx)
}

// exited waits until Podman has tidied up after a container that has ended, a moment after the end: while it unmounts the
// container's files, an archive of them can come out empty.
func (t *Tour) exited(ctx context.Context, name string) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		info, err := t.ctrs.Inspect(ctx, name, nil)
		if err != nil {
			return err
		}
		if info.State.Status == "exited" { // before that, "stopped"
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// readOut reads the file that conny-reader has written.
func (t *Tour) readOut(ctx context.Context) error {
	t.Call(`ctrs.Archive(ctx, "conny-reader", "/out")`)
	out, err := t.ctrs.Archive(ctx, reader, "/out")
	if err != nil {
		return err
	}
	defer out.Close() //nolint:errcheck // it has been read
	name, content, err := guide.Unpack(out)
	if err != nil {
		return err
	}
	if string(content) != "hello\n" {
		return fmt.Errorf("/out holds %q", content)
	}
	t.Value("/"+name, "%q, %s", content, guide.Size(len(content)))
	return nil
}

// execute runs a command in conny that reads its input to the end, and shows its output and its exit code.
func (t *Tour) execute(ctx context.Context) error {
	t.Call(`execs.Create(ctx, "conny", exec.CreateRequest{Cmd: cmd, AttachStdin: true, AttachStdout: true, AttachStderr: true})`)
	t.Call(`execs.Start(ctx, id, exec.StartRequest{})`)
	t.Call(`io.WriteString(conn, "and this is stderr\n")`)
	t.Call(`conn.CloseWrite()`)
	t.Call(`conn.Demux(&stdout, &stderr)`)
	t.Call(`execs.Inspect(ctx, id)`)
	result, err := t.sh(ctx, `read name </proc/sys/kernel/hostname; echo "hello from $name"; cat >&2; exit 3`, "and this is stderr\n")
	if err != nil {
		return err
	}
	t.Value("stdout", "%s", result.stdout)
	t.Value("stderr", "%s", result.stderr)
	t.Value("exit code", "%d", result.code)
	if result.stderr != "and this is stderr\n" {
		return fmt.Errorf("its input came back as %q", result.stderr)
	}
	if result.code != 3 {
		return fmt.Errorf("exit code %d, want 3", result.code)
	}
	return nil
}

type ran struct {
	stdout, stderr string
	code           int64
}

// sh runs a line of shell in conny, with this input.
func (t *Tour) sh(ctx context.Context, line, input string) (*ran, error) {
	created, err := t.execs.Create(ctx, conny, exec.CreateRequest{
		Cmd: []string{"sh", "-c", line}, AttachStdin: input != "", AttachStdout: true, AttachStderr: true,
	})
	if err != nil {
		return nil, err
	}
	conn, err := t.execs.Start(ctx, created.ID, exec.StartRequest{})
	if err != nil {
		return nil, err
	}
	defer conn.Close() //nolint:errcheck // it has been read
	if input != "" {
		if _, err := io.WriteString(conn, input); err != nil {
			return nil, err
		}
		if err := conn.CloseWrite(); err != nil {
			return nil, err
		}
	}
	var stdout, stderr bytes.Buffer
	if _, err := conn.Demux(&stdout, &stderr); err != nil {
		return nil, err
	}
	// The output ends a moment before the engine has noted how the command ended.
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		info, err := t.execs.Inspect(ctx, created.ID)
		if err != nil {
			return nil, err
		}
		if !info.Running {
			return &ran{stdout.String(), stderr.String(), info.ExitCode}, nil
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// do runs a line of shell in conny that may not fail.
func (t *Tour) do(ctx context.Context, line string) error {
	result, err := t.sh(ctx, line, "")
	if err == nil && result.code != 0 {
		err = fmt.Errorf("%s: exit code %d: %s", line, result.code, result.stderr)
	}
	return err
}
