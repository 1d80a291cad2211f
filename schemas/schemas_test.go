package schemas_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"posthog-org-mcp/schemas"
)

func TestTheSettingsSchemaHoldsEveryDocumentedSettingOnce(t *testing.T) {
	raw, err := schemas.Input[schemas.ProjectSettings]()
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties           map[string]map[string]any
		AdditionalProperties *bool
		Required             []string
	}
	if err := json.Unmarshal(raw, &schema); err != nil {
		t.Fatalf("every property must be an object with a description: %v", err)
	}
	if len(schema.Properties) != 52 || len(schema.Required) != 0 {
		t.Errorf("%d settings, %d of them required", len(schema.Properties), len(schema.Required))
	}
	if schema.AdditionalProperties == nil || *schema.AdditionalProperties {
		t.Error("unknown settings are not refused")
	}
	for name, property := range schema.Properties {
		if property["description"] == "" || property["description"] == nil {
			t.Errorf("%s has no description", name)
		}
	}
	for name, want := range map[string]string{
		"timezone":                 `{"type":"string","maxLength":240,"description":"IANA name of the time zone of its reports."}`,
		"week_start_day":           `{"type":["integer","null"],"enum":[0,1,null],"description":"First day of the week in reports: 0 Sunday, 1 Monday."}`,
		"surveys_opt_in":           `{"type":["boolean","null"],"description":"Whether surveys are shown."}`,
		"live_events_columns":      `{"type":["array","null"],"items":{"type":"string"},"description":"Columns of the live events table."}`,
		"extra_settings":           `{"description":"Settings without a field of their own; JSON or null."}`,
		"business_model":           `{"type":["string","null"],"enum":["b2b","b2c","other","",null],"description":"Whom the product serves."}`,
		"session_replay_config":    `{"description":"Further settings of recordings; JSON or null."}`,
		"session_recording_opt_in": `{"type":"boolean","description":"Whether sessions are recorded."}`,
	} {
		assertSameJSON(t, name, schema.Properties[name], want)
	}
}

func assertSameJSON(t *testing.T, name string, got map[string]any, want string) {
	t.Helper()
	var expected map[string]any
	if err := json.Unmarshal([]byte(want), &expected); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, expected) {
		t.Errorf("%s is %v, want %v", name, got, expected)
	}
}

func TestArgumentsRequireOnlyWhatIsTaggedAndResultsWhateverIsAlwaysThere(t *testing.T) {
	type sample struct {
		Needed   string  `json:"needed" jsonschema:"required" jsonschema_description:"Needed."`
		Always   string  `json:"always" jsonschema_description:"Always."`
		Maybe    string  `json:"maybe,omitempty" jsonschema_description:"Maybe."`
		Nullable *string `json:"nullable" jsonschema:"nullable" jsonschema_description:"May be null."`
	}
	for _, test := range []struct {
		name   string
		make   func() (json.RawMessage, error)
		wanted []string
	}{
		{"input", schemas.Input[sample], []string{"needed"}},
		{"output", schemas.Output[sample], []string{"needed", "always", "nullable"}},
	} {
		raw, err := test.make()
		if err != nil {
			t.Fatal(err)
		}
		var schema struct {
			Required   []string
			Properties map[string]struct{ Type any }
		}
		if err := json.Unmarshal(raw, &schema); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(schema.Required, test.wanted) {
			t.Errorf("%s requires %q, want %q", test.name, schema.Required, test.wanted)
		}
		if got := schema.Properties["nullable"].Type; !reflect.DeepEqual(got, []any{"string", "null"}) {
			t.Errorf("%s: a nullable string has type %v", test.name, got)
		}
	}
}

func TestWrongArgumentsAreNamedWithWhatWouldBeRight(t *testing.T) {
	schema, err := schemas.Input[schemas.MembershipList]()
	if err != nil {
		t.Fatal(err)
	}
	validator := schemas.NewValidator(schema)
	for _, test := range []struct{ arguments, want string }{
		{`{"role":"Support","limit":1}`, ""},
		{`{}`, `Argument "role" is missing.`},
		{`{"rolle":"Support"}`, `Unknown argument "rolle"; use "role".`},
		{`{"id":"Support"}`, `Unknown argument "id"; use "role".`},
		{`{"role_id":"Support"}`, `Unknown argument "role_id"; use "role".`},
		{`{"id":"Support","member":"@me"}`, `Unknown argument "id". Unknown argument "member". Argument "role" is missing.`},
		{`{"role":"a","roleId":"b","max":1,"skip":2,"vew":"full"}`, `Unknown argument "max"; use "limit". Unknown argument "roleId"; use "role". Unknown argument "skip"; use "offset". And 1 more.`},
		{`{"args":{"role":"Support"}}`, `The arguments belong at the top level, not inside of "args".`},
		{`{"role":7}`, `Argument "role" must be a string: "7".`},
		{`{"role":null}`, `Argument "role" must be a string, not null.`},
		{`{"role":""}`, `Argument "role" must not be empty.`},
		{`{"role":"` + strings.Repeat("x", 10240) + `"}`, `Argument "role" has 10240 characters; at most 200 are allowed.`},
		{`{"role":"a","limit":0}`, `Argument "limit" must be at least 1, not 0.`},
		{`{"role":"a","limit":5001}`, `Argument "limit" must be at most 5000, not 5001.`},
		{`{"role":"a","limit":"10"}`, `Argument "limit" must be a number, without quotes: 10.`},
		{`{"role":"a","limit":1.5}`, `Argument "limit" must be a whole number, not 1.5.`},
		{`{"role":"a","view":"fulll"}`, `Argument "view" must be "compact" or "full", not "fulll". Did you mean "full"?`},
		{`{"role":"a\u0000b"}`, `Argument "role" holds a NUL character, which no name or id has.`},
		{`[]`, `The arguments must be an object, not a list.`},
		{`"text"`, `The arguments must be an object, not "text".`},
		{`{"role":`, `The arguments are not valid JSON: unexpected EOF.`},
	} {
		err := validator.Check(json.RawMessage(test.arguments))
		var invalid *schemas.ArgumentError
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", test.arguments, err)
		case test.want != "" && !errors.As(err, &invalid):
			t.Errorf("%.60s: got %v, want an argument error", test.arguments, err)
		case test.want != "" && invalid.Error() != test.want:
			t.Errorf("%.60s:\n got %s\nwant %s", test.arguments, invalid.Error(), test.want)
		case test.want != "" && listsNames(test.want) != reflect.DeepEqual(invalid.Valid, []string{"fields", "limit", "offset", "organization_id", "role", "search", "view"}):
			t.Errorf("%.60s: valid names are %q", test.arguments, invalid.Valid)
		}
	}
}

func TestPeopleInTheWrongFormAreAnsweredWithTheRightOne(t *testing.T) {
	schema, err := schemas.Input[schemas.MembershipAdd]()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ people, want string }{
		{`"members":"a@x.com, b@x.com"`, `Argument "members" must be a list: ["a@x.com","b@x.com"].`},
		{`"members":"a@x.com"`, `Argument "members" must be a list: ["a@x.com"].`},
		{`"members":"[\"a@x.com\",\"b@x.com\"]"`, `Argument "members" must be a list: ["a@x.com","b@x.com"].`},
		{`"members":"a;b;c;d"`, `Argument "members" must be a list: ["a","b","c",…].`},
		{`"members":"a\u202e\". Do it\""`, `Argument "members" must be a list: ["a\u202e\". Do it\""].`},
		{`"members":[]`, `Argument "members" must not be empty.`},
		{`"members":["a@x.com",7]`, `Item 2 of argument "members" must be a string: "7".`},
		{`"members":["` + strings.Repeat(`a","`, 120) + `a"]`, `Argument "members" has 121 items; at most 100 are allowed, so make several calls.`},
		{`"member":["a@x.com"]`, `Argument "member" takes one string; a list goes into "members".`},
		{`"member":{"email":"a@x.com"}`, `Argument "member" must be a string, not an object.`},
		{`"user":"a@x.com"`, `Unknown argument "user"; use "member".`},
		{`"emails":["a@x.com"]`, `Unknown argument "emails"; use "members".`},
	} {
		err := schemas.NewValidator(schema).Check(json.RawMessage(`{"role":"Support",` + test.people + `}`))
		var invalid *schemas.ArgumentError
		if !errors.As(err, &invalid) || invalid.Error() != test.want {
			t.Errorf("%.60s:\n got %v\nwant %s", test.people, err, test.want)
		}
	}
}

// listsNames reports whether a message is about a name, so that the valid ones help.
func listsNames(message string) bool {
	for _, about := range []string{"Unknown", "top level"} {
		if strings.Contains(message, about) {
			return true
		}
	}
	return false
}

func TestSettingsAreCheckedAgainstTheirOwnSchema(t *testing.T) {
	for _, test := range []struct{ settings, want string }{
		{`{"timezone":"Europe/Berlin","surveys_opt_in":null,"extra_settings":{"a":[1]}}`, ""},
		{`{"time_zone":"Europe/Berlin"}`, `Unknown argument "time_zone"; use "timezone".`},
		{`{"week_start_day":2}`, `Argument "week_start_day" must be 0, 1 or null, not 2.`},
		{`{"anonymize_ips":"yes"}`, `Argument "anonymize_ips" must be true or false, not "yes".`},
	} {
		var args schemas.TokenRotate
		err := json.Unmarshal([]byte(`{"project":"1","settings":`+test.settings+`}`), &args)
		var invalid *schemas.ArgumentError
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", test.settings, err)
		case test.want != "" && (!errors.As(err, &invalid) || invalid.Error() != test.want):
			t.Errorf("%s: got %v, want %s", test.settings, err, test.want)
		}
	}
}

func TestSettingsKeepAbsentNullAndValueApart(t *testing.T) {
	const given = `{"name":"Web","surveys_opt_in":null,"heatmaps_opt_in":false,"modifiers":null}`
	var settings schemas.ProjectSettings
	if err := json.Unmarshal([]byte(given), &settings); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	var want, back map[string]any
	if err := errors.Join(json.Unmarshal([]byte(given), &want), json.Unmarshal(got, &back)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back, want) {
		t.Errorf("%s came back as %s", given, got)
	}
}
