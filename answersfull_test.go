package gantry

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/catalog"
)

// TestFullAnswers answers methods with documents that have every member of their types, each time an empty text: none is
// taken for a failure, and no time loses an answer.
func TestFullAnswers(t *testing.T) {
	said, times, called := newSaying(t), 0, 0
	for version, clients := range generated(said) {
		for _, category := range catalog.Find(version[0]).Version(version[1]).Categories() {
			for _, op := range category.Operations {
				method := reflect.ValueOf(clients[category.Name]).MethodByName(op.Name)
				var answered reflect.Type
				switch op.Kind {
				case catalog.KindObject, catalog.KindList:
					answered = method.Type().Out(0)
				case catalog.KindSequence: // what All yields
					all, _ := method.Type().Out(0).MethodByName("One")
					answered = all.Type.Out(0)
				case catalog.KindLate:
					result, _ := method.Type().Out(0).MethodByName("Result")
					answered = result.Type.Out(0)
				default:
					continue
				}
				doc, err := json.Marshal(full(answered, 0, &times))
				if err != nil {
					t.Fatal(err)
				}
				said.answer = answer{200, string(doc)}
				called++
				if err := byMethod(t, method); err != nil {
					t.Errorf("%v %s: %v: %.300s", version, op.ID, err, doc)
				}
			}
		}
	}
	t.Logf("%d calls, %d empty times", called, times)
	if called < 300 || times < 200 {
		t.Errorf("%d calls, %d empty times", called, times)
	}
}

// full is a value of a type in the terms of JSON, with every member.
func full(t reflect.Type, depth int, times *int) any {
	switch {
	case t == reflect.TypeFor[time.Time]():
		*times++
		return ""
	case t == reflect.TypeFor[json.RawMessage](), t.Kind() == reflect.Interface:
		return map[string]any{}
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return "eA=="
	}
	switch t.Kind() {
	case reflect.Pointer:
		return full(t.Elem(), depth, times)
	case reflect.String:
		return "x"
	case reflect.Bool:
		return true
	case reflect.Slice:
		return []any{full(t.Elem(), depth+1, times)}
	case reflect.Map:
		key := "k"
		if t.Key().Kind() != reflect.String {
			key = "1"
		}
		return map[string]any{key: full(t.Elem(), depth+1, times)}
	case reflect.Struct:
		members := map[string]any{}
		for field := range t.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name == "error" || name == "errorDetail" || depth > 6 { // failures of a progress; types within themselves
				continue
			}
			members[name] = full(field.Type, depth+1, times)
		}
		return members
	}
	return 1
}
