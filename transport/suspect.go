package transport

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
)

// suspect is a body of bytes that may be an error document instead. It takes in what it must see to know, at most as much as
// is kept of an error's body, and gives that out if it is none.
type suspect struct {
	body io.Reader
	// failure makes an error of a failure, or nothing if it may be what the body is to bring.
	failure func(f *failure, doc []byte) error

	known bool   // what it is
	seen  []byte // and not given out yet
	err   error  // behind that
}

func (s *suspect) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if !s.known { // most bodies tell by their first byte
		n, err := s.body.Read(p)
		if n == 0 || p[0] != '{' {
			s.known = n > 0
			return n, err
		}
		s.seen, s.err = bytes.Clone(p[:n]), err
		s.look()
	}
	switch {
	case len(s.seen) > 0:
		n := copy(p, s.seen)
		s.seen = s.seen[n:]
		return n, nil
	case s.err != nil:
		return 0, s.err
	}
	return s.body.Read(p)
}

// peek returns the error of a body that is a failure. It waits for the body's beginning.
func (s *suspect) peek() error {
	s.look()
	if e, ok := errors.AsType[*Error](s.err); ok && len(s.seen) == 0 {
		return e
	}
	return nil
}

// look reads on until it is known what the body is.
func (s *suspect) look() {
	const more = 4 << 10
	for !s.decide() && s.err == nil && len(s.seen) < maxErrorBody {
		n := len(s.seen)
		s.seen = append(s.seen, make([]byte, more)...)
		var read int
		read, s.err = s.body.Read(s.seen[n:])
		s.seen = s.seen[:n+read]
	}
	s.known = true
}

// decide reports whether what was seen tells what the body is. If it is a failure, nothing but its error is left.
func (s *suspect) decide() bool {
	doc, err := firstDocument(s.seen)
	if err == nil {
		if f := failureIn(doc); f != nil {
			if failed := s.failure(f, doc); failed != nil {
				s.seen, s.err = nil, failed
			}
		}
		return true
	}
	return !errors.Is(err, io.ErrUnexpectedEOF) && err != io.EOF || !mayBeginAsFailure(s.seen) //nolint:errorlint // see above
}

// mayBeginAsFailure reports whether the first name of a document that is cut short is one of a report, as far as it goes.
func mayBeginAsFailure(doc []byte) bool {
	name, isObject := bytes.CutPrefix(trimSpace(doc), []byte{'{'})
	name = trimSpace(name)
	switch {
	case len(name) == 0:
		return isObject || len(trimSpace(doc)) == 0
	case name[0] == '"' && bytes.IndexByte(name[1:], '"') < 0:
		return isObject
	}
	return beginsAsFailure(doc)
}

// isMedia reports whether a header declares a media type.
func isMedia(h http.Header, want string) bool {
	media, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && media == want
}

const (
	mediaJSON = "application/json"
	mediaHTML = "text/html"
)
