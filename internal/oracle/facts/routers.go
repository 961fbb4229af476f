package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// writeRouters writes down which routes a release registers, in their order and as its router reads them.
func writeRouters(name, module, base string) error {
	lines, err := podmanRouters(filepath.Join(base, "pkg", "api", "server"))
	if errors.Is(err, os.ErrNotExist) {
		lines, err = dockerRouters(base)
	}
	if err != nil {
		return err
	}
	if len(lines) < 90 {
		return fmt.Errorf("%s registers %d routes, which are too few", module, len(lines))
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n", module)
	for _, line := range lines {
		fmt.Fprintln(&b, line)
	}
	return os.WriteFile(name, b.Bytes(), 0o644) //nolint:gosec // facts for everybody
}

// podmanRouters are the routes of Podman's server, which calls one function after another that register some:
// r.Handle(VersionedPath("/x"), ...).Methods(http.MethodGet).
func podmanRouters(folder string) ([]string, error) {
	server, err := parser.ParseFile(token.NewFileSet(), filepath.Join(folder, "server.go"), nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var order []string
	ast.Inspect(server, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && strings.HasPrefix(sel.Sel.Name, "register") && strings.HasSuffix(sel.Sel.Name, "Handlers") {
			order = append(order, sel.Sel.Name)
		}
		return true
	})
	files, err := filepath.Glob(filepath.Join(folder, "register_*.go"))
	if err != nil {
		return nil, err
	}
	found := map[string][]string{}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, decl := range tree.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && slices.Contains(order, f.Name.Name) {
				found[f.Name.Name] = podmanRoutes(f)
			}
		}
	}
	var out []string
	for _, name := range order {
		if len(found[name]) == 0 {
			return nil, fmt.Errorf("%s registers nothing", name)
		}
		out = append(out, found[name]...)
	}
	return out, nil
}

// podmanRoutes are those that a function registers below a version. Its statements are calls, and assignments of routers
// for what is below a prefix.
func podmanRoutes(f *ast.FuncDecl) []string {
	prefixes := map[string]string{}
	var out []string
	for _, statement := range f.Body.List {
		switch s := statement.(type) {
		case *ast.AssignStmt:
			if prefix := firstText(s.Rhs[0], "PathPrefix"); prefix != "" {
				prefixes[s.Lhs[0].(*ast.Ident).Name] = prefix
			}
		case *ast.ExprStmt:
			path, methods := firstText(s.X, "Handle", "HandleFunc"), methodsOf(s.X)
			if path == "" {
				if path = firstText(s.X, "PathPrefix"); path != "" {
					path += "{rest:.*}"
				}
			}
			if path = prefixes[receiver(s.X)] + path; strings.HasPrefix(path, "/v{") {
				out = append(out, methods+" "+path)
			}
		}
	}
	return out
}

// podmanVersion is what the server's VersionedPath puts before a path.
const podmanVersion = "/v{version:[0-9][0-9A-Za-z.-]*}"

// call returns the call of one of the methods in a chain of them, or nil.
func call(e ast.Expr, names ...string) *ast.CallExpr {
	for {
		c, ok := e.(*ast.CallExpr)
		if !ok {
			return nil
		}
		sel, ok := c.Fun.(*ast.SelectorExpr)
		if !ok {
			return nil
		}
		if slices.Contains(names, sel.Sel.Name) {
			return c
		}
		e = sel.X
	}
}

// firstText is the path that is given first to one of the methods, or nothing.
func firstText(e ast.Expr, names ...string) string {
	c := call(e, names...)
	if c == nil {
		return ""
	}
	prefix, arg := "", c.Args[0]
	if versioned, ok := arg.(*ast.CallExpr); ok {
		prefix, arg = podmanVersion, versioned.Args[0]
	}
	literal, ok := arg.(*ast.BasicLit)
	if !ok {
		return ""
	}
	text, err := strconv.Unquote(literal.Value)
	if err != nil {
		return ""
	}
	return prefix + text
}

// methodsOf are the methods of a route, joined by commas, or a star where it has all.
func methodsOf(e ast.Expr) string {
	c := call(e, "Methods")
	if c == nil {
		return "*"
	}
	var out []string
	for _, arg := range c.Args {
		if sel, ok := arg.(*ast.SelectorExpr); ok {
			out = append(out, strings.ToUpper(strings.TrimPrefix(sel.Sel.Name, "Method")))
		}
	}
	return strings.Join(out, ",")
}

// receiver is the variable that a chain of calls begins with.
func receiver(e ast.Expr) string {
	for {
		switch x := e.(type) {
		case *ast.CallExpr:
			e = x.Fun
		case *ast.SelectorExpr:
			e = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

var newRoute = regexp.MustCompile(`^New(Get|Head|Post|Put|Delete|Options)Route$`)

// dockerRouters are the routes of Docker's daemon: router.NewGetRoute("/x", ...), in a folder for each router. The routers
// are in the order of their names, which is not the daemon's, but no two routers have routes that meet.
func dockerRouters(base string) ([]string, error) {
	var files []string
	for _, below := range []string{"api", "daemon"} {
		some, err := filepath.Glob(filepath.Join(base, below, "server", "router", "*", "*.go"))
		if err != nil {
			return nil, err
		}
		files = append(files, some...)
	}
	var out []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			c, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if sel, ok := c.Fun.(*ast.SelectorExpr); ok {
				if m := newRoute.FindStringSubmatch(sel.Sel.Name); m != nil {
					out = append(out, strings.ToUpper(m[1])+" /v{version:[0-9.]+}"+firstText(c, sel.Sel.Name))
				}
			}
			return true
		})
	}
	return out, nil
}
