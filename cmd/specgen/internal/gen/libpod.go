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
		paths[plainPath(path)] = item
	}
	doc["paths"] = paths
	delete(doc, "responses")
	pruneTwins(doc)
	return doc, nil
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

// libpodParams does what is the same for every parameter of libpod's, once the specification's own extensions are
// gone. The overlay may say otherwise.
func libpodParams(doc object) {
	for _, item := range sub(doc, "paths") {
		for _, op := range asObject(item) {
			for _, p := range list(asObject(op), "parameters") {
				p := asObject(p)
				if str(p, "type") == "boolean" && truth(p, "default") {
					p[extPointer], p[extWhy] = true, "the engine takes an absent one for true"
				}
				if str(p, "in") == "header" && strings.HasPrefix(str(p, "name"), "X-Registry-") {
					p[extGoType] = paramTypes["secret"].goType
				}
			}
		}
	}
}
