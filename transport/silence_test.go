package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// TestSilenceOfAConnection holds that what is written ends a silence as what is read does, whatever the connection
// can do besides.
func TestSilenceOfAConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		s := &silence{limit: time.Minute, attempt: &attempt{ctx: ctx, cancel: cancel}}
		ours, theirs := net.Pipe()
		defer theirs.Close() //nolint:errcheck // a pipe
		conn := s.watch(ours).(io.ReadWriteCloser)
		context.AfterFunc(ctx, func() { _ = conn.Close() })
		go func() { _, _ = io.Copy(io.Discard, theirs) }()
		read := make(chan time.Time, 1)
		begun := time.Now()
		go func() {
			_, _ = conn.Read(make([]byte, 1))
			read <- time.Now()
		}()
		for range 10 {
			time.Sleep(50 * time.Second)
			if _, err := conn.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		if took := (<-read).Sub(begun); took != 10*50*time.Second+time.Minute {
			t.Errorf("given up after %v", took)
		}
		if silent, ok := errors.AsType[*silentError](context.Cause(ctx)); !ok || silent.limit != time.Minute {
			t.Errorf("ended with %v", context.Cause(ctx))
		}
		if _, half := conn.(halfCloser); half {
			t.Error("a connection without half-close has one")
		}
	})
}
