package hijack

import "io"

// WriteTo implements [io.WriterTo]: it reads to the end into w, through a buffer that grows with the stream's pace.
// It closes nothing.
func (c *Conn) WriteTo(w io.Writer) (int64, error) { return pump(w, c) }

// ReadFrom implements [io.ReaderFrom]: it writes what src has, through a buffer that grows with src's pace. It closes
// nothing, the writing direction neither.
func (c *Conn) ReadFrom(src io.Reader) (int64, error) { return pump(c, src) }

// pump copies src to dst by Read and Write alone. io.Copy would call the very methods that are built on this.
func pump(dst io.Writer, src io.Reader) (written int64, err error) {
	buf := buffer{limit: copyBuffer}
	defer buf.release()
	empty := 0
	for {
		buf.refit(nil)
		n, readErr := src.Read(buf.data)
		if n < 0 || n > len(buf.data) {
			return written, errInvalidRead
		}
		if n > 0 {
			empty = 0
			buf.note(n, len(buf.data))
			m, err := writeAll(dst, buf.data[:n])
			written += int64(m)
			if err != nil {
				return written, err
			}
		}
		if readErr == io.EOF {
			return written, nil
		}
		if readErr != nil {
			return written, readErr
		}
		if empty++; empty > maxEmpty {
			return written, io.ErrNoProgress
		}
	}
}
