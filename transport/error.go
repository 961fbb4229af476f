package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/gantry-go/gantry/hijack"
)

// Error is the failure of one operation, whatever form it took: a request refused before it was sent, a connection
// that failed, an answer that says no, a refused upgrade, or a failure inside a stream. Get it with [errors.As];
// ask for its class ([ErrNotFound], [ErrConnect], ...) or its cause with [errors.Is].
type Error struct {
	// Operation is the operation that failed, "docker 1.41 ContainerStart".
	Operation string
	// Target is the first path argument, the name or id that the call was about; empty where there is none.
	Target string
	// Method and Path are what was sent; Path is escaped and has no query.
	Method, Path string
	// Status is the HTTP status of the answer, 0 where there was none.
	Status int
	// Message is what the engine said, at most 4 KiB of it, with its line breaks and tabs and without what does not print;
	// or the reason why nothing was sent.
	Message string
	// Cause is the root cause, where the engine tells it apart from the message (Podman does).
	Cause string
	// Body is the answer's body as it came, at most 64 KiB of it. It is the engine's text and is not redacted.
	Body []byte
	// MayHaveActed says that the engine may have carried out the operation, or part of it. It is false where the
	// head of the request never went out, where the request was refused (4xx), and where it changes nothing by its nature.
	MayHaveActed bool
	// Code is the one that the engine gives a failure inside an answer: of a build, the exit code of the command that
	// failed. It is 0 where the engine gives none.
	Code int
	// Class is the kind of failure, and never nil: one of this package's sentinels; of a call whose context ended,
	// [context.Canceled] or [context.DeadlineExceeded]; of a stream that was closed, or of logs that were read once,
	// [hijack.ErrClosed].
	Class error
	// Err is the cause on our side of the wire, or nil.
	Err error

	inAnswer bool // the engine reported it inside an answer that had begun well
}

// Error returns one line: operation, target, what happened.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Operation)
	if e.Target != "" {
		b.WriteByte(' ')
		b.WriteString(printable(e.Target, 128))
	}
	message := printable(e.Message, maxMessage)
	switch {
	case e.Status >= 300 && message != "":
		b.WriteString(": " + strconv.Itoa(e.Status) + " " + message)
	case e.Status >= 300:
		b.WriteString(": " + strconv.Itoa(e.Status) + " " + strings.ToLower(http.StatusText(e.Status)))
	case message != "" && e.Class != nil:
		b.WriteString(": " + e.Class.Error() + ": " + message)
	case e.Class != nil && !e.covered():
		b.WriteString(": " + e.Class.Error())
	}
	if e.Err != nil {
		b.WriteString(": " + printable(e.Err.Error(), maxMessage))
	}
	return b.String()
}

// covered reports whether the cause says what the class does, and it need not be said twice.
func (e *Error) covered() bool {
	return e.Err != nil && strings.Contains(e.Err.Error(), e.Class.Error())
}

// Is makes a failure inside an answer [ErrStream], whatever its class.
func (e *Error) Is(target error) bool { return e.inAnswer && target == ErrStream }

// Unwrap returns the class and the cause.
func (e *Error) Unwrap() []error {
	causes := make([]error, 0, 2)
	if e.Class != nil {
		causes = append(causes, e.Class)
	}
	if e.Err != nil {
		causes = append(causes, e.Err)
	}
	return causes
}

// fail makes an error of the request. Without a class it is that of what happened on this side of the wire.
func (r *Request) fail(class, cause error) *Error {
	if class == nil {
		class = ownClass(cause)
	}
	return &Error{
		Operation: r.op.title(), Target: r.target, Method: r.op.Method, Path: r.rawPath, Class: class, Err: cause,
	}
}

// acted marks an error of a request that the engine had before it, unless the operation changes nothing.
func (r *Request) acted(err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		e.MayHaveActed = !r.op.safe()
	}
	r.seen.note(err)
	return err
}

// Check returns nil for an answer whose status is a success (2xx, and 304 where the operation has it), and else what it says
// as an [*Error]; it then reads and closes the body. [Object] and its sisters call it; call it for an answer that
// [Caller.Do] gave you.
func Check(r *Request, resp *http.Response) error {
	if r.op.succeeds(resp.StatusCode) {
		return nil
	}
	r.seen.hold(true)
	var body []byte
	if resp.StatusCode != http.StatusSwitchingProtocols { // whose body is a connection, and may never end
		body = readErrorBody(resp.Body)
	}
	e := r.fail(statusClass(resp.StatusCode), nil)
	e.Status, e.Body = resp.StatusCode, body
	e.Message, e.Cause = parseErrorBody(resp.Header.Get("Content-Type"), body)
	e.MayHaveActed = resp.StatusCode >= 500 && !r.op.safe()
	if resp.StatusCode >= 300 && resp.StatusCode < 400 && resp.StatusCode != http.StatusNotModified {
		// The target may hold anything: it is shown neither decoded nor followed.
		e.Message = "answered with a redirect, which is not followed"
	}
	r.seen.note(e)
	_ = resp.Body.Close()
	return e
}

// bodyError names what went wrong while an answer's body was read.
func (r *Request) bodyError(ctx context.Context, err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	class := ErrTransport
	if refused := answerClass(err); refused != nil {
		class = refused
	}
	silent, isSilent := errors.AsType[*silentError](err)
	switch {
	case errors.Is(err, ErrClosed):
		class, err = ErrClosed, nil
	case isSilent:
		class, err = ErrTimeout, silent
	case errors.Is(err, hijack.ErrClosed), errors.Is(err, ErrUnsupported):
		class = ownClass(err)
	case ctx.Err() != nil:
		class, err = ctx.Err(), contextError(ctx)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, ErrTruncated):
		class = ErrTruncated
	case errors.Is(err, ErrTooLarge):
		class, err = ErrTooLarge, stripClass(err, ErrTooLarge)
	}
	if _, ok := errors.AsType[*hijack.StreamError](err); ok {
		class = ErrStream
	} else if errors.Is(err, hijack.ErrProtocol) {
		class = ErrProtocol
	}
	return r.acted(r.fail(class, err))
}

// contextError keeps both the context's error, which callers compare with, and its cause, which tells why.
func contextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if cause == nil || errors.Is(cause, err) {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// stripClass drops a cause that says no more than its class does.
func stripClass(err, class error) error {
	if err == class { //nolint:errorlint // the very same value is meant
		return nil
	}
	return err
}
