// Package byname is what tests share that call real engines by the names on the wire, whatever version of their API those
// speak, and try what an option that is absent means.
package byname

import (
	"testing"

	"github.com/gantry-go/gantry/catalog"
	"github.com/gantry-go/gantry/transport"
)

// Calls are those of one engine.
type Calls struct {
	Caller transport.Caller
	Ops    *catalog.Version
}

// Do calls an operation with the arguments; of two with the same name the later one counts.
func (c *Calls) Do(t *testing.T, op string, all ...catalog.Args) (*catalog.Result, error) {
	t.Helper()
	args := catalog.Args{}
	for _, some := range all {
		for name, v := range some {
			args[name] = v
		}
	}
	result, err := c.Ops.Operation(op).Call(t.Context(), c.Caller, args)
	if err == nil {
		t.Cleanup(func() { _ = result.Close() })
	}
	return result, err
}

// Call is Do of what has to succeed, and returns what is JSON. It reads a sequence to its end.
func (c *Calls) Call(t *testing.T, op string, all ...catalog.Args) any {
	t.Helper()
	result, err := c.Do(t, op, all...)
	if err != nil {
		t.Fatal(err)
	}
	if result.Messages != nil {
		for _, err := range result.Messages.All() {
			if err != nil {
				t.Fatal(err)
			}
		}
		return nil
	}
	data, err := result.Data()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Member follows names into a document.
func Member(v any, path ...string) any {
	for _, name := range path {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	return v
}

// Absent tries a boolean that is absent, true and false, and checks that absent has the effect of one of them, "true" or
// "false", and that the two differ. It returns the effects of true and of false.
func Absent(t *testing.T, name, as string, try func(given catalog.Args) string) (yes, no string) {
	t.Helper()
	absent := try(nil)
	yes, no = try(catalog.Args{name: true}), try(catalog.Args{name: false})
	if yes == no {
		t.Errorf("true and false both give %s", yes)
	}
	if want := map[string]string{"true": yes, "false": no}[as]; absent != want {
		t.Errorf("absent gives %s, and %s gives %s", absent, as, want)
	}
	return yes, no
}
