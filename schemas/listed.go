package schemas

import (
	"encoding/json"
	"slices"

	"github.com/invopop/jsonschema"
)

// ListedInput is Input as the tool list shows it: what a model needs to make a
// call. Bounds and formats are left out, as are the descriptions of arguments
// whose names say all. Calls are checked against Input, and the error names the
// bound: most calls never come near one, and every conversation would pay for
// them.
func ListedInput[T any]() (json.RawMessage, error) { return reflectSchema[T](true, listedInput) }

// ListedOutput is Output as the tool list shows it: names and types, which is
// what a client checks a result with and a model plans with. Results are held
// to Output, which is narrower.
func ListedOutput[T any]() (json.RawMessage, error) { return reflectSchema[T](false, listedOutput) }

func listedInput(schema *jsonschema.Schema) *jsonschema.Schema {
	shorten("", schema, func(name string, property *jsonschema.Schema) {
		property.MinLength, property.MaxLength = nil, nil
		property.MinItems, property.MaxItems = nil, nil
		property.Minimum, property.Maximum = "", ""
		property.Format, property.Default = "", nil
		if slices.Contains(saidByName(), name) {
			property.Description = ""
		}
	})
	return schema
}

func listedOutput(schema *jsonschema.Schema) *jsonschema.Schema {
	shorten("", schema, func(name string, property *jsonschema.Schema) {
		property.Description, property.Format, property.Minimum = "", "", ""
		property.AdditionalProperties, property.Required = nil, nil
		if slices.Contains(shownShut(), name) {
			property.Properties = nil
		}
	})
	return schema
}

// saidByName are arguments that mean the same in every tool, so that their names
// and the server's instructions say enough.
func saidByName() []string {
	return []string{"organization_id", "limit", "offset", "view", "search", "fields"}
}

// shownShut are parts of results that a model passes on or shows as they are.
// Their fields say themselves what they are.
func shownShut() []string { return []string{"undo", "preview"} }

// shorten changes a schema and all schemas within it, each with the name of its
// property; the name is empty for the whole and for items of lists.
func shorten(name string, schema *jsonschema.Schema, change func(name string, schema *jsonschema.Schema)) {
	change(name, schema)
	if schema.Items != nil {
		shorten("", schema.Items, change)
	}
	for pair := schema.Properties.Oldest(); pair != nil; pair = pair.Next() {
		shorten(pair.Key, pair.Value, change)
	}
}
