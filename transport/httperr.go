package transport

import "strings"

// answerClass tells an answer that net/http refused to parse from a connection that broke, or returns nil. net/http
// has no types for most of these, so its words are matched; a test sends each and holds this list to them.
func answerClass(err error) error {
	text := err.Error()
	if strings.Contains(text, "response headers exceeded") {
		return ErrTooLarge
	}
	if strings.Contains(text, "unexpected EOF reading trailer") {
		return ErrTruncated
	}
	for _, words := range []string{
		"malformed HTTP", "malformed MIME header", "malformed chunked encoding", "invalid header", "bad Content-Length",
		"invalid empty Content-Length", "unsupported transfer encoding", "too many transfer encodings",
		"multiple Content-Length", "chunked", "chunk length", "too many 1xx",
	} {
		if strings.Contains(text, words) {
			return ErrProtocol
		}
	}
	return nil
}
