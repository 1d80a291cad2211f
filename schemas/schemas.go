// Package schemas holds the Go structs that tool arguments and results are made
// of, and the JSON Schemas that are reflected from them. A struct is the single
// source: its tags say what a model is told, what a call is checked against,
// and what an answer promises.
package schemas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/invopop/jsonschema"
)

// Input returns the JSON Schema of a tool's arguments: draft 2020-12, with no
// references, unknown properties refused, and only the fields tagged
// `required` required.
func Input[T any]() (json.RawMessage, error) {
	return reflectSchema[T](true, whole)
}

// Output returns the JSON Schema of a tool's result. It is Input, except that
// every field without omitempty or omitzero is required.
func Output[T any]() (json.RawMessage, error) {
	return reflectSchema[T](false, whole)
}

// whole leaves a schema as it is.
func whole(schema *jsonschema.Schema) *jsonschema.Schema { return schema }

func reflectSchema[T any](requiredFromTags bool, shorten func(*jsonschema.Schema) *jsonschema.Schema) (json.RawMessage, error) {
	reflector := jsonschema.Reflector{
		Anonymous:                  true,
		DoNotReference:             true,
		RequiredFromJSONSchemaTags: requiredFromTags,
		Mapper:                     mapOpenTypes,
	}
	schema := reflector.ReflectFromType(reflect.TypeFor[T]())
	// Protocol clients take 2020-12 for granted; naming it in each tool is waste.
	schema.Version = ""

	data, err := Marshal(shorten(flatten(schema)))
	if err != nil {
		return nil, fmt.Errorf("reflect the schema of %v: %w", reflect.TypeFor[T](), err)
	}
	// A schema marshals through its own method, which escapes all the same.
	return unescapeHTML(data), nil
}

// unescapeHTML undoes the three escapes that encoding/json writes for HTML
// inside nested MarshalJSON calls, where SetEscapeHTML does not reach.
func unescapeHTML(data []byte) []byte {
	for escaped, plain := range map[string]string{`\u003c`: "<", `\u003e`: ">", `\u0026`: "&"} {
		data = bytes.ReplaceAll(data, []byte(escaped), []byte(plain))
	}
	return data
}

// nullableMark is set on a schema by mapOpenTypes and taken off by flatten.
const nullableMark = "x-nullable"

// mapOpenTypes gives a schema to the types that reflection would describe by
// their Go make-up: three-state fields (a map underneath) and raw JSON.
func mapOpenTypes(t reflect.Type) *jsonschema.Schema {
	switch {
	case t == reflect.TypeFor[json.RawMessage]():
		return &jsonschema.Schema{}
	case t.Kind() == reflect.Map && t.PkgPath() == "github.com/oapi-codegen/nullable":
		reflector := jsonschema.Reflector{Anonymous: true, DoNotReference: true, Mapper: mapOpenTypes}
		schema := reflector.ReflectFromType(t.Elem())
		schema.Version = ""
		schema.Extras = map[string]any{nullableMark: true}
		return schema
	}
	return nil
}

// flatten writes "T or null" as a type list, which is shorter than a oneOf and
// understood by more clients, and leaves out item schemas that say nothing.
func flatten(schema *jsonschema.Schema) *jsonschema.Schema {
	if schema == nil {
		return nil
	}
	if len(schema.OneOf) == 2 && schema.OneOf[1].Type == "null" && schema.OneOf[0].Type != "" {
		schema = schema.OneOf[0]
		allowNull(schema)
	}
	if _, marked := schema.Extras[nullableMark]; marked {
		allowNull(schema)
	}
	for pair := schema.Properties.Oldest(); pair != nil; pair = pair.Next() {
		pair.Value = flatten(pair.Value)
	}
	if schema.Items != nil && reflect.DeepEqual(schema.Items, &jsonschema.Schema{}) {
		schema.Items = nil
	}
	schema.Items = flatten(schema.Items)
	return schema
}

func allowNull(schema *jsonschema.Schema) {
	schema.Extras = map[string]any{"type": []string{schema.Type, "null"}}
	schema.Type = ""
	if schema.Enum != nil {
		schema.Enum = append(schema.Enum, nil)
	}
}
