package transport

import (
	"io"
	"mime"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxErrorBody = 64 << 10
	maxMessage   = 4 << 10
)

// readErrorBody reads what fits. A body that goes on is left unread: closing it then drops the connection.
func readErrorBody(body io.Reader) []byte {
	data, _ := io.ReadAll(io.LimitReader(body, maxErrorBody)) // a cut body still tells more than none
	return data
}

// errorBody has a field for each form in which engines report errors: Docker's message; Podman's message with its
// cause; Podman's reports on pods (Errs) and manifests (errors); and the last record of a failed stream.
type errorBody struct {
	Message     string   `json:"message"`
	Cause       string   `json:"cause"`
	Error       string   `json:"error"`
	Errs        []string `json:"Errs"`
	Errors      []string `json:"errors"`
	ErrorDetail struct {
		Message string `json:"message"`
	} `json:"errorDetail"`
}

// parseErrorBody finds the message, and the cause where it is told apart, in whatever an engine or a proxy sent.
func parseErrorBody(contentType string, body []byte) (message, cause string) {
	var parsed errorBody
	// The declared type is not believed: a proxy's HTML comes as JSON at times, and Podman's JSON as text. Nor is
	// a member of an unexpected kind a reason to lose the others.
	if err := unmarshalLenient(body, &parsed); err == nil || parsed.Message != "" {
		for _, m := range []string{
			parsed.Message, parsed.ErrorDetail.Message, parsed.Error,
			strings.Join(parsed.Errs, "; "), strings.Join(parsed.Errors, "; "), parsed.Cause,
		} {
			if m != "" {
				return plainText(m), plainText(parsed.Cause)
			}
		}
		if err == nil {
			return "", ""
		}
	}
	text := string(body)
	if media, _, _ := mime.ParseMediaType(contentType); media == "text/html" || strings.HasPrefix(strings.TrimSpace(text), "<") {
		return printable(htmlTitle(text), maxMessage), ""
	}
	return plainText(text), ""
}

// htmlTitle returns the title of a proxy's error page, which says as much as the page does, or the text of one without.
func htmlTitle(page string) string {
	lower := strings.ToLower(page)
	if len(lower) != len(page) {
		return htmlText(page) // folding the case of some letters changes their length: the offsets would be off
	}
	_, rest, found := strings.Cut(lower, "<title")
	if found {
		_, rest, found = strings.Cut(rest, ">")
	}
	start, end := len(page)-len(rest), strings.Index(rest, "</title")
	if !found || end < 0 || strings.TrimSpace(page[start:start+end]) == "" {
		return htmlText(page)
	}
	return page[start : start+end]
}

// plainText is a text as valid UTF-8 of at most maxMessage bytes, with its line breaks and tabs, and blanks in place of other
// characters that do not print.
func plainText(s string) string {
	clean := strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(cut(s, maxMessage), "\uFFFD"))
	return cut(strings.TrimSpace(clean), maxMessage)
}

// htmlText returns what stands between the tags of a page.
func htmlText(page string) string {
	var text strings.Builder
	for page != "" {
		between, tag, _ := strings.Cut(page, "<")
		text.WriteString(between + " ")
		_, page, _ = strings.Cut(tag, ">")
	}
	return text.String()
}

// printable puts a text on one line of valid, printable UTF-8 of at most limit bytes.
func printable(s string, limit int) string {
	clean := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(cut(s, limit), "\uFFFD"))
	return cut(strings.Join(strings.Fields(clean), " "), limit)
}

// cut shortens s to at most limit bytes, between two runes.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
