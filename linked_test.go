package gantry_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestNothingIsLinkedUnasked holds, for each system, that the ways in that have packages of their own, and what they
// need, are linked by who imports them alone.
func TestNothingIsLinkedUnasked(t *testing.T) {
	t.Setenv("CGO_ENABLED", "0")
	const winio, styles = "github.com/Microsoft/go-winio", "github.com/oapi-codegen/runtime"
	for _, system := range []string{"linux", "windows", "darwin"} {
		t.Setenv("GOOS", system)
		deps := goList(t, "-deps", module+"/docker", module+"/docker/v141/containers", module+"/podman")
		for _, unasked := range []string{
			winio, "log/slog", "os/exec", "golang.org/x/crypto/ssh", "golang.org/x/net/proxy", "golang.org/x/crypto/scrypt",
			module + "/transport/npipe", module + "/transport/slogcalls", module + "/transport/ssh", module + "/transport/keys",
			module + "/transport/proxy", module + "/transport/registryauth", module + "/catalog", styles,
			module + "/docker/process",
		} {
			if slices.Contains(deps, unasked) {
				t.Errorf("on %s it links %s", system, unasked)
			}
		}
		asked := goList(t, "-deps", module+"/transport/npipe")
		if got := slices.Contains(asked, winio); got != (system == "windows") {
			t.Errorf("on %s, npipe links winio: %v", system, got)
		}
	}
	t.Setenv("GOOS", "")
	if !slices.Contains(goList(t, "-deps", module+"/catalog"), styles) {
		t.Error("the catalog does not link " + styles)
	}
	if modules := goList(t, "-m", "-f", "{{.Path}}", "all"); slices.Contains(modules, "go.opentelemetry.io/otel") {
		t.Error("OpenTelemetry is required by the root module")
	}
}

// TestWorkflowsLink holds what the packages above the generated ones link: the standard library and ours, with the JSON
// library that is below all calls, and no version's types.
func TestWorkflowsLink(t *testing.T) {
	generated := regexp.MustCompile(`/(docker|podman)/v[0-9]+(/|$)`)
	for _, pkg := range workflows {
		for _, dep := range goList(t, "-deps", module+"/"+pkg) {
			foreign := strings.Contains(strings.Split(dep, "/")[0], ".") && !strings.HasPrefix(dep, module+"/")
			if foreign && !strings.HasPrefix(dep, "github.com/go-json-experiment/json") || generated.MatchString(dep) || dep == "os/exec" {
				t.Errorf("%s links %s", pkg, dep)
			}
		}
	}
}
