package apiclient_test

import (
	"encoding/json"
	"testing"

	"posthog-org-mcp/contract"
)

// samples makes objects out of the API document: every documented field, filled
// or, where it may be, null.
type samples struct {
	schemas map[string]any
	nulls   bool // null wherever the document allows it
}

func newSamples(t *testing.T, nulls bool) samples {
	t.Helper()
	var document struct {
		Components struct {
			Schemas map[string]any `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(contract.Document(), &document); err != nil {
		t.Fatal(err)
	}
	return samples{schemas: document.Components.Schemas, nulls: nulls}
}

// text returns a sample of a named schema as JSON.
func (s samples) text(t *testing.T, name string) string {
	t.Helper()
	data, err := json.Marshal(s.named(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func (s samples) named(t *testing.T, name string) any {
	t.Helper()
	schema, ok := s.schemas[name].(map[string]any)
	if !ok {
		t.Fatalf("the document has no schema %q", name)
	}
	return s.of(t, schema)
}

func (s samples) of(t *testing.T, schema map[string]any) any {
	t.Helper()
	if schema["writeOnly"] == true {
		return nil
	}
	if reference, ok := schema["$ref"].(string); ok {
		return s.named(t, reference[len("#/components/schemas/"):])
	}
	if choices, ok := schema["anyOf"].([]any); ok {
		for _, choice := range choices {
			if s.nulls && choice.(map[string]any)["type"] == "null" {
				return nil
			}
		}
		return s.of(t, choices[0].(map[string]any))
	}
	if parts, ok := schema["allOf"].([]any); ok {
		return s.of(t, parts[0].(map[string]any))
	}
	kind, _ := schema["type"].(string)
	if kinds, ok := schema["type"].([]any); ok {
		for _, one := range kinds {
			if one == "null" && s.nulls {
				return nil
			}
		}
		kind = kinds[0].(string)
	}
	if values, ok := schema["enum"].([]any); ok {
		return values[0]
	}
	switch kind {
	case "":
		if s.nulls {
			return nil
		}
		return map[string]any{"open": []any{"shape", 1.0}}
	case "integer":
		return 1.0
	case "boolean":
		return true
	case "array":
		return []any{s.of(t, schema["items"].(map[string]any))}
	case "object":
		object := map[string]any{}
		properties, _ := schema["properties"].(map[string]any)
		for name, property := range properties {
			if property := property.(map[string]any); property["writeOnly"] != true {
				object[name] = s.of(t, property)
			}
		}
		return object
	case "string":
		return sampleText(schema)
	}
	t.Fatalf("no sample of %v", schema)
	return nil
}

func sampleText(schema map[string]any) string {
	if schema["x-secret"] == true {
		return "phs_sampleSecret0123456789"
	}
	switch schema["format"] {
	case "uuid":
		return "0190f3a2-5b1c-7d10-8a55-3f6b2c9e7d99"
	case "email":
		return "sample@example.com"
	case "date-time":
		return "2024-05-01T09:30:00.123456Z"
	case "uri":
		return "https://example.com/"
	}
	return "sample"
}
