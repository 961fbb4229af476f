package hijack

import "sync"

// A stream that waits for its next line needs little memory, and many of them wait at once; a stream at speed needs
// a large buffer, or it spends its time in system calls. So a buffer starts small and grows when reads fill it.
const (
	smallBuffer = 4 << 10
	frameBuffer = 64 << 10  // the most that a stream of frames or lines takes
	copyBuffer  = 128 << 10 // raw bytes gain up to here
)

var (
	smallBuffers = sync.Pool{New: func() any { return new([smallBuffer]byte) }}
	frameBuffers = sync.Pool{New: func() any { return new([frameBuffer]byte) }}
	copyBuffers  = sync.Pool{New: func() any { return new([copyBuffer]byte) }}
)

// take gets a buffer of one of the three sizes from its pool.
func take(size int) []byte {
	switch size {
	case smallBuffer:
		return smallBuffers.Get().(*[smallBuffer]byte)[:]
	case frameBuffer:
		return frameBuffers.Get().(*[frameBuffer]byte)[:]
	default:
		return copyBuffers.Get().(*[copyBuffer]byte)[:]
	}
}

// give returns a buffer to the pool of its size.
func give(b []byte) {
	switch len(b) {
	case smallBuffer:
		smallBuffers.Put((*[smallBuffer]byte)(b))
	case frameBuffer:
		frameBuffers.Put((*[frameBuffer]byte)(b))
	case copyBuffer:
		copyBuffers.Put((*[copyBuffer]byte)(b))
	}
}

// patience is the number of reads alike, one after the other, that change a buffer's size. One would let a single
// long line pin a large buffer to a stream, or a single short read slow down one at speed.
const patience = 2

// buffer is a read buffer that follows the pace of its stream.
type buffer struct {
	data   []byte
	limit  int // the larger of the two sizes
	streak int // reads in a row that were full (above zero) or would have fitted the small size (below)
}

// refit makes the buffer ready for the next read, at the size that the reads before call for, and puts rest, which
// may be part of the present buffer, to its front.
func (b *buffer) refit(rest []byte) {
	size := len(b.data)
	switch {
	case size == 0, size > smallBuffer && b.streak <= -patience:
		size = smallBuffer
	case size < b.limit && b.streak >= patience:
		size = b.limit
	}
	if size == len(b.data) {
		copy(b.data, rest)
		return
	}
	old := b.data
	b.data, b.streak = take(size), 0
	copy(b.data, rest)
	give(old)
}

// note records that a read which had room for so many bytes brought n.
func (b *buffer) note(n, room int) {
	switch {
	case n == room:
		b.streak = max(b.streak, 0) + 1
	case n < smallBuffer:
		b.streak = min(b.streak, 0) - 1
	default:
		b.streak = 0
	}
}

// release returns the memory; the buffer may be used again.
func (b *buffer) release() {
	give(b.data)
	b.data, b.streak = nil, 0
}
