package gen

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/types"
)

// Import paths that generated code may need, by the name under which it uses them.
var stdImports = map[string]string{"cmp": "cmp", "time": "time", "io": "io", "context": "context", "json": "encoding/json"}

// typeExpr is a Go type, written in terms of keys, as one package writes it.
type typeExpr struct {
	text string
	// uses are the names of the packages that it mentions; keys the schemas.
	uses map[string]bool
	keys map[string]bool
}

// exprIn writes a type as a package does; pkg is "" for the version package.
func (p *planner) exprIn(text, pkg string) (typeExpr, error) {
	tree, err := parser.ParseExpr(text)
	if err != nil {
		return typeExpr{}, fmt.Errorf("%q is no Go type: %w", text, err)
	}
	e := typeExpr{uses: map[string]bool{}, keys: map[string]bool{}}
	tree, err = p.rewrite(tree, pkg, &e)
	if err != nil {
		return typeExpr{}, fmt.Errorf("type %s: %w", text, err)
	}
	e.text = types.ExprString(tree)
	return e, nil
}

// exprKeys are the keys of the schemas that a type in terms of keys mentions.
func (p *planner) exprKeys(text string) (map[string]bool, error) {
	tree, err := parser.ParseExpr(text)
	if err != nil {
		return nil, fmt.Errorf("%q is no Go type: %w", text, err)
	}
	out := map[string]bool{}
	ast.Inspect(tree, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok {
			if key := types.ExprString(e); p.doc.Types[key] != nil {
				out[key] = true
				return false
			}
		}
		return true
	})
	return out, nil
}

func (p *planner) rewrite(n ast.Expr, pkg string, e *typeExpr) (ast.Expr, error) {
	var err error
	switch n := n.(type) {
	case *ast.Ident:
		if p.doc.Types[n.Name] != nil {
			e.keys[n.Name] = true
			if pkg != "" {
				name := p.doc.Version.packageName()
				e.uses[name] = true
				return &ast.SelectorExpr{X: ast.NewIdent(name), Sel: n}, nil
			}
		} else if types.Universe.Lookup(n.Name) == nil {
			return nil, fmt.Errorf("there is no type %s", n.Name)
		}
		return n, nil
	case *ast.SelectorExpr:
		return p.rewriteSelector(n, pkg, e)
	case *ast.InterfaceType:
		return ast.NewIdent("any"), nil
	case *ast.StarExpr:
		n.X, err = p.rewrite(n.X, pkg, e)
		return n, err
	case *ast.ArrayType:
		n.Elt, err = p.rewrite(p.inValue(n.Elt), pkg, e)
		return n, err
	case *ast.MapType:
		n.Value, err = p.rewrite(p.inValue(n.Value), pkg, e)
		return n, err
	case *ast.StructType:
		return n, nil
	default:
		return nil, fmt.Errorf("unexpected %T", n)
	}
}

// inValue is the type of an item or a map's value. oapi-codegen makes pointers of those that may be null; a zero
// value or a nil slice says as much and is easier to use.
func (p *planner) inValue(n ast.Expr) ast.Expr {
	star, ok := n.(*ast.StarExpr)
	if !ok {
		return n
	}
	switch star.X.(type) {
	case *ast.ArrayType, *ast.MapType:
		return star.X
	}
	if p.doc.Types[types.ExprString(star.X)] != nil {
		return star.X
	}
	return n
}

func (p *planner) rewriteSelector(n *ast.SelectorExpr, pkg string, e *typeExpr) (ast.Expr, error) {
	from, key := types.ExprString(n.X), types.ExprString(n)
	if p.doc.Types[key] == nil {
		if stdImports[from] == "" && from != "transport" {
			return nil, fmt.Errorf("there is no type %s", key)
		}
		e.uses[from] = true
		return n, nil
	}
	e.keys[key] = true
	if from != pkg {
		return nil, fmt.Errorf("%s is another category's", key)
	}
	return n.Sel, nil
}
