package enginetest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gantry-go/gantry/internal/testimage"
)

// header is what a request says about itself.
type header map[string]string

// call sends a request over the engine's socket, on a connection of its own, and returns the answer's body.
func (e *Engine) call(method, path string, h header, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	network, address, _ := strings.Cut(e.Host, "://")
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://engine"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, value := range h {
		req.Header.Set(name, value)
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // all of it was read, or its error is returned
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return nil, fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, bytes.TrimSpace(answer))
	}
	return answer, nil
}

// LoadImage sees to it that the engine has the test image, and returns its name. Tests of an engine share it: they
// give it other names rather than remove it.
func (e *Engine) LoadImage(t testing.TB) string {
	t.Helper()
	e.image.Lock()
	defer e.image.Unlock()
	if e.image.loaded {
		return testimage.Name
	}
	// An answer of 200 may end in an error, so only the image itself proves that it was loaded.
	answer, err := e.call(http.MethodPost, "/images/load?quiet=1", header{"Content-Type": "application/x-tar"}, Image(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.call(http.MethodGet, "/images/"+testimage.Name+"/json", nil, nil); err != nil {
		t.Fatalf("loaded the test image: %s, then %v", answer, err)
	}
	e.image.loaded = true
	return testimage.Name
}

// Image returns the test image as the body of ImageLoad.
func Image(t testing.TB) []byte {
	t.Helper()
	archive, err := testimage.Archive(testimage.Name)
	if err != nil {
		t.Fatal(err)
	}
	return archive
}

var names atomic.Int64

// Name returns a name that no other object of the engine has: test binaries may share an engine.
func Name(t testing.TB) string {
	t.Helper()
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(t.Name()))
	return fmt.Sprintf("gantry-%.24s-%d-%d", clean, os.Getpid(), names.Add(1))
}
