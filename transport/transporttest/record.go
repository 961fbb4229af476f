package transporttest

import (
	"io"
	"net/http"
	"slices"
)

// keptBody is how much of each request's body is kept.
const keptBody = 1 << 20

// Request is one request as it came.
type Request struct {
	Method   string
	Path     string // escaped, as on the wire
	RawQuery string
	Host     string
	Header   http.Header
	Head     []byte // the request line and headers, byte by byte, with the empty line that ends them
	Body     []byte // decoded from chunks; the first MiB
	BodySize int64  // how much of the body was read
	BodyEnd  error  // nil while the body is not read to its end, then io.EOF, or why it broke off
	Pattern  string // the one that matched; empty for an unexpected request
	Conn     int    // which connection of the engine brought it, from 1
}

// Complete reports whether the whole body was read.
func (r *Request) Complete() bool { return r.BodyEnd == io.EOF } //nolint:errorlint // set by this package alone

// Requests returns the requests so far, in the order in which their heads were read. They are copies: what is still
// read of a body shows in the next call's.
func (e *Engine) Requests() []Request {
	e.state.mu.Lock()
	defer e.state.mu.Unlock()
	return e.state.copyRequests()
}

func (s *state) copyRequests() []Request {
	list := make([]Request, len(s.requests))
	for i, r := range s.requests {
		list[i] = *r
		list[i].Header = r.Header.Clone()
		list[i].Body = slices.Clone(r.Body)
	}
	return list
}

func (s *state) record(r *Request) {
	s.change(func() {
		r.Header = r.Header.Clone() // the handler may change its own
		s.requests = append(s.requests, r)
	})
}

func (s *state) addBody(r *Request, p []byte) {
	s.change(func() {
		r.BodySize += int64(len(p))
		r.Body = append(r.Body, p[:min(len(p), keptBody-len(r.Body))]...)
	})
}

func (s *state) endBody(r *Request, err error) {
	s.change(func() { r.BodyEnd = err })
}
