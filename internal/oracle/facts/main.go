// Command facts writes down the types of one release of an engine: what each member is called in JSON, what it is
// there, and whether it is a pointer. It is facts alone, no code and no sentence of the engine's.
//
//	go run ./facts -module github.com/docker/docker@v27.5.1+incompatible -pairs testdata/docker.pairs -o testdata/docker-1.47.json
//	go run ./facts -module github.com/containers/podman/v5@v5.8.2 -spec ../../testdata/specs/podman/v5.8.json \
//		-o testdata/podman-5.8.json -handlers ../../testdata/handlers/podman/v5.8.json
//
// With -routers it writes down the routes of a release instead, in the order in which its server registers them:
//
//	go run ./facts -module github.com/docker/docker@v28.5.2+incompatible -routers testdata/routers/docker-1.51.txt
//
// The pairs name types by the path of their package below the module, "api/types/container.Config"; what they refer to
// follows. Of the names of a pair the first that the release has is taken. A specification of Podman's says itself of
// which types its definitions are; with it come what the handlers of the release read and write.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/types"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/gantry-go/gantry/internal/oracle"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "facts:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("facts", flag.ContinueOnError)
	module := flags.String("module", "", "path@version of a Go module")
	out := flags.String("o", "", "file to write")
	list := flags.String("pairs", "", "list of the types")
	spec := flags.String("spec", "", "specification whose definitions name the types")
	handlers := flags.String("handlers", "", "file to write what the handlers read and write to, with -spec")
	routers := flags.String("routers", "", "file to write the routes to that the server registers, which needs -module alone")
	if err := flags.Parse(args); err != nil {
		return err
	}
	path, _, found := strings.Cut(*module, "@")
	if found && *routers != "" {
		dir, err := moduleDir(ctx, os.TempDir(), *module)
		if err != nil {
			return err
		}
		return writeRouters(*routers, *module, dir)
	}
	if !found || *out == "" || (*list == "") == (*spec == "") {
		return errors.New("facts needs -module, -o, and -pairs or -spec")
	}
	dir, err := os.MkdirTemp("", "facts")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder of its own
	var types map[string]map[string]string
	if *spec != "" {
		var routes map[string]oracle.Route
		if types, routes, err = ofSpec(ctx, dir, *module, *spec); err == nil && *handlers != "" {
			err = writeHandlers(*handlers, *module, routes)
		}
	} else {
		types, err = ofPairs(ctx, dir, *module, path, *list)
	}
	if err != nil {
		return err
	}
	data, err := encode(*module, types)
	if err != nil {
		return err
	}
	return os.WriteFile(*out, data, 0o644) //nolint:gosec // facts for everybody
}

// ofPairs are the facts of the types that a list names.
func ofPairs(ctx context.Context, dir, module, path, list string) (map[string]map[string]string, error) {
	pairs, err := oracle.ReadPairs(list)
	if err != nil {
		return nil, err
	}
	p, err := load(ctx, dir, module, path, pairs)
	if err != nil {
		return nil, err
	}
	w := newWalker((*types.Package).Name)
	for _, pair := range pairs {
		for _, name := range pair.Theirs {
			if w.root(p, name) {
				break
			}
		}
	}
	return w.types, nil
}

// encode writes one type to a line.
func encode(module string, types map[string]map[string]string) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\"module\":%q,\"types\":{", module)
	for i, name := range sorted(types) {
		line, err := json.Marshal(types[name])
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "\n%q:%s", name, line)
	}
	b.WriteString("\n}}\n")
	return b.Bytes(), nil
}

// writeHandlers writes one route to a line.
func writeHandlers(name, module string, routes map[string]oracle.Route) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\"module\":%q,\"routes\":{", module)
	for i, route := range sorted(routes) {
		line, err := json.Marshal(routes[route])
		if err != nil {
			return err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "\n%q:%s", route, line)
	}
	b.WriteString("\n}}\n")
	return os.WriteFile(name, b.Bytes(), 0o644) //nolint:gosec // facts for everybody
}

// loaded are the type-checked packages by their paths below the module.
type loaded map[string]*packages.Package

// lookup returns the type that a pair names, or nil.
func (l loaded) lookup(name string) types.Type {
	at := strings.LastIndex(name, ".")
	if p := l[name[:at]]; p != nil && p.Types != nil {
		if found := p.Types.Scope().Lookup(name[at+1:]); found != nil {
			return found.Type()
		}
	}
	return nil
}

// load type-checks the packages of the pairs in a module that requires the release.
func load(ctx context.Context, dir, module, path string, pairs []oracle.Pair) (loaded, error) {
	base, err := moduleDir(ctx, dir, module)
	if err != nil {
		return nil, err
	}
	below := path[strings.LastIndex(path, "/")+1:] + "/" // a module of its own keeps the path that its packages had
	var imports []string
	for _, pair := range pairs {
		for _, name := range pair.Theirs {
			for part := range strings.SplitSeq(name, "+") {
				pkg := strings.TrimPrefix(part[:strings.LastIndex(part, ".")], below)
				// A folder without a Go file of its own only holds other packages.
				if files, err := filepath.Glob(filepath.Join(base, filepath.FromSlash(pkg), "*.go")); err == nil && len(files) > 0 {
					imports = append(imports, path+"/"+pkg)
				}
			}
		}
	}
	slices.Sort(imports)
	imports = slices.Compact(imports)
	if err := scaffold(ctx, dir, base, module, imports); err != nil {
		return nil, err
	}
	found, err := packages.Load(&packages.Config{
		Context: ctx, Dir: dir, Env: append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=mod"),
		Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports | packages.NeedDeps,
	}, imports...)
	if err != nil {
		return nil, err
	}
	out := loaded{}
	for _, p := range found {
		pkg := strings.TrimPrefix(p.PkgPath, path+"/")
		out[pkg], out[below+pkg] = p, p
		if len(p.Errors) > 0 {
			return nil, p.Errors[0]
		}
	}
	return out, nil
}

// moduleDir downloads the release.
func moduleDir(ctx context.Context, dir, module string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", module)
	cmd.Dir = dir
	out, err := cmd.Output()
	var found struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(out, &found); jsonErr != nil {
		return "", errors.Join(err, jsonErr)
	}
	if found.Error != "" {
		return "", errors.New(found.Error)
	}
	return found.Dir, nil
}

// pinned are the modules of which the release's own version is taken, where it says so: their types are in its own.
var pinned = regexp.MustCompile(`(?m)^\s+(github\.com/(?:docker/go-connections|docker/go-units|opencontainers/\S+|moby/docker-image-spec)) (v\S+)`)

// scaffold makes a module that imports the packages.
func scaffold(ctx context.Context, dir, base, module string, imports []string) error {
	var src strings.Builder
	src.WriteString("package facts\n\nimport (\n")
	for _, at := range imports {
		fmt.Fprintf(&src, "\t_ %q\n", at)
	}
	src.WriteString(")\n")
	name, version, _ := strings.Cut(module, "@")
	var mod strings.Builder
	fmt.Fprintf(&mod, "module facts\n\ngo 1.26\n\nrequire (\n\t%s %s\n", name, version)
	if own, err := os.ReadFile(filepath.Join(base, "vendor.mod")); err == nil {
		for _, m := range pinned.FindAllStringSubmatch(string(own), -1) {
			fmt.Fprintf(&mod, "\t%s %s\n", m[1], m[2])
		}
	}
	mod.WriteString(")\n")
	for file, text := range map[string]string{"facts.go": src.String(), "go.mod": mod.String()} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, "go", "mod", "tidy", "-e")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go mod tidy: %w\n%s", err, out)
	}
	return nil
}
