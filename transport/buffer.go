package transport

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// buffers hold whole answers while they are decoded. One that grew beyond maxKept is left to the collector, so that
// a single large list does not stay in memory for good.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const maxKept = 4 << 20

func takeBuffer() *bytes.Buffer {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	return b
}

func putBuffer(b *bytes.Buffer) {
	if b.Cap() <= maxKept {
		buffers.Put(b)
	}
}

// readWhole reads an answer of at most limit bytes into a pooled buffer and calls use with it; use must not keep it.
func readWhole(resp *http.Response, limit int64, use func(data []byte) error) error {
	b := takeBuffer()
	defer putBuffer(b)
	if n := resp.ContentLength; n > limit {
		return fmt.Errorf("%w: %d bytes, the limit is %d", ErrTooLarge, n, limit)
	} else if n > 0 {
		b.Grow(int(n) + bytes.MinRead)
	}
	n, err := b.ReadFrom(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return err
	}
	if n > limit {
		return fmt.Errorf("%w: more than the limit of %d bytes", ErrTooLarge, limit)
	}
	return use(b.Bytes())
}
