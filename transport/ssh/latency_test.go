//go:build linux

package ssh

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gantry-go/gantry/hijack"
	"github.com/gantry-go/gantry/internal/sshdtest"
	"github.com/gantry-go/gantry/transport"
	tt "github.com/gantry-go/gantry/transport/transporttest"
)

// slowly is a connection whose other end is latency away: what is written arrives later, and so does what is read.
func slowly(conn net.Conn, latency time.Duration) net.Conn {
	near, far := net.Pipe()
	delay := func(to, from net.Conn) {
		type chunk struct {
			due  time.Time
			data []byte
		}
		onTheWay := make(chan chunk, 1024)
		go func() {
			defer close(onTheWay)
			for {
				data := make([]byte, 32<<10)
				n, err := from.Read(data)
				if n > 0 {
					onTheWay <- chunk{time.Now().Add(latency), data[:n]}
				}
				if err != nil {
					return
				}
			}
		}()
		for c := range onTheWay {
			time.Sleep(time.Until(c.due))
			if _, err := to.Write(c.data); err != nil {
				break
			}
		}
		_ = to.Close()
		for range onTheWay { // until the other goroutine has seen the end
		}
	}
	go delay(conn, far)
	go delay(far, conn)
	return near
}

// TestManyStreamsByCommand opens many streams at once where each takes a program and ten fit on a connection, through
// networks that are near and far. All come about, and all live. GANTRY_TEST_STREAMS sets how many, 32 unless set.
func TestManyStreamsByCommand(t *testing.T) {
	sshdtest.Needs(t, sshdtest.Program, "docker")
	streams := 32
	if text := os.Getenv("GANTRY_TEST_STREAMS"); text != "" {
		var err error
		streams, err = strconv.Atoi(text)
		ok(t, err)
	}
	e := tt.New(t)
	e.Handle("POST /stream", tt.Upgrade(func(c *tt.Conn) { // it answers what it is told
		_, _ = io.Copy(c, c)
	}))
	op := transport.Operation{Name: "Stream", Method: "POST", Path: "/stream"}
	s := startOpenSSH(t, "AllowStreamLocalForwarding no", "SetEnv SHLVL=2 DOCKER_HOST="+e.Host()) // bash reads no .bashrc then
	for _, latency := range []time.Duration{0, 15 * time.Millisecond, 50 * time.Millisecond} {
		t.Run(latency.String(), func(t *testing.T) {
			dial := WithDialer(func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := new(net.Dialer).DialContext(ctx, network, address)
				if err != nil || latency == 0 {
					return conn, err
				}
				return slowly(conn, latency), nil
			})
			client := open(t, s.URL(""), s.options(dial)...)
			conns := make([]*hijack.Conn, streams)
			var all sync.WaitGroup
			for i := range conns {
				all.Go(func() {
					time.Sleep(time.Duration(rand.Int64N(int64(200 * time.Millisecond)))) //nolint:gosec // no secret
					conn, err := transport.Upgrade(t.Context(), client, op.Request())
					if err != nil {
						t.Errorf("stream %d: %v", i, err)
						return
					}
					conns[i] = conn
				})
			}
			all.Wait()
			for i, conn := range conns {
				if conn == nil {
					continue
				}
				all.Go(func() {
					_, err := io.WriteString(conn, "alive")
					err = errors.Join(err, conn.CloseWrite())
					got, second := io.ReadAll(conn)
					if err = errors.Join(err, second, conn.Close()); err != nil || string(got) != "alive" {
						t.Errorf("stream %d: %q, %v", i, got, err)
					}
				})
			}
			all.Wait()
		})
	}
}
