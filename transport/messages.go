package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"reflect"
	"sync/atomic"

	"github.com/gantry-go/gantry/hijack"
)

// Messages is an answer that is a sequence of JSON documents: progress, events, statistics. Range over [Messages.All],
// or take them all at once with Wait; both close it at their end. Close it where neither is called. The context of
// the call ends it too. Use it from one goroutine at a time; Close may come from another.
type Messages[T any] struct {
	ctx  context.Context
	req  *Request
	resp *http.Response
	need needs
	docs documents
	size *meter
	over atomic.Bool // closed: what is buffered still is not given out
}

// Sequence sends a request and returns its answer's documents, each of which has the members that need names as [Object]
// does. It returns as soon as the engine has accepted the request, which it has then begun to carry out.
func Sequence[T any](ctx context.Context, c Caller, r *Request, need ...string) (*Messages[T], error) {
	resp, err := content(ctx, c, r) //nolint:bodyclose // the caller closes it
	if err != nil {
		return nil, err
	}
	if err := r.refuseHTML(resp); err != nil {
		return nil, err
	}
	m := &Messages[T]{ctx: ctx, req: r, resp: resp, need: need, size: &meter{src: resp.Body, limit: r.settings().maxAnswer}}
	m.docs = newDocuments(m.size)
	return m, nil
}

// All returns the messages as they come. A failure that the engine reports inside the sequence is the last element,
// an [*Error] with [ErrStream], and of the class that the engine names, if it does; so is a sequence that breaks off, with
// [ErrTruncated]. The sequence is closed when the loop ends, for
// whatever reason; a second loop gets an error.
func (m *Messages[T]) All() iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		defer m.Close() //nolint:errcheck // nothing depends on it
		var none T
		for {
			v, err := m.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(none, err)
				return
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}

// Wait reads the sequence to its end and returns the failure that it reports, if any.
func (m *Messages[T]) Wait() error {
	for _, err := range m.All() {
		if err != nil {
			return err
		}
	}
	return nil
}

// One returns the first message and closes the sequence. With none, the error is [ErrTruncated].
func (m *Messages[T]) One() (T, error) {
	for v, err := range m.All() {
		return v, err
	}
	var none T
	return none, m.req.acted(m.req.fail(ErrTruncated, nil))
}

// Close ends the sequence. It may be called more than once.
func (m *Messages[T]) Close() error {
	m.over.Store(true)
	return m.resp.Body.Close()
}

// next returns the next message, or io.EOF at a clean end.
func (m *Messages[T]) next() (v T, err error) {
	if m.over.Load() {
		return v, m.req.bodyError(m.ctx, hijack.ErrClosed)
	}
	m.size.read = 0
	doc, err := m.docs.next()
	if err != nil {
		if m.over.Load() { // closed meanwhile; what the connection makes of that says nothing
			err = hijack.ErrClosed
		}
		return v, m.readError(err)
	}
	if kind(doc) != '{' {
		return v, m.req.protocolError(m.resp, errNoObject)
	}
	if f := failureAmong(doc); f != nil && (f.stopped || !f.fits(reflect.TypeFor[T](), m.need)) {
		return v, f.error(m.req, m.resp, doc)
	}
	if err := unmarshal(doc, &v); err != nil {
		return v, m.req.protocolError(m.resp, err)
	}
	if err := m.need.of("the answer", doc); err != nil {
		return v, m.req.protocolError(m.resp, err)
	}
	m.req.reportUnknown(doc, &v)
	return v, nil
}

// readError tells the end of the sequence, a broken connection and a broken document apart.
func (m *Messages[T]) readError(err error) error {
	if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		if m.ctx.Err() == nil {
			return io.EOF
		}
		return m.req.bodyError(m.ctx, err)
	}
	if isSyntax(err) {
		return m.req.protocolError(m.resp, err)
	}
	return m.req.bodyError(m.ctx, err)
}

// meter bounds what one document may hold. A record separator, with which some engines precede each document of a
// sequence, is no JSON; it cannot stand inside a document either, so it becomes a space.
type meter struct {
	src         io.Reader
	read, limit int64
}

func (m *meter) Read(p []byte) (int, error) {
	if m.read > m.limit {
		return 0, ErrTooLarge
	}
	n, err := m.src.Read(p)
	m.read += int64(n)
	const recordSeparator = 0x1e
	for rest := p[:n]; ; {
		i := bytes.IndexByte(rest, recordSeparator)
		if i < 0 {
			return n, err
		}
		rest[i] = ' '
		rest = rest[i+1:]
	}
}
