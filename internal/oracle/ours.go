package oracle

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
)

// ReadGenerated reads the types of a generated version: HostConfig of the version's own package,
// containers.CreateRequest of a category's. Options of methods are no documents and left out.
func ReadGenerated(dir string) (Types, error) {
	r := &reader{version: filepath.Base(dir), types: Types{}}
	for _, pattern := range []string{"*.gen.go", "*/*.gen.go"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(files) == 0 {
			return nil, fmt.Errorf("%s: %d files: %w", dir, len(files), err)
		}
		for _, name := range files {
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			if err := r.file(f); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return r.types, nil
}

type reader struct {
	version, pkg string
	types        Types
}

func (r *reader) file(f *ast.File) error {
	r.pkg = f.Name.Name
	var failed error
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return failed == nil
		}
		name := spec.Name.Name
		if r.pkg != r.version {
			if name == "Client" || strings.HasSuffix(name, "Options") {
				return false
			}
			name = r.pkg + "." + name
		}
		members := map[string]string{}
		r.types[name] = members
		s, ok := spec.Type.(*ast.StructType)
		if !ok {
			members[""], failed = r.expr(spec.Type)
			return false
		}
		for _, field := range s.Fields.List {
			tag := ""
			if field.Tag != nil {
				tag, _, _ = strings.Cut(reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("json"), ",")
			}
			if tag == "" || tag == "-" {
				continue // of a header, or on no wire
			}
			if members[tag], failed = r.expr(field.Type); failed != nil {
				return false
			}
		}
		return false
	})
	return failed
}

// words are Go's types, as expressions.
var words = map[string]string{
	"string": "string", "bool": "bool", "any": "any", "float32": "number", "float64": "number",
	"int": "integer", "int8": "integer", "int16": "integer", "int32": "integer", "int64": "integer",
	"uint": "unsigned", "uint8": "unsigned", "uint16": "unsigned", "uint32": "unsigned", "uint64": "unsigned",
	"time.Time": "time", "json.RawMessage": "any", "transport.Secret": "string",
}

func (r *reader) expr(e ast.Expr) (string, error) {
	prefix, inner := "", ast.Expr(nil)
	switch e := e.(type) {
	case *ast.Ident:
		switch {
		case words[e.Name] != "":
			return words[e.Name], nil
		case r.pkg != r.version:
			return "@" + r.pkg + "." + e.Name, nil
		}
		return "@" + e.Name, nil
	case *ast.SelectorExpr:
		from := e.X.(*ast.Ident).Name
		if from == r.version {
			return "@" + e.Sel.Name, nil
		}
		if word := words[from+"."+e.Sel.Name]; word != "" {
			return word, nil
		}
		return "", fmt.Errorf("there is no type %s.%s", from, e.Sel.Name)
	case *ast.StructType:
		return "object", nil
	case *ast.StarExpr:
		prefix, inner = "*", e.X
	case *ast.MapType:
		prefix, inner = "map[]", e.Value
	case *ast.ArrayType:
		if elem, ok := e.Elt.(*ast.Ident); ok && (elem.Name == "byte" || elem.Name == "uint8") {
			return "bytes", nil
		}
		prefix, inner = "[]", e.Elt
	default:
		return "", fmt.Errorf("unexpected %T", e)
	}
	text, err := r.expr(inner)
	return prefix + text, err
}
