package transporttest_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/internal/leak"
	tt "github.com/gantry-go/gantry/transport/transporttest"
)

func TestMain(m *testing.M) { leak.Main(m) }

// httpClient is net/http's own client, so that what is tested here does not lean on the project's.
func httpClient(t *testing.T, e *tt.Engine) *http.Client {
	t.Helper()
	tr := &http.Transport{
		DialContext:           func(ctx context.Context, _, _ string) (net.Conn, error) { return e.Dial(ctx) },
		ExpectContinueTimeout: 1 << 40, // as good as never
	}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

// get returns the answer to a GET, with its body read.
func get(t *testing.T, c *http.Client, path string) (*http.Response, string) {
	t.Helper()
	return do(t, c, http.MethodGet, path, nil)
}

func do(t *testing.T, c *http.Client, method, path string, body io.Reader) (*http.Response, string) {
	t.Helper()
	resp, err := send(t, c, method, path, body)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read whole
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(data)
}

func send(t *testing.T, c *http.Client, method, path string, body io.Reader) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://engine"+path, body)
	if err != nil {
		t.Fatal(err)
	}
	return c.Do(req)
}

// dial opens a bare connection.
func dial(t *testing.T, e *tt.Engine) net.Conn {
	t.Helper()
	c, err := e.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// talk sends a request as it is written and returns all that comes until the engine closes the connection.
func talk(t *testing.T, e *tt.Engine, request string) string {
	t.Helper()
	c := dial(t, e)
	must(t, write(c, request))
	got, err := io.ReadAll(c)
	if err != nil {
		t.Fatalf("after %q: %v", got, err)
	}
	return string(got)
}

func write(w io.Writer, s string) error {
	_, err := io.WriteString(w, s)
	return err
}

// readHead reads the head of an answer, with the line that ends it.
func readHead(t *testing.T, in *bufio.Reader) string {
	t.Helper()
	var head strings.Builder
	for {
		line, err := in.ReadString('\n')
		head.WriteString(line)
		if err != nil {
			t.Fatalf("after %q: %v", head.String(), err)
		}
		if line == "\r\n" {
			return head.String()
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fakeT is a test that keeps what it is told.
type fakeT struct {
	testing.TB
	failures []string
	cleanup  []func()
}

func (f *fakeT) Helper()          {}
func (f *fakeT) Cleanup(g func()) { f.cleanup = append(f.cleanup, g) }

func (f *fakeT) Errorf(format string, args ...any) {
	f.failures = append(f.failures, fmt.Sprintf(format, args...))
}

func (f *fakeT) end() {
	for _, g := range f.cleanup {
		g()
	}
}
