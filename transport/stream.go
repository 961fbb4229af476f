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
	body io.ReadCloser
	over atomic.Bool // closed
}

// Bytes sends a request and returns its answer unread.
func Bytes(ctx context.Context, c Caller, r *Request) (*Stream, error) {
	s, err := openStream(ctx, c, r)
	if err == nil {
		r.seen.hold(false) // bytes that have come are all there is to say
	}
	return s, err
}

// openStream is Bytes for an answer that is taken apart: its call goes on until it is closed.
func openStream(ctx context.Context, c Caller, r *Request) (*Stream, error) {
	resp, err := stream(ctx, c, r) //nolint:bodyclose // the caller closes it
	if err != nil {
		return nil, err
	}
	return &Stream{Header: resp.Header, ctx: ctx, req: r, body: resp.Body}, nil
}

// Read implements [io.Reader]. An answer that breaks off gives [ErrTruncated].
func (s *Stream) Read(p []byte) (int, error) {
	n, err := s.body.Read(p)
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
