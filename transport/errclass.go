package transport

import (
	"context"
	"errors"
	"net/http"

	"github.com/gantry-go/gantry/hijack"
)

// The classes of failure. Ask with [errors.Is]. Those that have a name in containerd's errdefs carry its marker
// method too, so that errdefs.IsNotFound and its sisters know them without either side importing the other.
var (
	// ErrInvalidInput: refused before anything was sent.
	ErrInvalidInput error = invalidArgument{class{"invalid input"}}
	// ErrBadRequest: the engine answered 400.
	ErrBadRequest error = invalidArgument{class{"bad request"}}
	// ErrUnauthorized: the engine answered 401.
	ErrUnauthorized error = unauthorized{class{"unauthorized"}}
	// ErrForbidden: the engine answered 403.
	ErrForbidden error = forbidden{class{"forbidden"}}
	// ErrNotFound: the engine answered 404.
	ErrNotFound error = notFound{class{"not found"}}
	// ErrConflict: the engine answered 409.
	ErrConflict error = conflict{class{"conflict"}}
	// ErrNotImplemented: the engine answered 501.
	ErrNotImplemented error = notImplemented{class{"not implemented"}}
	// ErrUnavailable: the engine answered 503.
	ErrUnavailable error = unavailable{class{"unavailable"}}
	// ErrServer: the engine answered another status of 500 and above.
	ErrServer error = system{class{"server error"}}
	// ErrStatus: the engine answered with a status that none of the above covers.
	ErrStatus error = class{"unexpected status"}
	// ErrRedirect: the engine, or a proxy, answered with a redirect. None is followed.
	ErrRedirect error = class{"redirect refused"}
	// ErrStream: the engine reported a failure inside an answer that had begun well. It is of another class too, if the
	// engine names one.
	ErrStream error = system{class{"failure in the stream"}}
	// ErrConnect: no connection came about, so nothing was executed.
	ErrConnect error = unavailable{class{"cannot connect"}}
	// ErrTLS: the TLS handshake failed, so nothing was executed.
	ErrTLS error = class{"TLS handshake failed"}
	// ErrHostKey: the other end of a tunnel is not who it should be, so nothing was sent.
	ErrHostKey error = class{"host key refused"}
	// ErrRefused: a policy of the client's own refused the operation; nothing was sent.
	ErrRefused error = forbidden{class{"refused by policy"}}
	// ErrCredentials: no credential for a registry could be made out, so nothing was sent. The cause says why.
	ErrCredentials error = class{"registry credentials"}
	// ErrTransport: the connection failed after it had come about.
	ErrTransport error = class{"connection failed"}
	// ErrProtocol: the answer is not what the protocol says.
	ErrProtocol error = class{"protocol violated"}
	// ErrTooLarge: the answer is larger than the client's limit.
	ErrTooLarge error = class{"answer too large"}
	// ErrTimeout: the engine sent no answer within the header timeout, or its stream was silent for longer than the
	// bound that was set for it.
	ErrTimeout error = deadline{class{"no answer in time"}}
	// ErrVersion: the engine does not offer the API version of the operation; refused before it was sent.
	ErrVersion error = invalidArgument{class{"API version not offered"}}
	// ErrClosed: the client was closed.
	ErrClosed error = class{"client closed"}
	// ErrSource: the body that was to be sent could not be read. The cause is its reader's error.
	ErrSource error = class{"the body could not be read"}
	// ErrTruncated: the answer ended before its end.
	ErrTruncated = hijack.ErrTruncated
	// ErrUnsupported: the connection cannot do what was asked of it.
	ErrUnsupported = hijack.ErrUnsupported
)

// class is a sentinel; the types around it add the marker methods of errdefs.
type class struct{ name string }

func (c class) Error() string { return c.name }

type (
	invalidArgument struct{ class }
	unauthorized    struct{ class }
	forbidden       struct{ class }
	notFound        struct{ class }
	conflict        struct{ class }
	notImplemented  struct{ class }
	unavailable     struct{ class }
	system          struct{ class }
	deadline        struct{ class }
)

func (invalidArgument) InvalidParameter() {}
func (unauthorized) Unauthorized()        {}
func (forbidden) Forbidden()              {}
func (notFound) NotFound()                {}
func (conflict) Conflict()                {}
func (notImplemented) NotImplemented()    {}
func (unavailable) Unavailable()          {}
func (system) System()                    {}
func (deadline) DeadlineExceeded()        {}

// ownClass returns the class of a failure on this side of the wire.
func ownClass(cause error) error {
	for _, class := range []error{hijack.ErrClosed, ErrUnsupported, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(cause, class) {
			return class
		}
	}
	return ErrTransport
}

// statusClass returns the class of an answer that is not a success.
func statusClass(status int) error {
	switch {
	case status == http.StatusBadRequest:
		return ErrBadRequest
	case status == http.StatusUnauthorized:
		return ErrUnauthorized
	case status == http.StatusForbidden:
		return ErrForbidden
	case status == http.StatusNotFound:
		return ErrNotFound
	case status == http.StatusConflict:
		return ErrConflict
	case status == http.StatusNotImplemented:
		return ErrNotImplemented
	case status == http.StatusServiceUnavailable:
		return ErrUnavailable
	case status >= 500:
		return ErrServer
	case status >= 300 && status < 400 && status != http.StatusNotModified:
		return ErrRedirect
	}
	return ErrStatus
}
