package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gantry-go/gantry/hijack"
)

// Caller is what a generated client needs of an engine. [Client] is one; wrap it to watch, edit or refuse calls
// ([With] does), or write your own to fake an engine.
type Caller interface {
	// Do sends a request and returns the engine's answer, whatever its status; [Check] makes an error of one that
	// is no success. The caller closes the body.
	Do(ctx context.Context, req *Request) (*http.Response, error)
	// Hijack sends a request that asks for an upgrade and returns the connection. An answer that refuses it is an
	// [*Error]; a success without an upgrade is a connection that can only be read.
	Hijack(ctx context.Context, req *Request) (*hijack.Conn, error)
}

// Client speaks to one engine. It is safe for concurrent use.
type Client struct {
	config   config
	endpoint endpoint
	route    Route     // nil where this package dials by itself
	tls      tlsSource // nil without TLS
	reads    *pool     // long-lived
	writes   *pool     // calls that change something
	uploads  *pool     // calls whose body can be sent once
	open     *openCalls

	closeRoute sync.Once
}

const (
	// A stream at speed costs a system call for each fill of the read buffer, an idle one keeps it: 16 KiB is
	// within a tenth of the speed of 64 KiB and a quarter of its cost.
	connBuffer = 16 << 10

	maxHeader = 256 << 10

	// Engines close connections that idle for some seconds, Podman after ten. A read that meets a closed one is
	// repeated; a call that changes something must not be, so it only takes connections used a moment ago.
	readIdle  = 90 * time.Second
	writeIdle = time.Second
)

// New returns a client of the engine at host: unix:///path, tcp://host:port, http://host:port or https://host:port;
// tcp speaks TLS when [WithTLS] or [WithTLSFiles] is given. [WithScheme] adds other schemes. Nothing is dialed before
// the first call.
func New(host string, options ...Option) (*Client, error) {
	c := &Client{config: defaults()}
	for i, option := range options {
		if option == nil {
			return nil, &Error{Operation: "options", Class: ErrInvalidInput, Message: fmt.Sprintf("option %d of %d is nil", i+1, len(options))}
		}
		option(&c.config)
	}
	if invalidHeaderValue(c.config.userAgent) {
		return nil, &Error{Operation: "user agent", Class: ErrInvalidInput, Message: "it holds a character that no header may hold"}
	}
	if err := c.reach(host); err != nil {
		if c.route != nil {
			_ = c.route.Close()
		}
		return nil, err
	}
	c.open = newOpenCalls()
	c.reads = c.newPool(readIdle)
	c.writes = c.newPool(writeIdle)
	c.writes.DisableKeepAlives = c.config.freshMutations
	c.uploads = c.newPool(writeIdle)
	c.uploads.MaxIdleConnsPerHost = -1 // none is used again, and the engine is not told
	return c, nil
}

// reach decides how the host is dialed.
func (c *Client) reach(host string) (err error) {
	if c.route, c.endpoint, err = routedEndpoint(host, &c.config); err != nil {
		return err
	}
	if c.route == nil {
		c.endpoint, err = parseHost(host, c.config.secure())
	} else if c.config.dial == nil {
		c.config.dial = c.route.Dial
	}
	if err == nil {
		err = c.throughProxy()
	}
	if err != nil || c.endpoint.scheme != "https" {
		return err
	}
	c.tls, err = c.config.tlsSource(c.endpoint)
	return err
}

// pool is a set of connections.
type pool struct {
	http.Transport
	dialer *dialer
}

// close closes what is not in use.
func (p *pool) close() {
	p.CloseIdleConnections()
	p.dialer.supply.drop(nil)
}

// closeIdle closes the connections that are kept for later calls.
func (c *Client) closeIdle() {
	c.reads.CloseIdleConnections()
	c.writes.CloseIdleConnections()
}

func (c *Client) newPool(idle time.Duration) *pool {
	d := &dialer{config: &c.config, endpoint: c.endpoint, tls: c.tls, open: c.open, idle: c.closeIdle}
	p := &pool{dialer: d, Transport: http.Transport{
		Proxy:                  nil, // by option alone, never from the environment
		DialContext:            d.dialContext,
		DialTLSContext:         d.dialTLSContext,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    1 << 20, // as many as there were callers at once
		IdleConnTimeout:        idle,
		ExpectContinueTimeout:  d.config.expectTimeout,
		MaxResponseHeaderBytes: maxHeader,
		ReadBufferSize:         connBuffer,
		WriteBufferSize:        connBuffer,
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{}, // HTTP/2 has no upgrades
	}}
	d.supply.maxIdle, d.supply.trim = c.config.maxIdle, p.CloseIdleConnections
	return p
}

func clientTLS(given *tls.Config, e endpoint) *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if given != nil {
		c = given.Clone()
		c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
	}
	if c.ServerName == "" {
		u := url.URL{Host: e.authority}
		c.ServerName = u.Hostname()
	}
	c.NextProtos = slices.DeleteFunc(slices.Clone(c.NextProtos), func(p string) bool { return p == "h2" })
	return c
}

// Host returns the engine's address without anything secret: "unix:///var/run/docker.sock", "https://host:2376".
func (c *Client) Host() string {
	if c.route != nil {
		return c.route.Host()
	}
	if c.endpoint.network == "unix" {
		return "unix://" + c.endpoint.address
	}
	return c.endpoint.scheme + "://" + c.endpoint.authority + c.endpoint.prefix
}

// Format writes the engine's address, whatever the verb: a client is in use while it is printed, and may
// hold keys and what unlocks them.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, c.Host()) }

// Close ends every call and stream of the client with [ErrClosed] and closes its connections. It may be called more
// than once.
func (c *Client) Close() error {
	c.open.close()
	for _, p := range []*pool{c.reads, c.writes, c.uploads} {
		p.close()
	}
	if c.route != nil {
		c.closeRoute.Do(func() { _ = c.route.Close() })
	}
	return nil
}

// Do implements [Caller].
func (c *Client) Do(ctx context.Context, r *Request) (*http.Response, error) {
	resp, a, err := c.send(ctx, r)
	if err != nil {
		return nil, err
	}
	if again, err := c.reauthorize(ctx, r, resp); again || err != nil {
		a.end()
		if err != nil {
			return nil, r.seen.end(err)
		}
		if resp, a, err = c.transmit(ctx, r); err != nil {
			return nil, err
		}
	}
	if resp.StatusCode == http.StatusSwitchingProtocols { // nobody asked for it, and nothing would end its stream
		_ = resp.Body.Close()
		a.end()
		return nil, r.seen.end(r.switched(resp))
	}
	r.seen.watch(a)
	resp.Request = nil // its headers may hold credentials
	resp.Body = &body{ReadCloser: resp.Body, attempt: a, silence: c.config.newSilence(r, a)}
	return resp, nil
}

// send brings the request to the engine, with its credentials, and returns its answer's head; the attempt ends with
// the answer.
func (c *Client) send(ctx context.Context, r *Request) (*http.Response, *attempt, error) {
	if c == nil || c.open == nil {
		return nil, nil, r.Refuse(ErrInvalidInput, errNoClient)
	}
	r.config = &c.config
	seen := c.observe(ctx, r)
	if err := r.Err(); err != nil {
		r.discard()
		return nil, nil, seen.end(err)
	}
	if err := r.judge(c.config.policies); err != nil {
		return nil, nil, seen.end(err)
	}
	if c.open.life.Err() != nil {
		r.discard()
		return nil, nil, seen.end(r.fail(ErrClosed, nil))
	}
	if _, err := c.authorize(ctx, r, false); err != nil {
		r.discard()
		return nil, nil, seen.end(err)
	}
	return c.transmit(ctx, r)
}

var errNoClient = errors.New("there is no client to send it: New makes one, a zero or nil one sends nothing")

// isNoCaller reports whether a caller is nil, or a nil pointer.
func isNoCaller(c Caller) bool {
	v := reflect.ValueOf(c)
	return c == nil || v.Kind() == reflect.Pointer && v.IsNil()
}

// transmit is send for a request that is ready.
func (c *Client) transmit(ctx context.Context, r *Request) (*http.Response, *attempt, error) {
	pool := c.poolOf(r)
	for try := 1; ; try++ {
		a := c.begin(ctx, r, pool)
		a.seen = r.seen
		resp, err := a.roundTrip(pool, c.httpRequest(r, a, pool))
		if err == nil {
			a.headArrived()
			a.upload.headCame(resp.StatusCode)
			if a.ctx.Err() == nil {
				r.seen.head(a, resp)
				return resp, a, nil
			}
			_ = resp.Body.Close() // the timeout ran out as the head came
			err = context.Cause(a.ctx)
		}
		unsent := a.unsent(r)
		err = a.failure(ctx, r, err)
		a.end()
		r.seen.tried(a)
		if !unsent || try == maxTries || errors.Is(err, ErrTLS) {
			return nil, nil, r.seen.end(err)
		}
	}
}

// poolOf returns the connections that a request may go by. A body that can be sent once has one that was not used
// before: on one that the engine has closed meanwhile, part of it would be gone before that shows.
func (c *Client) poolOf(r *Request) *pool {
	switch {
	case r.streamed:
		return c.uploads
	case r.op.safe():
		return c.reads
	}
	return c.writes
}

// maxTries bounds how often a request is begun of which nothing could be written, each time on another connection
// that the engine had closed meanwhile. One that was written is never repeated here.
const maxTries = 3

// httpRequest puts a request in net/http's terms.
func (c *Client) httpRequest(r *Request, a *attempt, pool *pool) *http.Request {
	ctx := httptrace.WithClientTrace(context.WithValue(a.ctx, wantKey{}, a), a.trace(pool.CloseIdleConnections))
	path, _ := url.PathUnescape(c.endpoint.prefix)
	hr := (&http.Request{
		Method: r.op.Method,
		URL: &url.URL{
			Scheme: c.endpoint.scheme, Host: c.endpoint.authority,
			Path: path + r.path, RawPath: c.endpoint.prefix + r.rawPath, RawQuery: strings.Join(r.query, "&"),
		},
		Host:   c.endpoint.authority,
		Header: r.header.Clone(),
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	if hr.Header == nil {
		hr.Header = http.Header{}
	}
	if hr.Header.Get("User-Agent") == "" {
		hr.Header.Set("User-Agent", c.config.userAgent)
	}
	if r.upgrade != "" {
		hr.Header.Set("Connection", "Upgrade")
		hr.Header.Set("Upgrade", r.upgrade)
		if r.upgrade == webSocket {
			askWebSocket(hr.Header)
		}
	}
	c.setBody(hr, r, a)
	return hr
}
