package transport

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Engines write two things into JSON that are none: bytes that are not UTF-8, as in the names of files, and an empty text
// where a time belongs. A document with either is decoded once more, by rules that bear them. Others cost nothing.

// mendable reports whether decoding a document failed for what mending bears.
func mendable(data []byte, err error) bool {
	if !utf8.Valid(data) {
		return namesAreText(data)
	}
	failed, ok := errors.AsType[*time.ParseError](err)
	return ok && failed.Value == ""
}

// mended decodes a document whose texts may hold any bytes and whose times may be empty.
func mended(data []byte, v any) error {
	reflect.ValueOf(v).Elem().SetZero() // of what was decoded before it failed
	return json.Unmarshal(data, v, jsontext.AllowInvalidUTF8(true), json.WithUnmarshalers(bearing))
}

var bearing = json.JoinUnmarshalers(
	json.UnmarshalFromFunc(func(d *jsontext.Decoder, t *time.Time) error {
		if d.PeekKind() != '"' {
			return errors.ErrUnsupported
		}
		value, err := d.ReadValue()
		if err != nil || string(value) == `""` {
			*t = time.Time{}
			return err
		}
		return json.Unmarshal(value, t)
	}),
	json.UnmarshalFromFunc(func(d *jsontext.Decoder, s *string) error {
		if d.PeekKind() != '"' {
			return errors.ErrUnsupported
		}
		value, err := d.ReadValue()
		if err != nil {
			return err
		}
		*s, err = unquoteBytes(value)
		return err
	}),
)

// unquoteBytes returns a JSON string with the bytes that are not UTF-8 as they are.
func unquoteBytes(value rawJSON) (string, error) {
	var text []byte
	for rest := []byte(value[1 : len(value)-1]); len(rest) > 0; {
		n := validPrefix(rest)
		part, err := jsontext.AppendUnquote(nil, append(append([]byte{'"'}, rest[:n]...), '"'))
		if err != nil {
			return "", err
		}
		text = append(text, part...)
		if n < len(rest) {
			text = append(text, rest[n])
			n++
		}
		rest = rest[n:]
	}
	return string(text), nil
}

// validPrefix returns how many bytes are UTF-8 before the first that is not.
func validPrefix(data []byte) (n int) {
	for n < len(data) {
		r, size := utf8.DecodeRune(data[n:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		n += size
	}
	return n
}

// namesAreText reports whether every name in a document is UTF-8: two parsers may read another as two different ones.
func namesAreText(data []byte) bool {
	d := jsontext.NewDecoder(bytes.NewBuffer(data), jsontext.AllowInvalidUTF8(true))
	for {
		if d.PeekKind() != '"' {
			if _, err := d.ReadToken(); err != nil {
				return errors.Is(err, io.EOF)
			}
			continue
		}
		value, err := d.ReadValue()
		if err != nil {
			return false
		}
		if in, n := d.StackIndex(d.StackDepth()); in == '{' && n%2 == 1 && !utf8.Valid(value) {
			return false
		}
	}
}
