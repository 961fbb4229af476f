package catalog_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/catalog"
	"github.com/gantry-go/gantry/transport"
)

// TestGeneratedOperations holds that the operations of the generated packages are those of the catalog, in every field, so
// that what is tested of the one is true of the other.
func TestGeneratedOperations(t *testing.T) {
	generated := map[string]*transport.Operation{} // by "docker v141 containers opStart"
	files, err := filepath.Glob("../*/v*/*/*.gen.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if name, op := readOperation(t, file); op != nil {
			generated[name] = op
		}
	}
	compared := 0
	for _, engine := range catalog.Engines() {
		for _, number := range engine.Versions() {
			p := &prober{t: t, engine: engine, version: engine.Version(number)}
			for op := range operations(p.version) {
				name := engine.Name() + " v" + strings.ReplaceAll(number, ".", "") + " " + op.Category + " op" + op.Name
				if own := p.wire(op); !reflect.DeepEqual(generated[name], own) {
					t.Errorf("%s is %+v, and of the catalog %+v", name, generated[name], own)
				}
				compared++
			}
		}
	}
	if compared != len(generated) || compared < 6000 {
		t.Errorf("there are %d generated operations, and %d of the catalog", len(generated), compared)
	}
}

// readOperation reads the operation that a generated file declares, if it does.
func readOperation(t *testing.T, file string) (string, *transport.Operation) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := bytes.Cut(data, []byte("\nvar op"))
	if !found {
		return "", nil
	}
	literal, _, _ := bytes.Cut(rest, []byte("\n}\n"))
	name, text, _ := strings.Cut(string(literal)+"\n}", " = ")
	expr, err := parser.ParseExpr(text)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	op := &transport.Operation{}
	fill(t, file, reflect.ValueOf(op).Elem(), expr)
	folders := strings.Split(filepath.ToSlash(file), "/")
	return strings.Join(append(folders[1:4:4], "op"+name), " "), op
}

// fill sets a value to what a literal says.
func fill(t *testing.T, file string, v reflect.Value, expr ast.Expr) {
	t.Helper()
	switch x := expr.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(x.Value)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		v.SetString(text)
		return
	case *ast.Ident:
		v.SetBool(x.Name == "true")
		return
	case *ast.CompositeLit:
		for _, element := range x.Elts {
			if member, named := element.(*ast.KeyValueExpr); named {
				fill(t, file, v.FieldByName(member.Key.(*ast.Ident).Name), member.Value)
				continue
			}
			v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
			fill(t, file, v.Index(v.Len()-1), element)
		}
		return
	}
	t.Fatalf("%s: %T is no literal", file, expr)
}
