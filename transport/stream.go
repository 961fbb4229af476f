package transport

import (
	"context"
	"io"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/gantry-go/gantry/hijack"
)

// Stream is an answer that is bytes: an archive, an image, a file system. Close it; the context of the call ends it
// too. Read it from one goroutine at a time; Close may come from another.
type Stream struct {
	// Header is the answer's header.
	Header http.Header

	ctx  context.Context
	req  *Request
	body io.Closer
	read *suspect
	over atomic.Bool // closed
}

// Bytes sends a request and returns its answer unread. An error document in place of the bytes, although the status is a
// success, is an error of the first Read: one of Podman's, with its status, and of an operation of a specification any that
// is declared to be JSON.
func Bytes(ctx context.Context, c Caller, r *Request) (*Stream, error) {
	resp, err := content(ctx, c, r) //nolint:bodyclose // the caller closes it
	if err != nil {
		return nil, err
	}
	r.seen.hold(false) // bytes that have come are all there is to say
	declared := r.op.Engine != "" && isMedia(resp.Header, mediaJSON)
	return openStream(ctx, r, resp, func(f *failure) bool { return declared || f.status != 0 }), nil
}

// openStream returns the stream of an answer that is no failure. A document that looks like one is, if beyond says so.
func openStream(ctx context.Context, r *Request, resp *http.Response, beyond func(*failure) bool) *Stream {
	return &Stream{Header: resp.Header, ctx: ctx, req: r, body: resp.Body, read: r.suspect(resp, beyond)}
}

// suspect returns the reader of an answer's body; see openStream.
func (r *Request) suspect(resp *http.Response, beyond func(*failure) bool) *suspect {
	return &suspect{body: resp.Body, failure: func(f *failure, doc []byte) error {
		if !beyond(f) {
			return nil
		}
		return f.error(r, resp, doc)
	}}
}

// Read implements [io.Reader]. An answer that breaks off gives [ErrTruncated].
func (s *Stream) Read(p []byte) (int, error) {
	n, err := s.read.Read(p)
	if err != nil && s.over.Load() {
		err = hijack.ErrClosed // what the connection makes of being closed says nothing
	}
	if err != nil && err != io.EOF { //nolint:errorlint // io.Reader's contract
		err = s.req.bodyError(s.ctx, err)
	}
	return n, err
}

// archiveBuffers are larger than io.Copy's: reads of 128 KiB are a fifth faster than of 32.
var archiveBuffers = sync.Pool{New: func() any { return new([128 << 10]byte) }}

// WriteTo implements [io.WriterTo].
func (s *Stream) WriteTo(w io.Writer) (int64, error) {
	buffer := archiveBuffers.Get().(*[128 << 10]byte)
	defer archiveBuffers.Put(buffer)
	return io.CopyBuffer(w, struct{ io.Reader }{s}, buffer[:])
}

// Close ends the stream. It may be called more than once.
func (s *Stream) Close() error {
	s.over.Store(true)
	return s.body.Close()
}
