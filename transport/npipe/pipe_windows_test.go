package npipe

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Microsoft/go-winio"

	"github.com/gantry-go/gantry/internal/leak"
	"github.com/gantry-go/gantry/transport"
)

func TestMain(m *testing.M) {
	// The first pipe of a process brings a goroutine that stays.
	if l, err := winio.ListenPipe(`\\.\pipe\gantry-first`, nil); err == nil {
		_ = l.Close()
	}
	leak.Main(m)
}

var (
	opPing   = transport.Operation{Name: "Ping", Method: "GET", Path: "/_ping"}
	opAttach = transport.Operation{Name: "Attach", Method: "POST", Path: "/containers/{id}/attach"}
)

// engine is an engine on a pipe: it answers, and turns to upper case what an attached client sends before its
// half-close.
func engine(t *testing.T, messages bool) string {
	t.Helper()
	name := fmt.Sprintf("gantry-%d-%s", os.Getpid(), strings.ReplaceAll(t.Name(), "/", "-"))
	l, err := winio.ListenPipe(`\\.\pipe\`+name, &winio.PipeConfig{MessageMode: messages, InputBufferSize: 64 << 10, OutputBufferSize: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { serve(conn) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); all.Wait() })
	return "npipe:////./pipe/" + name
}

func serve(conn net.Conn) {
	defer conn.Close() //nolint:errcheck // the client has what it wants
	in := bufio.NewReader(conn)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if r.Header.Get("Upgrade") == "" {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")
			continue
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nglued ")
		got, _ := io.ReadAll(in)
		_, _ = io.WriteString(conn, strings.ToUpper(string(got)))
		return
	}
}

func client(t *testing.T, host string) *transport.Client {
	t.Helper()
	c, err := transport.New(host, Hosts())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestCallsOnAPipe(t *testing.T) {
	c := client(t, engine(t, true))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 10 {
				if err := transport.None(t.Context(), c, opPing.Request()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

func TestRow57HalfCloseOnAPipe(t *testing.T) {
	c := client(t, engine(t, true))
	conn, err := transport.Upgrade(t.Context(), c, opAttach.Request("conny"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // read to its end
	if _, err := io.WriteString(conn, strings.Repeat("x", 100_000)); err != nil {
		t.Fatal(err)
	}
	if err := conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(conn)
	if want := "glued " + strings.Repeat("X", 100_000); string(got) != want {
		t.Errorf("%d bytes, want %d (%v)", len(got), len(want), err)
	}
}

func TestRow57NoHalfCloseInByteMode(t *testing.T) {
	c := client(t, engine(t, false))
	conn, err := transport.Upgrade(t.Context(), c, opAttach.Request("conny"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // the test has what it wants
	if err := conn.CloseWrite(); !errors.Is(err, transport.ErrUnsupported) {
		t.Error(err)
	}
}

func TestRow12NoPipe(t *testing.T) {
	err := transport.None(t.Context(), client(t, "npipe:////./pipe/gantry-no-such-pipe"), opPing.Request())
	if !errors.Is(err, transport.ErrConnect) || !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// TestBusyPipe holds that the wait for a pipe whose only instance is taken ends with the context.
func TestBusyPipe(t *testing.T) {
	const path = `\\.\pipe\gantry-busy`
	l, err := winio.ListenPipe(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // the test is over
	taken, err := winio.DialPipe(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close() //nolint:errcheck // the test is over
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err = transport.None(ctx, client(t, "npipe:////./pipe/gantry-busy"), opPing.Request())
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
