package gen

import (
	"fmt"
	"strings"
)

// Podman publishes two APIs in one document: Docker's, on which packages of Docker's own versions work better, and
// its own, libpod's. This file makes of it a document of libpod alone, in the form that the passes expect.

// libpodRoot is where libpod's paths begin. An engine serves them below a version only.
const libpodRoot = "/libpod/"

// libpod returns the operations of libpod, each with what it refers to by name inside it, and its own media type.
func libpod(doc object) (object, error) {
	doc = clone(doc)
	for _, def := range sub(doc, "definitions") {
		nameFields(asObject(def))
	}
	doc, _ = withoutGo(doc).(object)
	release := str(sub(doc, "info"), "version")
	if release == "" {
		return nil, fmt.Errorf("the document does not say which release it is of: info.version")
	}
	doc["basePath"] = "/v" + release
	delete(doc, "consumes") // a list of all that any body may be
	paths := object{}
	for _, path := range keys(sub(doc, "paths")) {
		if !strings.HasPrefix(path, libpodRoot) {
			continue
		}
		item := sub(sub(doc, "paths"), path)
		for _, verb := range verbs {
			if op := sub(item, verb); op != nil {
				libpodOperation(doc, op)
			}
		}
		paths[apart(plainPath(path), item)] = item
	}
	doc["paths"] = paths
	delete(doc, "responses")
	mergeIDResponses(doc)
	removeAliases(doc)
	pruneTwins(doc)
	return doc, nil
}

// nameFields gives the fields of a definition the capitals that they have in the engine's source, where the name on
// the wire has none: httpproxy is HTTPProxy.
func nameFields(def object) {
	for wire, p := range sub(def, "properties") {
		p := asObject(p)
		name := goName(str(p, "x-go-name"))
		if strings.EqualFold(name, goName(wire)) {
			p[extName] = name
		}
	}
}

// withoutGo copies a tree without what it says about the types in the engine's source.
func withoutGo(node any) any {
	switch node := node.(type) {
	case object:
		out := make(object, len(node))
		for k, v := range node {
			if !strings.HasPrefix(k, "x-go-") && k != "x-omitempty" {
				out[k] = withoutGo(v)
			}
		}
		return out
	case []any:
		out := make([]any, len(node))
		for i, v := range node {
			out[i] = withoutGo(v)
		}
		return out
	}
	return node
}

// mergeIDResponses makes one definition of two whose names differ by case and that are the same.
func mergeIDResponses(doc object) {
	defs := sub(doc, "definitions")
	twin := sub(defs, "IdResponse")
	if twin == nil || defs["IDResponse"] == nil {
		return
	}
	defs["IDResponse"] = twin
	delete(defs, "IdResponse")
	redirect(doc, map[string]string{definitionRef("IdResponse"): definitionRef("IDResponse")})
}

// removeAliases removes the definitions that only refer to another one, which then stands in their place.
func removeAliases(doc object) {
	defs := sub(doc, "definitions")
	for _, name := range keys(defs) {
		if ref := str(sub(defs, name), "$ref"); ref != "" {
			delete(defs, name)
			redirect(doc, map[string]string{definitionRef(name): ref})
		}
	}
}

// apart gives the argument of a path another name where the query has a parameter of the same one, and returns the
// path.
func apart(path string, item object) string {
	for _, verb := range verbs {
		places := map[string]object{}
		for _, p := range list(sub(item, verb), "parameters") {
			p := asObject(p)
			places[str(p, "in")+" "+str(p, "name")] = p
		}
		if own := places["path name"]; own != nil && places["query name"] != nil && len(item) == 1 {
			own["name"] = "id"
			path = strings.ReplaceAll(path, "{name}", "{id}")
		}
	}
	return path
}

// plainPath takes the router's patterns out of a path, or out of a parameter's name: {name:.*}.
func plainPath(path string) string { return strings.ReplaceAll(path, ":.*", "") }

// libpodOperation works in place on an operation.
func libpodOperation(doc, op object) {
	var params []any
	for _, p := range list(op, "parameters") {
		p := asObject(p)
		name := plainPath(str(p, "name"))
		p["name"] = name
		if name == "Content-Type" {
			continue // the body's
		}
		if str(p, "in") == "body" && op["consumes"] == nil {
			op["consumes"] = []any{bodyType(sub(p, "schema"))}
		}
		params = append(params, p)
	}
	op["parameters"] = params
	op["tags"] = []any{ownTag(list(op, "tags"))}
	responses := sub(op, "responses")
	for code := range responses {
		r := asObject(responses[code])
		if ref := str(r, "$ref"); ref != "" {
			r = clone(sub(sub(doc, "responses"), strings.TrimPrefix(ref, "#/responses/")))
		}
		if strings.HasPrefix(code, "3") {
			r = object{} // no such answer has a body, whatever is declared
		}
		responses[code] = r
	}
}

// ownTag is the first tag that is libpod's, or the one of Docker's API without saying so.
func ownTag(tags []any) string {
	best := ""
	for _, t := range tags {
		name, compat := strings.CutSuffix(t.(string), " (compat)")
		if best == "" || !compat {
			best = name
		}
		if !compat {
			break
		}
	}
	return best
}

// bodyType is the media type of a body: all text is an archive but where the overlay says better.
func bodyType(schema object) string {
	if str(schema, "type") == "string" {
		return "application/x-tar"
	}
	return "application/json"
}

// pruneTwins removes the definitions that no operation needs and that have the Go name of another one.
func pruneTwins(doc object) {
	defs := sub(doc, "definitions")
	needed := neededDefinitions(doc)
	byName := map[string][]string{}
	for _, name := range keys(defs) {
		byName[goName(name)] = append(byName[goName(name)], name)
	}
	for _, twins := range byName {
		for _, name := range twins {
			if len(twins) > 1 && !needed[name] {
				delete(defs, name)
			}
		}
	}
}

// neededDefinitions are those that an operation refers to, itself or by others.
func neededDefinitions(doc object) map[string]bool {
	defs := sub(doc, "definitions")
	needed := map[string]bool{}
	var need func(node any)
	need = func(node any) {
		switch node := node.(type) {
		case object:
			if name, ok := strings.CutPrefix(str(node, "$ref"), "#/definitions/"); ok && !needed[name] {
				needed[name] = true
				need(defs[name])
			}
			for _, v := range node {
				need(v)
			}
		case []any:
			for _, v := range node {
				need(v)
			}
		}
	}
	need(doc["paths"])
	return needed
}

// libpodParams does what is the same for every parameter of libpod's, once the specification's own extensions are
// gone. The overlay may say otherwise.
func libpodParams(doc object) {
	for path, item := range sub(doc, "paths") {
		reference := referencePath(path)
		for _, op := range asObject(item) {
			for _, p := range list(asObject(op), "parameters") {
				p := asObject(p)
				if str(p, "in") == "path" {
					p[extSlashes] = reference
				}
				switch {
				case str(p, "type") != "boolean":
				case str(p, "name") == "tlsVerify": // true is one answer, and the engine's settings have another
					p[extPointer], p[extWhy] = true, "the engine's registries.conf decides then"
					delete(p, "default")
				case truth(p, "default"):
					p[extPointer], p[extWhy] = true, "the engine takes an absent one for true"
				}
				if str(p, "in") == "header" && strings.HasPrefix(str(p, "name"), "X-Registry-") {
					p[extGoType] = paramTypes["secret"].goType
				}
			}
		}
	}
}

// referencePath reports whether the arguments of a path are references of images, which hold slashes. The names of
// everything else don't.
func referencePath(path string) bool {
	for _, category := range []string{"images", "manifests", "artifacts"} {
		if strings.HasPrefix(path, libpodRoot+category+"/") {
			return true
		}
	}
	return false
}
