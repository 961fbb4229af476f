package gen

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const published = `
swagger: "2.0"
basePath: "/v1.9"
consumes: ["application/json"]
info:
  title: "An API"
  version: "1.9"
  description: |
    Sentences.
  x-logo: {url: "https://example.org/logo.png"}
tags:
  - name: "Thing"
    description: "Sentences."
definitions:
  Thing:
    description: "Sentences."
    type: "object"
    x-go-name: "Widget"
    example: {description: "x"}
    properties:
      description: {type: "string", description: "Sentences.", example: "2020-01-01T00:00:00Z"}
      title: {type: "string", title: "Sentences."}
      Since: {type: "string", default: 2020-01-01}
      Size: {type: "integer", format: "int64", minimum: 0, x-nullable: true}
      Rate: {type: "number", default: 0.5}
paths:
  /things/{id}:
    get:
      summary: "Sentences."
      externalDocs: {url: "https://example.org"}
      operationId: "ThingInspect"
      tags: ["Thing"]
      parameters: [{name: "id", in: "path", required: true, type: "string", description: "Sentences."}]
      responses:
        200: {description: "Sentences.", schema: {$ref: "#/definitions/Thing"}, examples: {application/json: {}}}
        404: {description: "Sentences."}
`

const keptOf = `{
 "basePath": "/v1.9",
 "consumes": [
  "application/json"
 ],
 "definitions": {
  "Thing": {
   "properties": {
    "Rate": {
     "default": 0.5,
     "type": "number"
    },
    "Since": {
     "default": "2020-01-01",
     "type": "string"
    },
    "Size": {
     "format": "int64",
     "minimum": 0,
     "type": "integer",
     "x-nullable": true
    },
    "description": {
     "type": "string"
    },
    "title": {
     "type": "string"
    }
   },
   "type": "object",
   "x-go-name": "Widget"
  }
 },
 "info": {
  "version": "1.9"
 },
 "paths": {
  "/things/{id}": {
   "get": {
    "operationId": "ThingInspect",
    "parameters": [
     {
      "in": "path",
      "name": "id",
      "required": true,
      "type": "string"
     }
    ],
    "responses": {
     "200": {
      "schema": {
       "$ref": "#/definitions/Thing"
      }
     },
     "404": {}
    },
    "tags": [
     "Thing"
    ]
   }
  }
 },
 "swagger": "2.0"
}
`

// TestImport checks that facts stay, sentences don't, and that a property may be called description.
func TestImport(t *testing.T) {
	root := t.TempDir()
	spec := filepath.Join(t.TempDir(), "spec.yaml")
	if err := os.WriteFile(spec, []byte(published), 0o644); err != nil {
		t.Fatal(err)
	}
	name, err := Import(t.Context(), root, Source{Engine: "docker", Version: "1.9", Spec: spec})
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(keptOf, string(kept)); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	origins, err := readOrigins(root)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]origin{"docker/v1.9.json": {Path: "spec.yaml", Read: sum([]byte(published)), Kept: sum(kept)}}
	if diff := cmp.Diff(want, origins); diff != "" {
		t.Errorf("origins (-want +got):\n%s", diff)
	}
	// What is kept is its own normal form.
	again, err := normalForm(kept, Source{Version: "1.9"}, &origin{})
	if err != nil || string(again) != string(kept) {
		t.Errorf("the normal form of the kept file is another one: %v", err)
	}
	inputs, err := Inputs(root, "", "")
	if err != nil || !slices.Equal(inputs, []Input{{"docker", "1.9"}}) {
		t.Errorf("inputs: %v %v", inputs, err)
	}
}

func TestImportRefuses(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"version", published, `the document is version "1.9", not "1.8"`},
		{"kind", "openapi: 3.0.0", "this is no Swagger 2.0 document"},
		{"empty", "", "the document is empty"},
		{"twice", "a: 1\na: 2", `line 2: key "a" is there twice`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := normalForm([]byte(tt.text), Source{Version: "1.8"}, &origin{})
			if err == nil || !containsLine(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// TestKeptSpecs checks that every kept specification is what its origin says, in normal form and without a sentence.
func TestKeptSpecs(t *testing.T) {
	root := testRoot(t)
	origins, err := readOrigins(root)
	if err != nil {
		t.Fatal(err)
	}
	inputs, err := Inputs(root, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if len(inputs) != len(origins) {
		t.Errorf("%d specifications, %d origins", len(inputs), len(origins))
	}
	for _, in := range inputs {
		name := in.Engine + "/v" + in.Version + ".json"
		data, err := os.ReadFile(filepath.Join(root, specsDir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := sum(data); got != origins[name].Kept {
			t.Errorf("%s is not what was imported: %s", name, got)
		}
		again, err := normalForm(data, Source{Engine: in.Engine, Version: in.Version, Release: origins[name].Release}, &origin{})
		if err != nil || string(again) != string(data) {
			t.Errorf("%s is not in normal form: %v", name, err)
		}
	}
}
