package transport_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gantry-go/gantry/transport"
)

// TestFleetOfEngines is no test but the other process of TestFleet: engines on sockets of a folder. It ends with its input.
func TestFleetOfEngines(t *testing.T) {
	dir := os.Getenv("GANTRY_TEST_AS_FLEET")
	if dir == "" {
		return // it is started by TestFleet
	}
	limit := syscall.Rlimit{}
	_ = syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	limit.Cur = limit.Max
	_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	n, _ := strconv.Atoi(os.Getenv("GANTRY_TEST_FLEET"))
	open := make([]atomic.Int32, n)
	for i := range n {
		l, err := new(net.ListenConfig).Listen(t.Context(), "unix", filepath.Join(dir, strconv.Itoa(i)))
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{
			ReadHeaderTimeout: time.Minute,
			Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				time.Sleep(10 * time.Millisecond) // as an engine takes
				w.WriteHeader(http.StatusNoContent)
			}),
			ConnState: func(_ net.Conn, state http.ConnState) {
				switch state {
				case http.StateNew:
					open[i].Add(1)
				case http.StateClosed, http.StateHijacked:
					open[i].Add(-1)
				}
			},
		}
		go server.Serve(l)   //nolint:errcheck // until the end
		defer server.Close() //nolint:errcheck // as above
	}
	in := bufio.NewScanner(os.Stdin)
	fmt.Println("ready")
	for in.Scan() { // each line asks for the most connections of an engine
		most := int32(0)
		for i := range open {
			most = max(most, open[i].Load())
		}
		fmt.Println("most", most)
	}
}

// TestFleet makes ten calls at once to each of many engines, with hardly more file descriptors than two for each: all
// succeed, and then no engine is left with more than two connections. GANTRY_TEST_FLEET sets how many engines, 100 unless set.
func TestFleet(t *testing.T) {
	engines := 100
	if text := os.Getenv("GANTRY_TEST_FLEET"); text != "" {
		engines, _ = strconv.Atoi(text)
	}
	dir, err := os.MkdirTemp("", "f") //nolint:usetesting // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	fleet := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFleetOfEngines$", "-test.timeout=5m")
	fleet.Env = append(os.Environ(), "GANTRY_TEST_AS_FLEET="+dir, "GANTRY_TEST_FLEET="+strconv.Itoa(engines))
	in, _ := fleet.StdinPipe()
	out, _ := fleet.StdoutPipe()
	if err := fleet.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = fleet.Wait()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "ready" {
	}

	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	few := syscall.Rlimit{Cur: uint64(2*engines + 24), Max: limit.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &few); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit) })

	clients := make([]*transport.Client, engines)
	for i := range clients {
		if clients[i], err = transport.New("unix://" + filepath.Join(dir, strconv.Itoa(i))); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = clients[i].Close() })
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for round := range 2 {
		var failed atomic.Int32
		var all sync.WaitGroup
		for i := range 10 * engines {
			all.Go(func() {
				request := opPing.Request()
				if i%3 == 0 {
					request = opStart.Request("conny")
				}
				if err := transport.None(ctx, clients[i%engines], request); err != nil && failed.Add(1) < 5 {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := failed.Load(); n > 0 {
			t.Fatalf("round %d: %d of %d calls failed", round, n, 10*engines)
		}
	}
	deadline := time.After(20 * time.Second)
	for most := "?"; ; {
		_, _ = io.WriteString(in, "?\n")
		if lines.Scan() {
			most = strings.TrimPrefix(lines.Text(), "most ")
		}
		if n, err := strconv.Atoi(most); err == nil && n <= 2 {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("an engine is left with %s connections", most)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
