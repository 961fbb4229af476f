package proxy_test

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

// server is a proxy in the test's process: HTTP with CONNECT, or SOCKS 5. It wants user and password if they are set.
type server struct {
	address        string
	user, password string
	answer         string // in place of opening a tunnel
	before         string // what comes before the answer
	tunnels        atomic.Int32
	target         atomic.Value // the last address asked for
}

// start listens; with a certificate, in TLS.
func (s *server) start(t *testing.T, secure *tls.Config, serve func(net.Conn)) *server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	if secure != nil {
		listener = tls.NewListener(listener, secure)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	open := map[net.Conn]bool{}
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open[conn] = true
			mu.Unlock()
			all.Go(func() {
				defer func() {
					_ = conn.Close()
					mu.Lock()
					delete(open, conn)
					mu.Unlock()
				}()
				serve(conn)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		mu.Lock()
		for conn := range open {
			_ = conn.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return s
}

// http serves CONNECT.
func (s *server) http(conn net.Conn) {
	in := bufio.NewReader(conn)
	r, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	user, password, _ := (&http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}).BasicAuth()
	switch {
	case r.Method != http.MethodConnect:
		_, _ = io.WriteString(conn, "HTTP/1.1 405 Method Not Allowed\r\n\r\n")
	case s.answer != "":
		_, _ = io.WriteString(conn, s.answer)
	case user != s.user || password != s.password:
		_, _ = io.WriteString(conn, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
	default:
		s.tunnel(conn, r.RequestURI, s.before+"HTTP/1.1 200 Connection established\r\n\r\n", "HTTP/1.1 502 Bad Gateway\r\n\r\n")
	}
}

// socks serves SOCKS 5 (RFC 1928, RFC 1929).
func (s *server) socks(conn net.Conn) {
	buf := make([]byte, 512)
	read := func(n int) []byte {
		if _, err := io.ReadFull(conn, buf[:n]); err != nil {
			return make([]byte, n)
		}
		return buf[:n]
	}
	read(int(read(2)[1])) // the methods
	if s.user == "" {
		_, _ = conn.Write([]byte{5, 0})
	} else {
		_, _ = conn.Write([]byte{5, 2})
		user := string(read(int(read(2)[1])))
		password := string(read(int(read(1)[0])))
		if user != s.user || password != s.password {
			_, _ = conn.Write([]byte{1, 1})
			return
		}
		_, _ = conn.Write([]byte{1, 0})
	}
	var host string
	switch read(4)[3] {
	case 1:
		host = net.IP(read(4)).String()
	case 3:
		host = string(read(int(read(1)[0])))
	default:
		return
	}
	port := strconv.Itoa(int(binary.BigEndian.Uint16(read(2))))
	s.tunnel(conn, net.JoinHostPort(host, port), "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00", "\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00")
}

// tunnel carries bytes both ways; the end of one direction is passed on as such.
func (s *server) tunnel(conn net.Conn, address, yes, no string) {
	s.target.Store(address)
	host, port, _ := net.SplitHostPort(address)
	if host == "engine.test" { // which only the proxy can look up
		host = "127.0.0.1"
	}
	onward, err := net.Dial("tcp", net.JoinHostPort(host, port)) //nolint:noctx // a test's
	if err != nil {
		_, _ = io.WriteString(conn, no)
		return
	}
	defer onward.Close() //nolint:errcheck // it is at its end
	s.tunnels.Add(1)
	_, _ = io.WriteString(conn, yes)
	var both sync.WaitGroup
	both.Go(func() { pass(onward, conn) })
	pass(conn, onward)
	// The engine has closed: so does the proxy.
	_ = conn.Close()
	both.Wait()
}

func pass(to, from net.Conn) {
	// By Read and Write: the pipes by which the kernel would do it are kept until they are collected.
	_, _ = io.Copy(struct{ io.Writer }{to}, struct{ io.Reader }{from})
	_ = to.(interface{ CloseWrite() error }).CloseWrite()
}
