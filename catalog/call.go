package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/gantry-go/gantry/hijack"
	"github.com/gantry-go/gantry/transport"
)

// Result is the answer of a call, in the one field that its kind says. The caller closes what is open in it: the
// field itself, or all at once by Close.
type Result struct {
	// Kind is that of the operation.
	Kind Kind
	// Document is an answer that is JSON, as the engine sent it.
	Document json.RawMessage
	// Stream is an answer that is bytes.
	Stream *transport.Stream
	// Messages is a sequence of JSON objects.
	Messages *transport.Messages[json.RawMessage]
	// Pending is an answer that comes late; Data waits for it too.
	Pending *transport.Pending[json.RawMessage]
	// Logs are the output of a container.
	Logs *hijack.Logs
	// Conn is an upgraded connection.
	Conn *hijack.Conn
}

// Call sends a request with the arguments and returns the answer. A failure of any kind is a [*transport.Error];
// arguments that are unknown, missing or of the wrong type are of class [transport.ErrInvalidInput], and nothing was
// sent then.
func (op *Operation) Call(ctx context.Context, c transport.Caller, args Args) (*Result, error) {
	req, err := op.Request(args)
	if err != nil {
		return nil, err
	}
	result := &Result{Kind: op.Kind}
	switch op.Kind {
	case KindObject:
		var doc *json.RawMessage
		if doc, err = transport.Object[json.RawMessage](ctx, c, req, op.record.Need...); err == nil {
			result.Document = *doc
		}
	case KindList:
		var elements []json.RawMessage
		elements, err = transport.List[json.RawMessage](ctx, c, req, op.record.Need...)
		result.Document = array(elements)
	case KindValue:
		result.Document, err = transport.Value[json.RawMessage](ctx, c, req, op.record.Need...)
	case KindHeaders:
		result.Document, err = op.headers(ctx, c, req)
	case KindNone:
		err = transport.None(ctx, c, req)
	case KindBytes:
		result.Stream, err = transport.Bytes(ctx, c, req)
	case KindSequence:
		result.Messages, err = transport.Sequence[json.RawMessage](ctx, c, req, op.record.Need...)
	case KindLate:
		result.Pending, err = transport.Late[json.RawMessage](ctx, c, req, op.record.Need...)
	case KindFramed:
		result.Logs, err = op.logs(ctx, c, req, args)
	case KindUpgrade:
		result.Conn, err = transport.Upgrade(ctx, c, req)
	default:
		err = req.Refuse(transport.ErrInvalidInput, fmt.Errorf("the catalog knows no kind %q", op.Kind))
	}
	if err != nil {
		return nil, err
	}
	return result, nil
}

// array puts a list together again; none at all, which engines write as null, is an empty one.
func array(elements []json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	b.WriteByte('[')
	for i, e := range elements {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(e)
	}
	b.WriteByte(']')
	return b.Bytes()
}

// headers makes an object of the headers that the operation answers with.
func (op *Operation) headers(ctx context.Context, c transport.Caller, req *transport.Request) (json.RawMessage, error) {
	all, err := transport.Headers[http.Header](ctx, c, req)
	if err != nil {
		return nil, err
	}
	members := map[string]any{}
	for _, header := range op.record.Headers {
		name, form, _ := strings.Cut(header, ",")
		if form != "base64json" {
			if value := all.Get(name); value != "" {
				members[name] = value
			}
			continue
		}
		var doc json.RawMessage
		if err := transport.DecodeHeader(*all, name, &doc); err != nil {
			return nil, req.Refuse(transport.ErrProtocol, err)
		}
		members[name] = doc
	}
	return json.Marshal(members)
}

// logs asks for logs as generated methods do.
func (op *Operation) logs(ctx context.Context, c transport.Caller, req *transport.Request, args Args) (*hijack.Logs, error) {
	flag := func(name string) *bool {
		v, present := plain(args[name])
		text, err := scalar("bool", v)
		if !present || err != nil {
			return nil
		}
		return new(text == "true")
	}
	on := func(name string) bool { b := flag(name); return b != nil && *b }
	f := transport.Framing{TTY: flag(TTYArg), Timestamps: on("timestamps"), Details: on("details")}
	if v, present := plain(args[TTYArg]); present && f.TTY == nil {
		return nil, req.Refuse(transport.ErrInvalidInput, fmt.Errorf("%s: want a bool, not a %T", TTYArg, v))
	}
	if tty := op.record.TTY; tty != nil {
		f.Inspect = op.version.Operation(tty.Inspect).wire.Request(op.pathArgs(args)...)
		f.Member, f.Declared = tty.Member, tty.Declared
	}
	return transport.Framed(ctx, c, req, f)
}

// Data returns an answer that is JSON as maps, slices, strings, bools and nil, with numbers as [json.Number], which
// keeps them exact. It waits for one that comes late, and is nil where the answer is none or is not JSON.
func (r *Result) Data() (any, error) {
	doc := r.Document
	if r.Pending != nil {
		late, err := r.Pending.Result()
		if err != nil {
			return nil, err
		}
		doc = *late
	}
	if doc == nil {
		return nil, nil //nolint:nilnil // none is an answer
	}
	return Decode(doc)
}

// Decode returns a document, as of a message of a sequence, in the terms of [Result.Data].
func Decode(doc json.RawMessage) (any, error) {
	var v any
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("catalog: document of %s bytes: %w", strconv.Itoa(len(doc)), err)
	}
	return v, nil
}

// Close closes what is open. It may be called more than once, and of a result that holds nothing open.
func (r *Result) Close() error {
	var open io.Closer
	switch {
	case r.Stream != nil:
		open = r.Stream
	case r.Messages != nil:
		open = r.Messages
	case r.Pending != nil:
		open = r.Pending
	case r.Logs != nil:
		open = r.Logs
	case r.Conn != nil:
		open = r.Conn
	default:
		return nil
	}
	return open.Close()
}
