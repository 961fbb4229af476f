// Package transport carries typed operations to a container engine and brings the answers back.
//
// It is the runtime under every generated package: a [Client] speaks HTTP over a unix socket, TCP or TLS;
// an [Operation] is one entry of an engine's API and makes a [Request]; and one generic function per kind of
// result ([Object], [List], [Sequence], [Upgrade], ...) sends a request through a [Caller] and decodes what comes.
// It knows nothing of any particular engine, API version or schema.
//
// A Client is immutable and safe for concurrent use; close it to end every call and stream that it carries.
// Whoever receives a [Stream], [Messages], [Pending] or an upgraded connection closes it; iterators close what they
// read when the loop ends. No goroutine outlives a call that was closed or whose context ended.
//
// An [Observer] is told of every call, its attempts and its end; a [Policy] refuses calls before anything is dialed. Both
// are options of the client, so nothing gets past them; [With] and [Restrict] wrap any [Caller] for a part of a program.
// Nothing is logged by itself, and nothing that may hold a secret prints it.
//
// An argument never makes a request another operation's: it is escaped, and one that would is refused with
// [ErrInvalidInput] before anything is sent. See [Other].
//
// A call that changes something is sent at most once: see [Error.MayHaveActed] for what is known after a failure.
package transport
