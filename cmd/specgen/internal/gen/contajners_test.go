package gen

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The table of docs/contajners.md says which method each operation is that the library contajners has: Docker's up to
// lastContajners, and both of Podman's APIs.
const (
	contajnersDoc  = "docs/contajners.md"
	contajnersMark = "-update`. -->\n"
	lastContajners = "1.55"
)

// The APIs that contajners has, as the table heads them.
var contajnersHeads = map[string]string{
	"docker": "## Docker", "libpod": "## Podman: libpod", "compat": "## Podman: Docker's API",
}

// contajnersOp is an operation as contajners knows it, in one version of one API.
type contajnersOp struct{ api, version, category, id string }

// compatPackages are the versions of Docker's API that Podman says it speaks, the latest first.
var compatPackages = []string{"1.44", "1.41", "1.40"}

// contajnersOps are the operations of the kept specifications, read as contajners reads them, each with its method and
// its path.
func contajnersOps(t *testing.T, root string) map[contajnersOp]string {
	t.Helper()
	out := map[contajnersOp]string{}
	for _, in := range must(Inputs(root, "", ""))(t) {
		doc, v, err := load(root, in)
		if err != nil {
			t.Fatal(err)
		}
		if last := must(parseVersion(lastContajners))(t); in.Engine == "docker" && v.compare(last) > 0 {
			continue
		}
		for path, item := range sub(doc, "paths") {
			api, rest := in.Engine, path
			if api == "podman" {
				api = "compat"
				if below, ok := strings.CutPrefix(path, strings.TrimSuffix(libpodRoot, "/")); ok {
					api, rest = "libpod", below
				}
			}
			category, _, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
			for verb, op := range asObject(item) {
				key := contajnersOp{api, in.Version, category, str(asObject(op), "operationId")}
				if out[key] != "" {
					t.Errorf("%v is there twice", key)
				}
				out[key] = strings.ToUpper(verb) + " " + braces.ReplaceAllString(path, "{}")
			}
		}
	}
	return out
}

// contajnersMethods says for each operation which method it is: "containers.Create".
func contajnersMethods(t *testing.T, ops map[contajnersOp]string) map[contajnersOp]string {
	t.Helper()
	methods := map[[2]string]map[string]string{} // by engine and version: by id or, of Docker, by place
	for engine, edition := range map[string]*Edition{"docker": must(docker())(t), "podman": must(podman())(t)} {
		for _, ver := range edition.Versions() {
			byName := map[string]string{}
			for _, c := range must(edition.Model(ver))(t).Categories() {
				for _, op := range c.Operations {
					byName[op.ID] = c.Name + "." + op.Name
					place := op.Method + " " + braces.ReplaceAllString(strings.TrimPrefix(op.Path, "/v"+ver), "{}")
					byName[place] = c.Name + "." + op.Name
				}
			}
			methods[[2]string{engine, ver}] = byName
		}
	}
	out := map[contajnersOp]string{}
	for op, place := range ops {
		switch op.api {
		case "docker":
			out[op] = methods[[2]string{"docker", op.version}][op.id]
		case "libpod":
			out[op] = methods[[2]string{"podman", op.version}][op.id]
		default:
			out[op] = methods[[2]string{"docker", compatPackages[0]}][place]
			for _, older := range compatPackages[1:] {
				if other := methods[[2]string{"docker", older}][place]; other != out[op] {
					t.Errorf("%v: %s in Docker's API %s, %s in %s", op, out[op], compatPackages[0], other, older)
				}
			}
		}
		if out[op] == "" {
			t.Errorf("%v: no method is %s", op, place)
		}
	}
	return out
}

// contajnersTable writes the table.
func contajnersTable(methods map[contajnersOp]string, versions map[string][]string) string {
	type row struct{ category, id, method string }
	var b strings.Builder
	for _, api := range []string{"docker", "libpod", "compat"} {
		holds := map[row][]bool{}
		for op, method := range methods {
			if op.api != api {
				continue
			}
			r := row{op.category, op.id, method}
			if holds[r] == nil {
				holds[r] = make([]bool, len(versions[api])+1) // no range is open
			}
			holds[r][slices.Index(versions[api], op.version)] = true
		}
		var rows []string
		for r, held := range holds {
			spans := strings.Split(ranges(append(slices.Clone(versions[api]), ""), held), " ")
			category := r.category
			if api == "libpod" {
				category = "libpod/" + category
			}
			rows = append(rows, fmt.Sprintf("| `%s` | `%s` | `%s` | %s |\n", category, r.id, r.method, strings.Join(spans, ", ")))
		}
		slices.Sort(rows)
		b.WriteString("\n" + contajnersHeads[api] + "\n\n| category | operation | gantry | versions |\n|---|---|---|---|\n" + strings.Join(rows, ""))
	}
	return b.String()
}

var contajnersRow = regexp.MustCompile("^\\| `(?:libpod/)?(\\S+)` \\| `(\\S+)` \\| `(\\S+)` \\| ([0-9., -]+) \\|$")

// readContajners reads the table back.
func readContajners(t *testing.T, text string, versions map[string][]string) map[contajnersOp]string {
	t.Helper()
	out, api := map[contajnersOp]string{}, ""
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		for name, head := range contajnersHeads {
			if line == head {
				api = name
			}
		}
		cells := contajnersRow.FindStringSubmatch(line)
		if cells == nil {
			continue
		}
		for span := range strings.SplitSeq(cells[4], ", ") {
			first, last, isRange := strings.Cut(span, "-")
			if !isRange {
				last = first
			}
			from, to := slices.Index(versions[api], first), slices.Index(versions[api], last)
			if from < 0 || to < from {
				t.Fatalf("%s: no versions %s", line, span)
			}
			for _, ver := range versions[api][from : to+1] {
				out[contajnersOp{api, ver, cells[1], cells[2]}] = cells[3]
			}
		}
	}
	return out
}

// TestContajners checks that the table has every category and operation of every version, and nothing else, and that
// the methods which it names are in the generated files.
func TestContajners(t *testing.T) {
	root := testRoot(t)
	ops := contajnersOps(t, root)
	versions := map[string][]string{}
	for _, in := range must(Inputs(root, "", ""))(t) {
		for api := range contajnersHeads {
			if slices.ContainsFunc(slices.Collect(maps.Keys(ops)), func(op contajnersOp) bool {
				return op.api == api && op.version == in.Version && (api == "docker") == (in.Engine == "docker")
			}) {
				versions[api] = append(versions[api], in.Version)
			}
		}
	}
	at := filepath.Join(root, contajnersDoc)
	data, err := os.ReadFile(at)
	if err != nil {
		t.Fatal(err)
	}
	head, table, found := strings.Cut(string(data), contajnersMark)
	if !found {
		t.Fatalf("%s has no mark behind which the table begins", contajnersDoc)
	}
	want := contajnersMethods(t, ops)
	wanted := contajnersTable(want, versions)
	if *update {
		if err := os.WriteFile(at, []byte(head+contajnersMark+wanted), 0o644); err != nil { //nolint:gosec // a text for everybody
			t.Fatal(err)
		}
		table = wanted
	}
	if diff := cmp.Diff(wanted, table); diff != "" {
		t.Errorf("%s is not as generated: run this test with -update\n%s", contajnersDoc, diff)
	}
	got := readContajners(t, table, versions)
	methods := map[string]map[string]bool{}
	counts := map[string]map[string]int{"docker": {}, "libpod": {}, "compat": {}}
	for op, place := range ops {
		counts[op.api][op.version]++
		method := got[op]
		if method == "" {
			t.Errorf("%v (%s) is not in the table", op, place)
			continue
		}
		folders := []string{"docker/" + must(parseVersion(op.version))(t).packageName()}
		switch op.api {
		case "libpod":
			folders[0] = "podman/" + must(parseVersion(op.version))(t).packageName()
		case "compat":
			folders = nil
			for _, ver := range compatPackages {
				folders = append(folders, "docker/"+must(parseVersion(ver))(t).packageName())
			}
		}
		for _, folder := range folders {
			pkg, name, _ := strings.Cut(method, ".")
			dir := folder + "/" + pkg
			if methods[dir] == nil {
				methods[dir] = clientMethods(t, filepath.Join(root, filepath.FromSlash(dir)))
			}
			if !methods[dir][name] {
				t.Errorf("%v: package %s has no method %s", op, dir, name)
			}
		}
	}
	for op := range got {
		if ops[op] == "" {
			t.Errorf("%v is in the table and in no specification", op)
		}
	}
	for _, api := range []string{"docker", "libpod", "compat"} {
		for _, ver := range versions[api] {
			t.Logf("%s %s: %d operations in the table", api, ver, counts[api][ver])
		}
	}
}

// clientMethods are the names of the methods of a package's Client, as its files have them.
func clientMethods(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.gen.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v %v", dir, files, err)
	}
	out := map[string]bool{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv != nil {
				if star, ok := f.Recv.List[0].Type.(*ast.StarExpr); ok && star.X.(*ast.Ident).Name == "Client" {
					out[f.Name.Name] = true
				}
			}
		}
	}
	return out
}
