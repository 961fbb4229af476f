package gen

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// unservedRoutes are those that Podman's server has below libpod and that no operation of ours is, with the reason.
var unservedRoutes = map[string]string{
	"GET /libpod/kube/generate":          "another spelling of generate/kube",
	"POST /libpod/kube/play":             "another spelling of play/kube",
	"DELETE /libpod/kube/play":           "another spelling of play/kube",
	"GET /libpod/networks/{}":            "another spelling of networks/{}/json",
	"GET /libpod/swagger":                "the engine's own specification, which its packages do not hold",
	"v3 POST /libpod/manifests/create":   "what Podman 3 had in place of manifests/{}",
	"v3 GET /libpod/manifests/{}/exists": "as the newer one",
	"v3 GET /libpod/manifests/{}/json":   "as the newer one",
	"v3 DELETE /libpod/manifests/{}":     "what Podman 3 had in place of ManifestModify",
	"HEAD /libpod/_ping":                 "GET answers the same headers",
	"HEAD /libpod/containers/{}/archive": "no specification has it",
	"POST /libpod/exec/{}/remove":        "no specification has it",
}

// TestHandlers compares what every version's operations send with what the handlers of that release read, in both
// directions. What is read and not sent stands in the overlay, each with its reason.
func TestHandlers(t *testing.T) {
	e, root := must(podman())(t), testRoot(t)
	parameters, routes := 0, map[string]bool{}
	for _, ver := range e.Versions() {
		t.Run(ver, func(t *testing.T) {
			facts := must(loadHandlers(root, Input{"podman", ver}))(t)
			if len(facts) < 100 {
				t.Fatalf("there are facts of %d routes: see internal/oracle/generate.sh", len(facts))
			}
			met := map[string]bool{}
			for _, c := range must(e.Model(ver))(t).Categories() {
				for _, op := range c.Operations {
					key := routeKey(op, ver)
					met[key] = true
					if facts[key] == nil {
						t.Errorf("%s: the engine has no route %s", op.ID, key)
						continue
					}
					parameters += len(op.Parameters)
					for _, wrong := range unequal(e.overlay, must(parseVersion(ver))(t), op, facts[key]) {
						t.Errorf("%s: %s", op.ID, wrong)
					}
				}
			}
			for key := range facts {
				if !strings.Contains(key, " "+libpodRoot) || met[key] {
					continue
				}
				routes[key] = true
				if unservedRoutes[key] == "" {
					t.Errorf("%s is no operation of ours, and nothing says why", key)
				}
			}
		})
	}
	for key := range unservedRoutes {
		if !routes[key] {
			t.Errorf("no version has %s without an operation", key)
		}
	}
	if rows := len(e.overlay.Unsent) + len(unservedRoutes); rows >= 60 || parameters < 5000 {
		t.Errorf("%d exceptions, %d parameters", rows, parameters)
	}
}

// routeKey is how facts call the route of an operation.
func routeKey(op *Operation, ver string) string {
	below, path, _ := strings.Cut(op.Path[1:], "/")
	key := op.Method + " /" + braces.ReplaceAllString(path, "{}")
	if strings.HasPrefix(below, "v3.") && !strings.HasPrefix(ver, "3.") {
		key = "v3 " + key
	}
	return key
}

// unequal is what an operation sends and its handler does not read, and the other way round.
func unequal(o *overlay, v version, op *Operation, h *handler) (out []string) {
	sent := map[string]bool{}
	for _, p := range op.Parameters {
		read := slices.Contains(h.Headers, p.Wire)
		switch p.In {
		case "path":
			continue
		case "query":
			sent[strings.ToLower(p.Wire)] = true
			read = h.reads(p.Wire)
		default:
			sent[p.Wire] = true
		}
		if !read {
			out = append(out, fmt.Sprintf("%s is sent, and not read", p.Wire))
		}
	}
	for name, read := range h.Query {
		if !read.Unused && !sent[strings.ToLower(name)] && !o.leavesOut(op.ID, name, v) {
			out = append(out, fmt.Sprintf("%s is read, and not sent", name))
		}
	}
	credentials := sent[registryAuth] != sent[registryConfig] // either is enough
	for _, name := range h.Headers {
		body := name == "Content-Type" && op.Body != nil
		if !sent[name] && !body && !o.leavesOut(op.ID, name, v) && !(credentials && (name == registryAuth || name == registryConfig)) {
			out = append(out, fmt.Sprintf("header %s is read, and not sent", name))
		}
	}
	slices.Sort(out)
	return out
}

// reads reports whether a handler looks at a parameter of that very name.
func (h *handler) reads(name string) bool {
	for wire, read := range h.Query {
		if strings.EqualFold(wire, name) && !read.Unused {
			return wire == name || !read.Tested
		}
	}
	return false
}

// TestAddedHaveWords holds every parameter that no specification has to a sentence of our own: upstream's page does not
// say what it is.
func TestAddedHaveWords(t *testing.T) {
	for _, open := range []func() (*Edition, error){docker, podman} {
		e, without := must(open())(t), map[string]bool{}
		for _, ver := range e.Versions() {
			for _, c := range must(e.Model(ver))(t).Categories() {
				for _, op := range c.Operations {
					like := e.overlay.operation(op.ID).Like
					for _, p := range op.Parameters {
						if p.Added && e.words.say("params", op.ID+"."+p.Wire, like+"."+p.Wire, p.Wire) == "" {
							without[op.ID+"."+p.Wire] = true
						}
					}
				}
			}
		}
		for _, name := range keys(without) {
			t.Errorf("overlay/docs/%s.yaml: params says nothing of %s", e.overlay.Engine, name)
		}
	}
}
