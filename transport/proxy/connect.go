package proxy

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// maxHead bounds the head of a proxy's answer.
const maxHead = 64 << 10

// connect asks an HTTP proxy for a tunnel.
func (r *route) connect(ctx context.Context, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", r.address)
	if err != nil {
		return nil, err
	}
	if r.scheme == "https" {
		conn = tls.Client(conn, r.clientTLS())
	}
	// What follows knows deadlines and no contexts.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	tunnel, err := r.ask(ctx, conn, address)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = conn.Close()
		return nil, cmp.Or(context.Cause(ctx), err)
	}
	return tunnel, nil
}

func (r *route) clientTLS() *tls.Config {
	c := r.tls.Clone()
	if c == nil {
		c = new(tls.Config)
	}
	c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
	c.NextProtos = nil // of HTTP/2 there is no half-close
	if c.ServerName == "" {
		c.ServerName = r.host
	}
	return c
}

// ask does the handshake on a connection to the proxy.
func (r *route) ask(ctx context.Context, conn net.Conn, address string) (net.Conn, error) {
	if secure, ok := conn.(*tls.Conn); ok {
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, fmt.Errorf("TLS handshake: %w", err)
		}
	}
	head := "CONNECT " + address + " HTTP/1.1\r\nHost: " + address + "\r\n"
	if r.user != nil {
		password, _ := r.user.Password()
		head += "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(r.user.Username()+":"+password)) + "\r\n"
	}
	if _, err := io.WriteString(conn, head+"\r\n"); err != nil {
		return nil, err
	}
	limited := &io.LimitedReader{R: conn, N: maxHead}
	in := bufio.NewReaderSize(limited, 4<<10)
	for {
		resp, err := http.ReadResponse(in, &http.Request{Method: http.MethodConnect}) //nolint:bodyclose // the body is the tunnel, or goes with it
		switch {
		case err != nil && limited.N == 0:
			return nil, errors.New("its answer is too long")
		case errors.Is(err, io.ErrUnexpectedEOF):
			return nil, errors.New("it hung up without an answer")
		case err != nil:
			return nil, err
		case resp.StatusCode >= 100 && resp.StatusCode < 200 && resp.StatusCode != http.StatusSwitchingProtocols:
			continue
		case r.user != nil && (resp.StatusCode == http.StatusProxyAuthRequired || resp.StatusCode == http.StatusUnauthorized):
			// The latter is what tinyproxy says.
			return nil, fmt.Errorf("%d it refuses these credentials", resp.StatusCode)
		case resp.StatusCode != http.StatusOK:
			return nil, fmt.Errorf("it refuses: %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
		}
		break
	}
	if in.Buffered() == 0 {
		return conn, nil
	}
	ahead, err := in.Peek(in.Buffered())
	return &tunnel{Conn: conn, ahead: ahead}, err
}

// tunnel is a connection of which something was read already.
type tunnel struct {
	net.Conn
	ahead []byte
}

func (t *tunnel) Read(p []byte) (int, error) {
	if len(t.ahead) > 0 {
		n := copy(p, t.ahead)
		t.ahead = t.ahead[n:]
		return n, nil
	}
	return t.Conn.Read(p)
}

// CloseWrite closes one direction, as both kinds of connection can.
func (t *tunnel) CloseWrite() error {
	half, ok := t.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}
