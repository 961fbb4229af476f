package transporttest

import "encoding/binary"

const (
	rawStream = "application/vnd.docker.raw-stream"

	frameHeader = 8
)

// Frame makes one frame of a container's output: stream 1 is stdout, 2 stderr, 3 an error of the engine itself.
func Frame(stream byte, data string) []byte {
	frame := make([]byte, frameHeader, frameHeader+len(data))
	frame[0] = stream
	binary.BigEndian.PutUint32(frame[4:], uint32(len(data)))
	return append(frame, data...)
}
