package oracle

import (
	"maps"
	"testing"
)

// TestCompare checks that every kind of difference is seen, at the place where it is.
func TestCompare(t *testing.T) {
	ours := Types{
		"Thing": {
			"same": "string", "kind": "integer", "pointer": "*bool", "value": "integer", "object": "@Part", "list": "[]@Part",
			"map": "map[]@Named", "self": "*@Thing", "extra": "string", "nullable": "@Part", "text": "map[]string",
		},
		"Part":  {"Name": "string"},
		"Named": {"": "[]string"},
		"Other": {"Name": "string"},
	}

	theirs := Types{
		"api.Thing": {
			"same": "string", "kind": "string", "pointer": "bool", "value": "*integer", "object": "@api.Part", "list": "[]*@api.Part",
			"map": "map[][]integer", "self": "*@api.Thing", "lacking": "string", "nullable": "*@api.Part", "text": "map[]string",
		},
		"api.Part": {"Name": "string", "Size": "integer"},
	}
	diffs, visited := Compare(ours, theirs, []Pair{
		{[]string{"Gone", "Thing"}, []string{"path/gone.Thing", "path/api.Thing"}},
		{[]string{"Other"}, []string{"path/gone.Other"}},
	})
	want := map[string]string{
		"Thing.kind":    "integer here, string there",
		"Thing.pointer": "a pointer here alone",
		"Thing.value":   "a pointer there alone",
		"Thing.map[][]": "string here, integer there",
		"Thing.extra":   "missing there",
		"Thing.lacking": "missing here",
		"Part.Size":     "missing here",
	}
	if !maps.Equal(diffs, want) {
		t.Errorf("differences are %v, want %v", diffs, want)
	}
	if wantVisited := map[string]bool{"Thing": true, "Part": true}; !maps.Equal(visited, wantVisited) {
		t.Errorf("visited are %v, want %v", visited, wantVisited)
	}
}
