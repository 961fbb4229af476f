package hijack

import "io"

// Demux reads a multiplexed stream to its end and writes the payloads to stdout and stderr; a nil writer discards.
// It returns how many bytes of output it delivered.
//
// It needs at most 64 KiB of memory, whatever the headers of the frames claim. It fails with what a writer fails with
// and writes nothing more; with a [*ProtocolError] where bytes are no frame; with a [*StreamError] when the engine
// reports one; with a [*TruncatedError] when src ends inside a frame; and with the error of src, if any.
//
// Demux closes nothing. Use [Conn.Demux] or [Logs.Demux] where there is a connection to close.
func Demux(stdout, stderr io.Writer, src io.Reader) (written int64, err error) {
	return newSplitter(src, false, nil).demux(stdout, stderr)
}

// demux writes out all pieces and releases the splitter.
func (s *splitter) demux(stdout, stderr io.Writer) (written int64, err error) {
	defer s.release()
	for {
		stream, data, err := s.next()
		if err == io.EOF { //nolint:errorlint // a wrapped one would be an error
			return written, nil
		}
		if err != nil {
			return written, err
		}
		w := stdout
		if stream == Stderr {
			w = stderr
		}
		n, err := writeAll(w, data)
		written += int64(n)
		if err != nil {
			return written, err
		}
	}
}

// writeAll writes data, and holds the writer to its contract. A nil writer takes everything.
func writeAll(w io.Writer, data []byte) (int, error) {
	if w == nil {
		return len(data), nil
	}
	n, err := w.Write(data)
	switch {
	case n < 0 || n > len(data):
		return 0, errInvalidWrite
	case err == nil && n < len(data):
		err = io.ErrShortWrite
	}
	return n, err
}
