package schemas_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"posthog-org-mcp/schemas"
)

func TestFieldsAreReadInTheirOrderWithAllThatPeopleWantToKnow(t *testing.T) {
	fields, err := schemas.FieldsOf(json.RawMessage(`{"type":"object","required":["role"],"properties":{
		"role":{"type":"string","minLength":1,"maxLength":200,"description":"Which."},
		"limit":{"type":"integer","minimum":1,"maximum":50,"default":10},
		"offset":{"type":"integer","minimum":0},
		"share":{"type":"number","maximum":1},
		"code":{"type":"string","minLength":3,"maxLength":5},
		"view":{"type":"string","enum":["compact","full"],"default":"compact"},
		"level":{"type":"integer","enum":[1,8]},
		"members":{"type":"array","items":{"type":"string"},"minItems":1,"maxItems":100},
		"fields":{"type":"array","items":{"type":"string","enum":["id","name"]}},
		"flags":{"type":"array","items":{"type":"boolean"},"maxItems":3},
		"id":{"type":"string","format":"uuid"},
		"slug":{"type":["string","null"]},
		"any":{},
		"nothing":null,
		"inner":{"type":"object","required":["b"],"properties":{"b":{"type":"boolean"},"a":{"type":"string"}}},
		"rows":{"type":"array","items":{"type":"object","properties":{"z":{"type":"string"},"y":{"type":"string"}}}}
	}}`))
	if err != nil {
		t.Fatal(err)
	}
	kinds := []struct{ name, kind string }{
		{"role", "string, at most 200 characters"},
		{"limit", "integer, 1 to 50"},
		{"offset", "integer, at least 0"},
		{"share", "number, at most 1"},
		{"code", "string, 3 to 5 characters"},
		{"view", "string: compact, full"},
		{"level", "integer: 1, 8"},
		{"members", "array of strings, 1 to 100 of them"},
		{"fields", "array of strings: id, name"},
		{"flags", "array of boolean values, at most 3 of them"},
		{"id", "string (uuid)"},
		{"slug", "string or null"},
		{"any", "any JSON"},
		{"inner", "object"},
		{"rows", "array of objects"},
	}
	if len(fields) != len(kinds) {
		t.Fatalf("%d fields, want %d", len(fields), len(kinds))
	}
	byName := map[string]schemas.Field{}
	for i, want := range kinds {
		if fields[i].Name != want.name || fields[i].Kind() != want.kind {
			t.Errorf("field %d is %s: %q, want %s: %q", i, fields[i].Name, fields[i].Kind(), want.name, want.kind)
		}
		byName[want.name] = fields[i]
	}
	if f := byName["role"]; !f.Required || f.Description != "Which." || f.DefaultText() != "" || !f.Is("string") {
		t.Errorf("role is %+v", f)
	}
	if f := byName["limit"]; f.Required || f.DefaultText() != "10" || !f.Is("integer") {
		t.Errorf("limit is %+v", f)
	}
	if f := byName["slug"]; !f.Is("string") || f.Is("null") {
		t.Errorf("slug is %+v", f)
	}
	if f := byName["any"]; f.Is("string") || len(f.Choices()) != 0 {
		t.Errorf("any is %+v", f)
	}
	if got := byName["fields"].Choices(); !slices.Equal(got, []string{"id", "name"}) {
		t.Errorf("the elements of fields are one of %q", got)
	}
	if f := byName["inner"].Fields; len(f) != 2 || f[0].Name != "b" || !f[0].Required || f[1].Required {
		t.Errorf("inner holds %+v", f)
	}
	if f := byName["rows"].Items.Fields; len(f) != 2 || f[0].Name != "z" {
		t.Errorf("rows hold %+v", f)
	}
}

func TestASchemaThatIsNoneIsAnError(t *testing.T) {
	for _, schema := range []string{``, `[]`, `{"properties":{"a":{"type":5}}}`, `{"properties":{"a":{"type":["string",5]}}}`} {
		if _, err := schemas.FieldsOf(json.RawMessage(schema)); err == nil || !strings.Contains(err.Error(), "schema") {
			t.Errorf("%s: %v", schema, err)
		}
	}
	if fields, err := schemas.FieldsOf(json.RawMessage(`{"type":"object"}`)); err != nil || len(fields) != 0 {
		t.Errorf("an open object has the fields %v, %v", fields, err)
	}
}
