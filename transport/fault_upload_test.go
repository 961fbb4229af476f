package transport_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gantry-go/gantry/transport"
)

var (
	opBuild = transport.Operation{Engine: "docker", Version: "1.41", Name: "ImageBuild", Method: "POST", Path: "/v1.41/build", Slow: true}
	opApply = transport.Operation{Engine: "podman", Version: "6.0", Name: "KubeApplyLibpod", Method: "POST", Path: "/v6.0.0/libpod/kube/apply", Slow: true}
)

// uploads are the forms of a body that is read while it is sent.
func uploads(t *testing.T, data []byte) map[string]func() io.Reader {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return map[string]func() io.Reader{
		"file": func() io.Reader {
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			return f
		},
		"bytes":  func() io.Reader { return bytes.NewReader(data) },
		"reader": func() io.Reader { return io.MultiReader(bytes.NewReader(data)) },
		"pipe": func() io.Reader {
			r, w := io.Pipe()
			go func() {
				for piece := range slices.Chunk(data, 30_000) {
					if _, err := w.Write(piece); err != nil {
						return
					}
				}
				_ = w.Close()
			}()
			return r
		},
	}
}

// TestAnswersThatBeginBeforeTheBody has an engine that says 200 before it reads the body, goes on saying something while
// it reads, and answers to the end only once it has all. Each form of body arrives whole, and each kind of stream.
func TestAnswersThatBeginBeforeTheBody(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789abcdef"), 50_000)
	w := play(t, func(c *wireConn) {
		r := c.head()
		if r == nil {
			return
		}
		if r.Header.Get("Expect") != "" {
			t.Error("the engine was asked to answer before the body comes, and it answers with a stream")
		}
		c.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
		chunk := func(s string) { c.write(fmt.Sprintf("%x\r\n%s\r\n", len(s), s)) }
		chunk(`{"Id":"begun"}` + "\n")
		got, buffer := []byte(nil), make([]byte, 40_000)
		for {
			n, err := r.Body.Read(buffer)
			got = append(got, buffer[:n]...)
			if err != nil {
				if err != io.EOF {
					t.Errorf("the body broke off after %d bytes: %v", len(got), err)
				}
				break
			}
			chunk(fmt.Sprintf(`{"Count":%d}`, len(got)) + "\n")
		}
		chunk(fmt.Sprintf(`{"Id":"whole %v"}`, bytes.Equal(got, data)) + "\n")
		c.write("0\r\n\r\n")
	})
	c := w.client(t)
	kinds := map[string]func(r *transport.Request) (last string, err error){
		"sequence": func(r *transport.Request) (last string, err error) {
			m, err := transport.Sequence[thing](t.Context(), c, r)
			if err != nil {
				return "", err
			}
			for v, err := range m.All() {
				if err != nil {
					return "", err
				}
				last = v.ID
			}
			return last, nil
		},
		"bytes": func(r *transport.Request) (last string, err error) {
			s, err := transport.Bytes(t.Context(), c, r)
			if err != nil {
				return "", err
			}
			defer s.Close() //nolint:errcheck // all of it is read
			return lastID(s)
		},
		"raw": func(r *transport.Request) (last string, err error) {
			resp, err := c.Do(t.Context(), r)
			if err != nil {
				return "", err
			}
			defer resp.Body.Close() //nolint:errcheck // all of it is read
			return lastID(resp.Body)
		},
	}
	for form, body := range uploads(t, data) {
		for kind, call := range kinds {
			op := opBuild
			if kind == "bytes" {
				op = opApply
			}
			r := op.Request()
			r.Upload(body(), "application/x-tar")
			within(t, form+", "+kind, func() {
				if last, err := call(r); err != nil || last != "whole true" {
					t.Errorf("%s, %s: %q, %v", form, kind, last, err)
				}
			})
		}
	}
}

// lastID reads to the end, and returns the last Id.
func lastID(r io.Reader) (string, error) {
	all, err := io.ReadAll(r)
	lines := strings.Split(strings.TrimSpace(string(all)), "\n")
	return strings.TrimSuffix(strings.TrimPrefix(lines[len(lines)-1], `{"Id":"`), `"}`), err
}

// TestUploadsAskBeforeDocumentsAlone holds the engine to be asked before a body is sent where the answer is a document,
// which comes once the body is read, and nowhere else.
func TestUploadsAskBeforeDocumentsAlone(t *testing.T) {
	var asked atomic.Bool
	w := play(t, func(c *wireConn) {
		r := c.head()
		if r == nil {
			return
		}
		if asked.Store(r.Header.Get("Expect") == "100-continue"); asked.Load() {
			c.write("HTTP/1.1 100 Continue\r\n\r\n")
		}
		_, _ = io.Copy(io.Discard, r.Body)
		c.answer(200, `{"Id":"x"}`)
	})
	c := w.client(t)
	for kind, k := range map[string]struct {
		asks bool
		call func(r *transport.Request) error
	}{
		"object": {true, func(r *transport.Request) error { _, err := transport.Object[thing](t.Context(), c, r); return err }},
		"none":   {true, func(r *transport.Request) error { return transport.None(t.Context(), c, r) }},
		"value":  {true, func(r *transport.Request) error { _, err := transport.Value[thing](t.Context(), c, r); return err }},
		"headers": {true, func(r *transport.Request) error {
			_, err := transport.Headers[http.Header](t.Context(), c, r)
			return err
		}},
		"sequence": {false, func(r *transport.Request) error {
			m, err := transport.Sequence[thing](t.Context(), c, r)
			return errors.Join(err, m.Wait())
		}},
		"bytes": {false, func(r *transport.Request) error {
			s, err := transport.Bytes(t.Context(), c, r)
			return errors.Join(err, s.Close())
		}},
		"late": {false, func(r *transport.Request) error {
			p, err := transport.Late[thing](t.Context(), c, r)
			return errors.Join(err, p.Close())
		}},
		"raw": {false, func(r *transport.Request) error {
			resp, err := c.Do(t.Context(), r)
			return errors.Join(err, resp.Body.Close())
		}},
	} {
		r := opArchive.Request("conny")
		r.Upload(io.MultiReader(strings.NewReader("abc")), "application/x-tar")
		if err := k.call(r); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if asked.Load() != k.asks {
			t.Errorf("%s: asked %v", kind, asked.Load())
		}
	}
}

// listenOn plays an engine on a unix socket or on TCP.
func listenOn(t *testing.T, network string, script func(c *wireConn)) *wire {
	t.Helper()
	if network == "unix" {
		return play(t, script)
	}
	listener, err := net.Listen(network, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{host: "tcp://" + listener.Addr().String(), requests: make(chan *http.Request, 1<<16)}
	w.serve(t, listener, script)
	return w
}

// TestRefusedUploadsDeliverTheRefusal has an engine that refuses before it reads a byte or when it has read some, with its
// reason, and closes the connection at once while the client is still sending.
func TestRefusedUploadsDeliverTheRefusal(t *testing.T) {
	for _, network := range []string{"unix", "tcp"} {
		for _, before := range []int64{0, 1, 100_000} {
			t.Run(fmt.Sprintf("%s, after %d bytes", network, before), func(t *testing.T) {
				t.Parallel()
				refuseUploads(t, network, before)
			})
		}
	}
}

func refuseUploads(t *testing.T, network string, before int64) {
	const runs = 5
	reason := strings.Repeat("the third line makes no sense; ", 100)
	w := listenOn(t, network, func(c *wireConn) {
		r := c.head()
		if r == nil {
			return
		}
		if r.Header.Get("Expect") != "" && before > 0 {
			c.write("HTTP/1.1 100 Continue\r\n\r\n")
		}
		_, _ = io.CopyN(io.Discard, r.Body, before)
		c.answer(500, `{"message":"`+reason+`"}`)
	})
	c := w.client(t)
	for form, body := range uploads(t, bytes.Repeat([]byte("x"), 4<<20)) {
		for kind, call := range map[string]func(r *transport.Request) error{
			"none":     func(r *transport.Request) error { return transport.None(t.Context(), c, r) },
			"sequence": func(r *transport.Request) error { _, err := transport.Sequence[thing](t.Context(), c, r); return err },
		} {
			for range runs {
				r := opArchive.Request("conny")
				r.Upload(body(), "application/x-tar")
				err := call(r)
				e, ok := errors.AsType[*transport.Error](err)
				if !ok || !errors.Is(err, transport.ErrServer) || e.Message != strings.TrimSpace(reason) {
					t.Errorf("%s, %s: the refusal is lost: %.200v", form, kind, err)
				}
			}
		}
	}
}

// TestRefusedStreamsLeaveTheSource has an engine that refuses what is answered by a stream: not asked before, it has been
// sent some of the body, but no more is read once the refusal is here, and the source is closed.
func TestRefusedStreamsLeaveTheSource(t *testing.T) {
	w := play(t, func(c *wireConn) {
		if c.head() == nil {
			return
		}
		c.answer(404, `{"message":"no such builder"}`)
		c.gone()
	})
	var returned atomic.Bool
	var late atomic.Int32 // one may be under way
	source := &closing{Reader: readFunc(func(p []byte) (int, error) {
		if returned.Load() && late.Add(1) > 1 {
			t.Error("the source was read after the call had returned")
		}
		return len(p), nil
	}), closed: make(chan struct{})}
	r := opBuild.Request()
	r.Upload(source, "application/x-tar")
	within(t, "the upload", func() {
		_, err := transport.Sequence[thing](t.Context(), w.client(t), r)
		returned.Store(true)
		isError(t, "upload", err, transport.ErrNotFound, false)
		<-source.closed
	})
}

// TestEngineGoneDuringAnUpload has an engine that dies while a body is sent, before its head, within it or after: that is
// the connection's failure, whatever the source said when it was closed for it.
func TestEngineGoneDuringAnUpload(t *testing.T) {
	const runs = 30
	sources := map[string]func() io.Reader{
		"pipe that waits": func() io.Reader { r, _ := io.Pipe(); return r },
		"pipe that writes": func() io.Reader {
			r, w := io.Pipe()
			go func() {
				for {
					if _, err := w.Write(make([]byte, 1000)); err != nil {
						return
					}
				}
			}()
			return r
		},
		"endless":          func() io.Reader { return endless{} },
		"closed says more": func() io.Reader { return newSulking(errors.New("I was closed")) },
		"large":            func() io.Reader { return bytes.NewReader(make([]byte, 8<<20)) },
		"file":             func() io.Reader { return sparse(t, 8<<20) },
	}
	for _, network := range []string{"unix", "tcp"} {
		for _, death := range []string{"before the body", "within it", "reset", "in the answer's head"} {
			w := listenOn(t, network, func(c *wireConn) {
				r := c.head()
				if r == nil || death == "before the body" {
					return
				}
				if r.Header.Get("Expect") != "" {
					c.write("HTTP/1.1 100 Continue\r\n\r\n")
				}
				_, _ = c.in.Peek(1)
				switch tcp, _ := c.Conn.(*net.TCPConn); {
				case death == "in the answer's head":
					c.write("HTTP/1.1 200 OK\r\n")
				case death == "reset" && tcp != nil:
					_ = tcp.SetLinger(0)
				}
			})
			c := w.client(t)
			for what, source := range sources {
				for kind, call := range map[string]func(r *transport.Request) error{
					"none":     func(r *transport.Request) error { return transport.None(t.Context(), c, r) },
					"sequence": func(r *transport.Request) error { _, err := transport.Sequence[thing](t.Context(), c, r); return err },
				} {
					if what == "pipe that waits" && death != "before the body" {
						continue // there is no body to wait for
					}
					for range runs / len(sources) {
						r := opArchive.Request("conny")
						r.Upload(source(), "application/x-tar")
						within(t, network+", "+death+", "+what+", "+kind, func() {
							err := call(r)
							e, ok := errors.AsType[*transport.Error](err)
							if !ok || !errors.Is(err, transport.ErrTransport) && !(errors.Is(err, transport.ErrTruncated) && death == "in the answer's head" && kind == "sequence") ||
								!e.MayHaveActed || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, os.ErrClosed) || strings.Contains(err.Error(), "I was closed") {
								t.Errorf("%s, %s, %s, %s: %v", network, death, what, kind, err)
							}
						})
					}
				}
			}
		}
	}
}

// sulking is a source that waits until it is closed, and then complains.
type sulking struct {
	err    error
	closed chan struct{}
	once   sync.Once
	begun  bool
}

func newSulking(err error) *sulking { return &sulking{err: err, closed: make(chan struct{})} }

func (s *sulking) Read(p []byte) (int, error) {
	if !s.begun {
		s.begun = true
		return len(p), nil
	}
	<-s.closed
	return 0, s.err
}

func (s *sulking) Close() error {
	s.once.Do(func() { close(s.closed) })
	return s.err
}

// sparse is a file of zeros that takes no room.
func sparse(t *testing.T, size int64) *os.File {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "sparse")
	if err == nil {
		err = f.Truncate(size)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestSourceFailsAfterTheHead has a source that fails when the answer has begun: the failure is what the stream ends with.
func TestSourceFailsAfterTheHead(t *testing.T) {
	broken := errors.New("the disk is gone")
	w := play(t, func(c *wireConn) {
		r := c.head()
		if r == nil {
			return
		}
		c.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			t.Error("the engine took half a body for a whole one")
		}
	})
	seen := newWatched()
	c := w.client(t, transport.WithObserver(seen.observe))
	begun := make(chan struct{})
	r := opBuild.Request()
	r.Upload(io.MultiReader(strings.NewReader("abc"), readFunc(func([]byte) (int, error) { <-begun; return 0, broken })), "application/x-tar")
	m, err := transport.Sequence[thing](t.Context(), c, r)
	close(begun)
	if err != nil {
		t.Fatal(err)
	}
	within(t, "the stream", func() { err = m.Wait() })
	if e := isError(t, "stream", err, broken, true); e.Class != transport.ErrSource {
		t.Errorf("class %v", e.Class)
	}
	if call := seen.one(t); !errors.Is(call.Err, broken) {
		t.Errorf("observed was %v", call.Err)
	}
}

// TestFileThatCannotBeRead fails as its source, not as the connection.
func TestFileThatCannotBeRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.Write(make([]byte, 1000))
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		t.Fatal(err)
	}
	w := play(t, func(c *wireConn) {
		if r := c.head(); r != nil {
			c.write("HTTP/1.1 100 Continue\r\n\r\n")
			_, _ = io.Copy(io.Discard, r.Body)
		}
	})
	r := opArchive.Request("conny")
	r.Upload(f, "application/x-tar")
	err = transport.None(t.Context(), w.client(t), r)
	e, _ := errors.AsType[*transport.Error](err)
	if path, ok := errors.AsType[*fs.PathError](err); !ok || path.Op != "read" || e == nil || e.Class != transport.ErrSource {
		t.Errorf("%v", err)
	}
}

// TestSourcesAreLeftAloneAfterwards gives a call up while its source is between two reads: none begins after the call.
func TestSourcesAreLeftAloneAfterwards(t *testing.T) {
	w := play(t, func(c *wireConn) {
		if r := c.head(); r != nil {
			c.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
			_, _ = io.Copy(io.Discard, r.Body)
		}
	})
	c := w.client(t)
	for range 50 {
		var returned atomic.Bool
		var late atomic.Int32 // one may be under way
		source := readFunc(func(p []byte) (int, error) {
			if returned.Load() && late.Add(1) > 1 {
				t.Error("the source was read after the stream was closed")
			}
			return len(p), nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		r := opBuild.Request()
		r.Upload(source, "application/x-tar")
		m, err := transport.Sequence[thing](ctx, c, r)
		if err != nil {
			t.Fatal(err)
		}
		_ = m.Close()
		cancel()
		returned.Store(true)
	}
}
