package transport

import (
	"bytes"
	"cmp"
	"net/http"
	"reflect"
	"slices"
	"strconv"
)

// failure is what a document of a success reports. Engines do so once the head of their answer is on its way: Docker by
// message, Podman by message with cause and response, progress of either by error and errorDetail, and Podman's
// statistics by Error.
type failure struct {
	message, cause string
	status         int // that of a report of Podman's, 0 in others
	code           int // that of a command that failed

	names   []string
	whole   bool // the document holds nothing else
	said    bool // by message, cause or response
	stopped bool // by error, errorDetail or Error, which stand among other members as well
}

// failureWords are the members of such reports.
var failureWords = map[string]bool{
	"message": true, "cause": true, "response": true, "error": true, "errorDetail": true, "Error": true,
}

// failureIn returns the failure that a document is the report of, or nil. Of any other document it reads the first name.
func failureIn(doc []byte) *failure {
	if !beginsAsFailure(doc) {
		return nil
	}
	if f := readFailure(doc); f.whole && (f.said || f.stopped) {
		return f
	}
	return nil
}

// failureAmong is failureIn for a document of a sequence, where a failure may stand among other members.
func failureAmong(doc []byte) *failure {
	if !beginsAsFailure(doc) && !namesFailure(doc) {
		return nil
	}
	if f := readFailure(doc); f.stopped || f.whole && f.said {
		return f
	}
	return nil
}

// beginsAsFailure reports whether the first name of a document is one of a report, or is written with escapes.
func beginsAsFailure(doc []byte) bool {
	rest, isObject := bytes.CutPrefix(trimSpace(doc), []byte{'{'})
	rest, isName := bytes.CutPrefix(trimSpace(rest), []byte{'"'})
	end := bytes.IndexByte(rest, '"')
	if !isObject || !isName || end < 0 {
		return false
	}
	return failureWords[string(rest[:end])] || bytes.IndexByte(rest[:end], '\\') >= 0
}

// namesFailure reports whether a document may have a member error, errorDetail or Error. Letters may be written as
// escapes, such as \u0065; Go writes so what has a meaning in HTML, which no letter has.
func namesFailure(doc []byte) bool {
	for _, sign := range [...]string{`"error`, `"Error`, `\u004`, `\u006`, `\u007`} {
		if bytes.Contains(doc, []byte(sign)) {
			return true
		}
	}
	return false
}

func readFailure(doc []byte) *failure {
	f := &failure{whole: true}
	var stopped, detail string
	eachMember(doc, func(name string, value rawJSON) bool {
		switch name {
		case "message":
			f.message = unquote(value)
			f.said = f.said || kindOf(value) == kindText
		case "cause":
			f.cause = unquote(value)
			f.said = f.said || f.cause != ""
		case "response":
			if status, err := strconv.Atoi(string(value)); err == nil && status >= http.StatusBadRequest {
				f.status, f.said = status, true
			}
		case "error", "Error":
			if somethingIn(value) {
				f.stopped, stopped = true, cmp.Or(stopped, textOf(value))
			}
		case "errorDetail":
			if somethingIn(value) {
				f.stopped, detail = true, textOf(value)
				f.code = codeOf(value)
			}
		default:
			f.whole = false
			return true
		}
		f.names = append(f.names, name)
		return true
	})
	f.message = cmp.Or(f.message, detail, stopped, f.cause)
	return f
}

// somethingIn reports whether the value of error, Error or errorDetail tells of a failure. An object does, even an empty one,
// which is what Go makes of most errors.
func somethingIn(value rawJSON) bool {
	switch kindOf(value) {
	case kindText:
		return unquote(value) != ""
	case kindObject:
		return true
	case kindList:
		return len(bytes.Trim(value, "[] \t\r\n")) > 0
	}
	return false
}

// textOf returns what such a value says: itself, or its message.
func textOf(value rawJSON) (text string) {
	if kindOf(value) != kindObject {
		if text = unquote(value); text == "" {
			text = string(value) // an array
		}
		return text
	}
	eachMember(value, func(name string, value rawJSON) bool {
		if name == "message" || name == "Message" {
			text = cmp.Or(text, unquote(value))
		}
		return true
	})
	return text
}

// codeOf returns the code of an errorDetail, or 0.
func codeOf(value rawJSON) (code int) {
	eachMember(value, func(name string, value rawJSON) bool {
		if name == "code" {
			code, _ = strconv.Atoi(string(value))
		}
		return true
	})
	return code
}

// fits reports whether the document may be a value of a type: one that has a member of such a name, or a map, which may also
// be known by what is needed of it. One of Podman's, with its status, is none.
func (f *failure) fits(t reflect.Type, need needs) bool {
	switch {
	case f.status != 0:
		return false
	case t.Kind() == reflect.Map, slices.Contains(need, ","+kindObject):
		return true
	case t.Kind() == reflect.Struct:
		return slices.ContainsFunc(f.names, func(name string) bool { _, has := fieldOf(t, name); return has })
	}
	return false
}

// error makes an error of the failure that a document of an answer reports.
func (f *failure) error(r *Request, resp *http.Response, doc []byte) error {
	e := r.fail(ErrStream, nil)
	if f.status != 0 {
		e.Class = statusClass(f.status)
	}
	e.inAnswer = true
	e.Status, e.Code = resp.StatusCode, f.code
	e.Message, e.Cause = plainText(f.message), plainText(f.cause)
	e.Body = bytes.Clone(doc[:min(len(doc), maxErrorBody)])
	return r.acted(e)
}
