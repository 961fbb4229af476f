package main

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/gantry-go/gantry/internal/oracle"
)

// ofSpec are the facts of the types that the definitions of a specification are of. They are of many modules, so that
// the release itself is the main module here, and the versions of the others are those that it was built with.
// With them come its handlers.
func ofSpec(ctx context.Context, dir, module, spec string) (map[string]map[string]string, map[string]oracle.Route, error) {
	definitions, err := oracle.ReadDefinitions(spec, "/libpod/")
	if err != nil {
		return nil, nil, err
	}
	base, err := moduleDir(ctx, dir, module)
	if err != nil {
		return nil, nil, err
	}
	var imports []string
	for _, d := range definitions {
		if first, _, _ := strings.Cut(d.Package, "/"); strings.Contains(first, ".") {
			imports = append(imports, d.Package)
		}
	}
	path, _, _ := strings.Cut(module, "@")
	server := path + "/pkg/api/server"
	imports = append(imports, server)
	slices.Sort(imports)
	found, err := loadInside(ctx, dir, base, slices.Compact(imports))
	if err != nil {
		return nil, nil, err
	}
	w := newWalker(func(p *types.Package) string { return oracle.Qualify(p.Path()) })
	missing := 0
	for _, d := range definitions {
		p := found[d.Package]
		if p == nil || p.Types == nil {
			continue // of the standard library
		}
		if t := p.Types.Scope().Lookup(d.Name); t != nil {
			w.add(d.Theirs(), t.Type())
		} else {
			missing++
		}
	}
	fmt.Fprintf(os.Stderr, "facts: %d definitions, %d of them of types that are none\n", len(definitions), missing)
	out := map[string]oracle.Route{}
	reader := newReader(found, w)
	for _, r := range routes(found[server]) {
		out[r.key()] = reader.read(r)
	}
	fmt.Fprintf(os.Stderr, "facts: %d routes\n", len(out))
	return w.types, out, nil
}

// podmanTags choose what can be read without C.
const podmanTags = "containers_image_openpgp,exclude_graphdriver_btrfs,exclude_graphdriver_devicemapper"

func loadInside(ctx context.Context, dir, base string, imports []string) (map[string]*packages.Package, error) {
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(base, name))
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return nil, err
		}
	}
	loaded, err := packages.Load(&packages.Config{
		Context: ctx, Dir: base, Env: append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off"),
		BuildFlags: []string{"-mod=mod", "-modfile=" + filepath.Join(dir, "go.mod"), "-tags=" + podmanTags},
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports | packages.NeedDeps |
			packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedTypesSizes,
		ParseFile: parseTypes,
	}, imports...)
	if err != nil {
		return nil, err
	}
	out := map[string]*packages.Package{}
	for _, p := range loaded {
		out[p.PkgPath] = p
	}
	if len(out) == 0 {
		return nil, errors.New("there are no packages")
	}
	return out, nil
}

// parseTypes leaves out what functions do: it says nothing of types, and is most of the work. Those of handlers stay.
func parseTypes(files *token.FileSet, name string, src []byte) (*ast.File, error) {
	f, err := parser.ParseFile(files, name, src, parser.SkipObjectResolution)
	if f != nil && !followed.MatchString(filepath.ToSlash(filepath.Dir(name))) {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				fn.Body = nil
			}
		}
	}
	return f, err
}
