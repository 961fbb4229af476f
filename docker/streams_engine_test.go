package docker_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/hijack"
	"github.com/gantry-go/gantry/transport"
)

func testStreams(t *testing.T, e *engine) {
	t.Run("logs line by line", func(t *testing.T) { testFollow(t, e) })
	t.Run("logs of a span", func(t *testing.T) { testSpan(t, e) })
	t.Run("logs with details", func(t *testing.T) { testDetails(t, e) })
	t.Run("logs of a TTY", func(t *testing.T) { testTTYLogs(t, e) })
	t.Run("many logs", func(t *testing.T) { testManyLogs(t, e) })
	t.Run("logs until cancelled", func(t *testing.T) { testCancelledLogs(t, e) })
	t.Run("attach both ways", func(t *testing.T) { testAttach(t, e) })
	t.Run("attach to a TTY", func(t *testing.T) { testAttachTTY(t, e) })
	t.Run("attach to the past", func(t *testing.T) { testAttachLogs(t, e) })
	t.Run("attach by websocket", func(t *testing.T) { testWebsocket(t, e) })
}

// testFollow reads lines while the container writes them: each is asked for only once the one before has come.
func testFollow(t *testing.T, e *engine) {
	c := containers.New(e)
	before := time.Now().Add(-time.Minute)
	id := start(t, e, sh("for i in 1 2 3; do while [ ! -e /go$i ]; do sleep 0.05; done; echo out $i; echo err $i >&2; done"))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ask := func(i int) {
		ok(t, c.PutArchive(ctx, id, "/", tarball(t, file{name: fmt.Sprint("go", i)}), nil))
	}
	ask(1) // before the logs: Podman sends the head of its answer with the first line
	logs := must(c.Logs(ctx, id, &containers.LogsOptions{Follow: true, Stdout: true, Stderr: true, Timestamps: true}))(t)
	equal(t, "TTY", logs.TTY(), false)
	got := map[hijack.Stream][]string{}
	count := 0
	for line, err := range logs.Lines() {
		ok(t, err)
		got[line.Stream] = append(got[line.Stream], line.Text)
		if line.Time.Before(before) || line.Time.After(time.Now().Add(time.Minute)) || line.Partial {
			t.Errorf("line %+v", line)
		}
		if count++; count == 2 || count == 4 {
			ask(count/2 + 1)
		}
	}
	equal(t, "lines", got, map[hijack.Stream][]string{
		hijack.Stdout: {"out 1", "out 2", "out 3"}, hijack.Stderr: {"err 1", "err 2", "err 3"},
	})
	equal(t, "status", exit(t, e, id), int64(0))
}

// texts reads the lines of logs.
func texts(t *testing.T, e *engine, id string, opts containers.LogsOptions) (all []string) {
	t.Helper()
	for line, err := range must(containers.New(e).Logs(t.Context(), id, &opts))(t).Lines() {
		ok(t, err)
		all = append(all, line.Text)
	}
	return all
}

func testSpan(t *testing.T, e *engine) {
	errs := start(t, e, sh("echo error >&2; printf unfinished"))
	equal(t, "status", exit(t, e, errs), int64(0))
	equal(t, "stdout alone", texts(t, e, errs, containers.LogsOptions{Stdout: true}), []string{"unfinished"})
	equal(t, "stderr alone", texts(t, e, errs, containers.LogsOptions{Stderr: true}), []string{"error"})

	id := start(t, e, sh("echo one; echo two; echo three; echo four"))
	equal(t, "status", exit(t, e, id), int64(0))
	equal(t, "the last two", texts(t, e, id, containers.LogsOptions{Stdout: true, Stderr: true, Tail: "2"}), []string{"three", "four"})
	// Times are sent with their nanoseconds; an hour is enough for engines that keep seconds.
	hour := time.Hour
	now := time.Now()
	equal(t, "since an hour ago", len(texts(t, e, id, containers.LogsOptions{Stdout: true, Since: now.Add(-hour)})), 4)
	equal(t, "since an hour from now", len(texts(t, e, id, containers.LogsOptions{Stdout: true, Since: now.Add(hour)})), 0)
	equal(t, "until an hour ago", len(texts(t, e, id, containers.LogsOptions{Stdout: true, Until: now.Add(-hour)})), 0)

	c := containers.New(e)
	_, err := c.Logs(t.Context(), id, &containers.LogsOptions{})
	fails(t, err, transport.ErrBadRequest, http.StatusBadRequest, "at least one")
	_, err = c.Logs(t.Context(), unique(), &containers.LogsOptions{Stdout: true})
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, "o such container")
}

// testDetails has each line come with the labels that the log driver was told to keep.
func testDetails(t *testing.T, e *engine) {
	if e.isPodman() {
		return // it keeps none
	}
	req := sh("echo one")
	req.Labels = map[string]string{"role": "a tester, of logs"}
	req.HostConfig.LogConfig = v141.HostConfigLogConfig{Type: v141.HostConfigLogConfigTypeJSONFile, Config: map[string]string{"labels": "role"}}
	id := start(t, e, req)
	equal(t, "status", exit(t, e, id), int64(0))
	for _, stamped := range []bool{false, true} {
		logs := must(containers.New(e).Logs(t.Context(), id, &containers.LogsOptions{Stdout: true, Details: true, Timestamps: stamped}))(t)
		for line, err := range logs.Lines() {
			ok(t, err)
			equal(t, "text", line.Text, "one")
			equal(t, "details", line.Details, req.Labels)
			equal(t, "has a time", !line.Time.IsZero(), stamped)
		}
	}
}

// testTTYLogs reads logs that are not framed: the engine is asked for that, unless the caller knows.
func testTTYLogs(t *testing.T, e *engine) {
	req := sh("echo one; echo two >&2")
	req.TTY = true
	id := start(t, e, req)
	equal(t, "status", exit(t, e, id), int64(0))
	for name, tty := range map[string]*bool{"asked": nil, "told": new(true)} {
		opts := &containers.LogsOptions{Stdout: true, Stderr: true, Timestamps: true, TTY: tty}
		logs := must(containers.New(e).Logs(t.Context(), id, opts))(t)
		equal(t, name+": TTY", logs.TTY(), true)
		var got []string
		for line, err := range logs.Lines() {
			ok(t, err)
			got = append(got, line.Text)
			equal(t, name+": stream of "+line.Text, line.Stream, hijack.Stdout)
			equal(t, name+": time of "+line.Text, line.Time.IsZero(), false)
		}
		equal(t, name+": lines", got, []string{"one", "two"})
	}
	// Told wrongly, the stream is found not to be framed.
	wrong := must(containers.New(e).Logs(t.Context(), id, &containers.LogsOptions{Stdout: true, TTY: new(false)}))(t)
	if _, err := wrong.Demux(io.Discard, io.Discard); !errors.Is(err, transport.ErrProtocol) {
		t.Errorf("raw bytes taken for frames: %v", err)
	}
}

// testManyLogs tells two streams of some hundred thousand frames apart.
func testManyLogs(t *testing.T, e *engine) {
	id := start(t, e, sh("seq 1 100000 & seq 100001 200000 >&2; wait"))
	if !e.isPodman() {
		// Podman follows the file of the log, and loses lines of one that grows quickly. Docker may end a followed log
		// as the container does, before it has sent all: what it sends is whole as far as it goes.
		stdout, stderr := manyLogs(t, e, id, true)
		equal(t, "stdout is a part", strings.HasPrefix(sequence(1, 100000), stdout), true)
		equal(t, "stderr is a part", strings.HasPrefix(sequence(100001, 200000), stderr), true)
	}
	equal(t, "status", exit(t, e, id), int64(0))
	stdout, stderr := manyLogs(t, e, id, false)
	equal(t, "stdout is complete", stdout == sequence(1, 100000), true)
	equal(t, "stderr is complete", stderr == sequence(100001, 200000), true)
}

func manyLogs(t *testing.T, e *engine, id string, follow bool) (stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	logs := must(containers.New(e).Logs(t.Context(), id, &containers.LogsOptions{Follow: follow, Stdout: true, Stderr: true}))(t)
	written := must(logs.Demux(&out, &err))(t)
	equal(t, "written", written, int64(out.Len()+err.Len()))
	return out.String(), err.String()
}

// sequence is what seq writes.
func sequence(first, last int) string {
	var all strings.Builder
	for i := first; i <= last; i++ {
		fmt.Fprintln(&all, i)
	}
	return all.String()
}

func testCancelledLogs(t *testing.T, e *engine) {
	id := startIdle(t, e)
	why := errors.New("read enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	logs := must(containers.New(e).Logs(ctx, id, &containers.LogsOptions{Follow: true, Stdout: true}))(t)
	var last error
	for line, err := range logs.Lines() {
		if line.Text == "ready" {
			cancel(why)
		}
		last = err
	}
	if !errors.Is(last, context.Canceled) || !errors.Is(last, why) {
		t.Errorf("ended with %v", last)
	}
}

// testAttach sends some MiB through cat, closes its input, and has all of it come back.
func testAttach(t *testing.T, e *engine) {
	c := containers.New(e)
	req := sh("cat; echo done >&2")
	req.OpenStdin, req.StdinOnce = true, true
	id := create(t, e, req)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn := must(c.Attach(ctx, id, &containers.AttachOptions{Stream: true, Stdin: true, Stdout: true, Stderr: true}))(t)
	defer conn.Close() //nolint:errcheck // all was read by then, or the test has failed
	ok(t, c.Start(ctx, id, nil))

	data := make([]byte, 4<<20)
	must(rand.Read(data))(t)
	sent := make(chan error, 1)
	go func() {
		_, err := conn.Write(data)
		sent <- errors.Join(err, conn.CloseWrite())
	}()
	back, stderr := sha256.New(), new(bytes.Buffer)
	n := must(conn.Demux(back, stderr))(t)
	ok(t, <-sent)
	equal(t, "how much came back", n, int64(len(data)+len("done\n")))
	equal(t, "what came back", [32]byte(back.Sum(nil)), sha256.Sum256(data))
	equal(t, "stderr", stderr.String(), "done\n")
	equal(t, "status", exit(t, e, id), int64(0))

	_, err := c.Attach(t.Context(), unique(), &containers.AttachOptions{Stream: true, Stdout: true})
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, "o such container")
}

// testAttachTTY talks with a shell in a terminal, which sends bytes as they are and echoes what is typed.
func testAttachTTY(t *testing.T, e *engine) {
	c := containers.New(e)
	req := containers.CreateRequest{Cmd: []string{"sh"}, TTY: true, OpenStdin: true}
	id := start(t, e, req)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn := must(c.Attach(ctx, id, &containers.AttachOptions{Stream: true, Stdin: true, Stdout: true, Stderr: true}))(t)
	defer conn.Close() //nolint:errcheck // all was read by then, or the test has failed
	must(io.WriteString(conn, "echo $((6*7))$((6*7)); exit 5\n"))(t)
	all := string(must(io.ReadAll(conn))(t))
	contains(t, "the terminal", all, "\n4242\r\n")
	equal(t, "status", exit(t, e, id), int64(5))

	if e.isPodman() {
		return // it knows keys that detach only where each comes alone, which a connection does not promise
	}
	// Keys that detach end the connection and leave the program be.
	ok(t, c.Start(ctx, id, nil))
	detached := must(c.Attach(ctx, id, &containers.AttachOptions{Stream: true, Stdin: true, Stdout: true, DetachKeys: "ctrl-x,y"}))(t)
	defer detached.Close() //nolint:errcheck // as above
	must(io.WriteString(detached, "\x18y"))(t)
	must(io.ReadAll(detached))(t)
	equal(t, "running", must(c.Inspect(ctx, id, nil))(t).State.Running, true)
}

// testAttachLogs reads what was written before, without a connection that stays.
func testAttachLogs(t *testing.T, e *engine) {
	id := start(t, e, sh("echo out; echo err >&2"))
	equal(t, "status", exit(t, e, id), int64(0))
	var stdout, stderr bytes.Buffer
	conn := must(containers.New(e).Attach(t.Context(), id, &containers.AttachOptions{Logs: true, Stdout: true, Stderr: true}))(t)
	defer conn.Close() //nolint:errcheck // all was read by then, or the test has failed
	_, err := conn.Demux(&stdout, &stderr)
	if e.isPodman() {
		// The frames of its past have a size that leaves out the line end.
		if !errors.Is(err, transport.ErrProtocol) {
			t.Errorf("frames of a wrong size: %v", err)
		}
		return
	}
	ok(t, err)
	equal(t, "stdout", stdout.String(), "out\n")
	equal(t, "stderr", stderr.String(), "err\n")
}

func testWebsocket(t *testing.T, e *engine) {
	c := containers.New(e)
	req := sh("read line; echo got: $line; read line; echo and: $line")
	req.OpenStdin, req.StdinOnce = true, true
	id := start(t, e, req)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, err := c.AttachWebsocket(ctx, id, &containers.AttachWebsocketOptions{Stream: true})
	if e.isPodman() {
		fails(t, err, transport.ErrNotFound, http.StatusNotFound, "Not Found")
		return
	}
	ok(t, err)
	defer conn.Close() //nolint:errcheck // all was read by then, or the test has failed
	must(io.WriteString(conn, "hello\n"))(t)
	buf := make([]byte, len("got: hello\n"))
	must(io.ReadFull(conn, buf))(t)
	equal(t, "answer", string(buf), "got: hello\n")
	must(io.WriteString(conn, "bye\n"))(t)
	equal(t, "rest", string(must(io.ReadAll(conn))(t)), "and: bye\n")
	equal(t, "status", exit(t, e, id), int64(0))
}
