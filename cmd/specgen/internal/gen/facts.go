package gen

// sentences are the members that hold somebody's words and no fact about the wire.
var sentences = map[string]bool{
	"description": true, "summary": true, "title": true, "externalDocs": true,
	"example": true, "examples": true, "x-logo": true,
}

// nameMaps are the members whose keys are names that the specification gives, not words of OpenAPI: a property may
// be called description.
var nameMaps = map[string]bool{
	"definitions": true, "properties": true, "paths": true, "responses": true, "headers": true,
}

// rawValues are the members whose value is data.
var rawValues = map[string]bool{"default": true, "enum": true}

// keepFacts returns a copy of a Swagger 2.0 document without its sentences.
func keepFacts(doc object) object {
	out := factsOf(doc, false)
	delete(out, "tags") // names that the operations have, and a text for each
	return out
}

func factsOf(node object, named bool) object {
	out := make(object, len(node))
	for k, v := range node {
		switch {
		case !named && sentences[k]:
		case !named && rawValues[k]:
			out[k] = cloneAny(v)
		default:
			out[k] = factsBelow(v, !named && nameMaps[k])
		}
	}
	return out
}

func factsBelow(v any, named bool) any {
	switch v := v.(type) {
	case object:
		return factsOf(v, named)
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = factsBelow(item, false)
		}
		return out
	}
	return v
}
