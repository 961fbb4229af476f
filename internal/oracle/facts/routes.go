package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"regexp"
	"strings"

	"golang.org/x/tools/go/packages"
)

// registered is a route as the server registers it.
type registered struct {
	method, path string
	v3           bool // below a version that begins with 0 to 3 alone
	handler      *types.Func
}

func (r registered) key() string {
	key := r.method + " " + r.path
	if r.v3 {
		key = "v3 " + key
	}
	return key
}

func (r registered) libpod() bool { return strings.HasPrefix(r.path, "/libpod/") }

var pathVariable = regexp.MustCompile(`\{[^}]*\}`)

// routes are all that a package of Podman's registers: router.Handle(path, wrap(handler)).Methods(method...).
func routes(p *packages.Package) (out []registered) {
	for _, file := range p.Syntax {
		prefixes := map[types.Object]string{}
		ast.Inspect(file, func(n ast.Node) bool {
			if a, ok := n.(*ast.AssignStmt); ok && len(a.Lhs) == 1 && len(a.Rhs) == 1 {
				if prefix := subrouter(p.TypesInfo, a.Rhs[0]); prefix != "" {
					if id, ok := a.Lhs[0].(*ast.Ident); ok {
						prefixes[p.TypesInfo.ObjectOf(id)] = prefix
					}
				}
			}
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			methods, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || methods.Sel.Name != "Methods" {
				return true
			}
			inner, ok := methods.X.(*ast.CallExpr)
			if !ok {
				return true
			}
			handle, ok := inner.Fun.(*ast.SelectorExpr)
			if !ok || handle.Sel.Name != "Handle" && handle.Sel.Name != "HandleFunc" {
				return true
			}
			path, versioned := routePath(p.TypesInfo, inner.Args[0])
			r := registered{handler: handlerOf(p.TypesInfo, inner.Args[1])}
			if id, ok := handle.X.(*ast.Ident); ok {
				if prefix := prefixes[p.TypesInfo.ObjectOf(id)]; prefix != "" {
					r.v3, versioned = strings.Contains(prefix, "[0-3]"), true
					path = prefix[strings.Index(prefix, "}")+1:] + path
				}
			}
			if r.handler == nil || !versioned && !strings.HasPrefix(path, "/libpod/") {
				return true
			}
			r.path = pathVariable.ReplaceAllString(path, "{}")
			for _, m := range call.Args {
				if v := p.TypesInfo.Types[m].Value; v != nil {
					r.method = constant.StringVal(v)
					out = append(out, r)
				}
			}
			return true
		})
	}
	return out
}

// subrouter is the prefix of r.PathPrefix(prefix).Subrouter().
func subrouter(info *types.Info, e ast.Expr) string {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return ""
	}
	sub, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || sub.Sel.Name != "Subrouter" {
		return ""
	}
	inner, ok := sub.X.(*ast.CallExpr)
	if !ok || len(inner.Args) != 1 {
		return ""
	}
	return text(info, inner.Args[0])
}

// routePath is a path, and whether it is one below a version: VersionedPath("/x").
func routePath(info *types.Info, e ast.Expr) (path string, versioned bool) {
	if call, ok := e.(*ast.CallExpr); ok && len(call.Args) == 1 {
		return text(info, call.Args[0]), true
	}
	return text(info, e), false
}

// handlerOf is the function that an expression wraps.
func handlerOf(info *types.Info, e ast.Expr) *types.Func {
	if call, ok := e.(*ast.CallExpr); ok && len(call.Args) == 1 {
		e = call.Args[0]
	}
	return function(info, e)
}

// function is what an identifier or a selector names, if it is a function.
func function(info *types.Info, e ast.Expr) *types.Func {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		f, _ := info.Uses[e].(*types.Func)
		return f
	case *ast.SelectorExpr:
		f, _ := info.Uses[e.Sel].(*types.Func)
		return f
	case *ast.IndexExpr:
		return function(info, e.X)
	}
	return nil
}

// text is a constant string, or "".
func text(info *types.Info, e ast.Expr) string {
	if v := info.Types[e].Value; v != nil && v.Kind() == constant.String {
		return constant.StringVal(v)
	}
	return ""
}

// truth is what a condition comes to on a route, where that is known: "yes", "no" or "".
func (r registered) truth(info *types.Info, e ast.Expr) string {
	switch e := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		if f := function(info, e.Fun); f != nil {
			switch f.Name() {
			case "IsLibpodRequest":
				return word(r.libpod())
			case "IsLibpodLocalRequest":
				return word(strings.HasPrefix(r.path, "/libpod/local/"))
			}
		}
	case *ast.UnaryExpr:
		if e.Op == token.NOT {
			return map[string]string{"yes": "no", "no": "yes"}[r.truth(info, e.X)]
		}
	case *ast.BinaryExpr:
		a, b := r.truth(info, e.X), r.truth(info, e.Y)
		switch e.Op {
		case token.LAND:
			if a == "no" || b == "no" {
				return "no"
			}
			if a == "yes" && b == "yes" {
				return "yes"
			}
		case token.LOR:
			if a == "yes" || b == "yes" {
				return "yes"
			}
			if a == "no" && b == "no" {
				return "no"
			}
		case token.EQL, token.NEQ:
			if requestMethod(info, e.X) && text(info, e.Y) != "" {
				return word((text(info, e.Y) == r.method) == (e.Op == token.EQL))
			}
		}
	}
	return ""
}

func word(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// requestMethod reports whether an expression is r.Method.
func requestMethod(info *types.Info, e ast.Expr) bool {
	sel, ok := ast.Unparen(e).(*ast.SelectorExpr)
	return ok && sel.Sel.Name == "Method" && isType(info.TypeOf(sel.X), "net/http", "Request")
}

// isType reports whether a type, or what it points to, is a named one of a package.
func isType(t types.Type, pkg, name string) bool {
	if t == nil {
		return false
	}
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Name() == name && n.Obj().Pkg() != nil && strings.HasSuffix(n.Obj().Pkg().Path(), pkg)
}
