package npipe

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"

	"github.com/gantry-go/gantry/internal/leak"
	"github.com/gantry-go/gantry/transport"
)

func TestMain(m *testing.M) {
	// The first pipe that a process dials brings a goroutine that stays.
	if server, err := create("gantry-first", true, 1); err == nil {
		if conn, err := winio.DialPipe(`\\.\pipe\gantry-first`, nil); err == nil {
			_ = conn.Close()
		}
		_ = windows.CloseHandle(windows.Handle(server))
	}
	leak.Main(m)
}

var (
	opPing   = transport.Operation{Name: "Ping", Method: "GET", Path: "/_ping"}
	opAttach = transport.Operation{Name: "Attach", Method: "POST", Path: "/containers/{id}/attach"}
)

// instance is the server's end of a pipe, of whose calls each waits by itself: not what serves many, but what runs on
// imitations of Windows too, which winio's listener does not.
type instance windows.Handle

// create makes an instance of a pipe, which a client can open from now on.
func create(name string, messages bool, most uint32) (instance, error) {
	path, err := windows.UTF16PtrFromString(`\\.\pipe\` + name)
	if err != nil {
		return 0, err
	}
	var mode uint32 = windows.PIPE_TYPE_BYTE
	if messages {
		mode = windows.PIPE_TYPE_MESSAGE | windows.PIPE_READMODE_MESSAGE
	}
	handle, err := windows.CreateNamedPipe(path, windows.PIPE_ACCESS_DUPLEX, mode, most, 64<<10, 64<<10, 0, nil)
	return instance(handle), err
}

// Read takes an empty message for the end, as engines do.
func (i instance) Read(p []byte) (int, error) {
	var n uint32
	err := windows.ReadFile(windows.Handle(i), p, &n, nil)
	switch {
	case errors.Is(err, windows.ERROR_MORE_DATA):
		return int(n), nil
	case errors.Is(err, windows.ERROR_BROKEN_PIPE), err == nil && n == 0:
		return 0, io.EOF
	}
	return int(n), err
}

func (i instance) Write(p []byte) (int, error) {
	var n uint32
	err := windows.WriteFile(windows.Handle(i), p, &n, nil)
	return int(n), err
}

// Close waits for the client to have read what was written.
func (i instance) Close() error {
	_ = windows.FlushFileBuffers(windows.Handle(i))
	return windows.CloseHandle(windows.Handle(i))
}

// engine is an engine on a pipe: it answers, and turns to upper case what an attached client sends before its
// half-close.
func engine(t *testing.T, messages bool) string {
	t.Helper()
	name := fmt.Sprintf("gantry-%d-%s", os.Getpid(), t.Name())
	next, err := create(name, messages, windows.PIPE_UNLIMITED_INSTANCES)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var over atomic.Bool
	all.Go(func() {
		for {
			current := next
			if err := windows.ConnectNamedPipe(windows.Handle(current), nil); err != nil && !errors.Is(err, windows.ERROR_PIPE_CONNECTED) {
				t.Errorf("accepting: %v", err)
				return
			}
			if over.Load() {
				_ = current.Close()
				return
			}
			var err error
			if next, err = create(name, messages, windows.PIPE_UNLIMITED_INSTANCES); err != nil {
				t.Errorf("listening: %v", err)
				return
			}
			all.Go(func() { serve(current) })
		}
	})
	t.Cleanup(func() {
		over.Store(true)
		if conn, err := winio.DialPipe(`\\.\pipe\`+name, nil); err == nil {
			_ = conn.Close()
		}
		all.Wait()
	})
	return "npipe:////./pipe/" + name
}

func serve(conn instance) {
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
	server, err := create("gantry-busy", true, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer windows.CloseHandle(windows.Handle(server)) //nolint:errcheck // the test is over
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
