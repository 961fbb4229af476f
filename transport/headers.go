package transport

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
)

// Headers sends a request whose answer is in its header. T is a struct whose fields name a header each in a tag:
//
//	APIVersion string        `header:"Api-Version"`
//	Stat       v141.PathStat `header:"X-Docker-Container-Path-Stat,base64json"`
//
// A field is a string, a bool, or, with base64json, anything that the decoded JSON fits. A header that does not come
// leaves its field zero; but a base64json one is [ErrProtocol] then. Where T is [http.Header], it is all of them.
func Headers[T any](ctx context.Context, c Caller, r *Request) (*T, error) {
	resp, err := answer(ctx, c, r)
	if err != nil {
		return nil, err
	}
	if err := readNothing(ctx, r, resp); err != nil {
		return nil, err
	}
	var v T
	if all, ok := any(&v).(*http.Header); ok {
		*all = resp.Header
		return &v, nil
	}
	if err := decodeHeader(resp.Header, reflect.ValueOf(&v).Elem()); err != nil {
		return nil, r.protocolError(resp, err)
	}
	return &v, nil
}

// DecodeHeader decodes into v a header that holds JSON in base64, as X-Docker-Container-Path-Stat of an archive does.
// Docker writes it in the standard alphabet and Podman in the one for URLs: both are read, padded or not. A header that
// is missing, or holds something else, is an error.
func DecodeHeader(h http.Header, name string, v any) error {
	if err := decodeBase64JSON(h.Get(name), v); err != nil {
		return fmt.Errorf("header %s: %w", name, err)
	}
	return nil
}

// standardAlphabet translates from base64's alphabet for URLs.
var standardAlphabet = strings.NewReplacer("-", "+", "_", "/")

func decodeBase64JSON(text string, v any) error {
	data, err := base64.RawStdEncoding.DecodeString(standardAlphabet.Replace(strings.TrimRight(text, "=")))
	if err != nil {
		return err
	}
	if len(data) == 0 {
		return errEmpty
	}
	return unmarshal(data, v)
}

func decodeHeader(h http.Header, v reflect.Value) error {
	for i := range v.NumField() {
		name, form, _ := strings.Cut(v.Type().Field(i).Tag.Get("header"), ",")
		if name == "" {
			continue
		}
		if err := decodeHeaderField(h.Get(name), form, v.Field(i)); err != nil {
			return fmt.Errorf("header %s: %w", name, err)
		}
	}
	return nil
}

func decodeHeaderField(value, form string, field reflect.Value) error {
	if form == "base64json" {
		return decodeBase64JSON(value, field.Addr().Interface())
	}
	switch {
	case value == "":
		return nil
	case field.Kind() == reflect.Bool:
		b, err := strconv.ParseBool(value)
		if err != nil {
			return fmt.Errorf("%q is no boolean", printable(value, 64))
		}
		field.SetBool(b)
	case field.Kind() == reflect.String:
		field.SetString(value)
	default:
		return fmt.Errorf("a %s holds no header", field.Type())
	}
	return nil
}
