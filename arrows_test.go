package gantry_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/gantry-go/gantry"

// goList runs go list and returns its lines.
func goList(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list %v: %v", args, err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// TestArrows holds who may import whom; ARCHITECTURE.md says why.
func TestArrows(t *testing.T) {
	for _, line := range goList(t, "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...") {
		pkg, imports, _ := strings.Cut(line, " ")
		from := strings.TrimPrefix(strings.TrimPrefix(pkg, module), "/")
		for imported := range strings.FieldsSeq(imports) {
			if !strings.Contains(imported, ".") {
				forbidden := []string{"unsafe", "os/exec", "net/http/httputil"}
				runsHelpers := from == "transport/registryauth" && imported == "os/exec"
				if shipped(from) && slices.Contains(forbidden, imported) && !runsHelpers {
					t.Errorf("%s imports %s", pkg, imported)
				}
				continue
			}
			if !allowed(from, imported) {
				t.Errorf("%s imports %s", pkg, imported)
			}
		}
	}
}

// shipped reports whether users link the package.
func shipped(pkg string) bool {
	return !strings.HasPrefix(pkg, "internal/") && !strings.HasPrefix(pkg, "examples/") && !strings.HasSuffix(pkg, "transporttest")
}

// libraries are what packages that users link take from elsewhere.
var libraries = map[string][]string{
	"catalog":                {"github.com/oapi-codegen/runtime"},
	"internal/discover":      {"github.com/go-json-experiment/json"},
	"podman":                 {"github.com/BurntSushi/toml"},
	"transport":              {"github.com/go-json-experiment/json"},
	"transport/keys":         {"golang.org/x/crypto/scrypt"},
	"transport/proxy":        {"golang.org/x/net/proxy"},
	"transport/registryauth": {"github.com/distribution/reference"},
	"transport/ssh":          {"golang.org/x/crypto/ssh"},
}

// workflows are the packages above the generated ones, written by hand for all versions. Programs import them, and each other.
var workflows = []string{"docker/process"}

// allowed reports whether a package of ours, by its path in the module, may import another from outside the standard
// library.
func allowed(from, imported string) bool {
	own, ours := strings.CutPrefix(imported, module+"/")
	if !ours && slices.ContainsFunc(libraries[from], func(l string) bool { return imported == l || strings.HasPrefix(imported, l+"/") }) {
		return true
	}
	layers := strings.Split(from, "/")
	switch {
	case strings.HasPrefix(from, "internal/"), strings.HasPrefix(from, "examples/"):
		return true
	case strings.HasPrefix(from, "cmd/"):
		return own == "catalog" || own == "docker" || own == "podman" || own == "hijack" || strings.HasPrefix(own, "transport")
	case from == "catalog":
		return own == "hijack" || own == "transport"
	case from == "hijack":
		return false
	case from == "transport":
		return own == "hijack"
	case strings.HasPrefix(from, "transport/"):
		return ours && (own == "hijack" || own == "internal/userfile" || strings.HasPrefix(own, "transport"))
	case from == "docker" || from == "podman":
		return ours && (own == "hijack" || own == "internal/discover" || own == "internal/apiversion" || own == "internal/userfile" || strings.HasPrefix(own, "transport"))
	case from == "docker/internal/api": // what workflows share
		return own == "internal/apiversion" || own == "transport"
	case slices.Contains(workflows, from): // never a generated package, whatever its version
		return own == "hijack" || own == "transport" || own == "docker" || own == "docker/internal/api" || slices.Contains(workflows, own)
	case len(layers) == 2: // docker/v141
		return false
	case len(layers) == 3: // docker/v141/containers
		return own == "hijack" || own == "transport" || own == layers[0]+"/"+layers[1]
	}
	return false
}

// TestLinked holds what a program that imports the engine and one category links beside the standard library.
func TestLinked(t *testing.T) {
	want := []string{
		"github.com/gantry-go/gantry",
		"github.com/go-json-experiment/json",
	}
	got := goList(t, "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", module+"/docker", module+"/docker/v141/containers")
	got = slices.DeleteFunc(got, func(m string) bool { return m == "" })
	slices.Sort(got)
	if got = slices.Compact(got); !slices.Equal(got, want) {
		t.Errorf("it links %v, want %v", got, want)
	}
	// The catalog is for programs that import it, and for no package of ours.
	deps := goList(t, "-deps", module+"/docker", module+"/docker/v141/containers")
	if slices.Contains(deps, module+"/catalog") {
		t.Error("it links the catalog")
	}
}
