package transport

import (
	"context"
	"errors"
	"mime"
	"strings"

	"github.com/gantry-go/gantry/hijack"
)

// Framing says how to learn whether a stream of logs is framed, stdout and stderr told apart, or raw, as it is when
// the container has a TTY. Nothing in the bytes tells, and before API 1.42 no header does.
type Framing struct {
	// TTY is the caller's word for it; nil asks the engine.
	TTY *bool
	// Declared says that the answer's own Content-Type can be believed, as from API 1.42 on.
	Declared bool
	// Inspect is the read that tells: sent before the logs are asked for, or with Declared after it, if the answer
	// has no such Content-Type, as Podman's compatible socket has none. Nil takes the stream for framed then.
	Inspect *Request
	// Member is the path of the boolean in what Inspect answers: "Config.Tty".
	Member string
	// Timestamps and Details say what the engine was asked to put before each line.
	Timestamps, Details bool
}

// The media types by which engines tell framed and raw streams apart, from API 1.42 on.
const (
	mediaFramed = "application/vnd.docker.multiplexed-stream"
	mediaRaw    = "application/vnd.docker.raw-stream"
)

// Framed sends a request and returns the log output that answers it. An error document in place of frames, or declared to be
// JSON, is an error of the first read.
func Framed(ctx context.Context, c Caller, r *Request, f Framing) (*hijack.Logs, error) {
	believed := f.Declared || f.Inspect == nil
	var tty bool
	if !believed || f.TTY != nil {
		var err error
		if tty, err = f.tty(ctx, c, r); err != nil {
			return nil, err
		}
	}
	resp, err := content(ctx, c, r) // held: what the frames hold may be a failure
	if err != nil {
		return nil, err
	}
	if f.TTY == nil {
		switch media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); {
		case media == mediaFramed:
			tty = false
		case !believed:
		case media == mediaRaw:
			tty = true
		default:
			if tty, err = f.tty(ctx, c, r); err != nil {
				_ = resp.Body.Close()
				return nil, err
			}
		}
	}
	// A program's own output may look like an error document, but is neither declared as one nor in place of frames.
	declared := isMedia(resp.Header, mediaJSON)
	s := openStream(ctx, r, resp, func(f *failure) bool { return declared || !tty && f.status != 0 })
	return hijack.NewLogs(s, hijack.LogsConfig{
		TTY: tty, Timestamps: f.Timestamps, Details: f.Details,
		Error: func(err error) error { return r.bodyError(ctx, err) },
	}), nil
}

func (f Framing) tty(ctx context.Context, c Caller, r *Request) (tty bool, err error) {
	if f.TTY != nil {
		return *f.TTY, nil
	}
	if f.Inspect == nil || r.err != nil {
		return false, nil // r's own error comes when it is sent
	}
	doc, err := Object[rawJSON](ctx, c, f.Inspect)
	if err != nil {
		if e, ok := errors.AsType[*Error](err); ok && !errors.Is(err, ErrRefused) { // a policy's word is about the inspect
			e.Operation = r.op.title() // what was asked for; Path says what failed of it
		}
		return false, err
	}
	// A member that is missing, as for a task without a container, is a false one.
	tty, _ = boolMember(*doc, strings.Split(f.Member, "."))
	return tty, nil
}
