// Package hijack reads and writes the byte streams of a container engine: the connection that an attach or an exec
// takes over after an HTTP upgrade, and the output of containers, in which stdout and stderr share one stream.
//
// [Conn] is such a connection. It reads, writes, half-closes and ends with its context. [Demux] takes the frames of a
// multiplexed stream apart, where they lie in the read buffer. [Logs] is the output of a container, service or task,
// as frames, as lines, or into two writers.
//
// The package speaks no HTTP, dials nothing, and knows no engine's address: whoever sent the request hands it the
// body of the answer. It cannot know either whether a stream is multiplexed. Containers with a TTY send their bytes
// as they are, all others in frames, and before API 1.42 nothing in the answer tells which; the caller must.
//
// # Who closes what
//
// A [Conn] is the caller's to close; the end of its context closes it too, and so does a [Conn.Demux] that fails.
// [Logs] are closed by the first loop over them, however it ends, and by [Logs.Demux]; close them by hand only if
// they are never read. The function [Demux] closes nothing.
//
// # Concurrency
//
// Of a [Conn], one goroutine may read while another writes, and any may close it. [Logs] are read by one goroutine,
// once; any may close them. The package starts no goroutines and keeps no state but pools of buffers.
//
// # Errors
//
// An error-free end means that everything arrived, but for one case that no client can tell: see [Conn.Demux]. A stream that ends inside a frame, or before the answer that
// carries it has ended, is a [*TruncatedError]; bytes that are not frames are a [*ProtocolError]; what the engine
// itself reports inside the stream is a [*StreamError].
package hijack
