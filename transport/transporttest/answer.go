package transporttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
)

// Answer is what the engine does with one request. The functions of this package make it, its methods change a copy
// of it, and [Engine.Handle] has it played as often as it is used.
type Answer struct {
	respond    func(w *response, r *http.Request)
	readsBody  bool // respond reads the request's body itself
	header     []headerLine
	extra      int // bytes of a header that only fills, negative: endless
	preceding  informational
	unfinished bool // a chunked body without its end

	beforeBody   bool
	ignoreExpect bool
	then         aftermath
	faults       []fault // the first is the next to what is written
	bodyCut      *int    // after how many bytes of the body the connection is closed; nil for never
}

type headerLine struct{ key, value string }

type informational struct{ status, times int }

// aftermath is what becomes of the connection after the answer.
type aftermath int

const (
	thenServe aftermath = iota
	thenClose
	thenHold
)

// JSON answers with v as one JSON document and an exact Content-Length.
func JSON(status int, v any) Answer {
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("transporttest: %v", err)) // the test's own mistake
	}
	return Text(status, "application/json", string(data)+"\n")
}

// Text answers with s and an exact Content-Length.
func Text(status int, contentType, s string) Answer {
	return Answer{respond: func(w *response, _ *http.Request) {
		w.header.Set("Content-Type", contentType)
		w.header.Set("Content-Length", strconv.Itoa(len(s)))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, s)
	}}
}

// Empty answers with a status and no body.
func Empty(status int) Answer {
	return Answer{respond: func(w *response, _ *http.Request) {
		if !forbidsBody(status) {
			w.header.Set("Content-Length", "0")
		}
		w.WriteHeader(status)
	}}
}

// Error answers as Docker fails: {"message":"..."}.
func Error(status int, message string) Answer {
	return JSON(status, struct {
		Message string `json:"message"`
	}{message})
}

// PodmanError answers as Podman fails: {"cause":"...","message":"...","response":404}.
func PodmanError(status int, cause, message string) Answer {
	return JSON(status, struct {
		Cause    string `json:"cause"`
		Message  string `json:"message"`
		Response int    `json:"response"`
	}{cause, message, status})
}

// Lines answers 200 with a stream of JSON documents, one to a line, each sent at once and as a chunk of its own: events,
// progress, stats. A [json.RawMessage] is sent as it is.
func Lines(values ...any) Answer {
	documents := make([][]byte, len(values))
	for i, v := range values {
		var err error
		if raw, ok := v.(json.RawMessage); ok {
			documents[i] = slices.Clone(raw)
		} else if documents[i], err = json.Marshal(v); err != nil {
			panic(fmt.Sprintf("transporttest: value %d: %v", i, err))
		}
		documents[i] = append(documents[i], '\n')
	}
	return chunks("application/json", documents)
}

// Frames answers 200 with a stream of framed output, each frame sent at once and as a chunk of its own; [Frame] makes
// them. Anything else, such as half a frame, is sent as well.
func Frames(frames ...[]byte) Answer { return chunks(rawStream, slices.Clone(frames)) }

// Endless answers with the same chunk again and again, until the client leaves.
func Endless(status int, contentType string, chunk []byte) Answer {
	return Answer{respond: func(w *response, _ *http.Request) {
		w.header.Set("Content-Type", contentType)
		w.WriteHeader(status)
		for w.err == nil && w.exchange.ctx.Err() == nil {
			_, _ = w.Write(chunk)
		}
	}}
}

func chunks(contentType string, parts [][]byte) Answer {
	return Answer{respond: func(w *response, _ *http.Request) {
		w.header.Set("Content-Type", contentType)
		w.WriteHeader(http.StatusOK)
		w.Flush() // an engine with nothing to say yet says so
		for _, part := range parts {
			_, _ = w.Write(part)
			w.Flush()
		}
	}}
}

// Handler answers with a function, which reads the request's body as it likes; what it leaves is read after it. The
// path's values are there, the context ends when the client leaves, once the body is read, and when the engine closes.
// The writer is an [http.Flusher] and an [http.Hijacker]. A panic with [http.ErrAbortHandler] drops the connection.
func Handler(f http.HandlerFunc) Answer {
	return Answer{readsBody: true, respond: func(w *response, r *http.Request) {
		defer func() {
			switch v := recover(); v {
			case nil:
			case http.ErrAbortHandler:
				w.fail(errDropped)
			default:
				panic(v)
			}
		}()
		f(w, r)
	}}
}

// Raw sends b as it is, then closes the connection; [Answer.ThenHold] and [Answer.ThenServe] keep it.
func Raw(b []byte) Answer {
	b = slices.Clone(b)
	return Answer{then: thenClose, respond: func(w *response, _ *http.Request) {
		w.started = true
		w.raw(b)
	}}
}

// Die closes the connection when the request is read, without a word. With [Answer.BeforeBody] it does not even read
// the body.
func Die() Answer {
	return Answer{respond: func(w *response, _ *http.Request) { w.fail(errDropped) }}
}

var (
	errDropped = errors.New("the engine drops the connection")
	errLeft    = errors.New("the client left")
)
