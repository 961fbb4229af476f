package main

import (
	"go/ast"
	"go/constant"
	"go/types"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/gantry-go/gantry/internal/oracle"
)

// reader follows the handlers of a release into what they call in the folders below.
type reader struct {
	packages map[*types.Package]*packages.Package
	bodies   map[*types.Func]*ast.FuncDecl
	walk     *walker
}

// followed are the folders of a release, by the paths of modules or of files, whose functions read requests and write
// answers.
var followed = regexp.MustCompile(`/podman/v\d+(@[^/]*)?/pkg/(api|auth|util)(/|$)|/common(@[^/]*)?/pkg/filters(/|$)`)

func newReader(found map[string]*packages.Package, w *walker) *reader {
	r := &reader{map[*types.Package]*packages.Package{}, map[*types.Func]*ast.FuncDecl{}, w}
	seen := map[*packages.Package]bool{}
	var add func(p *packages.Package)
	add = func(p *packages.Package) {
		if seen[p] {
			return
		}
		seen[p] = true
		if p.Types != nil && p.TypesInfo != nil && followed.MatchString(p.PkgPath) {
			r.packages[p.Types] = p
			for _, f := range p.Syntax {
				for _, d := range f.Decls {
					if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
						if obj, ok := p.TypesInfo.Defs[fn.Name].(*types.Func); ok {
							r.bodies[obj] = fn
						}
					}
				}
			}
		}
		for _, i := range p.Imports {
			add(i)
		}
	}
	for _, p := range found {
		add(p)
	}
	return r
}

// handler is what is known of one route while its handler is followed.
type handler struct {
	*reader
	route  registered
	seen   map[*types.Func]bool
	fields map[*types.Var]string // decoded ones, by their names in the query
	used   map[*types.Var]bool
	bound  map[types.Object]string // parameters of functions that a parameter of the query is handed to, by its name
	out    oracle.Route
	info   *types.Info
}

// read returns what the handler of a route reads and writes.
func (r *reader) read(route registered) oracle.Route {
	if !route.libpod() { // the documents of Docker's API are compared with Docker's own types
		other := *r
		other.walk = newWalker(r.walk.qualify)
		r = &other
	}
	h := &handler{
		reader: r, route: route, seen: map[*types.Func]bool{}, fields: map[*types.Var]string{}, used: map[*types.Var]bool{},
		bound: map[types.Object]string{},
		out:   oracle.Route{Handler: route.handler.Pkg().Name() + "." + route.handler.Name(), Query: map[string]oracle.Read{}},
	}
	h.follow(route.handler)
	for f, name := range h.fields {
		read := h.out.Query[name]
		if !h.used[f] && !read.Tested {
			read.Unused = true
		}
		h.out.Query[name] = read
	}
	maps.DeleteFunc(h.out.Query, func(_ string, read oracle.Read) bool { return read.Type == "" && !read.Tested })
	h.out.Query = foldNames(h.out.Query)
	slices.Sort(h.out.Headers)
	slices.Sort(h.out.Body)
	slices.Sort(h.out.Writes)
	if !route.libpod() {
		h.out.Body, h.out.Writes = nil, nil
	}
	return h.out
}

// foldNames makes one parameter of names that differ by capitals: the decoder does not tell them apart. The name by which
// the handler asks whether it is there is the one that counts.
func foldNames(query map[string]oracle.Read) map[string]oracle.Read {
	out := map[string]oracle.Read{}
	for _, name := range sorted(query) {
		read, best := query[name], name
		for _, other := range sorted(query) {
			if other == name || !strings.EqualFold(other, name) {
				continue
			}
			more := query[other]
			read.Type += more.Type
			read.JSON += more.JSON
			read.Default += more.Default
			if more.Tested && (!query[best].Tested || other > best) { // of two spellings the one without capitals
				best = other
			}
			read.Tested, read.Unused = read.Tested || more.Tested, false
		}
		out[best] = read
	}
	return out
}

// follow looks into a function, once.
func (h *handler) follow(f *types.Func) {
	f = f.Origin()
	body := h.bodies[f]
	if body == nil || h.seen[f] {
		return
	}
	h.seen[f] = true
	was := h.info
	h.info = h.packages[f.Pkg()].TypesInfo
	h.node(body.Body)
	h.info = was
}

// node looks at a part of a function that the route gets to.
func (h *handler) node(n ast.Node) {
	if n == nil || reflect.ValueOf(n).IsNil() {
		return
	}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			switch h.route.truth(h.info, n.Cond) {
			case "yes":
				h.node(n.Init)
				h.node(n.Body)
				return false
			case "no":
				h.node(n.Init)
				if n.Else != nil {
					h.node(n.Else)
				}
				return false
			}
		case *ast.SwitchStmt:
			if n.Tag != nil && requestMethod(h.info, n.Tag) {
				h.byMethod(n)
				return false
			}
		case *ast.AssignStmt:
			h.assign(n)
		case *ast.SelectorExpr:
			h.selector(n)
		case *ast.Ident:
			h.ident(n)
		case *ast.IndexExpr:
			h.index(n.X, n.Index)
		case *ast.CompositeLit:
			h.literal(n)
		case *ast.CallExpr:
			return h.call(n)
		}
		return true
	})
}

// byMethod looks at the cases of a switch over the request's method that the route gets to.
func (h *handler) byMethod(s *ast.SwitchStmt) {
	for _, c := range s.Body.List {
		c := c.(*ast.CaseClause)
		if c.List == nil || slices.ContainsFunc(c.List, func(e ast.Expr) bool { return text(h.info, e) == h.route.method }) {
			for _, st := range c.Body {
				h.node(st)
			}
		}
	}
}

// assign notes what is put into a query before it is decoded.
func (h *handler) assign(a *ast.AssignStmt) {
	for i, l := range a.Lhs {
		sel, ok := l.(*ast.SelectorExpr)
		if !ok || len(a.Rhs) != len(a.Lhs) {
			continue
		}
		if f, ok := h.info.Uses[sel.Sel].(*types.Var); ok && f.IsField() && h.fields[f] == "" {
			if name, ok := h.queryName(sel.X, f); ok {
				h.setDefault(name, a.Rhs[i])
			}
		}
	}
}

// queryName is what a field of a struct with names of a query is called there.
func (h *handler) queryName(x ast.Expr, f *types.Var) (string, bool) {
	t := h.info.TypeOf(x)
	if t == nil {
		return "", false
	}
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	s, ok := t.Underlying().(*types.Struct)
	if !ok {
		return "", false
	}
	for i := range s.NumFields() {
		if name := reflect.StructTag(s.Tag(i)).Get("schema"); s.Field(i) == f && name != "" && name != "-" {
			return name, true
		}
	}
	return "", false
}

func (h *handler) setDefault(name string, e ast.Expr) {
	said := "computed"
	if v := h.info.Types[e].Value; v != nil {
		said = v.ExactString()
		if v.Kind() == constant.String {
			said = constant.StringVal(v)
		}
	}
	if said == "" || said == "false" || said == "0" || isNil(h.info, e) {
		return
	}
	read := h.out.Query[name]
	if read.Default == "" {
		read.Default = said
		h.out.Query[name] = read
	}
}

func isNil(info *types.Info, e ast.Expr) bool {
	tv := info.Types[e]
	return tv.IsNil()
}

// literal notes the defaults in the literal of a query.
func (h *handler) literal(l *ast.CompositeLit) {
	for _, e := range l.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return
		}
		id, ok := kv.Key.(*ast.Ident)
		if !ok {
			return
		}
		if f, ok := h.info.Uses[id].(*types.Var); ok && f.IsField() {
			if name, ok := h.queryName(l, f); ok {
				h.setDefault(name, kv.Value)
			}
		}
	}
}

// selector notes the fields that are looked at.
func (h *handler) selector(s *ast.SelectorExpr) {
	if f, ok := h.info.Uses[s.Sel].(*types.Var); ok && f.IsField() {
		h.used[f] = true
	}
	if f := function(h.info, s); f != nil && !answers[f.Name()] {
		h.follow(f)
	}
}

// ident follows functions that are named, and notes the headers of credentials.
func (h *handler) ident(id *ast.Ident) {
	if f, ok := h.info.Uses[id].(*types.Func); ok && !answers[f.Name()] {
		h.follow(f)
	}
	if c, ok := h.info.Uses[id].(*types.Const); ok && c.Val().Kind() == constant.String {
		if name := constant.StringVal(c.Val()); strings.HasPrefix(name, "X-Registry-") {
			h.header(name)
		}
	}
}

func (h *handler) header(name string) {
	if !slices.Contains(h.out.Headers, name) {
		h.out.Headers = append(h.out.Headers, name)
	}
}

// index notes query["name"] and header["Name"].
func (h *handler) index(x, index ast.Expr) {
	name := text(h.info, index)
	t := h.info.TypeOf(x)
	switch {
	case name == "":
	case isType(t, "net/url", "Values"):
		h.tested(name)
	case isType(t, "net/http", "Header") && h.ofRequest(x):
		h.header(name)
	}
}

func (h *handler) tested(name string) {
	read := h.out.Query[name]
	read.Tested = true
	h.out.Query[name] = read
}

// ofRequest reports whether an expression is the header of a request and not of an answer.
func (h *handler) ofRequest(x ast.Expr) bool {
	s, ok := ast.Unparen(x).(*ast.SelectorExpr)
	return ok && s.Sel.Name == "Header" && isType(h.info.TypeOf(s.X), "net/http", "Request")
}

// answers are the functions that write, and that are not looked into: by those of the first line errors are written.
var answers = map[string]bool{
	"Error": true, "InternalServerError": true, "BadRequest": true, "ProcessBuildError": true,
	"WriteResponse": true, "WriteJSON": true,
}

// call notes what decodes and what writes, and reports whether to look at the arguments as at other code.
func (h *handler) call(c *ast.CallExpr) bool {
	f := function(h.info, c.Fun)
	if f == nil {
		return true
	}
	h.bind(f, c.Args)
	recv := f.Signature().Recv()
	switch {
	case recv == nil && f.Pkg() != nil && followed.MatchString(f.Pkg().Path()):
		switch f.Name() {
		case "WriteResponse", "WriteJSON":
			h.write(c)
		case "ReadJSONFromBody":
			h.body(c.Args[1])
		case "ParseOptionalJSONField", "ParseOptionalBool", "ParseJSONOptionalSlice":
			switch f.Name() {
			case "ParseOptionalJSONField":
				h.decoded(h.parameter(c.Args[0]), h.info.TypeOf(c.Args[3]))
			case "ParseJSONOptionalSlice":
				h.decoded(h.parameter(c.Args[0]), types.NewPointer(types.NewSlice(types.Typ[types.String])))
			}
			for _, a := range c.Args {
				if name := text(h.info, a); name != "" {
					h.tested(name)
				}
			}
		}
	case f.Name() == "Unmarshal" && strings.Contains(f.FullName(), "json"):
		if conv, ok := c.Args[0].(*ast.CallExpr); ok && len(conv.Args) == 1 {
			h.decoded(h.parameter(conv.Args[0]), h.info.TypeOf(c.Args[1]))
		}
	case recv == nil:
	case isType(recv.Type(), "gorilla/schema", "Decoder") && f.Name() == "Decode":
		h.decode(c.Args[0])
		h.node(c.Fun)
		return false // the address of a query is no use of it
	case isType(recv.Type(), "net/url", "Values") && len(c.Args) > 0:
		if name := text(h.info, c.Args[0]); name != "" && f.Name() != "Set" && f.Name() != "Del" && f.Name() != "Add" {
			h.tested(name)
		}
	case isType(recv.Type(), "net/http", "Header") && len(c.Args) == 1 && f.Name() != "Del":
		if name := text(h.info, c.Args[0]); name != "" && h.ofRequest(c.Fun.(*ast.SelectorExpr).X) {
			h.header(name)
		}
	case isType(recv.Type(), "net/http", "Request") && f.Name() == "FormValue":
		if name := text(h.info, c.Args[0]); name != "" {
			h.tested(name)
		}
	case isType(recv.Type(), "net/http", "Request") && f.Name() == "MultipartReader":
		h.header("Content-Type")
	case f.Name() == "Encode" && strings.Contains(recv.Type().String(), "json"):
		h.writes("each " + h.value(c.Args[0]))
	case f.Name() == "Send" && isType(recv.Type(), "", "ResponseSender"):
		h.writes("each " + h.value(c.Args[0]))
	case f.Name() == "Decode" && strings.Contains(recv.Type().String(), "json"):
		h.body(c.Args[0])
	}
	return true
}

// bind notes which arguments of a call are parameters of the query.
func (h *handler) bind(f *types.Func, args []ast.Expr) {
	params := f.Origin().Signature().Params()
	for i, a := range args {
		if name := h.parameter(a); name != "" && i < params.Len() && h.bound[params.At(i)] != name {
			h.bound[params.At(i)] = name
			delete(h.seen, f.Origin()) // it does the same to another one
		}
	}
}

// parameter is the name of the parameter of the query that an expression is, or "".
func (h *handler) parameter(e ast.Expr) string {
	switch e := ast.Unparen(e).(type) {
	case *ast.SelectorExpr:
		if f, ok := h.info.Uses[e.Sel].(*types.Var); ok {
			return h.fields[f]
		}
	case *ast.Ident:
		return h.bound[h.info.Uses[e]]
	}
	return ""
}

// decoded notes that a parameter is a JSON document of what a pointer points to.
func (h *handler) decoded(name string, t types.Type) {
	p, ok := t.Underlying().(*types.Pointer)
	read := h.out.Query[name]
	if name == "" || !ok || read.JSON != "" {
		return
	}
	if _, generic := types.Unalias(p.Elem()).(*types.TypeParam); generic {
		return
	}
	read.JSON = h.walk.value(p.Elem())
	h.out.Query[name] = read
}

// decode notes the fields of a query.
func (h *handler) decode(e ast.Expr) {
	t := h.info.TypeOf(e)
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	if s, ok := t.Underlying().(*types.Struct); ok {
		h.queryFields(s)
	}
}

func (h *handler) queryFields(s *types.Struct) {
	for i := range s.NumFields() {
		f := s.Field(i)
		name, _, _ := strings.Cut(reflect.StructTag(s.Tag(i)).Get("schema"), ",")
		if f.Embedded() && name == "" {
			if inner, ok := f.Type().Underlying().(*types.Struct); ok {
				h.queryFields(inner)
				continue
			}
		}
		if name == "-" || !f.Exported() {
			continue
		}
		if name == "" {
			name = strings.ToLower(f.Name()[:1]) + f.Name()[1:] // any capitals do
		}
		h.fields[f] = name
		read := h.out.Query[name]
		read.Type = queryType(f.Type())
		h.out.Query[name] = read
	}
}

// queryType is the type of a parameter: a word of the walker's, or the name of one that is decoded in its own way.
func queryType(t types.Type) string {
	if n, ok := types.Unalias(t).(*types.Named); ok {
		switch n.Obj().Name() {
		case "OptionalBool":
			return "*bool"
		case "Signal":
			return "signal"
		case "Time":
			return "time"
		case "ContainerStatus":
			return "status"
		}
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		return "*" + queryType(u.Elem())
	case *types.Slice:
		return "[]" + queryType(u.Elem())
	case *types.Map:
		return "map[]" + queryType(u.Elem())
	case *types.Basic:
		return basic(u)
	}
	return t.String()
}

// value is what a document is, as an expression.
func (h *handler) value(e ast.Expr) string {
	t := h.info.TypeOf(e)
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	return h.walk.value(t)
}

func (h *handler) body(e ast.Expr) {
	if v := h.value(e); !slices.Contains(h.out.Body, v) {
		h.out.Body = append(h.out.Body, v)
	}
}

func (h *handler) writes(what string) {
	if !slices.Contains(h.out.Writes, what) {
		h.out.Writes = append(h.out.Writes, what)
	}
}

// write notes an answer: WriteResponse(w, status, value).
func (h *handler) write(c *ast.CallExpr) {
	status := "any"
	if v := h.info.Types[c.Args[1]].Value; v != nil {
		status = v.ExactString()
	}
	t := h.info.TypeOf(c.Args[2])
	switch {
	case status == "204" || status == "304":
		h.writes(status)
	case isText(t):
		h.writes(status + " text")
	case isReader(t):
		h.writes(status + " bytes")
	default:
		h.writes(status + " " + h.value(c.Args[2]))
	}
}

func isText(t types.Type) bool {
	b, ok := types.Unalias(t).(*types.Basic)
	return ok && b.Info()&types.IsString != 0
}

func isReader(t types.Type) bool { return types.NewMethodSet(t).Lookup(nil, "Read") != nil }
