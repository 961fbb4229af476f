package transporttest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"math"
	"net"
	"net/http"
	"slices"
)

// response writes one answer. It is the [http.ResponseWriter] of a [Handler]. Unlike net/http it adds no header of its
// own but what the length of the body needs, and holds no handler to a Content-Length that it has set.
type response struct {
	exchange *exchange
	answer   *Answer
	out      *bufio.Writer // through the answer's faults to the connection
	header   http.Header
	started  bool
	chunked  bool
	bodyless bool
	hijacked bool
	marks    []*threshold // that the answer is to reach
	bodyLeft *int         // until the body is cut; nil for never, and once it was
	err      error        // of the connection, or why the answer gives up
}

func newResponse(x *exchange, a *Answer) *response {
	w := &response{exchange: x, answer: a, header: make(http.Header)}
	var out io.Writer = x.conn.net
	for _, f := range slices.Backward(a.faults) { // the last one stands nearest the connection
		out = f(x, out)
		if t, ok := out.(*threshold); ok && t.name != "" {
			w.marks = append(w.marks, t)
		}
	}
	w.out = bufio.NewWriter(out)
	if a.bodyCut != nil {
		w.bodyLeft = new(*a.bodyCut)
	}
	return w
}

// Header implements [http.ResponseWriter].
func (w *response) Header() http.Header { return w.header }

// WriteHeader implements [http.ResponseWriter].
func (w *response) WriteHeader(status int) {
	if w.started {
		return
	}
	if status < http.StatusOK && status != http.StatusSwitchingProtocols {
		w.writeHead(status, w.header)
		w.flush()
		return
	}
	w.started, w.exchange.answered = true, true
	for range w.answer.preceding.count() {
		if w.err != nil {
			break
		}
		w.writeHead(w.answer.preceding.status, nil)
	}
	header := w.header.Clone()
	w.bodyless = w.exchange.req.Method == http.MethodHead || forbidsBody(status)
	if !w.bodyless && header.Get("Content-Length") == "" {
		w.chunked = true
		header.Set("Transfer-Encoding", "chunked")
	}
	if w.exchange.refusesBody() {
		header.Set("Connection", "close")
	}
	for _, line := range w.answer.header {
		if header.Set(line.key, line.value); line.value == "" {
			header.Del(line.key)
		}
	}
	w.writeHead(status, header)
}

// forbidsBody reports whether an answer of the status ends with its head.
func forbidsBody(status int) bool {
	return status < http.StatusOK || status == http.StatusNoContent || status == http.StatusNotModified
}

// endless stands for a count that no test lives to see the end of.
const endless = math.MaxInt

func (i informational) count() int {
	if i.times < 0 {
		return endless
	}
	return i.times
}

// writeHead writes a status line and headers; those of a final answer are filled up as the answer wants.
func (w *response) writeHead(status int, header http.Header) {
	w.printf("HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	for _, key := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[key] {
			w.printf("%s: %s\r\n", key, value)
		}
	}
	if w.started && w.answer.extra != 0 && header != nil {
		w.fill(w.answer.extra)
	}
	w.printf("\r\n")
}

// fill writes a header of n bytes, line end included.
func (w *response) fill(n int) {
	const name = "X-Fill: "
	w.printf(name)
	if n < 0 {
		n = endless
	}
	filling := bytes.Repeat([]byte("x"), 4096)
	for n -= len(name) + len("\r\n"); n > 0 && w.err == nil; n -= len(filling) {
		w.raw(filling[:min(n, len(filling))])
	}
	w.printf("\r\n")
}

// Write implements [http.ResponseWriter].
func (w *response) Write(p []byte) (int, error) {
	if !w.started {
		w.WriteHeader(http.StatusOK)
	}
	if w.bodyless || len(p) == 0 {
		return len(p), w.err
	}
	if w.chunked {
		w.printf("%x\r\n", len(p))
	}
	w.body(p)
	if w.chunked {
		w.printf("\r\n")
	}
	if w.err != nil {
		return 0, w.err
	}
	return len(p), nil
}

// body writes a piece of the body, up to where it is cut.
func (w *response) body(p []byte) {
	if w.bodyLeft == nil || *w.bodyLeft > len(p) {
		w.raw(p)
		if w.bodyLeft != nil {
			*w.bodyLeft -= len(p)
		}
		return
	}
	w.raw(p[:*w.bodyLeft])
	w.flush()
	w.bodyLeft = nil
	w.fail(w.exchange.drop())
}

// Flush implements [http.Flusher].
func (w *response) Flush() {
	if !w.started {
		w.WriteHeader(http.StatusOK)
	}
	w.flush()
}

func (w *response) flush() {
	if w.err == nil {
		w.fail(w.out.Flush())
	}
}

// Hijack implements [http.Hijacker].
func (w *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c := w.take()
	return c, bufio.NewReadWriter(bufio.NewReader(c), bufio.NewWriter(c)), nil
}

// raw writes p as it is.
func (w *response) raw(p []byte) {
	if w.err == nil {
		_, err := w.out.Write(p)
		w.fail(err)
	}
}

func (w *response) printf(format string, args ...any) {
	if w.err == nil {
		_, err := fmt.Fprintf(w.out, format, args...)
		w.fail(err)
	}
}

// fail keeps the first reason to give the answer up; the connection is closed for it.
func (w *response) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// finish ends the answer, if the function that made it has not taken the connection.
func (w *response) finish() error {
	if w.hijacked {
		return errDropped
	}
	if !w.started && w.err == nil {
		w.header.Set("Content-Length", "0")
		w.WriteHeader(http.StatusOK)
	}
	if w.chunked && w.answer.unfinished {
		w.flush()
		return errDropped
	}
	if w.chunked {
		w.printf("0\r\n\r\n")
	}
	w.flush()
	if w.err == nil {
		w.missed()
	}
	return w.err
}

// missed fails the test for a fault that the answer was too short for.
func (w *response) missed() {
	for _, t := range w.marks {
		if t.act != nil {
			w.exchange.conn.engine.report("%s of the answer to %s %s did nothing: the answer ended %d bytes before",
				t.name, w.exchange.req.Method, w.exchange.req.RequestURI, t.left)
		}
	}
	if w.bodyLeft != nil {
		w.exchange.conn.engine.report("CutBody(%d) of the answer to %s %s did nothing: the body ended %d bytes before",
			*w.answer.bodyCut, w.exchange.req.Method, w.exchange.req.RequestURI, *w.bodyLeft)
	}
}
