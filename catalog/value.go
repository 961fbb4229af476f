package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/oapi-codegen/runtime"

	"github.com/gantry-go/gantry/transport"
)

// set puts a parameter into the request. What is wrong is said without the value, which may be a secret.
func (p *Param) set(req *transport.Request, given any) error {
	if auth, ok := given.(transport.RegistryAuth); ok && p.Type == "secret" && p.In == "header" && !absent(given) {
		if p.Anonymous {
			req.Header(p.Name, transport.Anonymous) // which stands where the source of credentials has none
		}
		req.Header(p.Name, auth)
		return nil
	}
	v, present := plain(given)
	if !present {
		if p.Anonymous {
			req.Header(p.Name, transport.Anonymous)
		}
		if p.Unset != "" {
			return p.put(req, p.Unset)
		}
		if p.Required {
			return fmt.Errorf("%s parameter %s is missing", p.In, p.Name)
		}
		return nil
	}
	if err := p.put(req, v); err != nil {
		return fmt.Errorf("%s parameter %s: %w", p.In, p.Name, err)
	}
	return nil
}

func (p *Param) put(req *transport.Request, v any) error {
	switch {
	case p.JSON:
		return p.putJSON(req, v)
	case p.Each:
		return p.putEach(req, v)
	case p.Time:
		return p.putTime(req, v)
	}
	var value any
	var err error
	if element, list := strings.CutPrefix(p.Type, "[]"); list {
		value, err = scalars(element, v)
	} else {
		value, err = scalar(p.Type, v)
	}
	if err != nil {
		return err
	}
	if text, ok := value.(string); ok && p.Type == "secret" {
		value = transport.Secret(text)
	}
	switch p.In {
	case "query":
		req.QueryRequired(p.Name, value)
	case "header":
		req.Header(p.Name, value)
	}
	return nil // the path has its arguments
}

func (p *Param) putJSON(req *transport.Request, v any) error {
	text, isText := document(v)
	if !isText {
		req.QueryJSON(p.Name, v)
		return nil
	}
	if !json.Valid(text) {
		return errors.New("the text is no JSON document")
	}
	req.QueryJSON(p.Name, json.RawMessage(text))
	return nil
}

// putEach sends the elements of a list: a slice, or text that is a JSON array. What is no list is one element.
func (p *Param) putEach(req *transport.Request, v any) error {
	text, isText := document(v)
	switch {
	case isText && !json.Valid(text):
		return errors.New("the text is no JSON document")
	case isText:
		var list []json.RawMessage
		if json.Unmarshal(text, &list) != nil {
			list = []json.RawMessage{text}
		}
		v = list
	case reflect.ValueOf(v).Kind() != reflect.Slice:
		v = []any{v}
	}
	req.QueryJSONEach(p.Name, v)
	return nil
}

func (p *Param) putTime(req *transport.Request, v any) error {
	if t, ok := v.(time.Time); ok {
		req.QueryTime(p.Name, t)
		return nil
	}
	if text, err := scalar("int64", v); err == nil {
		req.QueryRequired(p.Name, text)
		return nil
	}
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("want a time, not a %T", v)
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil && strings.Trim(text, "0123456789.") == "" {
		req.QueryRequired(p.Name, text) // seconds with a fraction, as engines write them
		return nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return errors.New("the text is neither a number of seconds nor a time in RFC 3339")
	}
	req.QueryTime(p.Name, t)
	return nil
}

// absent tells a nil of any type from a value.
func absent(v any) bool {
	switch value := reflect.ValueOf(v); value.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return value.IsNil()
	}
	return false
}

// plain looks through pointers, and reports whether there is a value.
func plain(v any) (any, bool) {
	for !absent(v) {
		value := reflect.ValueOf(v)
		if value.Kind() != reflect.Pointer {
			return v, true
		}
		v = value.Elem().Interface()
	}
	return nil, false
}

// scalars writes down a list, of which one element alone is one too.
func scalars(element string, v any) ([]string, error) {
	value := reflect.ValueOf(v)
	if value.Kind() != reflect.Slice {
		text, err := scalar(element, v)
		return []string{text}, err
	}
	out := make([]string, value.Len())
	for i := range out {
		v, present := plain(value.Index(i).Interface())
		if !present {
			return nil, errors.New("an element is nil")
		}
		var err error
		if out[i], err = scalar(element, v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// scalar writes down a value as a parameter of a type, in OpenAPI's plainest style.
func scalar(want string, v any) (string, error) {
	value := reflect.ValueOf(v)
	isText := value.Kind() == reflect.String
	if !isText && !fits(want, value) {
		return "", fmt.Errorf("want a %s, not a %T", want, v)
	}
	text := value.String()
	var err error
	if !isText { // what is text already is not styled, which would have it encode itself: a secret as a placeholder
		text, err = style(value)
	}
	if err == nil {
		text, err = bind(want, text)
	}
	switch {
	case err == nil:
		return text, nil
	case isText: // the error of runtime quotes it, and it may be a secret
		return "", fmt.Errorf("the text is no %s", want)
	}
	return "", fmt.Errorf("want a %s, not a %T", want, v)
}

// fits reports whether a value that is no text can be one of a type: a number of any kind where a number is wanted, whole
// ones out of JSON among them, and as text; a bool for a bool alone.
func fits(want string, value reflect.Value) bool {
	switch {
	case value.Kind() == reflect.Bool:
		return want == "bool"
	case want == "bool":
		return false
	case value.CanInt(), value.CanUint():
		return true
	case value.CanFloat():
		whole := value.Float() == math.Trunc(value.Float()) && math.Abs(value.Float()) < 1<<53
		return whole || want == "float64"
	}
	return false
}

// style writes down a number or a bool, without escapes.
func style(value reflect.Value) (string, error) {
	var v any
	switch {
	case value.CanInt():
		v = value.Int()
	case value.CanUint():
		v = value.Uint()
	case value.CanFloat():
		v = value.Float()
	default:
		v = value.Bool()
	}
	return runtime.StyleParamWithOptions("simple", false, "argument", v, runtime.StyleParamOptions{ParamLocation: runtime.ParamLocationHeader})
}

// bind reads text as a value of a type, and writes it down as such values are sent: booleans in one spelling, numbers as
// they were given.
func bind(want, text string) (string, error) {
	switch want {
	case "bool":
		var b bool
		err := runtime.BindStringToObject(text, &b)
		return strconv.FormatBool(b), err
	case "int", "int64":
		return text, runtime.BindStringToObject(text, new(int64))
	case "uint64":
		return text, runtime.BindStringToObject(text, new(uint64))
	case "float64":
		return text, runtime.BindStringToObject(text, new(float64))
	}
	return text, nil
}
