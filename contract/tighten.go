package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// tighten makes the document stricter than it is for the world, because here
// both ends are ours:
//
//   - an object with listed properties has no others, unless it says so
//     itself. To the world a new field may appear at any time; between our own
//     client and sandbox it is a misspelt one.
//   - a property that is only ever sent does not appear in an answer. The
//     reference page shows one in answers that never holds it.
//   - a parameter without a type is a string. The validator leaves a parameter
//     without a type unchecked, and so the organization's id.
func tighten(document []byte) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	var root map[string]any
	if err := decoder.Decode(&root); err != nil {
		return nil, fmt.Errorf("decode the document: %w", err)
	}
	components := object(root["components"])
	for _, schema := range object(components["schemas"]) {
		closeSchema(object(schema))
	}
	for _, parameter := range object(components["parameters"]) {
		typeParameter(object(parameter))
	}
	for _, item := range object(root["paths"]) {
		for key, value := range object(item) {
			parameters := list(value) // the path's own
			if key != "parameters" {
				parameters = list(object(value)["parameters"])
			}
			for _, parameter := range parameters {
				typeParameter(object(parameter))
			}
		}
	}
	return json.Marshal(root)
}

// closeSchema works on the schema and all that is written inside it.
// References need no following: what they name is visited by its own name.
func closeSchema(schema map[string]any) {
	if schema == nil {
		return
	}
	if properties := object(schema["properties"]); properties != nil {
		for name, value := range properties {
			property := object(value)
			if property["writeOnly"] == true {
				delete(properties, name)
				continue
			}
			closeSchema(property)
		}
		if _, said := schema["additionalProperties"]; !said {
			schema["additionalProperties"] = false
		}
	}
	closeSchema(object(schema["items"]))
	closeSchema(object(schema["additionalProperties"]))
	for _, key := range []string{"allOf", "anyOf", "oneOf"} {
		for _, branch := range list(schema[key]) {
			closeSchema(object(branch))
		}
	}
}

func typeParameter(parameter map[string]any) {
	schema := object(parameter["schema"])
	if _, typed := schema["type"]; schema != nil && !typed && schema["$ref"] == nil {
		schema["type"] = "string"
	}
}

// object returns v as an object, or nil, which reads as an empty one.
func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}
