package transport

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// This file and mend.go are the seam behind which the JSON library stands: nothing else of the SDK names it.
//
// Its rules are what we promise: names match by exact case, except where a field's tag says otherwise; a duplicate
// name, a name that is not UTF-8 and trailing text are errors; a text that is not UTF-8 keeps its bytes; an empty text is
// the zero time; unknown members are ignored; null leaves a zero value.

// rawJSON is a value not decoded yet.
type rawJSON = jsontext.Value

// marshal encodes a body or a parameter. Map keys are sorted, so that equal values give equal bytes.
func marshal(v any) ([]byte, error) {
	return json.Marshal(v, json.Deterministic(true))
}

// unmarshal decodes one whole document.
func unmarshal(data []byte, v any) error {
	err := json.Unmarshal(data, v)
	if err != nil && mendable(data, err) {
		return mended(data, v)
	}
	return err
}

// unmarshalLenient decodes what it can of a document that only serves as an explanation.
func unmarshalLenient(data []byte, v any) error {
	return json.Unmarshal(data, v, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// documents reads JSON documents one after the other from a stream.
type documents struct{ dec *jsontext.Decoder }

func newDocuments(r io.Reader) documents {
	return documents{jsontext.NewDecoder(r, jsontext.AllowInvalidUTF8(true))}
}

// next returns the bytes of the next document, valid until the call after, or io.EOF at a clean end.
func (d documents) next() ([]byte, error) {
	return d.dec.ReadValue()
}

// isSyntax tells text that is no JSON from a source that failed or ended early.
func isSyntax(err error) bool {
	_, ok := errors.AsType[*jsontext.SyntacticError](err)
	return ok && !errors.Is(err, io.ErrUnexpectedEOF)
}

// kind returns the first byte of a document: '{', '[', '"', 'n' (null), 't', 'f' or '0'.
func kind(doc []byte) byte {
	return byte(rawJSON(bytes.TrimLeft(doc, " \t\r\n")).Kind())
}

// stringMember returns a member of an object by its path, as long as the path leads through objects to a string.
func stringMember(doc []byte, name string) (value string, found bool) {
	var members map[string]rawJSON
	if unmarshal(doc, &members) != nil {
		return "", false
	}
	raw, found := members[name]
	if !found || unmarshal(raw, &value) != nil {
		return "", false
	}
	return value, true
}

// boolMember returns the boolean at a path of member names.
func boolMember(doc []byte, path []string) (value, found bool) {
	for _, name := range path {
		var members map[string]rawJSON
		if unmarshal(doc, &members) != nil {
			return false, false
		}
		if doc, found = members[name]; !found {
			return false, false
		}
	}
	return value, unmarshal(doc, &value) == nil
}

// trimSpace drops the white space before a document.
func trimSpace(doc []byte) []byte { return bytes.TrimLeft(doc, " \t\r\n") }

// kindOf returns the kind of a value, or nothing if it is none.
func kindOf(doc []byte) string {
	switch kind(doc) {
	case '{':
		return kindObject
	case '[':
		return kindList
	case '"':
		return kindText
	case '0':
		return kindNumber
	case 't', 'f':
		return kindBool
	case 'n':
		return kindNull
	}
	return ""
}

// unquote returns the text that a value is, or nothing if it is none.
func unquote(value rawJSON) string {
	text, err := jsontext.AppendUnquote(nil, bytes.Trim(value, " \t\r\n"))
	if err != nil {
		return ""
	}
	return string(text)
}

// decoders read documents a second time, for a few of their members.
var decoders = sync.Pool{New: func() any { return new(jsontext.Decoder) }}

// eachMember calls visit with the members of an object, in their order, as long as it returns true and the document is one.
// The value is good until visit returns.
func eachMember(doc []byte, visit func(name string, value rawJSON) (more bool)) {
	d := decoders.Get().(*jsontext.Decoder)
	defer decoders.Put(d)
	d.Reset(bytes.NewBuffer(doc), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if t, err := d.ReadToken(); err != nil || t.Kind() != '{' {
		return
	}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return
		}
		text := name.String()
		value, err := d.ReadValue()
		if err != nil || !visit(text, value) {
			return
		}
	}
}

// firstDocument returns the document that bytes begin with; [io.ErrUnexpectedEOF] if there is more to come of it.
func firstDocument(data []byte) ([]byte, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(data), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	return d.ReadValue()
}
