package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
)

// Object sends a request and decodes its answer, one JSON object.
//
// need names the members that the answer is for, each with its kind behind a comma: "Id" is a text that is not empty,
// "StatusCode,number" a number, and so on with bool, object, map (an object or null), list (an array or null) and text
// (which may be empty). Of "Deleted|Untagged" one is enough. A success without one of them is [ErrProtocol]: an engine
// that made something says what. An error document in place of the object, although the status is a success, is
// [ErrStream], and of the class that it names; unless T has such members itself.
//
// A 304 of an operation that has it gives an object of zeros.
func Object[T any](ctx context.Context, c Caller, r *Request, need ...string) (*T, error) {
	resp, err := answer(ctx, c, r)
	if err != nil {
		return nil, err
	}
	return decodeObject[T](ctx, r, resp, need)
}

func decodeObject[T any](ctx context.Context, r *Request, resp *http.Response, need needs) (*T, error) {
	var v T
	err := decodeBody(ctx, r, resp, &v, need, func(doc []byte) error {
		if kind(doc) != '{' {
			return errNoObject
		}
		if err := unmarshal(doc, &v); err != nil {
			return err
		}
		return need.of("the answer", doc)
	})
	if err != nil {
		return nil, err
	}
	return &v, nil
}

// List sends a request and decodes its answer, a JSON array, whose elements have the members that need names as [Object]
// does; of decoded structs, texts, objects and lists alone. Engines write null for an empty list at times. An error document
// is what it is to [Object].
func List[T any](ctx context.Context, c Caller, r *Request, need ...string) ([]T, error) {
	var v []T
	resp, err := answer(ctx, c, r)
	if err != nil {
		return nil, err
	}
	err = decodeBody(ctx, r, resp, &v, need, func(doc []byte) error {
		if k := kind(doc); k != '[' && k != 'n' {
			return errNoList
		}
		if err := unmarshal(doc, &v); err != nil {
			return err
		}
		return needs(need).ofElements(reflect.ValueOf(v))
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

// Value sends a request and decodes its answer, a JSON value of whatever kind T is, but not null. need is that of [Object];
// without a name, ",text", it is about the value itself. An error document is what it is to Object.
func Value[T any](ctx context.Context, c Caller, r *Request, need ...string) (T, error) {
	var v T
	resp, err := answer(ctx, c, r)
	if err != nil {
		return v, err
	}
	err = decodeBody(ctx, r, resp, &v, need, func(doc []byte) error {
		if kind(doc) == 'n' {
			return errNull
		}
		if err := unmarshal(doc, &v); err != nil {
			return err
		}
		return needs(need).of("the answer", doc)
	})
	return v, err
}

// None sends a request whose answer has no content of interest. An error document is what it is to [Object].
func None(ctx context.Context, c Caller, r *Request) error {
	resp, err := answer(ctx, c, r)
	if err != nil {
		return err
	}
	return readNothing(ctx, r, resp)
}

// readNothing reads an answer without content and closes it. It is read to its end, so that the connection serves the next
// call; a body that goes on is given up.
func readNothing(ctx context.Context, r *Request, resp *http.Response) error {
	defer resp.Body.Close() //nolint:errcheck // nothing depends on it
	if err := r.refuseHTML(resp); err != nil {
		return err
	}
	b := takeBuffer()
	defer putBuffer(b)
	if _, err := io.CopyN(b, resp.Body, maxErrorBody); err != nil && !errors.Is(err, io.EOF) {
		return r.bodyError(ctx, err)
	}
	if f := failureIn(b.Bytes()); f != nil {
		return f.error(r, resp, b.Bytes())
	}
	return nil
}

var (
	errNoObject  = errors.New("the answer is no JSON object")
	errNoList    = errors.New("the answer is no JSON array")
	errNull      = errors.New("the answer is null")
	errEmpty     = errors.New("the answer is empty")
	errNoEngine  = errors.New("the answer is none of an engine's")
	errNoContent = errors.New("the answer has no content")
)

// answer sends a request and makes an error of an answer that is no success. Its head is due within the timeout.
func answer(ctx context.Context, c Caller, r *Request) (*http.Response, error) {
	r.document = true
	return stream(ctx, c, r)
}

// stream is answer for what may be long in coming.
func stream(ctx context.Context, c Caller, r *Request) (*http.Response, error) {
	if isNoCaller(c) {
		return nil, r.Refuse(ErrInvalidInput, errNoClient)
	}
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

// content is stream for an answer that has content, whatever its operation says of others.
func content(ctx context.Context, c Caller, r *Request) (*http.Response, error) {
	resp, err := stream(ctx, c, r)
	if err == nil && withoutContent(resp) {
		_ = resp.Body.Close()
		return nil, r.protocolError(resp, errNoContent)
	}
	return resp, err
}

// withoutContent reports whether an answer's status says that it has no content.
func withoutContent(resp *http.Response) bool {
	switch resp.StatusCode {
	case http.StatusNoContent, http.StatusResetContent, http.StatusNotModified:
		return true
	}
	return false
}

// decodeBody reads the whole body, closes it, has use decode it into v and look for what it needs, and says of an error
// whether it was the wire's, the document's or the engine's.
func decodeBody(ctx context.Context, r *Request, resp *http.Response, v any, need needs, use func(doc []byte) error) error {
	defer resp.Body.Close() //nolint:errcheck // all of it was read, or an error is on its way
	if withoutContent(resp) {
		if resp.StatusCode == http.StatusNotModified {
			return nil // of an operation that has it
		}
		return r.protocolError(resp, errNoContent)
	}
	config := r.settings()
	var bad error
	err := readWhole(resp, config.maxAnswer, func(doc []byte) error {
		if len(doc) == 0 {
			bad = r.protocolError(resp, errEmpty)
			return nil
		}
		err := use(doc)
		if f := failureIn(doc); f != nil && (err != nil || !f.fits(reflect.TypeOf(v).Elem(), need)) {
			bad = f.error(r, resp, doc)
		} else if err != nil {
			bad = r.unlike(resp, doc, err)
		} else {
			noteUnknown(doc, reflect.ValueOf(v))
			r.reportUnknown(doc, v)
		}
		return nil
	})
	if err != nil {
		return r.bodyError(ctx, err)
	}
	return bad
}

// unlike is the failure of a success that is not what it should be. Where it is no JSON, the error says what came.
func (r *Request) unlike(resp *http.Response, doc []byte, cause error) error {
	is := "text"
	switch {
	case kindOf(doc) != "":
		return r.protocolError(resp, cause)
	case isMedia(resp.Header, mediaHTML) || bytes.HasPrefix(trimSpace(doc), []byte{'<'}):
		is = "HTML"
	}
	err := r.protocolError(resp, fmt.Errorf("%w, but %s", cause, is))
	if e, ok := errors.AsType[*Error](err); ok {
		e.Body = bytes.Clone(doc[:min(len(doc), maxErrorBody)])
		e.Message, _ = parseErrorBody(resp.Header.Get("Content-Type"), e.Body)
	}
	return err
}

// refuseHTML closes an answer that is the page of a proxy, and makes an error of it.
func (r *Request) refuseHTML(resp *http.Response) error {
	if !isMedia(resp.Header, mediaHTML) {
		return nil
	}
	defer resp.Body.Close() //nolint:errcheck // nothing depends on it
	return r.unlike(resp, readErrorBody(resp.Body), errNoEngine)
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
