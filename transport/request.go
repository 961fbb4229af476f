package transport

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Request is one operation with its arguments, ready to be sent once. [Operation.Request] makes it; its methods add
// parameters and a body. What cannot be sent is remembered, and Do and Hijack refuse it with [ErrInvalidInput].
// A Request is not safe for concurrent use.
type Request struct {
	seen   *observation // nil without an observer
	config *config      // of the client that sent it; nil before, and where a fake answers

	op            *Operation
	target        string    // first path argument, for messages
	args          [2]string // the first of the path; a slice would cost every call an allocation
	path, rawPath string
	query         []string       // styled and escaped pairs, in the order they were set
	hidden        map[int]string // what is printed in place of those that are secret, by their index
	header        http.Header
	auths         []registryHeader // headers that are asked for when the request is sent
	body          io.Reader
	getBody       func() io.Reader // set for a body in memory
	length        int64
	streamed      bool   // the body is read while it is sent
	upgrade       string // protocol asked for by Hijack
	document      bool   // the answer is read as a whole; it begins once the engine has read the request and done most of its work
	held          bool   // the call goes on until its answer is closed; see observation
	late          bool   // the body is waited for, however long
	idle          *time.Duration
	err           error
	lost          *Error // set where the body came with members that its type lacks; a reason of its own
	drop          bool   // which the caller wants dropped
}

// Operation returns what the request was made of.
func (r *Request) Operation() *Operation { return r.op }

// Target returns the first path argument, or nothing: the name or id that the call is about.
func (r *Request) Target() string { return r.target }

// URL returns the escaped path with the query, as it goes on the wire, but that in place of the value of a [Secret] there
// is [redacted]. It holds no header, so no credential.
func (r *Request) URL() string {
	if len(r.query) == 0 {
		return r.rawPath
	}
	query := r.query
	if len(r.hidden) > 0 {
		query = slices.Clone(query)
		for i, shown := range r.hidden {
			query[i] = shown
		}
	}
	return r.rawPath + "?" + strings.Join(query, "&")
}

// Path returns the escaped path without the query, which may hold what is not for logs.
func (r *Request) Path() string { return r.rawPath }

// Format writes the method and the path, whatever the verb: headers, parameters and bodies may hold secrets.
func (r Request) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, r.op.Method, " ", r.rawPath) }

// MarshalText is what encoders and structured logs get to see.
func (r Request) MarshalText() ([]byte, error) { return []byte(r.op.Method + " " + r.rawPath), nil }

// Err returns why the request cannot be sent, or nil.
func (r *Request) Err() error {
	if r.err == nil && r.lost != nil && !r.drop {
		return r.lost
	}
	return r.err
}

// Refuse returns the error of a request that a [Caller] will not send: class is what [errors.Is] finds, cause tells
// why. A body that is a closer is closed, as if it had been sent.
func (r *Request) Refuse(class, cause error) error {
	r.discard()
	return r.fail(class, cause)
}

// refuse keeps the first reason.
func (r *Request) refuse(reason string) {
	if r.err == nil {
		e := r.fail(ErrInvalidInput, nil)
		e.Message = reason
		r.err = e
	}
}

// Query adds a query parameter unless v is its type's zero value; a pointer adds what it points to, also when that
// is zero. A slice adds the parameter once for each element. A [Secret] is sent as it is, and printed nowhere.
func (r *Request) Query(name string, v any) {
	if v == nil || reflect.ValueOf(v).IsZero() {
		return
	}
	r.QueryRequired(name, v)
}

// QueryRequired adds a query parameter, whatever its value.
func (r *Request) QueryRequired(name string, v any) {
	value := reflect.ValueOf(v)
	if value.Kind() == reflect.Slice && value.Len() == 0 {
		return // an exploded list of nothing is no parameter
	}
	// Unlike JSON, a query takes any byte; a string that is not UTF-8 would reach the engine as another one.
	if !validStrings(value) {
		r.refuse(fmt.Sprintf("query parameter %s is not valid UTF-8", name))
		return
	}
	styled, err := styleQuery(name, value)
	if err != nil {
		r.refuse(fmt.Sprintf("query parameter %s: %v", name, err))
		return
	}
	if isSecret(value.Type()) {
		if r.hidden == nil {
			r.hidden = map[int]string{}
		}
		r.hidden[len(r.query)] = url.QueryEscape(name) + "=" + redacted
	}
	r.query = append(r.query, styled)
}

// isSecret reports whether values of a type are secrets, or point to some, or are lists of them.
func isSecret(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t == reflect.TypeFor[Secret]()
}

// QueryTime adds a time in Unix seconds with nanoseconds, unless it is zero.
func (r *Request) QueryTime(name string, t time.Time) {
	if t.IsZero() {
		return
	}
	r.QueryRequired(name, strconv.FormatInt(t.Unix(), 10)+fmt.Sprintf(".%09d", t.Nanosecond()))
}

// QueryJSON adds a parameter whose value is a JSON document, unless v is empty.
func (r *Request) QueryJSON(name string, v any) {
	value := reflect.ValueOf(v)
	if v == nil || value.IsZero() || (value.Kind() == reflect.Map || value.Kind() == reflect.Slice) && value.Len() == 0 {
		return
	}
	data, err := marshal(v)
	if err != nil {
		r.refuse(fmt.Sprintf("query parameter %s: %v", name, err))
		return
	}
	r.query = append(r.query, url.QueryEscape(name)+"="+url.QueryEscape(string(data)))
}

// QueryJSONEach adds a parameter once for each element of a slice, every one a JSON document of its own. An element is
// sent also where it is empty: without it the list would say something else, such as all in place of nothing.
func (r *Request) QueryJSONEach(name string, v any) {
	value := reflect.ValueOf(v)
	if v == nil {
		return
	}
	if value.Kind() != reflect.Slice {
		r.refuse(fmt.Sprintf("query parameter %s: want a slice, not a %T", name, v))
		return
	}
	for i := range value.Len() {
		data, err := marshal(value.Index(i).Interface())
		if err != nil {
			r.refuse(fmt.Sprintf("query parameter %s: %v", name, err))
			return
		}
		r.query = append(r.query, url.QueryEscape(name)+"="+url.QueryEscape(string(data)))
	}
}

// Header sets a header unless v is its type's zero value; a slice makes one line for each element. A [Secret] is sent
// as it is, and printed nowhere. Any other [RegistryAuth] is asked for the value when the request is sent.
func (r *Request) Header(name string, v any) {
	value := reflect.ValueOf(v)
	from, asks := v.(RegistryAuth)
	if _, fixed := v.(Secret); fixed {
		asks = false
	}
	if asks { // also the zero value of a type without fields, which is a source like any other
		asks = !isNil(value)
	}
	if v == nil || value.IsZero() && !asks {
		return
	}
	if !validHeaderName(name) {
		r.refuse(fmt.Sprintf("header name %q is not valid", name))
		return
	}
	if key := http.CanonicalHeaderKey(name); !r.op.safe() && (key == "Idempotency-Key" || key == "X-Idempotency-Key") {
		r.refuse("header " + name + " would have the call repeated, and no engine heeds it")
		return
	}
	if asks {
		r.authFrom(name, from)
		return
	}
	lines := headerLines(reflect.Indirect(value))
	if len(lines) == 0 {
		return
	}
	if !slices.ContainsFunc(lines, invalidHeaderValue) {
		if r.header == nil {
			r.header = http.Header{}
		}
		r.header[http.CanonicalHeaderKey(name)] = lines
		r.forgetAuth(name)
		return
	}
	// The value may be a secret: name the header alone.
	r.refuse(fmt.Sprintf("header %s holds a character that no header may hold", name))
}

// isNil reports whether a value is a nil pointer, function, map or the like.
func isNil(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Func, reflect.Map, reflect.Slice, reflect.Chan:
		return v.IsNil()
	}
	return false
}

func headerLines(v reflect.Value) []string {
	switch v.Kind() {
	case reflect.String:
		return []string{v.String()}
	case reflect.Slice:
		var lines []string
		for i := range v.Len() {
			lines = append(lines, headerLines(v.Index(i))...)
		}
		return lines
	}
	return []string{fmt.Sprint(v.Interface())}
}

// JSON makes v the body. It is encoded at once, so that bad input is refused before anything is sent and the
// length is exact. A document that came with members which its type lacks is refused by an [UnknownMembersError], unless
// [Request.DropUnknown] is called.
func (r *Request) JSON(v any) {
	data, err := marshal(v)
	if err != nil {
		r.refuse("body: " + err.Error())
		return
	}
	r.lost = nil
	if members := unknownIn(reflect.ValueOf(v), ""); len(members) > 0 {
		r.lost = r.fail(ErrInvalidInput, &UnknownMembersError{Members: members})
	}
	r.length = int64(len(data))
	r.body = bytes.NewReader(data)
	r.getBody = func() io.Reader { return bytes.NewReader(data) }
	r.Header("Content-Type", "application/json")
}

// Upload makes body, read while it is sent, the request's body. A regular file is sent by its length, from its present
// offset. A reader that is an [io.Closer] is closed when the call ends, for whatever reason.
//
// Where the answer is one document, as of [Object] and [None], the engine is asked before the first byte is read: a refused
// upload then leaves the reader as it was. Where the answer is a stream, as of [Sequence] and [Bytes], it is not: engines
// begin such an answer before they have read the body, and the body goes on beside it. A refusal stops it, and is the error
// of the call, as long as the engine lets it be read.
//
// The reader belongs to the call until it has ended, a stream's until it is closed or at its end: no Read begins after that.
// A Read that is under way at that moment may return later.
func (r *Request) Upload(body io.Reader, contentType string) {
	if noBody(body) {
		return
	}
	r.body, r.length, r.streamed, r.getBody = body, -1, true, nil
	switch b := body.(type) {
	case *bytes.Reader:
		r.length = int64(b.Len())
	case *bytes.Buffer:
		r.length = int64(b.Len())
	case *strings.Reader:
		r.length = int64(b.Len())
	case *os.File:
		r.length = fileLength(b)
	}
	r.Header("Content-Type", contentType)
}

// UploadRequired is [Request.Upload] for operations that are nothing without a body: an engine takes none for an empty
// one, and says that it has done what it was not asked to do. A reader without a byte is a body.
func (r *Request) UploadRequired(body io.Reader, contentType string) {
	if noBody(body) {
		r.refuse("the body is missing")
		return
	}
	r.Upload(body, contentType)
}

func noBody(body io.Reader) bool {
	return body == nil || reflect.ValueOf(body).Kind() == reflect.Pointer && reflect.ValueOf(body).IsNil()
}

// fileLength returns what is left of a regular file, or -1.
func fileLength(f *os.File) int64 {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return -1
	}
	at, err := f.Seek(0, io.SeekCurrent)
	if err != nil || at > info.Size() {
		return -1
	}
	return info.Size() - at
}

// discard closes a body that is not going to be sent.
func (r *Request) discard() {
	if c, ok := r.body.(io.Closer); ok {
		_ = c.Close()
	}
}

// validStrings reports whether a parameter's text can be sent as it is.
func validStrings(v reflect.Value) bool {
	v = reflect.Indirect(v)
	switch v.Kind() {
	case reflect.String:
		return utf8.ValidString(v.String())
	case reflect.Slice:
		for i := range v.Len() {
			if !validStrings(v.Index(i)) {
				return false
			}
		}
	}
	return true
}

func validHeaderName(name string) bool {
	if name == "" {
		return false
	}
	for _, c := range []byte(name) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return textproto.CanonicalMIMEHeaderKey(name) != ""
}

func invalidHeaderValue(value string) bool {
	return strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f })
}
