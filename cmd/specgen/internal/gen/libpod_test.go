package gen

import (
	"strings"
	"testing"
)

// libpodSpec has in it what only Podman's documents have.
const libpodSpec = `
swagger: "2.0"
basePath: /
consumes: [application/json, application/x-tar]
info: {version: "4.3.1"}
definitions:
  IdResponse: {type: object, required: [Id], properties: {Id: {type: string, x-go-name: ID}}}
  IDResponse: {$ref: "#/definitions/IdResponse"}
  thingCreate: {$ref: "#/definitions/Thing"}
  Thing: {type: object, properties: {httpproxy: {type: boolean, x-go-name: HTTPProxy}, cause: {type: string, x-go-name: Because}}}
  NetworkCreate: {type: object, properties: {Name: {type: string}}}
  networkCreate: {type: object, properties: {name: {type: string}}}
  ErrorModel: {type: object, properties: {message: {type: string}}}
responses:
  made: {schema: {$ref: "#/definitions/IDResponse"}}
  started: {schema: {$ref: "#/definitions/ErrorModel"}}
paths:
  /things/json:
    get: {operationId: ThingList, tags: [things (compat)], responses: {200: {}}}
  "/libpod/things/{name:.*}/rename":
    post:
      operationId: ThingRenameLibpod
      tags: [things (compat), things]
      parameters:
        - {name: "name:.*", in: path, required: true, type: string}
        - {name: name, in: query, required: true, type: string}
        - {name: Content-Type, in: header, type: string}
        - {name: tlsVerify, in: query, type: boolean, default: true}
        - {name: X-Registry-Auth, in: header, type: string}
      responses: {204: {}, 304: {$ref: "#/responses/started"}}
  /libpod/things/create:
    post:
      operationId: ThingCreateLibpod
      tags: [things]
      parameters: [{name: create, in: body, schema: {$ref: "#/definitions/thingCreate"}}]
      responses: {201: {$ref: "#/responses/made"}}
  /libpod/things:
    post:
      operationId: ThingAddLibpod
      tags: [things]
      parameters: [{name: name, in: query, required: true, type: string}, {name: body, in: body, schema: {type: string}}]
      responses: {200: {}}
  "/libpod/images/{name}/json":
    get: {operationId: ImageInspectLibpod, tags: [images], parameters: [{name: name, in: path, required: true, type: string}], responses: {200: {}}}
`

func libpodFiles(t *testing.T, overlayText string) (map[string]string, error) {
	t.Helper()
	tree, err := parseYAML([]byte(libpodSpec))
	if err != nil {
		t.Fatal(err)
	}
	o := &overlay{Engine: "podman"}
	if err := decodeYAML([]byte(overlayText), o); err != nil {
		t.Fatal(err)
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	v, err := parseVersion("4.3")
	if err != nil {
		t.Fatal(err)
	}
	m, err := planDocument(tree.(object), o, &words{}, v)
	if err != nil {
		return nil, err
	}
	rendered, err := render(m)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for name, text := range rendered {
		files[strings.TrimPrefix(name, "podman/v43/")] = string(text)
	}
	return files, nil
}

func TestLibpod(t *testing.T) {
	files, err := libpodFiles(t, "")
	if err != nil {
		t.Fatal(err)
	}
	for name, words := range map[string][]string{
		"things/rename.gen.go": {
			`"/v4.3.1/libpod/things/{id}/rename"`, "Rename(ctx context.Context, id, name string, opts *RenameOptions) error",
			"TLSVerify *bool", "RegistryAuth transport.RegistryAuth",
		},
		"things/create.gen.go":  {"body *v43.Thing) (*v43.IDResponse, error)"},
		"things/add.gen.go":     {`req.Upload(body, "application/x-tar")`},
		"images/inspect.gen.go": {`{name...}`},
		"thing.gen.go":          {"HTTPProxy bool", "Cause "},
		"id_response.gen.go":    {"ID string `json:\"Id\"`"},
	} {
		for _, word := range words {
			if !strings.Contains(files[name], word) {
				t.Errorf("%s has no %s in it:\n%s", name, word, files[name])
			}
		}
	}
	if strings.Contains(files["things/rename.gen.go"], "ContentType") || files["things/list.gen.go"] != "" {
		t.Errorf("there is more than there should be: %v", keys(files))
	}
}

func TestMoved(t *testing.T) {
	entry := func(rest string) string {
		return "operations:\n  ThingAddLibpod:\n    moved: {from: /libpod/things, reason: it is not there, " + rest + "}\n"
	}
	for _, tt := range []struct{ rest, want string }{
		{"to: '/libpod/things/{name}'", `Path: "/v4.3.1/libpod/things/{name}"`},
		{"base: /v3.4.7", `Path: "/v3.4.7/libpod/things"`},
		{"base: /v3.4.7, since: '4.4'", `Path: "/v4.3.1/libpod/things"`},
	} {
		files, err := libpodFiles(t, entry(tt.rest))
		if err != nil || !strings.Contains(files["things/add.gen.go"], tt.want) {
			t.Errorf("%s: %v, no %s in\n%s", tt.rest, err, tt.want, files["things/add.gen.go"])
		}
	}
	for _, tt := range []struct{ rest, want string }{
		{"until: '5.0'", "moved needs from, a reason, and to or base"},
		{"to: /libpod/things/create", "has another operation"},
		{"to: '/libpod/things/{id}'", "there is no parameter id"},
	} {
		if _, err := libpodFiles(t, entry(tt.rest)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.rest, err, tt.want)
		}
	}
	gone := "operations: {ThingAddLibpod: {moved: {from: /libpod/elsewhere, base: /v3, reason: r}}}"
	if _, err := libpodFiles(t, gone); err == nil || !strings.Contains(err.Error(), "it is not at /libpod/elsewhere") {
		t.Errorf("moved from nowhere: %v", err)
	}
}
