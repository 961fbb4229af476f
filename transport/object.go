package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
)

// Object sends a request and decodes its answer, one JSON object. A success that lacks one of the members named in
// need, each a string, is [ErrProtocol]: an engine that made something says what.
func Object[T any](ctx context.Context, c Caller, r *Request, need ...string) (*T, error) {
	var v T
	err := decode(ctx, c, r, &v, func(doc []byte) error {
		if err := isObject(doc); err != nil {
			return err
		}
		for _, name := range need {
			if s, found := stringMember(doc, name); !found || s == "" {
				return errors.New("the answer lacks " + name)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &v, nil
}

// List sends a request and decodes its answer, a JSON array. Engines write null for an empty one at times.
func List[T any](ctx context.Context, c Caller, r *Request) ([]T, error) {
	var v []T
	err := decode(ctx, c, r, &v, func(doc []byte) error {
		if k := kind(doc); k != '[' && k != 'n' {
			return errNoList
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

// Value sends a request and decodes its answer, a JSON value of whatever kind T is.
func Value[T any](ctx context.Context, c Caller, r *Request) (T, error) {
	var v T
	err := decode(ctx, c, r, &v, func(doc []byte) error {
		if kind(doc) == 'n' {
			return errNull
		}
		return nil
	})
	return v, err
}

// None sends a request whose answer has no content of interest.
func None(ctx context.Context, c Caller, r *Request) error {
	resp, err := answer(ctx, c, r)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // nothing depends on it
	// Read to its end, so that the connection serves the next call; a body that goes on is given up.
	_, err = io.CopyN(io.Discard, resp.Body, maxErrorBody)
	if err != nil && !errors.Is(err, io.EOF) {
		return r.bodyError(ctx, err)
	}
	return nil
}

var (
	errNoObject = errors.New("the answer is no JSON object")
	errNoList   = errors.New("the answer is no JSON array")
	errNull     = errors.New("the answer is null")
	errEmpty    = errors.New("the answer is empty")
)

// answer sends a request and makes an error of an answer that is no success. Its head is due within the timeout.
func answer(ctx context.Context, c Caller, r *Request) (*http.Response, error) {
	r.document = true
	return stream(ctx, c, r)
}

// stream is answer for what may be long in coming.
func stream(ctx context.Context, c Caller, r *Request) (*http.Response, error) {
	r.held = true
	resp, err := c.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := Check(r, resp); err != nil {
		return nil, err
	}
	return resp, nil
}

// decode sends a request and decodes its answer, one document that passes check, into v.
func decode(ctx context.Context, c Caller, r *Request, v any, check func(doc []byte) error) error {
	resp, err := answer(ctx, c, r)
	if err != nil {
		return err
	}
	return decodeBody(ctx, r, resp, v, check)
}

// decodeBody decodes the whole body, closes it, and says of an error whether it was the wire's or the document's.
func decodeBody(ctx context.Context, r *Request, resp *http.Response, v any, check func(doc []byte) error) error {
	defer resp.Body.Close() //nolint:errcheck // all of it was read, or an error is on its way
	config := r.settings()
	var bad error
	err := readWhole(resp, config.maxAnswer, func(doc []byte) error {
		if len(doc) == 0 {
			bad = errEmpty
		} else if bad = check(doc); bad == nil {
			bad = unmarshal(doc, v)
		}
		if bad == nil {
			noteUnknown(doc, reflect.ValueOf(v))
			if config.unknown != nil {
				config.unknown(r.op, doc, v)
			}
		}
		return nil
	})
	if err != nil {
		return r.bodyError(ctx, err)
	}
	if bad != nil {
		return r.protocolError(resp, bad)
	}
	return nil
}

// isObject is the check of an answer that must be an object.
func isObject(doc []byte) error {
	if kind(doc) != '{' {
		return errNoObject
	}
	return nil
}

// protocolError is the failure of a success that could not be understood.
func (r *Request) protocolError(resp *http.Response, cause error) error {
	class := ErrProtocol
	if errors.Is(cause, io.ErrUnexpectedEOF) {
		class = ErrTruncated // without a length, only the document tells that it was cut
	}
	e := r.fail(class, cause)
	e.Status = resp.StatusCode
	return r.acted(e)
}

// settings returns what the client that sent the request was made with. They are the request's, since a wrapper of the
// client may replace the answer's body.
func (r *Request) settings() *config {
	if r.config != nil {
		return r.config
	}
	c := defaults() // the answer of a fake
	return &c
}
