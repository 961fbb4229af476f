package transport

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"strings"
)

// Parameters are written in OpenAPI's default styles, the only ones that engines' specifications use: "simple" in paths,
// "form", exploded, in queries. It is done here and not by oapi-codegen's runtime, which would bring encoding/json into
// every program: 290 KB and three modules. A test of module internal/compat holds the two to be alike.

// styleSegment writes a path argument, or one segment of it.
func styleSegment(s string) string { return url.PathEscape(s) }

// styleQuery writes a query parameter: name=value, once for each element of a list. Pointers are followed.
func styleQuery(name string, v reflect.Value) (string, error) {
	name = url.QueryEscape(name)
	v = reflect.Indirect(v)
	if v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
		value, err := primitive(v)
		return name + "=" + url.QueryEscape(value), err
	}
	pairs := make([]string, v.Len())
	for i := range pairs {
		value, err := primitive(v.Index(i))
		if err != nil {
			return "", err
		}
		pairs[i] = name + "=" + url.QueryEscape(value)
	}
	return strings.Join(pairs, "&"), nil
}

// primitive writes what is neither list nor object.
func primitive(v reflect.Value) (string, error) {
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch {
	case v.Kind() == reflect.String:
		return v.String(), nil
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool()), nil
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10), nil
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10), nil
	case v.CanFloat():
		return strconv.FormatFloat(v.Float(), 'f', -1, v.Type().Bits()), nil
	case !v.IsValid():
		return "", errors.New("it is nil")
	}
	return "", fmt.Errorf("a %s is no text: QueryJSON and QueryTime send others", v.Type())
}
