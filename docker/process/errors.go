package process

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"unicode"

	"github.com/gantry-go/gantry/transport"
)

// ExitError says that a command has ended with another code than 0.
type ExitError struct {
	// Code is the exit code. Of a process that a signal has ended, engines say 128 and the signal's number.
	Code int
	// Stderr is what the command wrote to stderr, where Cmd.Stderr was nil: the first and the last 32 KiB of it, and
	// between them a note of how much is left out. It is not part of the message.
	Stderr []byte

	title string
}

// Error names the container, the program and the code.
func (e *ExitError) Error() string { return e.title + ": exit code " + strconv.Itoa(e.Code) }

// StartError says that the engine could not start a program: it is not there, is no program, or its directory or user does
// not exist. Start returns it, or Wait: some engines say so only in place of the output, which is then part of it. It is
// [fs.ErrNotExist] or [fs.ErrPermission] to [errors.Is] where the engine gives such a reason.
type StartError struct {
	// Message is the engine's, on one line.
	Message string
	// Code is the exit code that the engine gives it, 125 to 128, or 0 where it gives none.
	Code int
	// Err is the [*transport.Error] of the call that was refused, or nil.
	Err error

	title string
}

// Error names the container, the program and the engine's reason.
func (e *StartError) Error() string { return e.title + ": not started: " + e.Message }

// Unwrap returns the error of the call.
func (e *StartError) Unwrap() error { return e.Err }

// Is says what the reason is like.
func (e *StartError) Is(target error) bool {
	switch target {
	case fs.ErrNotExist:
		return strings.Contains(e.Message, "not found in $PATH") || strings.Contains(e.Message, "no such file or directory")
	case fs.ErrPermission:
		return strings.Contains(e.Message, "permission denied")
	}
	return false
}

var (
	// ErrDetached is what Wait returns after [Cmd.Detach]: the process goes on.
	ErrDetached = errors.New("detached, the process goes on")
	// ErrWaitDelay is what Wait returns when a command that was canceled did not end within WaitDelay.
	ErrWaitDelay = errors.New("not ended within WaitDelay, the connection was closed")

	errNotStarted = errors.New("not started")
	errStarted    = errors.New("already started")
	errWaited     = errors.New("Wait was already called")
	errUnmade     = errors.New("process: a Cmd is made by Command or Container")
	errGoexit     = errors.New("the goroutine that copied the output was ended by a writer")
	errNoSignals  = fmt.Errorf("the API has no signal for a command, set Signals: %w", errors.ErrUnsupported)
)

// fail makes an error of the command's own.
func (c *Cmd) fail(err error) error { return fmt.Errorf("%s: %w", c.title(), err) }

// refuse makes the error of a Cmd that is not sent.
func (c *Cmd) refuse(reason string) error {
	return &transport.Error{Operation: c.title(), Class: transport.ErrInvalidInput, Message: reason}
}

// join makes one error of those that are not nil. The first leads the message.
func join(errs ...error) error {
	var all error
	for _, err := range errs {
		switch {
		case err == nil:
		case all == nil:
			all = err
		default:
			all = fmt.Errorf("%w; %w", all, err)
		}
	}
	return all
}

// contextError keeps both the context's error and its cause.
func contextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if err == nil || cause == nil || errors.Is(cause, err) {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// What engines say of a program that they could not start, in answers and, Podman, in place of output. Docker's come from
// the runtime, through containerd; Podman's end with a sentence of its own.
var startFailures = []string{
	"OCI runtime create failed: ",
	"OCI runtime attempted to invoke a command that was not found",
	"OCI permission denied",
	"OCI runtime error",
	"unable to find user ",
	"no matching entries in passwd file",
	"no matching entries in group file",
}

func isStartFailure(message string) bool {
	for _, sentence := range startFailures {
		if strings.Contains(message, sentence) {
			return true
		}
	}
	return false
}

// refused makes a StartError of the error of a call, if the engine says that it could not start the program.
func (c *Cmd) refused(err error) error {
	if e, ok := errors.AsType[*transport.Error](err); ok && e.Status >= 400 && isStartFailure(e.Message) {
		return &StartError{Message: e.Message, Err: err, title: c.title()}
	}
	return err
}

// done reports whether a call failed because there is nothing left to act on.
func done(err error) bool {
	if errors.Is(err, transport.ErrNotFound) || errors.Is(err, transport.ErrConflict) {
		return true
	}
	e, ok := errors.AsType[*transport.Error](err)
	return ok && e.Status >= 500 && (strings.Contains(e.Cause, "state improper") || strings.Contains(e.Cause, "no such container"))
}

// ended is os.ErrProcessDone in place of an error that means it.
func ended(err error) error {
	if done(err) {
		return os.ErrProcessDone
	}
	return err
}

// printable cuts what others wrote to one line.
func printable(s string) string {
	const most = 1024
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(strings.TrimSpace(s), "?"))
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}
