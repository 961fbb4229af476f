package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/gantry-go/gantry/transport"
)

// Args are the arguments of a call by their names on the wire; where they go, the catalog knows. One that is nil is
// absent, and any other is sent, also where it is zero.
//
// A value has the type that its parameter says, or is text that reads as such, as from a command line. A time is a
// [time.Time], a number of seconds since 1970 or text in RFC 3339. For a parameter that is JSON, text is the document
// itself, or where it is a list of documents a JSON array of them, and any other value is encoded.
//
// Two names are no parameters: [BodyArg], and [TTYArg] of operations of [KindFramed].
type Args map[string]any

const (
	// BodyArg is the request's body. Where it is JSON, a []byte, [json.RawMessage] or string is the text of a
	// document, an [io.Reader] reads one, and any other value is encoded. Else it is one of these four, to be sent as
	// it is. A reader that is a closer is closed when the call ends, for whatever reason.
	BodyArg = "body"
	// TTYArg says whether logs come from a TTY, a bool. Without it the engine is asked, as by generated methods.
	TTYArg = "tty"
)

// Request makes the request of a call, to be sent by the generics of package transport or by an engine's Do. What is
// wrong with the arguments is a [*transport.Error] of class [transport.ErrInvalidInput].
func (op *Operation) Request(args Args) (*transport.Request, error) {
	req := op.wire.Request(op.pathArgs(args)...)
	if op.err != nil {
		return nil, req.Refuse(transport.ErrInvalidInput, op.err)
	}
	// The body first: whoever refuses a request closes it.
	problem := op.setBody(req, args[BodyArg])
	for _, p := range op.Params {
		if problem != nil {
			break
		}
		problem = p.set(req, args[p.Name])
	}
	if unknown := op.unknown(args); unknown != nil {
		problem = unknown
	}
	if problem != nil {
		return nil, req.Refuse(transport.ErrInvalidInput, problem)
	}
	if err := req.Err(); err != nil {
		_ = req.Refuse(transport.ErrInvalidInput, err) // closes the body
		return nil, err
	}
	if op.record.Upgrade != "" {
		req.UpgradeTo(op.record.Upgrade)
	}
	return req, nil
}

// pathArgs are the arguments of the path in their order, up to one that is missing or no text.
func (op *Operation) pathArgs(args Args) []string {
	if op.err != nil {
		return nil
	}
	var out []string
	for _, s := range strings.Split(op.Path, "{")[1:] {
		name, _, _ := strings.Cut(s, "}")
		v, present := plain(args[name])
		text, err := scalar("string", v)
		if !present || err != nil {
			break
		}
		out = append(out, text)
	}
	return out
}

// unknown names an argument that the operation does not take.
func (op *Operation) unknown(args Args) error {
	for _, name := range slices.Sorted(maps.Keys(args)) {
		switch {
		case op.Param(name) != nil, name == TTYArg && op.Kind == KindFramed, name == BodyArg && op.Body != nil:
		case name == BodyArg && args[name] == nil:
		case name == BodyArg:
			return errors.New("it takes no body")
		default:
			return fmt.Errorf("it has no parameter %.64q; %s", name, op.has())
		}
	}
	return nil
}

func (op *Operation) has() string {
	if len(op.Params) == 0 {
		return "it has none"
	}
	names := make([]string, len(op.Params))
	for i, p := range op.Params {
		names[i] = p.Name
	}
	return "it has " + strings.Join(names, ", ")
}

// setBody puts the body in the request. A reader is in it even where something is wrong, to be closed with it.
func (op *Operation) setBody(req *transport.Request, given any) error {
	if r, ok := given.(io.Reader); ok && !absent(given) {
		media := "application/octet-stream"
		if op.Body != nil {
			media = op.Body.MediaType
		}
		req.Upload(r, media)
		return nil
	}
	body, present := plain(given)
	switch {
	case op.Body == nil || !present && !op.Body.Required:
		return nil
	case !present:
		return errors.New("the body is missing")
	}
	text, isText := document(body)
	switch {
	case op.Body.json() && isText && !json.Valid(text):
		return errors.New("the body is no JSON document")
	case op.Body.json() && isText:
		req.JSON(json.RawMessage(text))
	case op.Body.json():
		req.JSON(given)
	case isText:
		req.Upload(bytes.NewReader(text), op.Body.MediaType)
	default:
		return fmt.Errorf("the body is a %s: want an io.Reader or bytes, not a %T", op.Body.MediaType, given)
	}
	return nil
}

// document returns a value that is text already.
func document(v any) ([]byte, bool) {
	switch v := v.(type) {
	case string:
		return []byte(v), true
	case []byte:
		return v, true
	case json.RawMessage:
		return v, true
	}
	return nil, false
}
