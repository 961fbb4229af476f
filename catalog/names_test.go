package catalog_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/catalog"
	"github.com/gantry-go/gantry/transport"
)

// goodNames are names of images, lists, artifacts, plugins and volumes as people give them, with words in them that
// routes have too.
var goodNames = []string{
	"busybox", "busybox:musl", "0123456789ab", "sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945",
	"busybox@sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945", "localhost/busybox:latest",
	"localhost/json", "registry:5000/a/history:tag", "localhost:5000/registry/json", "docker.io/library/remove", "remove", "remove:latest", "library/remove",
	"quay.io/push/tag", "json", "json/json", "get", "push", "tag", "untag", "prune", "create", "load", "exists", "history", "search", "add",
	"create/add", "registry", "registry:2", "quay.io/registry:2", "library/registry", "registry/x", "scp/x", "docker.io/scp/x", "a/b/c/d/e", "vieux/sshfs:latest",
	"privileges", "a.b-c_d", "UPPER", "images/json", "libpod/images/remove", "containers/x/kill",
}

// unreachable are the names among them that engines would take for the path of another operation, by the operation's id.
var unreachable = map[string]string{
	"ManifestCreateLibpod localhost:5000/registry/json": "ManifestPushLibpod",
	"ArtifactDeleteLibpod remove":                       "ArtifactDeleteAllLibpod",
	"ImageDeleteLibpod remove":                          "ImageDeleteAllLibpod",
	"ImageScpLibpod push":                               "ImagePushLibpod",
	"ImageScpLibpod tag":                                "ImageTagLibpod",
	"ImageScpLibpod quay.io/push/tag":                   "ImageTagLibpod",
	"ImageScpLibpod untag":                              "ImageUntagLibpod",
	"ImagePushLibpod scp/x":                             "ImageScpLibpod",
	"ImageTagLibpod scp/x":                              "ImageScpLibpod",
	"ImageUntagLibpod scp/x":                            "ImageScpLibpod",
}

// TestGoodNamesAreSent gives them to every operation whose argument may hold slashes.
func TestGoodNamesAreSent(t *testing.T) {
	sent := 0
	refused := map[string]bool{}
	for _, engine := range catalog.Engines() {
		for _, number := range engine.Versions() {
			p := &prober{t: t, engine: engine, version: engine.Version(number)}
			for op := range operations(p.version) {
				wire := p.wire(op)
				before, _, many := strings.Cut(wire.Path, "...}")
				if !many || refusedAlways(op) {
					continue
				}
				before = before[:strings.LastIndex(before, "{")]
				for _, name := range goodNames {
					args := []string{name}
					if op.Param("destination") != nil && op.Param("destination").In == "path" {
						args = append(args, "registry:5000/x:tag")
					}
					r := wire.Request(args...)
					if other := unreachable[op.ID+" "+name]; other != "" && len(op.Others) > 0 {
						if !errors.Is(r.Err(), transport.ErrInvalidInput) || !strings.Contains(r.Err().Error(), other) {
							t.Errorf("%s %s %s: %v", number, op.ID, name, r.Err())
						}
						refused[op.ID+" "+name] = true
						continue
					}
					sent++
					if r.Err() != nil || !strings.HasPrefix(r.URL(), before+name) {
						t.Errorf("%s %s %s: %s, %v", number, op.ID, name, r.URL(), r.Err())
					}
					if found, _ := p.version.Lookup(op.Method, r.URL()); found != op {
						t.Errorf("%s %s %s: the catalog takes %s for another operation", number, op.ID, name, r.URL())
					}
				}
			}
		}
	}
	if sent < 20_000 || len(refused) != len(unreachable) {
		t.Errorf("%d requests were sent, %v refused", sent, refused)
	}
}
