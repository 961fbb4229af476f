package ssh

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/gantry-go/gantry/transport"
	tt "github.com/gantry-go/gantry/transport/transporttest"
)

// TestCommandFails has programs that do not reach the engine: no connection comes about, and the error says why.
func TestCommandFails(t *testing.T) {
	for name, c := range map[string]struct {
		command func(string, ssh.Channel) uint32
		want    []string
	}{
		"not there": {
			func(_ string, c ssh.Channel) uint32 {
				_, _ = io.WriteString(c.Stderr(), "sh: 1: docker: not found\n\x1b[2Jsecond\r\n")
				return 127
			},
			[]string{"status 127", "docker: not found; ?[2Jsecond"},
		},
		"much to say": {
			func(_ string, c ssh.Channel) uint32 {
				_, _ = io.Copy(c.Stderr(), strings.NewReader("begin"+strings.Repeat("x", 5<<20)))
				return 1
			},
			[]string{"status 1", "beginxxx"},
		},
		"no engine": {
			func(_ string, c ssh.Channel) uint32 { _, _ = io.WriteString(c, "hello\n"); return 0 },
			[]string{"does not answer as an engine does", "system dial-stdio"},
		},
		"quiet": {func(string, ssh.Channel) uint32 { return 0 }, []string{"ended with status 0"}},
		"killed": {
			func(_ string, c ssh.Channel) uint32 {
				signal := struct {
					Name          string
					Core          bool
					Message, Lang string
				}{Name: "KILL"}
				_, _ = c.SendRequest("exit-signal", false, ssh.Marshal(&signal))
				_ = c.Close()
				return 0
			},
			[]string{"signal KILL"},
		},
		"a proxy": {
			func(_ string, c ssh.Channel) uint32 {
				_, _ = io.WriteString(c, "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n")
				return 0
			},
			[]string{"403 Forbidden"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := (&server{command: c.command}).start(t)
			err := ping(t.Context(), s.client(t))
			fails(t, err, transport.ErrConnect, append(c.want, "forwarding to /var/run/docker.sock: refused: connect failed: open failed")...)
			if len(err.Error()) > maxStderr+1024 || strings.ContainsAny(err.Error(), "\n\r\x1b") {
				t.Errorf("%d bytes: %v", len(err.Error()), err)
			}
			if failure, is := errors.AsType[*transport.Error](err); !is || failure.MayHaveActed {
				t.Errorf("%v may have acted", err)
			}
		})
	}
}

// TestCommandDies has a program that dies in mid-stream: that is no end.
func TestCommandDies(t *testing.T) {
	e := tt.New(t)
	e.Handle("POST /stream", tt.Upgrade(func(c *tt.Conn) {
		_, _ = c.Write([]byte("first"))
		_, _ = io.Copy(io.Discard, c)
	}))
	s := &server{command: func(_ string, c ssh.Channel) uint32 {
		conn, err := e.Dial(context.Background())
		if err != nil {
			return 1
		}
		defer conn.Close() //nolint:errcheck // it dies
		go func() { _, _ = io.Copy(conn, c) }()
		var seen bytes.Buffer
		for !strings.HasSuffix(seen.String(), "first") {
			if _, err := io.CopyN(io.MultiWriter(c, &seen), conn, 1); err != nil {
				break
			}
		}
		_, _ = io.WriteString(c.Stderr(), "out of memory\n")
		return 137
	}}
	s.start(t)
	op := transport.Operation{Name: "Stream", Method: "POST", Path: "/stream"}
	conn, err := transport.Upgrade(t.Context(), s.client(t), op.Request())
	ok(t, err)
	got, err := io.ReadAll(conn)
	if string(got) != "first" {
		t.Errorf("%q", got)
	}
	fails(t, err, transport.ErrTransport, "status 137", "out of memory")
	ok(t, conn.Close())
}
