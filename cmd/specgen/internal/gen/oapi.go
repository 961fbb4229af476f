package gen

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/codegen"
)

// This file alone knows oapi-codegen. It has it resolve the references, merge the allOfs and choose the Go types of a
// normalised document, and hands on what it found as facts of our own. oapi-codegen keeps its state in package
// variables, hence the lock.

// specFacts is what oapi-codegen makes of a document.
type specFacts struct {
	Types map[string]*schemaFacts
	Ops   map[string]*operationFacts
}

// schemaFacts is one named schema.
type schemaFacts struct {
	// Go is the Go type of a schema that is no struct.
	Go     string
	Struct bool
	Fields []fieldFacts
	Enum   []enumFacts
	// Includes are the keys of the schemas whose fields an allOf takes over.
	Includes []string
	Nullable bool
}

// fieldFacts is one property.
type fieldFacts struct {
	Wire, Name, Go     string
	Required, Nullable bool
	Default            any
	Min, Max           *float64
}

// enumFacts is one value of an enum.
type enumFacts struct {
	Name  string
	Value any
}

// operationFacts is one operation.
type operationFacts struct {
	PathParams, Params []paramFacts // Params are those of the query, then those of the header
	Body               *bodyFacts
	Answer             string // Go type of the JSON answer, "" if there is none
	Headers            []headerFacts
}

type paramFacts struct {
	Wire, In, Name, Go string
	Required           bool
}

type bodyFacts struct {
	Go       string // "" for an upload
	Required bool
}

type headerFacts struct{ Wire, Name, Go string }

var oapiLock sync.Mutex

// capture are the templates that hand over what oapi-codegen would render; all others render nothing.
var capture = map[string]string{
	"typedef.tmpl": "{{gantryTypes .Types}}\n",
	"client.tmpl":  "{{gantryOperations .}}\n",
}

// blank are oapi-codegen's other templates. A template of only white space would not replace a built-in one.
var blank = []string{
	"additional-properties.tmpl", "client-with-responses.tmpl", "constants.tmpl", "imports.tmpl", "param-types.tmpl",
	"request-bodies.tmpl", "union.tmpl", "union-and-additional-properties.tmpl",
}

// resolve has oapi-codegen work on a document.
func resolve(d *document) (*specFacts, error) {
	oapiLock.Lock()
	defer oapiLock.Unlock()

	data, err := json.Marshal(d.Tree)
	if err != nil {
		return nil, err
	}
	spec, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		return nil, fmt.Errorf("load the normalised document: %w", err)
	}
	var (
		types []codegen.TypeDefinition
		ops   []codegen.OperationDefinition
	)
	codegen.TemplateFunctions["gantryTypes"] = func(found []codegen.TypeDefinition) string {
		types = append(types, found...)
		return ""
	}
	codegen.TemplateFunctions["gantryOperations"] = func(found []codegen.OperationDefinition) string {
		ops = found
		return ""
	}
	codegen.NameNormalizers["gantry"] = func(name string) string {
		if d.Types[name] != nil {
			return name // a key, which is final
		}
		// oapi-codegen itself puts an N before a digit.
		if n := goName(name); name != "" && unicode.IsDigit(rune(name[0])) {
			return n[1:]
		}
		return goName(name)
	}
	defer func() {
		delete(codegen.TemplateFunctions, "gantryTypes")
		delete(codegen.TemplateFunctions, "gantryOperations")
		delete(codegen.NameNormalizers, "gantry")
	}()
	if _, err := codegen.Generate(spec, oapiConfig()); err != nil {
		return nil, fmt.Errorf("oapi-codegen: %w", err)
	}
	return collect(d, types, ops)
}

func oapiConfig() codegen.Configuration {
	templates := map[string]string{}
	for _, name := range blank {
		templates[name] = "{{``}}\n" // without a line break it would be taken for a file's name
	}
	maps.Copy(templates, capture)
	float := codegen.SimpleTypeSpec{Type: "float64"}
	return codegen.Configuration{
		PackageName: "facts",
		Generate:    codegen.GenerateOptions{Models: true, Client: true},
		OutputOptions: codegen.OutputOptions{
			SkipFmt:        true,
			SkipPrune:      true,
			NameNormalizer: "gantry",
			UserTemplates:  templates,
			// Where a pointer is needed is decided by plan.
			PreferSkipOptionalPointer: true,
			TypeMapping: &codegen.TypeMapping{
				Integer: codegen.FormatMapping{Default: codegen.SimpleTypeSpec{Type: "int64"}},
				Number: codegen.FormatMapping{
					Default: float,
					Formats: map[string]codegen.SimpleTypeSpec{"float": float, "double": float},
				},
			},
		},
	}
}

func collect(d *document, types []codegen.TypeDefinition, ops []codegen.OperationDefinition) (*specFacts, error) {
	facts := &specFacts{Types: map[string]*schemaFacts{}, Ops: map[string]*operationFacts{}}
	for _, t := range types {
		if d.Types[t.TypeName] == nil || facts.Types[t.TypeName] != nil {
			continue // helpers that oapi-codegen makes for itself
		}
		s, err := schemaOf(t.Schema)
		if err != nil {
			return nil, fmt.Errorf("%s (%s): %w", t.TypeName, d.Types[t.TypeName].Source, err)
		}
		facts.Types[t.TypeName] = s
	}
	for key, t := range d.Types {
		if facts.Types[key] == nil {
			return nil, fmt.Errorf("%s (%s): oapi-codegen made no type of it", key, t.Source)
		}
	}
	for _, op := range ops {
		facts.Ops[op.SpecOperationId] = operationOf(op)
	}
	return facts, nil
}

func schemaOf(s codegen.Schema) (*schemaFacts, error) {
	out := &schemaFacts{Go: s.GoType, Nullable: s.OAPISchema.Nullable}
	for _, m := range s.OAPISchema.AllOf {
		if m.Ref != "" {
			out.Includes = append(out.Includes, refKey(m.Ref))
		}
	}
	switch {
	case len(s.EnumValues) > 0:
		names := map[string]string{}
		for name, value := range s.EnumValues {
			names[value] = name
		}
		for _, value := range s.OAPISchema.Enum {
			text := fmt.Sprint(value) // a number is a float64 here, and small
			out.Enum = append(out.Enum, enumFacts{Name: enumName(names[text], text), Value: enumValue(value)})
		}
	case s.HasAdditionalProperties:
		return nil, fmt.Errorf("it has both properties and additionalProperties: correct it by a patch in the overlay")
	case s.ArrayType == nil && (len(s.Properties) > 0 || len(s.OAPISchema.Properties) > 0):
		out.Struct = true
		for _, p := range s.Properties {
			out.Fields = append(out.Fields, fieldOf(p))
		}
	}
	return out, nil
}

// enumName is how a constant ends. oapi-codegen has no name for the empty text, and an N too many before numbers.
func enumName(found, value string) string {
	switch {
	case value == "":
		return "Empty"
	case strings.TrimLeft(found, "N") == value:
		return value
	default:
		return found
	}
}

func enumValue(v any) any {
	if f, ok := v.(float64); ok {
		return int64(f)
	}
	return v
}

func refKey(ref string) string { return ref[len("#/components/schemas/"):] }

func fieldOf(p codegen.Property) fieldFacts {
	f := fieldFacts{
		Wire: p.JsonFieldName, Name: p.GoFieldName(), Go: p.Schema.TypeDecl(),
		Required: p.Required, Nullable: p.Nullable,
	}
	if name, ok := p.Extensions[extName].(string); ok {
		f.Name = name
	}
	if null, ok := p.Extensions[extNull].(bool); ok {
		f.Nullable = null
	}
	if s := p.Schema.OAPISchema; s != nil {
		f.Default, f.Min, f.Max = s.Default, s.Min, s.Max
	}
	return f
}

func operationOf(op codegen.OperationDefinition) *operationFacts {
	out := &operationFacts{PathParams: paramsOf(op.PathParams)}
	out.Params = append(paramsOf(op.QueryParams), paramsOf(op.HeaderParams)...)
	for _, b := range op.Bodies {
		out.Body = &bodyFacts{Required: op.BodyRequired}
		if b.NameTag == "JSON" {
			out.Body.Go = b.Schema.GoType
		}
	}
	for _, r := range op.Responses {
		for _, h := range r.Headers {
			out.Headers = append(out.Headers, headerFacts{Wire: h.Name, Name: h.GoName, Go: h.Schema.GoType})
		}
		for _, c := range r.Contents {
			if out.Answer == "" {
				out.Answer = c.Schema.GoType
			}
		}
	}
	slices.SortFunc(out.Headers, func(a, b headerFacts) int { return strings.Compare(a.Wire, b.Wire) })
	return out
}

func paramsOf(params []codegen.ParameterDefinition) []paramFacts {
	out := make([]paramFacts, len(params))
	for i, p := range params {
		out[i] = paramFacts{
			Wire: p.ParamName, In: p.In, Name: codegen.SchemaNameToTypeName(p.ParamName), Go: p.TypeDef(),
			Required: p.Required,
		}
	}
	return out
}
