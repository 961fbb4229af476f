package gen

import (
	"slices"
	"strings"
)

// raise turns a hoisted Swagger 2.0 document into an OpenAPI 3 one, keeping the extensions of the passes. It does
// what kin-openapi's converter does, less what that loses: the siblings of references and the nullability of what is
// in a map.
func raise(doc object, definitions object, ops []*placedOperation) object {
	schemas := object{}
	for key, s := range definitions {
		schemas[key] = raiseSchema(s)
	}
	paths := object{}
	for _, op := range ops {
		item := sub(paths, op.Path)
		if item == nil {
			item = object{}
			paths[op.Path] = item
		}
		item[op.Verb] = raiseOperation(op)
	}
	return object{
		"openapi":    "3.0.3",
		"info":       object{"title": "facts", "version": str(sub(doc, "info"), "version")},
		"paths":      paths,
		"components": object{"schemas": schemas},
	}
}

func raiseSchema(node any) any {
	s := asObject(node)
	if s == nil {
		return node
	}
	if ref := str(s, "$ref"); ref != "" {
		out := object{"$ref": strings.Replace(ref, "#/definitions/", "#/components/schemas/", 1)}
		if null, ok := s[extNull]; ok {
			out[extNull] = null
		}
		return out
	}
	out := object{}
	for k, v := range s {
		switch k {
		case "x-nullable":
			out["nullable"] = v
		case "items", "additionalProperties":
			out[k] = raiseSchema(v)
		case "properties":
			props := object{}
			for name, p := range v.(object) {
				props[name] = raiseSchema(p)
			}
			out[k] = props
		case "allOf":
			members := make([]any, len(v.([]any)))
			for i, m := range v.([]any) {
				members[i] = raiseSchema(m)
			}
			out[k] = members
		default:
			out[k] = v
		}
	}
	return out
}

func raiseOperation(op *placedOperation) object {
	out := object{"operationId": op.ID, "tags": []any{op.Package}}
	var params []any
	for _, p := range list(op.Node, "parameters") {
		p := asObject(p)
		if str(p, "in") == "body" {
			out["requestBody"] = raiseBody(p, op.Consumes)
			continue
		}
		params = append(params, raiseParam(p))
	}
	if params != nil {
		out["parameters"] = params
	}
	responses := object{}
	for _, code := range op.Succeeds {
		responses[code] = raiseResponse(sub(sub(op.Node, "responses"), code))
	}
	out["responses"] = responses
	return out
}

// raiseBody gives a body one media type: JSON, or bytes where the schema is binary or is text that is sent as anything
// but JSON. Some operations list both.
func raiseBody(p object, consumes []string) object {
	s := sub(p, "schema")
	media := "application/json"
	if isBinary(s) || str(s, "type") == "string" && !slices.Contains(consumes, media) {
		media = "application/octet-stream"
	}
	return object{
		"required": truth(p, "required"),
		"content":  object{media: object{"schema": raiseSchema(s)}},
	}
}

func isBinary(s object) bool { return str(s, "type") == "string" && str(s, "format") == "binary" }

func raiseParam(p object) object {
	schema := object{}
	out := object{"schema": schema}
	for k, v := range p {
		switch k {
		case "name", "in", "required":
			out[k] = v
		case "collectionFormat", extWhy, extRef, extEnum, extSlashes:
		case "items":
			schema[k] = raiseSchema(v)
		default:
			schema[k] = v
		}
	}
	if str(p, "in") == "path" {
		out["required"] = true
	}
	if ref := str(p, extRef); ref != "" {
		out["schema"] = raiseSchema(object{"$ref": ref})
	}
	return out
}

func raiseResponse(r object) object {
	out := object{"description": ""}
	if s := sub(r, "schema"); s != nil && !isBinary(s) {
		out["content"] = object{"application/json": object{"schema": raiseSchema(s)}}
	}
	if hs := sub(r, "headers"); hs != nil {
		headers := object{}
		for name, h := range hs {
			headers[name] = object{"schema": raiseSchema(h)}
		}
		out["headers"] = headers
	}
	return out
}
